import { describe, expect, test } from "bun:test";
import { ATR, EMA, MACD, RSI } from "trading-signals";
import { Bundle } from "../../domain/bundle.ts";
import { randomBars } from "../../testing/market-events.ts";
import { NO_SOURCES } from "./factor.ts";
import { Inputs } from "./inputs.ts";
import { CORE_FACTORS, FAMILIES, factorsOfBundle, parseFactor } from "./registry.ts";

describe("an id", () => {
  test("of each family's example is read by that family and no other", () => {
    for (const family of FAMILIES) expect(parseFactor(family.example)?.family).toBe(family);
    expect(new Set(FAMILIES.map(({ pattern }) => pattern)).size).toBe(FAMILIES.length);
  });

  test("says numbers, timeframe and window", () => {
    expect(parseFactor("macd_12_26_9_1m")?.params).toEqual({ numbers: [12, 26, 9], timeframe: "1m", windowMs: 0 });
    expect(parseFactor("ret_5m")?.params).toEqual({ numbers: [], timeframe: undefined, windowMs: 300_000 });
    expect(parseFactor("regime")?.params.timeframe).toBe("1d");
  });

  test("may name another instrument's bars, and nothing else of it", () => {
    expect(parseFactor("rv_20_1d@SPOT:BTCUSDT")).toMatchObject({ id: "rv_20_1d", of: "SPOT:BTCUSDT" });
    expect(parseFactor("mid@SPOT:BTCUSDT")).toBeUndefined();
  });

  test.each([
    "",
    "atr",
    "atr_14",
    "atr_0_1m",
    "atr_014_1m",
    "atr_501_1m",
    "atr_14_2m",
    "atr_14_1m_",
    "obi_11",
    "rv_1_1m",
    "macd_26_12_9_1m",
    "ret_10",
    "ret_16m",
    "trade_imb_0s",
    "side",
    "constructor",
  ])("that is no factor has none: %p", (id) => {
    expect(parseFactor(id)).toBeUndefined();
  });
});

test("a bundle's factors are those it lists, compares, triggers on and sizes by, and the core ones", () => {
  const bundle = Bundle.parse({
    format: 1,
    bundle_id: "b",
    rev: 1,
    factors: ["ema_20_5s"],
    instruments: [{ instrument: "FUT:BTCUSDT" }],
    strategies: [
      {
        strategy_id: "s",
        instruments: ["FUT:BTCUSDT"],
        triggers: [{ kind: "cross", factor: "obi_5", level: 0.3, direction: "up" }],
        long: { allOf: [{ f: "rsi_14_15s", op: "<", v: 30 }, { not: { f: "ema_8_1m", op: ">", vf: "vwap_1m" } }] },
        sizing: { atr: "atr_7_5s" },
      },
    ],
    rules: [{ rule_id: "r", when: { anyOf: [{ f: "side", op: "==", v: 1 }] }, effect: { skip_entry: true } }],
  });
  const own = ["ema_20_5s", "rsi_14_15s", "ema_8_1m", "vwap_1m", "obi_5", "atr_7_5s"];
  expect(factorsOfBundle(bundle)).toEqual([...CORE_FACTORS, ...own]);
  for (const id of factorsOfBundle(bundle)) expect(parseFactor(id)).toBeDefined();
});

test("averages agree with a published library once both have forgotten how they began", () => {
  const ids = [
    "ema_21_1m",
    "rsi_14_1m",
    "atr_14_1m",
    "macd_12_26_9_1m",
    "macd_signal_12_26_9_1m",
    "macd_hist_12_26_9_1m",
  ];
  const ours = ids.map((id) => {
    const { family, params } = parseFactor(id)!;
    return family.make(params, new Inputs(), NO_SOURCES);
  });
  const [ema, rsi, atr] = [new EMA(21), new RSI(14), new ATR(14)];
  const macd = new MACD(new EMA(12), new EMA(26), new EMA(9));
  for (const [at, bar] of randomBars(91, 2_000).entries()) {
    for (const state of ours) state.onBar!(bar);
    for (const indicator of [ema, rsi, macd]) indicator.add(bar.close);
    atr.add(bar);
    if (at < 600) continue;
    const { macd: line, signal, histogram } = macd.getResultOrThrow();
    const theirs = [ema.getResult(), rsi.getResult(), atr.getResult(), line, signal, histogram];
    for (const [which, state] of ours.entries()) expect(state.read(0)).toBeCloseTo(theirs[which]!, 9);
  }
});
