import { describe, expect, test } from "bun:test";
import { ADX, ATR, BollingerBands, EMA, MACD, RSI } from "trading-signals";
import { TIMEFRAME_MS, type Timeframe } from "../../domain/market.ts";
import { randomBars, randomEvents } from "../../testing/market-events.ts";
import type { Bar } from "./bars.ts";
import { createFactorEngine } from "./engine.ts";
import { FAST_IDS, FUT, fastId, feed, pairOf, SPOT } from "./families.fixture.ts";
import { BAR_ORACLES, LONGER, type Past } from "./oracles-of-bars.fixture.ts";
import { EVENT_ORACLES, type Heard, hearing } from "./oracles-of-events.fixture.ts";
import { RECORDINGS, recordedBars, recordedEvents } from "./recordings.fixture.ts";
import { FAMILIES, type Factor, parseFactor } from "./registry.ts";

/** Relative to values above 1. */
const TOLERANCE = 1e-9;
/** In words, where two values are not the same; NaN is the same as NaN. */
function unlike(what: string, ours: number | null, plain: number): string[] {
  if (ours === null || Number.isNaN(plain)) {
    return ours === null && Number.isNaN(plain) ? [] : [`${what}: ${ours}, plain ${plain}`];
  }
  return Math.abs(ours - plain) <= TOLERANCE * Math.max(1, Math.abs(plain)) ? [] : [`${what}: ${ours}, plain ${plain}`];
}

/** Whole bars of a longer timeframe, from whole runs of shorter ones. */
function grouped(bars: readonly Bar[], ms: number): Bar[] {
  const byStart = Map.groupBy(bars, ({ openTs }) => Math.floor(openTs / ms) * ms);
  return [...byStart].flatMap(([openTs, some]) => {
    if (some.at(-1)!.endTs !== openTs + ms || some[0]!.openTs !== openTs) return [];
    const [high, low] = [Math.max(...some.map((b) => b.high)), Math.min(...some.map((b) => b.low))];
    const total = (of: (bar: Bar) => number) => some.reduce((all, bar) => all + of(bar), 0);
    const shape = { open: some[0]!.open, high, low, close: some.at(-1)!.close };
    const traded = { volume: total((b) => b.volume), quoteVolume: total((b) => b.quoteVolume) };
    return [{ openTs, endTs: openTs + ms, ...shape, ...traded, trades: total((b) => b.trades) }];
  });
}

interface Course {
  readonly bars: readonly Bar[];
  readonly peer: readonly Bar[];
  readonly timeframe: Timeframe;
  /** How many bars lie between two comparisons. */
  readonly step: number;
}

/** Goes through bars with the engine, and looks now and then whether each id has the value its oracle gives. */
function compareBars(ids: readonly string[], { bars, peer, timeframe, step }: Course): string[] {
  const factors = ids.map((id) => [id, parseFactor(id)!] as const);
  const pair = pairOf(
    ids,
    factors.flatMap(([, { family, params }]) => family.usesOfPeer?.(params) ?? []),
  );
  const longer = new Map((LONGER[timeframe] ?? []).map((tf) => [tf, grouped(bars, TIMEFRAME_MS[tf])]));
  const differences: string[] = [];
  for (const [at, bar] of bars.entries()) {
    if (peer[at] !== undefined) pair.peer.onClosedBar(timeframe, peer[at]);
    pair.own.onClosedBar(timeframe, bar);
    for (const [tf, some] of longer) {
      const closed = some.find(({ endTs }) => endTs === bar.endTs);
      if (closed !== undefined) pair.own.onClosedBar(tf, closed);
    }
    const values = at % step === step - 1 ? pair.own.values() : undefined;
    if (values === undefined) continue;
    const past: Past = {
      bars: bars.slice(0, at + 1),
      peer: peer.slice(0, at + 1),
      longer: (tf) => longer.get(tf)!.filter(({ endTs }) => endTs <= bar.endTs),
    };
    for (const [id, factor] of factors)
      differences.push(...unlike(`${id} at ${at}`, values[id]!, plainly(factor, past)));
  }
  return differences;
}
const plainly = ({ family, params }: Factor, past: Past): number => BAR_ORACLES[family.pattern]!(past, params);

const OF_BARS = FAMILIES.filter(({ needs }) => needs.includes("bar"));
const OF_EVENTS = FAMILIES.filter(({ needs }) => !needs.includes("bar"));
/** The example's numbers on another timeframe. */
const exampleOn = (timeframe: Timeframe) =>
  OF_BARS.filter(({ fixed }) => fixed === undefined).map(({ example }) =>
    example.replace(/_(?:1s|5s|15s|1m|5m|1d)(?=@|$)/, `_${timeframe}`),
  );

test("every family has an independent computation to be held to", () => {
  expect(FAMILIES.map(({ pattern }) => pattern).sort()).toEqual(
    [...Object.keys(BAR_ORACLES), ...Object.keys(EVENT_ORACLES)].sort(),
  );
});

describe("factors of bars equal a computation over the whole past", () => {
  test("with short windows, at every bar", () => {
    const ids = OF_BARS.filter(({ fixed }) => fixed === undefined).map(fastId);
    const [bars, peer] = [randomBars(5, 260, 1_000), randomBars(6, 260, 1_000)];
    expect(compareBars(ids, { bars, peer, timeframe: "1s", step: 1 })).toEqual([]);
  });

  test("with the numbers they are usually given", () => {
    const [bars, peer] = [randomBars(7, 1_200), randomBars(8, 1_200)];
    expect(compareBars(exampleOn("1m"), { bars, peer, timeframe: "1m", step: 29 })).toEqual([]);
  });

  test("of days", () => {
    const bars = randomBars(9, 150, TIMEFRAME_MS["1d"]);
    expect(compareBars(["regime", "rv_20_1d"], { bars, peer: [], timeframe: "1d", step: 1 })).toEqual([]);
  });
});

function compareEvents(ids: readonly string[], events: readonly Heard[], step: number): string[] {
  const engine = createFactorEngine(ids, FUT);
  const differences: string[] = [];
  for (const [at, { heard }] of events.entries()) {
    feed(engine, heard);
    if (at % step !== step - 1) continue;
    const values = engine.values();
    const past = events.slice(0, at + 1);
    for (const id of ids) {
      const { family, params } = parseFactor(id)!;
      differences.push(...unlike(`${id} at ${at}`, values[id]!, EVENT_ORACLES[family.pattern]!(past, params)));
    }
  }
  return differences;
}
const EVENT_IDS = OF_EVENTS.flatMap((family) => [family.example, fastId(family)]);

test("factors of events equal a computation over all that was heard", () => {
  expect(compareEvents(EVENT_IDS, hearing(randomEvents(11, 3_000)), 61)).toEqual([]);
});

/** Bars of trades by the watermark at which they came, without the first one, which was joined halfway. */
function barsOf(events: readonly Heard[], ms: number): Bar[] {
  const bars: Bar[] = [];
  const lastTs = Math.floor(events.at(-1)!.now / ms) * ms;
  const byStart = Map.groupBy(
    events.filter(({ heard }) => heard.kind === "trade"),
    ({ now }) => Math.floor(now / ms) * ms,
  );
  const first = Math.min(...byStart.keys());
  let close = Number.NaN;
  for (let openTs = first; openTs < lastTs; openTs += ms) {
    const some = (byStart.get(openTs) ?? []).flatMap(({ heard }) => (heard.kind === "trade" ? [heard.event] : []));
    const prices = some.map(({ price }) => Number(price));
    if (prices.length === 0) prices.push(close);
    close = prices.at(-1)!;
    const volume = some.reduce((all, { qty }) => all + Number(qty), 0);
    const quoteVolume = some.reduce((all, { price, qty }) => all + Number(price) * Number(qty), 0);
    const shape = { open: prices[0]!, high: Math.max(...prices), low: Math.min(...prices), close };
    bars.push({ openTs, endTs: openTs + ms, ...shape, volume, quoteVolume, trades: some.length });
  }
  return bars.slice(1);
}

describe.skipIf(RECORDINGS === undefined)("on a recorded market (CHIMERA_MARKET_DATA)", () => {
  test("factors of bars equal the plain ones over a year of hours", async () => {
    const bars = await recordedBars("BTCUSDT-spot-1h", TIMEFRAME_MS["1h"], 8_760);
    const peer = bars.map((bar, at) => ({ ...bar, close: bars[Math.max(0, at - 1)]!.close * 1.001 }));
    expect(compareBars(exampleOn("1h"), { bars, peer, timeframe: "1h", step: 373 })).toEqual([]);
  }, 300_000);

  test("and over minutes of two instruments", async () => {
    const [bars, peer] = await Promise.all(
      ["BTCUSDT-perp-1m", "ETHUSDT-perp-1m"].map((name) => recordedBars(name, 60_000, 4_000)),
    );
    const from = Math.max(bars![0]!.openTs, peer![0]!.openTs);
    const since = (some: readonly Bar[]) => some.filter(({ openTs }) => openTs >= from);
    const course = { bars: since(bars!), peer: since(peer!), timeframe: "1m", step: 311 } as const;
    expect(course.bars.length).toBeGreaterThan(2_000);
    expect(compareBars(exampleOn("1m"), course)).toEqual([]);
  }, 300_000);

  test("factors of events equal the plain ones over its quotes and trades", async () => {
    const events = hearing((await recordedEvents("usdm__btcusdt_20240808")).slice(0, 20_000));
    const ids = EVENT_IDS.filter((id) => !/^(depth_top(?!1_)|obi|funding|minutes|basis)/.test(id));
    expect(compareEvents(ids, events, 401)).toEqual([]);
  }, 300_000);

  test("and so do factors of the bars built from its trades", async () => {
    const events = hearing(await recordedEvents("usdm__btcusdt_20240808"));
    const ids = FAST_IDS.filter((id) => id.endsWith("_1s"));
    const engine = createFactorEngine(ids, FUT, { timeframes: ["1s"] });
    const bars = barsOf(events, 1_000);
    const longer = (tf: Timeframe) => barsOf(events, TIMEFRAME_MS[tf]);
    const kept = new Map<Timeframe, Bar[]>([
      ["5s", longer("5s")],
      ["15s", longer("15s")],
    ]);
    const differences: string[] = [];
    for (const { heard } of events) {
      const closed = feed(engine, heard)?.find(({ timeframe }) => timeframe === "1s")?.bar;
      if (closed === undefined) continue;
      const upTo = (some: readonly Bar[]) => some.filter(({ endTs }) => endTs <= closed.endTs);
      const past: Past = { bars: upTo(bars), peer: [], longer: (tf) => upTo(kept.get(tf)!) };
      const values = engine.values();
      for (const id of ids)
        differences.push(...unlike(`${id} at ${closed.endTs}`, values[id]!, plainly(parseFactor(id)!, past)));
    }
    expect(bars.length).toBeGreaterThan(300);
    expect(differences).toEqual([]);
  }, 300_000);
});

const LIBRARY_IDS = [
  ...["ema_21", "rsi_14", "atr_14", "macd_12_26_9", "macd_signal_12_26_9", "macd_hist_12_26_9"],
  ...["bb_mid_20", "bb_width_20_2", "bb_pct_20_2", "adx_14", "di_plus_14", "di_minus_14"],
];

/** Goes through bars with the library, and compares once both have forgotten how they began. */
function compareLibrary(bars: readonly Bar[], timeframe: Timeframe): string[] {
  const ids = LIBRARY_IDS.map((id) => `${id}_${timeframe}`);
  const engine = createFactorEngine(ids, SPOT);
  const [ema, rsi, atr, bands, adx] = [new EMA(21), new RSI(14), new ATR(14), new BollingerBands(20, 2), new ADX(14)];
  const macd = new MACD(new EMA(12), new EMA(26), new EMA(9));
  const differences: string[] = [];
  for (const [at, bar] of bars.entries()) {
    engine.onClosedBar(timeframe, bar);
    for (const indicator of [ema, rsi, macd, bands]) indicator.add(bar.close);
    for (const indicator of [atr, adx]) indicator.add(bar);
    if (at < 800) continue;
    const { macd: line, signal, histogram } = macd.getResultOrThrow();
    const { lower, middle, upper } = bands.getResultOrThrow();
    const theirs = [
      ...[ema.getResultOrThrow(), rsi.getResultOrThrow(), atr.getResultOrThrow(), line, signal, histogram],
      ...[middle, (upper - lower) / middle, (bar.close - lower) / (upper - lower), adx.getResultOrThrow()],
      ...[100 * Number(adx.pdi), 100 * Number(adx.mdi)],
    ];
    const values = engine.values();
    differences.push(...ids.flatMap((id, which) => unlike(`${id} at ${at}`, values[id]!, theirs[which]!)));
  }
  return differences;
}

describe("indicators agree with a published library", () => {
  test("on made-up bars", () => expect(compareLibrary(randomBars(91, 2_000), "1m")).toEqual([]));
  test.skipIf(RECORDINGS === undefined)(
    "on a year of recorded hours (CHIMERA_MARKET_DATA)",
    async () => {
      const bars = await recordedBars("BTCUSDT-spot-1h", TIMEFRAME_MS["1h"], 8_760);
      expect(compareLibrary(bars, "1h")).toEqual([]);
    },
    60_000,
  );
});
