import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { type Instrument, instrumentOf, type Market } from "../../../shared/domain/instrument.ts";
import type { Depth, Funding, MarketTrade, Ticker } from "../../../shared/domain/market.ts";
import { testSurroundings } from "../surroundings.fixture.ts";
import { listed } from "../types.ts";
import { MarketFeed, type Snapshot } from "./market-feed.ts";

const instrument = (market: Market, symbol: string, [tick_size, step_size]: [string, string]): Instrument => ({
  instrument: instrumentOf(market, symbol),
  market,
  symbol,
  base: symbol.slice(0, 3),
  quote: "USDT",
  status: "TRADING",
  tick_size,
  step_size,
  min_qty: step_size,
  max_qty: "1000",
  min_notional: "5",
  updated_at: 0,
});

/** A feed of one instrument, with what it said and a snapshot source that the test answers. */
function open(info: Instrument) {
  const around = testSurroundings();
  const said = {
    tickers: [] as Ticker[],
    trades: [] as MarketTrade[],
    depths: [] as Depth[],
    fundings: [] as Funding[],
  };
  const asked: ((snapshot: Snapshot) => void)[] = [];
  const recorded: string[] = [];
  const doubted: string[] = [];
  const feed = new MarketFeed(around, info.market, {
    outlet: {
      ticker: (event) => said.tickers.push(event),
      trade: (event) => said.trades.push(event),
      depth: (event) => said.depths.push(event),
      funding: (event) => said.fundings.push(event),
    },
    snapshot: () => new Promise((resolve) => asked.push(resolve)),
    record: (_instrument, _ts, text) => recorded.push(text),
    doubt: (id) => doubted.push(id),
  });
  feed.follow([listed(info)]);
  const turn = () => around.clock.run(around.clock.now());
  return { around, feed, said, asked, recorded, doubted, turn };
}

const btc = instrument("FUT", "BTCUSDT", ["0.10", "0.001"]);
const wrap = (stream: string, data: unknown) => JSON.stringify({ stream: `btcusdt@${stream}`, data });
const diff = (pu: number, u: number, b: [string, string][] = []) =>
  wrap("depth@100ms", { e: "depthUpdate", E: u, T: u, s: "BTCUSDT", U: pu + 1, u, pu, b, a: [] });
const trade = (t: unknown, p: unknown = "100.0") =>
  wrap("trade", { e: "trade", E: 5, T: 5, s: "BTCUSDT", t, p, q: "1", m: true });
const snapshot: Snapshot = { lastUpdateId: 10, bids: [["100.0", "1"]], asks: [["100.1", "2"]] };

test("a book is told once whole, again on change, and as not ok from a gap until it is whole again", async () => {
  const { feed, said, asked, around, turn } = open(btc);
  feed.frame(diff(8, 12, [["99.9", "5"]]));
  expect(said.depths).toEqual([]);
  asked[0]!(snapshot);
  await turn();
  expect(said.depths.at(-1)).toMatchObject({
    ok: true,
    seq: 12,
    bids: [
      ["100.0", "1.000"],
      ["99.9", "5.000"],
    ],
  });
  feed.frame(diff(12, 14, [["99.9", "0"]]));
  await turn();
  expect(said.depths.at(-1)).toMatchObject({ ok: true, seq: 14, bids: [["100.0", "1.000"]] });

  feed.frame(diff(20, 22));
  expect(said.depths.at(-1)).toMatchObject({ ok: false, bids: [], asks: [] });
  expect(around.raised).toEqual(["MARKET_GAP"]);
  expect(feed.ages()[0]!.whole).toBe(false);
  await turn();
  feed.frame(diff(22, 25, [["99.8", "3"]]));
  asked[1]!({ ...snapshot, lastUpdateId: 23 });
  await turn();
  expect(said.depths.at(-1)).toMatchObject({
    ok: true,
    seq: 25,
    bids: [
      ["100.0", "1.000"],
      ["99.8", "3.000"],
    ],
  });
});

test("changes of one turn are told at its first and at its end only", async () => {
  const { feed, said, asked, turn } = open(btc);
  feed.frame(diff(8, 12));
  asked[0]!(snapshot);
  await turn();
  said.depths.length = 0;
  for (let u = 13; u < 20; u++) feed.frame(diff(u - 1, u, [["99.0", String(u)]]));
  await turn();
  expect(said.depths.map((d) => d.seq)).toEqual([13, 19]);
});

test("within a turn too, what opens another second finds the book told as it was", async () => {
  const { feed, said, asked, turn } = open(btc);
  feed.frame(diff(8, 12));
  asked[0]!(snapshot);
  await turn();
  const before = said.depths.length;
  feed.frame(diff(12, 400, [["99.9", "1"]]));
  feed.frame(diff(400, 900, [["99.9", "2"]]));
  feed.frame(wrap("trade", { e: "trade", E: 1_001, T: 1_001, s: "BTCUSDT", t: 7, p: "100.0", q: "1", m: true }));
  const levels = () => said.depths.slice(before).map(({ seq, exch_ts }) => [seq, exch_ts]);
  expect(levels()).toEqual([
    [400, 400],
    [900, 900],
  ]);
  feed.frame(diff(900, 1_002));
  feed.frame(diff(1_002, 2_000));
  expect(levels().at(-1)).toEqual([2_000, 2_000]);
});

test("repeats are told and recorded once, whatever the stream", async () => {
  const { feed, said, recorded, asked, turn } = open(btc);
  const ticker = wrap("bookTicker", {
    e: "bookTicker",
    u: 7,
    s: "BTCUSDT",
    b: "1.0",
    B: "1",
    a: "1.1",
    A: "1",
    T: 1,
    E: 1,
  });
  for (const text of [trade(1), trade(1), ticker, ticker, diff(8, 12), diff(8, 12)]) feed.frame(text);
  asked[0]!(snapshot);
  await turn();
  expect([said.trades.length, said.tickers.length, recorded.length]).toEqual([1, 1, 3]);
  expect(recorded[0]).toBe(trade(1));
  expect(Object.fromEntries(feed.drainCounts())).toEqual({ trade: 2, ticker: 2, depth: 2, repeat: 3 });
});

test("after a restart the exchange may count from the beginning", () => {
  const { feed, said } = open(btc);
  feed.frame(trade(100));
  feed.restart();
  feed.frame(trade(1));
  expect(said.trades.map((t) => t.trade_id)).toEqual(["100", "1"]);
});

const garbage: [string, string, string][] = [
  ["no JSON", '{"stream":"btcusdt@trade","data":{"e":"tr', "dropped/FUT/bad_json"],
  ["no object", "7", "dropped/FUT/bad_json"],
  ["price NaN", trade(1, "NaN"), "dropped/FUT/bad_amount"],
  ["unknown symbol", trade(1).replace("BTCUSDT", "XYZUSDT"), "dropped/FUT/unknown_symbol"],
  ["no trade id", trade(undefined), "dropped/FUT/missing_field"],
  ["levels missing", wrap("depth", { e: "depthUpdate", E: 1, s: "BTCUSDT", U: 1, u: 2 }), "dropped/FUT/missing_field"],
];
test.each(garbage)("garbage is counted, warned of once and dropped: %s", (_, text, count) => {
  const { feed, said, around, recorded } = open(btc);
  for (let i = 0; i < 50; i++) feed.frame(text);
  expect(around.counted.get(count)).toBe(50);
  expect(around.warnings).toEqual(["Market frame dropped"]);
  expect(said.trades).toEqual([]);
  expect(recorded).toEqual([]);
  feed.frame(trade(1));
  expect(said.trades.length).toBe(1);
});

test("a trade off the tick is told all the same, and puts the listing in doubt", () => {
  const { feed, doubted, said } = open(btc);
  feed.frame(trade(1, "100.05"));
  expect(said.trades[0]).toMatchObject({ price: "100.05" });
  expect(doubted).toEqual(["FUT:BTCUSDT"]);
});

const folder = process.env.CHIMERA_MARKET_DATA;
const recordings: [string, Instrument][] = [
  ["usdm__btcusdt_20240808.gz", btc],
  ["usdm__ethusdt_20240808.gz", instrument("FUT", "ETHUSDT", ["0.01", "0.001"])],
  ["spot__btcusdt_20240808.gz", instrument("SPOT", "BTCUSDT", ["0.01", "0.00001"])],
];
for (const [name, info] of recordings) {
  const file = folder ? join(folder, "depth", name) : "";
  test.skipIf(!existsSync(file))(`recorded ${name}: no gap, and the rebuilt top is bookTicker's`, async () => {
    const { feed, said, asked, around, turn } = open(info);
    for (const line of gunzipSync(readFileSync(file)).toString().trimEnd().split("\n")) {
      const text = line.slice(line.indexOf(" ") + 1);
      if (text.startsWith('{"lastUpdateId"')) for (const answer of asked) answer(JSON.parse(text));
      else feed.frame(text);
      await turn();
    }
    let compared = 0;
    let at = 0;
    for (const { seq, bids, asks } of said.depths) {
      while (at + 1 < said.tickers.length && said.tickers[at + 1]!.seq <= seq) at++;
      const ticker = said.tickers[at]!;
      if (ticker.seq > seq) continue;
      const best = [bids[0]![0], bids[0]![1], asks[0]![0], asks[0]![1]];
      expect(best.map(Number)).toEqual([ticker.bid, ticker.bid_qty, ticker.ask, ticker.ask_qty].map(Number));
      compared++;
    }
    expect(around.raised).toEqual([]);
    expect([...around.counted.keys()].filter((key) => key.startsWith("dropped"))).toEqual([]);
    expect(compared).toBeGreaterThan(3_000);
  });
}
