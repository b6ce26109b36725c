import { describe, expect, test } from "bun:test";
import type { FeatureValues } from "../../domain/decision.ts";
import { TIMEFRAME_MS } from "../../domain/market.ts";
import {
  fundingAt,
  type MarketEvent,
  randomBars,
  randomEvents,
  BEGIN_TS as T,
  tickerAt,
  tradeAt,
} from "../../testing/market-events.ts";
import type { Bar } from "./bars.ts";
import { createFactorEngine, type FactorEngine } from "./engine.ts";
import { FAMILIES, parseFactor } from "./registry.ts";

const FAST = ["atr_3_1s", "ema_5_1s", "rsi_5_1s", "macd_3_6_2_1s", "rv_5_1s", "rv_pct_5_9_1s", "regime_5_9_1s"];
const ALL = [...new Set([...FAMILIES.map(({ example }) => example), ...FAST, "vwap_5_1s", "atr_3_5s"])];

function feed(engine: FactorEngine, { kind, event }: MarketEvent) {
  if (kind === "ticker") return engine.onTicker(event);
  if (kind === "depth") return engine.onDepth(event);
  return kind === "trade" ? engine.onTrade(event) : engine.onFunding(event);
}
function run(events: readonly MarketEvent[], engine = createFactorEngine(ALL, "FUT:BTCUSDT")): FactorEngine {
  for (const event of events) feed(engine, event);
  return engine;
}

describe("values", () => {
  test("never change when later data are appended, for every factor", () => {
    const events = randomEvents(51, 2_000);
    const snapshots: FeatureValues[] = [];
    const engine = createFactorEngine(ALL, "FUT:BTCUSDT");
    for (const event of events) {
      feed(engine, event);
      snapshots.push(engine.values());
    }
    for (const cut of [1, 17, 400, 1_234, 1_999])
      expect(run(events.slice(0, cut)).values()).toEqual(snapshots[cut - 1]!);
    expect(Object.values(run(events).values()).filter((value) => value === null).length).toBeLessThan(ALL.length / 2);
  });

  test("do not depend on how often they are read", () => {
    const events = randomEvents(52, 3_000);
    const often = createFactorEngine(ALL, "FUT:BTCUSDT");
    for (const [at, event] of events.entries()) {
      feed(often, event);
      if (at % 7 === 0) often.values();
    }
    expect(often.values()).toEqual(run(events).values());
  });

  test("a snapshot is not changed by later events, and unknown ids are null", () => {
    const engine = createFactorEngine(["last", "no_such"], "FUT:BTCUSDT");
    engine.onTrade(tradeAt(T, 100, 1));
    const before = engine.values();
    engine.onTrade(tradeAt(T + 1, 101, 1));
    expect(before).toEqual({ last: 100, no_such: null });
    expect(engine.unknown).toEqual(["no_such"]);
  });

  test("an event without a time moves nothing; an older one does not move the watermark back", () => {
    const engine = createFactorEngine(["last"], "FUT:BTCUSDT");
    engine.advance(Number.NaN);
    for (const ts of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      engine.onTrade(tradeAt(ts, 5, 1));
      engine.onTicker(tickerAt(ts, ["1", "1", "2", "1"]));
    }
    expect(engine.exchTs).toBeNaN();
    expect(engine.value("last")).toBeNaN();
    engine.advance(T + 5);
    engine.advance(T);
    expect(engine.exchTs).toBe(T + 5);
  });

  test("a mark that overtakes a bar's last trade does not close the bar", () => {
    const engine = createFactorEngine(["ema_1_1s"], "FUT:BTCUSDT");
    engine.onTrade(tradeAt(T, 100, 1));
    engine.onFunding(fundingAt(T + 1_000, 0.0001, T + 90_000));
    engine.onTrade(tradeAt(T + 999, 107, 1));
    engine.onTrade(tradeAt(T + 1_000, 100, 1));
    expect(engine.value("ema_1_1s")).toBe(107);
  });
});

describe("bars in the engine", () => {
  test("factors of a timeframe change at its closes only, all timeframes from the same trades", () => {
    const engine = createFactorEngine(["close_1s", "close_5s"], "FUT:BTCUSDT");
    const at = (ms: number, price: number) => {
      const closed = engine.onTrade(tradeAt(T + ms, price, 1)).map(({ timeframe }) => timeframe);
      return [closed, engine.value("close_1s"), engine.value("close_5s")];
    };
    expect(at(0, 10)).toEqual([[], Number.NaN, Number.NaN]);
    expect(at(900, 11)).toEqual([[], Number.NaN, Number.NaN]);
    expect(at(1_000, 12)).toEqual([["1s"], 11, Number.NaN]);
    expect(at(5_000, 13)).toEqual([["1s", "5s"], 12, 12]);
  });

  test("a first bar joined halfway counts for nothing", () => {
    const engine = createFactorEngine(["close_1s"], "FUT:BTCUSDT");
    engine.onTrade(tradeAt(T + 300, 10, 1));
    engine.onTrade(tradeAt(T + 1_200, 20, 1));
    expect(engine.value("close_1s")).toBeNaN();
    engine.advance(T + 2_000);
    expect(engine.value("close_1s")).toBe(20);
  });

  test("another instrument's factor is read at that one's last closed bar", () => {
    const spot = createFactorEngine(["close_1s"], "SPOT:BTCUSDT");
    const lookup = (instrument: string, id: string) => (instrument === "SPOT:BTCUSDT" ? spot.value(id) : Number.NaN);
    const ids = ["close_1s@SPOT:BTCUSDT", "close_1s@SPOT:ETHUSDT", "close_1s@FUT:BTCUSDT"];
    const engine = createFactorEngine(ids, "FUT:BTCUSDT", { lookup });
    engine.onTrade(tradeAt(T, 7, 1));
    engine.advance(T + 1_000);
    spot.onTrade(tradeAt(T, 10, 1));
    spot.onTrade(tradeAt(T + 1_000, 11, 1));
    expect(engine.values()).toEqual({ [ids[0]!]: 10, [ids[1]!]: null, [ids[2]!]: 7 });
  });
});

describe("a new set of factors", () => {
  test("leaves those that stay as they were, and feeds new ones the bars kept", () => {
    const events = randomEvents(53, 3_000);
    const engine = createFactorEngine(["ema_5_1s", "trade_rate_10s", "obi_5"], "FUT:BTCUSDT");
    run(events.slice(0, 2_000), engine);
    engine.choose(["ema_5_1s", "trade_rate_10s", "obi_5", "rsi_5_1s", "traded_vol_10s"]);
    expect(engine.value("traded_vol_10s")).not.toBeNaN();
    run(events.slice(2_000), engine);
    const always = createFactorEngine(["ema_5_1s", "trade_rate_10s", "obi_5", "rsi_5_1s"], "FUT:BTCUSDT");
    expect(engine.values()).toMatchObject(run(events, always).values());
  });

  test("a window begun later is missing until it has been watched whole", () => {
    const engine = createFactorEngine([], "FUT:BTCUSDT");
    engine.onTrade(tradeAt(T, 100, 1));
    engine.choose(["trade_rate_5s", "ret_5s"]);
    engine.onTicker(tickerAt(T + 4_999, ["99", "1", "101", "1"]));
    expect(engine.values()).toEqual({ trade_rate_5s: null, ret_5s: null });
    engine.onTrade(tradeAt(T + 5_000, 100, 1));
    expect(engine.value("trade_rate_5s")).toBe(1 / 5);
  });
});

describe("history", () => {
  const MS = TIMEFRAME_MS["1m"];
  const bars = randomBars(61, 60);
  /** One trade a bar, at its close price; the engine is told of nothing before `from`. */
  function live(engine: FactorEngine, from: number, to: number, offset = 0): FactorEngine {
    for (const bar of bars.slice(from, to)) engine.onTrade(tradeAt(bar.openTs + offset, bar.close, 1));
    return engine;
  }
  const flat = ({ close, ...bar }: Bar): Bar => ({ ...bar, open: close, high: close, low: close, close });
  const history = bars.map(flat);
  const engineOf = () => createFactorEngine(["ema_10_1m", "rsi_10_1m"], "FUT:BTCUSDT");
  const straight = () => live(engineOf(), 0, 41).values();

  test("before the first event makes values known at once, and going on is as if it had been seen", () => {
    const engine = engineOf();
    expect(engine.historyWishes()).toEqual([{ timeframe: "1m", bars: 201 }]);
    expect(engine.warm("1m", history.slice(0, 30))).toBe(true);
    expect(engine.value("ema_10_1m")).not.toBeNaN();
    expect(engine.historyWishes()).toEqual([]);
    live(engine, 30, 41);
    expect(engine.values()).toEqual(straight());
  });

  test("that comes late goes before the bars built meanwhile, without what overlaps", () => {
    const engine = live(engineOf(), 30, 41);
    expect(engine.value("rsi_10_1m")).toBeNaN();
    expect(engine.warm("1m", history.slice(0, 36))).toBe(true);
    expect(engine.values()).toEqual(straight());
  });

  test("that does not reach up to our bars is left alone, and so is none", () => {
    const engine = live(engineOf(), 30, 35);
    expect(engine.warm("1m", history.slice(0, 29))).toBe(false);
    expect(engine.warm("1m", [])).toBe(false);
    expect(engine.value("ema_10_1m")).toBeNaN();
    expect(engine.historyWishes()).toHaveLength(1);
  });

  test("that ends before the present bar is left alone, trades or not", () => {
    const engine = engineOf();
    engine.advance(bars[30]!.openTs + 5_000);
    expect(engine.warm("1m", history.slice(0, 29))).toBe(false);
    expect(engine.warm("1m", history.slice(0, 31))).toBe(true);
    live(engine, 30, 31, 6_000);
    expect(engine.value("ema_10_1m")).not.toBeNaN();
  });

  test("with a hole counts from the hole on", () => {
    const engine = engineOf();
    engine.warm("1m", [...history.slice(0, 20), ...history.slice(21, 31)]);
    const closes = bars.slice(21, 31).map(({ close }) => close);
    expect(engine.value("ema_10_1m")).toBeCloseTo(closes.reduce((a, b) => a + b) / 10, 9);
  });

  test("is broken by the bar joined halfway, and mended when that one is in the history", () => {
    const engine = engineOf();
    engine.warm("1m", history.slice(0, 30));
    live(engine, 30, 31, 20_000);
    expect(engine.value("ema_10_1m")).not.toBeNaN();
    engine.advance(bars[31]!.openTs);
    expect(engine.value("ema_10_1m")).toBeNaN();
    expect(engine.historyWishes()).toHaveLength(1);
    expect(engine.warm("1m", history.slice(0, 30))).toBe(false);
    expect(engine.warm("1m", history.slice(0, 31))).toBe(true);
    live(engine, 31, 41);
    expect(engine.values()).toEqual(straight());
  });

  test("is no longer wished for when our own bars suffice", () => {
    const engine = createFactorEngine(["vwap_5_1m"], "FUT:BTCUSDT");
    live(engine, 0, 5);
    expect(engine.historyWishes()).toEqual([{ timeframe: "1m", bars: 5 }]);
    engine.advance(bars[5]!.openTs + MS);
    expect(engine.historyWishes()).toEqual([]);
  });
});

const folder = process.env.CHIMERA_MARKET_DATA;
describe.skipIf(folder === undefined)("a recorded market (CHIMERA_MARKET_DATA)", () => {
  interface Raw {
    stream?: string;
    data: Record<"b" | "B" | "a" | "A" | "p" | "q", string> & { T: number; m: boolean; t: number };
  }
  const eventOf = ({ stream, data }: Raw): MarketEvent | undefined => {
    if (stream?.endsWith("@bookTicker")) {
      return { kind: "ticker", event: tickerAt(data.T, [data.b, data.B, data.a, data.A]) };
    }
    if (!stream?.endsWith("@trade")) return undefined;
    return { kind: "trade", event: tradeAt(data.T, data.p, data.q, data.m ? "SELL" : "BUY") };
  };

  test("is gone through in microseconds an update, every value within its family's range", async () => {
    const packed = await Bun.file(`${folder}/depth/usdm__btcusdt_20240808.gz`).bytes();
    const lines = new TextDecoder().decode(Bun.gunzipSync(packed)).trim().split("\n");
    const events = lines.flatMap((line) => eventOf(JSON.parse(line.slice(line.indexOf(" ") + 1))) ?? []);
    const engine = createFactorEngine(ALL, "FUT:BTCUSDT");
    const begun = process.cpuUsage();
    for (const event of events) feed(engine, event);
    const { user, system } = process.cpuUsage(begun);
    console.log(
      `${ALL.length} factors, ${events.length} updates: ${((user + system) / events.length).toFixed(2)} µs CPU each`,
    );
    const values = engine.values();
    for (const id of ALL) {
      const value = values[id];
      if (value === null || value === undefined) continue;
      const [least, greatest] = parseFactor(id)!.family.range;
      expect(value >= least && value <= greatest).toBe(true);
    }
    for (const id of ["mid", "atr_3_5s", "rsi_5_1s", "trade_imb_10s", "ret_10s"]) expect(values[id]).not.toBeNull();
    for (const id of ["regime", "funding_rate", "obi_5"]) expect(values[id]).toBeNull();
  });
});
