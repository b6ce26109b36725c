/** Benchmark: CPU time and memory of the factors, per market event and per bar, beside a published library. */
import { heapStats } from "bun:jsc";
import { ADX, ATR, BollingerBands, EMA, MACD, RSI } from "trading-signals";
import { parse } from "yaml";
import shippedBundle from "../../services/s10-config/default-bundle.yaml" with { type: "text" };
import { Bundle } from "../../shared/domain/bundle.ts";
import { type MarketEvent, randomBars, randomEvents } from "../../shared/testing/market-events.ts";
import type { Bar } from "../../shared/trading/factors/bars.ts";
import { createFactorEngine, type FactorEngine } from "../../shared/trading/factors/engine.ts";
import { NO_SOURCES } from "../../shared/trading/factors/factor.ts";
import { Inputs } from "../../shared/trading/factors/inputs.ts";
import { FAMILIES, factorsOfBundle, parseFactor } from "../../shared/trading/factors/registry.ts";
import { type Benchmark, cpuMicros, inTurns } from "./measure.ts";

const EVENTS = 200_000;
const BARS = 200_000;
const REPEATS = 15;
/** Features are published at most ten times a second; the events here are some seventeen a second. */
const EVENTS_PER_SNAPSHOT = 2;
/** What the library has too, with the same numbers. */
const SHARED = [
  "ema_8_1m",
  "ema_21_1m",
  "rsi_14_1m",
  "macd_hist_12_26_9_1m",
  "atr_14_1m",
  "bb_pct_20_2_1m",
  "adx_14_1m",
];
/** Of the shipped factors those that the library has too. */
const SHIPPED_SHARED = ["ema_8_5s", "ema_21_5s", "rsi_14_5s", "macd_12_26_9_5s", "atr_14_1s", "atr_14_5s", "atr_14_1m"];

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
  const averages = [new EMA(8), new EMA(21), new RSI(14), new MACD(new EMA(12), new EMA(26), new EMA(9))];
  const ofClose = [...averages, new BollingerBands(20, 2)];
  const ofBar = [new ATR(14), new ADX(14)];
  const begun = process.cpuUsage();
  for (const bar of bars) {
    for (const indicator of ofClose) {
      indicator.add(bar.close);
      if (indicator.isStable) indicator.getResult();
    }
    for (const indicator of ofBar) {
      indicator.add(bar);
      if (indicator.isStable) indicator.getResult();
    }
  }
  return (1_000 * cpuMicros(begun)) / bars.length;
}

/** A bar of one length, built by hand from trades, and the library's indicators of it. */
class ByHand {
  private readonly ms: number;
  private readonly ofClose: readonly { add(close: number): unknown; getResult(): unknown }[];
  private readonly ofBar: readonly ATR[];
  private endTs = 0;
  private bar = { open: 0, high: 0, low: 0, close: 0, volume: 0 };

  constructor(ms: number, ofClose: ByHand["ofClose"], ofBar: readonly ATR[]) {
    this.ms = ms;
    this.ofClose = ofClose;
    this.ofBar = ofBar;
  }

  trade(ts: number, price: number, qty: number): void {
    this.pass(ts);
    const { bar } = this;
    if (bar.volume === 0) bar.open = price;
    bar.high = Math.max(bar.high, price);
    bar.low = Math.min(bar.low, price);
    bar.close = price;
    bar.volume += qty;
  }

  pass(ts: number): void {
    if (ts < this.endTs) return;
    if (this.endTs > 0) {
      for (const indicator of this.ofClose) indicator.add(this.bar.close);
      for (const indicator of this.ofBar) indicator.add(this.bar);
    }
    this.endTs = Math.floor(ts / this.ms + 1) * this.ms;
    const { close } = this.bar;
    this.bar = { open: close, high: 0, low: Number.POSITIVE_INFINITY, close, volume: 0 };
  }

  read(): void {
    for (const indicator of this.ofClose) indicator.getResult();
    for (const indicator of this.ofBar) indicator.getResult();
  }
}

/** µs CPU an event: the shared factors of the shipped set by the library, on bars built by hand. */
function sharedByHand(events: readonly MarketEvent[]): number {
  const ofFive = [new EMA(8), new EMA(21), new RSI(14), new MACD(new EMA(12), new EMA(26), new EMA(9))];
  const atrs = [new ATR(14), new ATR(14), new ATR(14)] as const;
  const series = [
    new ByHand(1_000, [], [atrs[0]]),
    new ByHand(5_000, ofFive, [atrs[1]]),
    new ByHand(60_000, [], [atrs[2]]),
  ];
  const begun = process.cpuUsage();
  for (let at = 0; at < events.length; at++) {
    const { kind, event } = events[at]!;
    for (const one of series) {
      if (kind === "trade") one.trade(event.exch_ts, Number(event.price), Number(event.qty));
      else if (kind !== "funding") one.pass(event.exch_ts);
    }
    if (at % EVENTS_PER_SNAPSHOT === 0) for (const one of series) one.read();
  }
  return cpuMicros(begun) / events.length;
}

/** Bytes allocated for each event that closes no bar, by the heap's growth while nothing is collected. */
function allocated(ids: readonly string[], events: readonly MarketEvent[]): number {
  const engine = createFactorEngine(ids, "FUT:BTCUSDT");
  const same = events
    .slice(0, 10_000)
    .map(({ kind, event }) => ({ kind, event: { ...event, exch_ts: 1 } }) as MarketEvent);
  for (let turn = 0; turn < 20; turn++) for (const event of same) feed(engine, event);
  Bun.gc(true);
  const before = heapStats().heapSize;
  for (const event of same) feed(engine, event);
  return Math.max(0, heapStats().heapSize - before) / same.length;
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
  what: "factors: the shipped set and all families per market event, shared indicators beside trading-signals",
  async run() {
    const ids = factorsOfBundle(Bundle.parse(parse(shippedBundle as string)));
    const events = randomEvents(1, EVENTS);
    const bars = randomBars(2, BARS);
    const all = [...new Set([...ids, ...FAMILIES.map(({ example }) => example)])];
    const perEvent = await inTurns(
      [
        { what: `${ids.length} factors, one read`, once: () => shipped(ids, events, false) },
        { what: "and all read at every second event", once: () => shipped(ids, events, true) },
        { what: `the same of all families, ${all.length} factors`, once: () => shipped(all, events, true) },
        { what: "of the shipped ones the library has, ours", once: () => shipped(SHIPPED_SHARED, events, true) },
        { what: "the same by trading-signals on bars built by hand", once: () => sharedByHand(events) },
      ],
      { unit: "µs CPU an event", repeats: REPEATS },
    );
    const perBar = await inTurns(
      [
        { what: `${SHARED.length} indicators, ours`, once: () => ours(bars) },
        { what: `${SHARED.length} indicators, trading-signals`, once: () => theirs(bars) },
      ],
      { unit: "ns CPU a bar", repeats: REPEATS, warmUps: 3 },
    );
    const kib = Math.round(growth(all, events) / 1024);
    const bytes = allocated(all, events).toFixed(1);
    return {
      rows: [...perEvent, ...perBar],
      ratios: {
        "trading-signals to ours, per bar": perBar[1]!.median / perBar[0]!.median,
        "trading-signals to ours, per event, the shared ones": perEvent[4]!.median / perEvent[3]!.median,
      },
      notes: [
        `all families: heap after ${EVENTS * 0.75} further events: ${kib} KiB more`,
        `all families: ${bytes} bytes allocated an event that closes no bar and is not read`,
      ],
    };
  },
};
