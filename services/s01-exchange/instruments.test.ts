import { expect, test } from "bun:test";
import { openStore } from "../../shared/adapters/sqlite.ts";
import { instrumentRegistry } from "../../shared/collections/exchange.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import type { Instrument } from "../../shared/domain/instrument.ts";
import type { AccountEvent } from "../../shared/streams.ts";
import { Instruments } from "./instruments.ts";
import { testSurroundings } from "./surroundings.fixture.ts";
import { BTC, connectToVenue } from "./venue.fixture.ts";

const info = (over: Partial<Instrument> = {}): Instrument => ({
  ...{ instrument: "FUT:BTCUSDT", market: "FUT", symbol: "BTCUSDT", base: "BTC", quote: "USDT", status: "TRADING" },
  ...{ tick_size: "0.1", step_size: "0.001", min_qty: "0.001", max_qty: "1000", min_notional: "5", updated_at: 1 },
  ...over,
});

function registry() {
  const around = testSurroundings();
  const store = openStore({ path: ":memory:", owner: "s01", collections: COLLECTIONS, now: () => 0 });
  const listed: { now: Instrument[] } = { now: [] };
  const boot = () => new Instruments(around, store, { markets: ["FUT"], list: async () => listed.now });
  const told = async () =>
    (await store.outbox.read(100))
      .map(({ event }) => event as AccountEvent)
      .flatMap((event) => (event.kind === "listing" ? [`${event.instrument} ${event.changed}`] : []));
  const kept = async (instrument: string) => (await store.get(instrumentRegistry, instrument))?.value;
  return { around, listed, boot, told, kept };
}

test("what is new is kept and not told; what changes is told with the fields, also across a restart", async () => {
  const { around, listed, boot, told, kept } = registry();
  listed.now = [info(), info({ instrument: "FUT:ETHUSDT", symbol: "ETHUSDT" })];
  const first = boot();
  await first.refresh();
  expect(await told()).toEqual([]);

  listed.now = [info({ tick_size: "0.5", updated_at: 2 }), info({ instrument: "FUT:ETHUSDT", symbol: "ETHUSDT" })];
  await first.refresh();
  await first.refresh();
  expect(await told()).toEqual(["FUT:BTCUSDT tick_size"]);

  listed.now = [info({ tick_size: "0.5", min_notional: "20", price_up: "1.1" }), listed.now[1]!];
  await boot().refresh();
  expect((await told())[1]).toBe("FUT:BTCUSDT min_notional,price_up");
  expect(await kept("FUT:BTCUSDT")).toMatchObject({ tick_size: "0.5", min_notional: "20" });
  expect(around.raised).toEqual(["LISTING_CHANGED", "LISTING_CHANGED"]);
});

test("what the exchange does not name any more is halted, before a restart and after one", async () => {
  const { listed, boot, told, kept } = registry();
  const eth = info({ instrument: "FUT:ETHUSDT", symbol: "ETHUSDT" });
  const sol = info({ instrument: "FUT:SOLUSDT", symbol: "SOLUSDT" });
  listed.now = [info(), eth, sol];
  const first = boot();
  await first.refresh();
  listed.now = [info(), sol];
  await first.refresh();
  expect(first.need("FUT:ETHUSDT").info.status).toBe("HALTED");
  expect(await told()).toEqual(["FUT:ETHUSDT status"]);
  listed.now = [info()];
  const second = boot();
  await second.refresh();
  expect((await kept("FUT:SOLUSDT"))?.status).toBe("HALTED");
  expect(() => second.need("FUT:SOLUSDT")).toThrow("does not list");
  listed.now = [info(), eth];
  await second.refresh();
  expect((await kept("FUT:ETHUSDT"))?.status).toBe("TRADING");
  expect((await told()).slice(1)).toEqual(["FUT:SOLUSDT status", "FUT:ETHUSDT status"]);
});

test("after a restart a market's first word starts its feeds, although it lists what the registry has already", async () => {
  const { listed, boot } = registry();
  listed.now = [info()];
  await boot().refresh();
  const again = boot();
  let starts = 0;
  again.changed = () => starts++;
  await again.load();
  expect(again.missing()).toEqual(["FUT"]);
  await again.refresh();
  await again.refresh();
  expect(starts).toBe(1);
});

test("an answer without anything is none", async () => {
  const { listed, boot, kept } = registry();
  listed.now = [info()];
  const instruments = boot();
  await instruments.refresh();
  listed.now = [];
  await expect(instruments.refresh()).rejects.toThrow("No market told");
  expect((await kept("FUT:BTCUSDT"))?.status).toBe("TRADING");
});

test("a tick size that the venue changes behind our back is told at the next look", async () => {
  const bench = await connectToVenue();
  const headers = { authorization: `Bearer ${bench.venue.adminToken}` };
  const body = JSON.stringify({ kind: "filters", instrument: BTC, tick: "0.5", min_notional: "50" });
  await bench.venue.rest("admin", { method: "POST", path: "/faults", headers, body });
  await bench.settle(bench.connector.instruments.refresh());
  const events = (await bench.store.outbox.read(10)).map(({ event }) => event);
  expect(events).toMatchObject([{ kind: "listing", instrument: BTC, changed: ["tick_size", "min_notional"] }]);
  expect(bench.connector.instruments.need(BTC).info).toMatchObject({ tick_size: "0.5", min_notional: "50" });
  expect(bench.around.raised).toContain("LISTING_CHANGED");
});
