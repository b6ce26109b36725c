import { expect, test } from "bun:test";
import { openStore } from "../../../shared/adapters/sqlite.ts";
import { instrumentRegistry } from "../../../shared/collections/exchange.ts";
import { COLLECTIONS } from "../../../shared/collections.ts";
import type { NetRequest } from "../../../shared/kit/ports.ts";
import { Instruments } from "../instruments.ts";
import { testSurroundings } from "../surroundings.fixture.ts";
import { binanceListing, readInstrument } from "./instruments.ts";
import { Rest } from "./rest.ts";

// In the shape of Binance's exchangeInfo.
const fut = {
  ...{ symbol: "BTCUSDT", status: "TRADING", contractType: "PERPETUAL", baseAsset: "BTC", quoteAsset: "USDT" },
  filters: [
    { filterType: "PRICE_FILTER", maxPrice: "4529764", minPrice: "556.80", tickSize: "0.10" },
    { filterType: "LOT_SIZE", maxQty: "1000", minQty: "0.001", stepSize: "0.001" },
    { filterType: "MARKET_LOT_SIZE", maxQty: "120", minQty: "0.001", stepSize: "0.001" },
    { filterType: "MIN_NOTIONAL", notional: "100" },
    { filterType: "PERCENT_PRICE", multiplierUp: "1.0500", multiplierDown: "0.9500", multiplierDecimal: "4" },
  ],
};
const spot = {
  ...{ symbol: "BTCUSDT", status: "BREAK", baseAsset: "BTC", quoteAsset: "USDT" },
  filters: [
    { filterType: "PRICE_FILTER", maxPrice: "1000000.00", minPrice: "0.01", tickSize: "0.01000000" },
    { filterType: "LOT_SIZE", maxQty: "9000.0", minQty: "0.00001000", stepSize: "0.00001000" },
    { filterType: "NOTIONAL", minNotional: "5.00000000", applyMinToMarket: true },
    { filterType: "PERCENT_PRICE_BY_SIDE", bidMultiplierUp: "5", bidMultiplierDown: "0.2", askMultiplierDown: "0.2" },
  ],
};

test("filters become the instrument's", () => {
  expect(readInstrument("FUT", fut, 7)).toEqual({
    instrument: "FUT:BTCUSDT",
    market: "FUT",
    symbol: "BTCUSDT",
    base: "BTC",
    quote: "USDT",
    status: "TRADING",
    tick_size: "0.10",
    step_size: "0.001",
    min_qty: "0.001",
    max_qty: "1000",
    min_notional: "100",
    price_up: "1.0500",
    price_down: "0.9500",
    updated_at: 7,
  });
  expect(readInstrument("SPOT", spot, 7)).toMatchObject({
    status: "HALTED",
    min_notional: "5.00000000",
    price_up: "5",
    price_down: "0.2",
  });
});

const skipped: [string, unknown][] = [
  ["a dated contract", { ...fut, contractType: "CURRENT_QUARTER" }],
  ["a name outside A–Z and 0–9", { ...fut, symbol: "币安人生USDT" }],
  ["no filters", { ...fut, filters: [] }],
  ["a tick of zero", { ...fut, filters: [{ filterType: "PRICE_FILTER", tickSize: "0" }, ...fut.filters.slice(1)] }],
  ["no object", null],
];
test.each(skipped)("left out: %s", (_, row) => {
  expect(readInstrument("FUT", row, 7)).toBeUndefined();
});

test("what changes is stored and told; a market that does not answer keeps what was known of it", async () => {
  let isSpotDown = false;
  let tick = "0.10";
  const net = {
    connect: () => ({ send() {}, close() {} }),
    fetch: async ({ url }: NetRequest) => {
      if (url.includes("/api/v3/")) {
        return { status: isSpotDown ? 503 : 200, headers: {}, body: JSON.stringify({ symbols: [spot] }) };
      }
      return { status: 200, headers: {}, body: JSON.stringify({ symbols: [fut] }).replace('"0.10"', `"${tick}"`) };
    },
  };
  const around = testSurroundings({ net });
  const store = openStore({ path: ":memory:", owner: "s01", collections: COLLECTIONS, now: () => 0 });
  const rests = { SPOT: new Rest(around, "SPOT", "http://spot"), FUT: new Rest(around, "FUT", "http://fut") };
  const instruments = new Instruments(around, store, binanceListing(around.clock, rests));
  let changes = 0;
  instruments.changed = () => changes++;
  expect(() => instruments.need("FUT:BTCUSDT")).toThrow("not told yet");

  await instruments.refresh();
  await instruments.refresh();
  expect(changes).toBe(1);
  expect(instruments.list().length).toBe(2);
  expect(() => instruments.need("FUT:NOPEUSDT")).toThrow("does not list");

  isSpotDown = true;
  tick = "0.20";
  await instruments.refresh();
  expect(changes).toBe(2);
  expect(instruments.need("SPOT:BTCUSDT").info.tick_size).toBe("0.01000000");
  expect((await store.get(instrumentRegistry, "FUT:BTCUSDT"))?.value.tick_size).toBe("0.20");
});

test("a market that has not told yet is missing, and asked even from the weight that is kept for exits", async () => {
  let isFutDown = true;
  const net = {
    connect: () => ({ send() {}, close() {} }),
    fetch: async ({ url }: NetRequest) => {
      const isFut = url.startsWith("http://fut");
      const body = JSON.stringify({ symbols: [isFut ? fut : spot] });
      // What is left of this minute is kept for exits.
      return { status: isFut && isFutDown ? 503 : 200, headers: { "x-mbx-used-weight-1m": "5999" }, body };
    },
  };
  const around = testSurroundings({ net });
  const store = openStore({ path: ":memory:", owner: "s01", collections: COLLECTIONS, now: () => 0 });
  const rests = { SPOT: new Rest(around, "SPOT", "http://spot"), FUT: new Rest(around, "FUT", "http://fut") };
  const instruments = new Instruments(around, store, binanceListing(around.clock, rests));
  await instruments.refresh(instruments.missing());
  expect(instruments.missing()).toEqual(["FUT"]);
  isFutDown = false;
  await instruments.refresh(instruments.missing());
  expect(instruments.missing()).toEqual([]);
  expect(instruments.need("FUT:BTCUSDT").info.tick_size).toBe("0.10");
  await instruments.refresh(instruments.missing());
  await expect(instruments.refresh()).rejects.toThrow("No market told");
});
