/** Benchmark: CPU time of the factors, per market event for the shipped set, and per bar beside a published library. */
import { ATR, EMA, MACD, RSI } from "trading-signals";
import { parse } from "yaml";
import shippedBundle from "../../services/s10-config/default-bundle.yaml" with { type: "text" };
import { Bundle } from "../../shared/domain/bundle.ts";
import { type MarketEvent, randomBars, randomEvents } from "../../shared/testing/market-events.ts";
import type { Bar } from "../../shared/trading/factors/bars.ts";
import { createFactorEngine, type FactorEngine } from "../../shared/trading/factors/engine.ts";
import { NO_SOURCES } from "../../shared/trading/factors/factor.ts";
import { Inputs } from "../../shared/trading/factors/inputs.ts";
import { factorsOfBundle, parseFactor } from "../../shared/trading/factors/registry.ts";
import { type Benchmark, cpuMicros, inTurns } from "./measure.ts";

const EVENTS = 200_000;
const BARS = 200_000;
const REPEATS = 15;
/** Features are published at most ten times a second; the events here are some seventeen a second. */
const EVENTS_PER_SNAPSHOT = 2;
/** What the library has too, with the same numbers. */
const SHARED = ["ema_8_1m", "ema_21_1m", "rsi_14_1m", "macd_hist_12_26_9_1m", "atr_14_1m"];

function feed(engine: FactorEngine, { kind, event }: MarketEvent): void {
  if (kind === "ticker") engine.onTicker(event);
  else if (kind === "depth") engine.onDepth(event);
  else if (kind === "trade") engine.onTrade(event);
  else engine.onFunding(event);
}

/** µs CPU an event: the shipped factors, one of them read at every event as a cross trigger does. */
function shipped(ids: readonly string[], events: readonly MarketEvent[], snapshots: boolean): number {
  const engine = createFactorEngine(ids, "FUT:BTCUSDT");
  const begun = process.cpuUsage();
  for (let at = 0; at < events.length; at++) {
    feed(engine, events[at]!);
    engine.value("obi_5");
    if (snapshots && at % EVENTS_PER_SNAPSHOT === 0) engine.values();
  }
  return cpuMicros(begun) / events.length;
}

/** ns CPU a bar. */
function ours(bars: readonly Bar[]): number {
  const states = SHARED.map((id) => {
    const { family, params } = parseFactor(id)!;
    return family.make(params, new Inputs(), NO_SOURCES);
  });
  const begun = process.cpuUsage();
  for (const bar of bars) {
    for (const state of states) {
      state.onBar?.(bar);
      state.read(bar.endTs);
    }
  }
  return (1_000 * cpuMicros(begun)) / bars.length;
}

function theirs(bars: readonly Bar[]): number {
  const ofClose = [new EMA(8), new EMA(21), new RSI(14), new MACD(new EMA(12), new EMA(26), new EMA(9))];
  const atr = new ATR(14);
  const begun = process.cpuUsage();
  for (const bar of bars) {
    for (const indicator of ofClose) {
      indicator.add(bar.close);
      if (indicator.isStable) indicator.getResult();
    }
    atr.add(bar);
    if (atr.isStable) atr.getResult();
  }
  return (1_000 * cpuMicros(begun)) / bars.length;
}

/** Bytes the heap has grown by over the later three quarters of a long run. */
function growth(ids: readonly string[], events: readonly MarketEvent[]): number {
  const engine = createFactorEngine(ids, "FUT:BTCUSDT");
  const heap = () => {
    Bun.gc(true);
    return process.memoryUsage().heapUsed;
  };
  const quarter = events.length >> 2;
  for (const event of events.slice(0, quarter)) feed(engine, event);
  const before = heap();
  for (let at = quarter; at < events.length; at++) feed(engine, events[at]!);
  return heap() - before;
}

export const benchmark: Benchmark = {
  what: "factors: the shipped set per market event; EMA, RSI, MACD and ATR per bar beside trading-signals",
  async run() {
    const ids = factorsOfBundle(Bundle.parse(parse(shippedBundle as string)));
    const events = randomEvents(1, EVENTS);
    const bars = randomBars(2, BARS);
    const perEvent = await inTurns(
      [
        { what: `${ids.length} factors, one read`, once: () => shipped(ids, events, false) },
        { what: "and all read at every second event", once: () => shipped(ids, events, true) },
      ],
      { unit: "µs CPU an event", repeats: REPEATS },
    );
    const perBar = await inTurns(
      [
        { what: "five indicators, ours", once: () => ours(bars) },
        { what: "five indicators, trading-signals", once: () => theirs(bars) },
      ],
      { unit: "ns CPU a bar", repeats: REPEATS, warmUps: 3 },
    );
    const kib = Math.round(growth(ids, events) / 1024);
    return {
      rows: [...perEvent, ...perBar],
      ratios: { "trading-signals to ours, per bar": perBar[1]!.median / perBar[0]!.median },
      notes: [`heap after ${EVENTS * 0.75} further events: ${kib} KiB more`],
    };
  },
};
