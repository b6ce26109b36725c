import { expect, test } from "bun:test";
import { fundingAt, randomEvents, BEGIN_TS as T, tickerAt, tradeAt } from "../../testing/market-events.ts";
import { createFactorEngine } from "./engine.ts";

const FLOW = ["trade_imb_10s", "trade_rate_10s", "signed_vol_10s", "traded_vol_10s"];

test("windows of trades equal plain sums at every event, late trades counted where the watermark stood", () => {
  const engine = createFactorEngine(FLOW, "FUT:BTCUSDT");
  const trades: { ts: number; qty: number; buy: boolean }[] = [];
  let [since, now, busy] = [Number.NaN, Number.NEGATIVE_INFINITY, 0];
  for (const { kind, event } of randomEvents(41, 6_000)) {
    now = Math.max(now, event.exch_ts);
    if (Number.isNaN(since)) since = now;
    if (kind === "trade") {
      engine.onTrade(event);
      trades.push({ ts: now, qty: Number(event.qty), buy: event.taker === "BUY" });
    } else engine.advance(event.exch_ts);
    const values = engine.values();
    if (now - since < 10_000) {
      for (const id of FLOW) expect(values[id]).toBeNull();
      continue;
    }
    const inside = trades.filter((trade) => trade.ts > now - 10_000);
    const sum = (buy: boolean) => inside.filter((trade) => trade.buy === buy).reduce((all, { qty }) => all + qty, 0);
    const [buy, sell] = [sum(true), sum(false)];
    expect(values.trade_rate_10s).toBeCloseTo(inside.length / 10, 12);
    expect(values.signed_vol_10s).toBeCloseTo(buy - sell, 9);
    expect(values.traded_vol_10s).toBeCloseTo(buy + sell, 9);
    if (inside.length === 0) expect(values.trade_imb_10s).toBeNull();
    else expect(values.trade_imb_10s).toBeCloseTo((buy - sell) / (buy + sell), 9);
    busy += Math.min(inside.length, 1);
  }
  expect(busy).toBeGreaterThan(1_000);
  engine.advance(now + 20_000);
  expect(engine.values()).toMatchObject({ trade_imb_10s: null, trade_rate_10s: 0, signed_vol_10s: 0 });
});

test("the return of the mid equals the one to the mid that held a window ago", () => {
  const engine = createFactorEngine(["ret_10s", "last"], "FUT:BTCUSDT");
  const mids: { ts: number; mid: number }[] = [];
  let [now, known] = [Number.NEGATIVE_INFINITY, 0];
  for (const { kind, event } of randomEvents(42, 4_000)) {
    now = Math.max(now, event.exch_ts);
    if (kind === "ticker") {
      engine.onTicker(event);
      mids.push({ ts: now, mid: (Number(event.bid) + Number(event.ask)) / 2 });
    } else engine.advance(event.exch_ts);
    const then = mids.findLast((one) => one.ts <= now - 10_000);
    const value = engine.value("ret_10s");
    if (then === undefined) expect(value).toBeNaN();
    else {
      expect(value).toBeCloseTo((mids.at(-1)!.mid / then.mid - 1) * 1e4, 9);
      known++;
    }
  }
  expect(known).toBeGreaterThan(1_000);
});

test("last is the newest trade's price; a trade without price or quantity is left out", () => {
  const engine = createFactorEngine(["last"], "FUT:BTCUSDT");
  expect(engine.value("last")).toBeNaN();
  engine.onTrade(tradeAt(T, "100", "1"));
  for (const [price, qty] of [
    ["NaN", "1"],
    ["0", "1"],
    ["101", "-1"],
    ["Infinity", "1"],
  ] as const) {
    engine.onTrade(tradeAt(T + 1, price, qty));
  }
  expect(engine.value("last")).toBe(100);
});

test("funding: the rate, minutes to it on exchange time, the basis; missing once the time has passed", () => {
  const engine = createFactorEngine(["funding_rate", "minutes_to_funding", "basis_bps"], "FUT:BTCUSDT");
  expect(engine.values()).toEqual({ funding_rate: null, minutes_to_funding: null, basis_bps: null });
  engine.advance(T);
  engine.onFunding(fundingAt(T + 10, 0.0001, T + 90_000));
  // mark 60010 over index 60000
  expect(engine.values()).toEqual({ funding_rate: 0.0001, minutes_to_funding: 1.5, basis_bps: (10 / 60_000) * 1e4 });
  engine.onTicker(tickerAt(T + 60_000, ["1", "1", "2", "1"]));
  expect(engine.value("minutes_to_funding")).toBe(0.5);
  engine.advance(T + 90_001);
  expect(engine.values()).toMatchObject({ funding_rate: 0.0001, minutes_to_funding: null });
});
