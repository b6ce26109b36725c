import { expect, test } from "bun:test";
import { instrumentRegistry } from "../../shared/collections/exchange.ts";
import { BTC, connectToVenue, SPOT_BTC } from "./venue.fixture.ts";

test("both markets flow: whole books, trades, tickers, marks; all instruments in the registry", async () => {
  const { connector, said, store, around } = await connectToVenue();
  expect(connector.market.trouble()).toBeUndefined();
  expect(connector.streams.trouble()).toBeUndefined();
  for (const instrument of [BTC, SPOT_BTC]) {
    const top = said.depths.filter((d) => d.instrument === instrument).at(-1)!;
    expect(top.ok).toBe(true);
    expect(top.bids.length).toBeGreaterThan(5);
    expect(Number(top.bids[0]![0])).toBeLessThan(Number(top.asks[0]![0]));
    expect(said.tickers.some((t) => t.instrument === instrument)).toBe(true);
    expect(said.trades.some((t) => t.instrument === instrument)).toBe(true);
  }
  expect(said.fundings.at(-1)).toMatchObject({ instrument: BTC, rate: 0.0001 });
  const kept = await store.query(instrumentRegistry, { limit: 1_000 });
  expect(kept.items.length).toBe(connector.instruments.list().length);
  expect((await store.get(instrumentRegistry, BTC))?.value).toMatchObject({ tick_size: "0.10", step_size: "0.001" });
  expect(around.raised).toEqual([]);
});

test("a lost frame is a gap: the book is not ok until it is whole again, and nothing else is disturbed", async () => {
  const { faulty, said, pass, around } = await connectToVenue();
  const from = said.depths.length;
  let lost = 0;
  faulty.deaf = (url, text) => url.includes("/public/") && text.includes('"depthUpdate"') && lost++ === 0;
  await pass(3_000);
  const since = said.depths.slice(from).filter((d) => d.instrument === BTC);
  const first = since.findIndex((d) => !d.ok);
  expect(first).toBeGreaterThanOrEqual(0);
  expect(since.at(-1)!.ok).toBe(true);
  expect(said.depths.slice(from).some((d) => d.instrument === SPOT_BTC && !d.ok)).toBe(false);
  expect(around.raised).toEqual(["MARKET_GAP"]);
  expect(around.counted.get(`gaps/${BTC}`)).toBe(1);
});

test("a socket from which nothing comes any more is replaced", async () => {
  const { faulty, said, pass, around, connector } = await connectToVenue({ silenceMs: 4_000 });
  let isDeaf = true;
  faulty.deaf = (url) => isDeaf && url.includes("/public/");
  await pass(4_500);
  isDeaf = false;
  await pass(4_000);
  expect(around.counted.get("reconnects/fut-public")).toBe(1);
  expect(around.counted.get("reconnects/spot")).toBeUndefined();
  expect(said.depths.filter((d) => d.instrument === BTC).at(-1)!.ok).toBe(true);
  expect(connector.market.trouble()).toBeUndefined();
});

test("data that grows old is trouble, marks or not", async () => {
  const { faulty, pass, connector } = await connectToVenue({ silenceMs: 60_000, marketAgeMsMax: 3_000 });
  faulty.deaf = (url) => url.includes("/public/");
  await pass(4_000);
  expect(connector.market.trouble()).toMatch(/^FUT:BTCUSDT is \d+ ms old$/);
});

test("sockets are replaced before their time without losing a trade or the book", async () => {
  const { said, pass, around } = await connectToVenue({ socketLifeMs: 5_000 });
  await pass(20_000);
  const ids = said.trades.filter((t) => t.instrument === BTC).map((t) => Number(t.trade_id));
  expect(ids).toEqual(ids.map((_, i) => ids[0]! + i));
  expect(said.depths.some((d) => d.instrument === BTC && !d.ok)).toBe(false);
  expect(around.raised).toEqual([]);
});

test("instruments come and go with the bundle", async () => {
  const { connector, said, pass } = await connectToVenue();
  connector.market.follow(["FUT:ETHUSDT", SPOT_BTC]);
  await pass(2_000);
  const at = said.tickers.length;
  await pass(2_000);
  const heard = new Set(said.tickers.slice(at).map((t) => t.instrument));
  expect([...heard].sort()).toEqual(["FUT:ETHUSDT", SPOT_BTC]);
  expect(connector.market.trouble()).toBeUndefined();
  connector.market.follow(["FUT:NOPEUSDT"]);
  expect(connector.market.trouble()).toBe("FUT:NOPEUSDT is not listed");
});
