import { describe, expect, test } from "bun:test";
import { emptyMarket, foldMarket, TRADES_MAX, withHistory, withTimeframe } from "./market.ts";

const INSTRUMENT = "FUT:BTCUSDT";
const stamp = (ts: number, instrument = INSTRUMENT) => ({ instrument, exch_ts: ts, ts });
const tick = (ts: number, instrument?: string) => ({
  topic: "ticker" as const,
  event: { ...stamp(ts, instrument), seq: 1, bid: "1", bid_qty: "1", ask: "2", ask_qty: "1" },
});
const book = (seq: number, ok = true) => ({
  topic: "depth" as const,
  event: { ...stamp(seq), seq, ok, bids: [], asks: [] },
});
const trade = (ts: number, price = "100") => ({
  topic: "trade" as const,
  event: { ...stamp(ts), trade_id: `${ts}`, price, qty: "1", taker: "BUY" },
});

describe("the watched market", () => {
  const start = emptyMarket(INSTRUMENT, "1s");
  test("of another instrument only the best prices are kept, until it is watched", () => {
    const state = foldMarket(start, tick(5, "SPOT:BTCUSDT"));
    expect([state.ticker, state.dataTs, Object.keys(state.tickers)]).toEqual([undefined, 0, ["SPOT:BTCUSDT"]]);
    expect(emptyMarket("SPOT:BTCUSDT", "1s", state.tickers).ticker?.ts).toBe(5);
  });
  test("data age follows the newest frame, whatever comes late", () => {
    expect([tick(9), tick(4), trade(7)].reduce(foldMarket, start).dataTs).toBe(9);
  });
  test("an older book never replaces a newer one, but a gap always shows", () => {
    const newest = [book(10), book(8)].reduce(foldMarket, start);
    expect(newest.depth?.seq).toBe(10);
    expect(foldMarket(newest, book(1, false)).depth?.ok).toBe(false);
  });
  test("trades make bars and a bounded tape, newest first", () => {
    const many = Array.from({ length: TRADES_MAX + 10 }, (_, i) => trade(1_000 + i * 100, `${100 + i}`));
    const state = many.reduce(foldMarket, start);
    expect(state.trades.length).toBe(TRADES_MAX);
    expect(state.trades[0]?.price).toBe(`${100 + TRADES_MAX + 9}`);
    expect(state.bars.map((bar) => bar.openTs)).toEqual([1_000, 2_000, 3_000, 4_000, 5_000]);
  });
  test("another timeframe starts from the seconds heard, history comes under what is live", () => {
    const live = foldMarket(start, trade(5_000));
    const fetched = [{ openTs: 4_000, open: 1, high: 1, low: 1, close: 1, volume: 1 }];
    expect(withHistory(live, fetched).bars.map((bar) => bar.openTs)).toEqual([4_000, 5_000]);
    expect(withTimeframe(live, "1m").bars.map((bar) => [bar.openTs, bar.close])).toEqual([[0, 100]]);
    expect(withTimeframe(live, "1s")).toBe(live);
  });
});
