/** Every family of bars once more, in the plainest way: each value from the whole past, with nothing carried on. */
import { TIMEFRAME_MS, type Timeframe } from "../../domain/market.ts";
import type { Bar } from "./bars.ts";
import type { FactorParams } from "./factor.ts";

/** Bars up to a moment, the newest last; `peer` of the second instrument; `longer` of longer timeframes. */
export interface Past {
  readonly bars: readonly Bar[];
  readonly peer: readonly Bar[];
  longer(timeframe: Timeframe): readonly Bar[];
}
export type BarOracle = (past: Past, params: FactorParams) => number;

const NONE = Number.NaN;
const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);
const mean = (xs: readonly number[]): number => sum(xs) / xs.length;
const squares = (xs: readonly number[]): number => sum(xs.map((x) => (x - mean(xs)) ** 2));
const closes = (bars: readonly Bar[]): number[] => bars.map(({ close }) => close);
const returns = (xs: readonly number[]): number[] => xs.slice(1).map((x, at) => Math.log(x / xs[at]!));
/** NaN where there are fewer than n. */
const ofLast = <T>(xs: readonly T[], n: number, f: (last: readonly T[]) => number): number =>
  xs.length < n ? NONE : f(xs.slice(xs.length - n));

/** Weights below this share of the whole are left out. */
const FORGOTTEN = 1e-22;
/** The average that starts at the mean of the first n and then takes a share α of each new value, by its weights. */
function smoothed(xs: readonly number[], n: number, alpha: number): number {
  if (xs.length < n) return NONE;
  let total = 0;
  let weight = 1;
  for (let at = xs.length - 1; at >= n && weight > FORGOTTEN; at--) {
    total += alpha * weight * xs[at]!;
    weight *= 1 - alpha;
  }
  return weight > FORGOTTEN ? total + weight * mean(xs.slice(0, n)) : total;
}
const ema = (xs: readonly number[], n: number): number => smoothed(xs, n, 2 / (n + 1));
const wilder = (xs: readonly number[], n: number): number => smoothed(xs, n, 1 / n);
/** As much of the past as an average of averages can still feel. */
const felt = (n: number): number => 60 * n;

const trueRanges = (bars: readonly Bar[]): number[] =>
  bars.slice(1).map(({ high, low }, at) => {
    const before = bars[at]!.close;
    return Math.max(high - low, Math.abs(high - before), Math.abs(low - before));
  });

const deviation = (xs: readonly number[], divisor: number): number => Math.sqrt(squares(xs) / divisor);
const isFlat = (xs: readonly number[]): boolean => xs.every((x) => x === xs[0]);
const rv = (bars: readonly Bar[], n: number, timeframe: Timeframe): number =>
  ofLast(returns(closes(bars.slice(-n - 1))), n, (last) =>
    isFlat(last) ? 0 : Math.sqrt((365 * 86_400_000) / TIMEFRAME_MS[timeframe]) * deviation(last, n - 1),
  );
const rank = (xs: readonly number[]): number => {
  const newest = xs.at(-1)!;
  const less = xs.filter((x) => x < newest).length;
  const equal = xs.filter((x) => x === newest).length;
  return (less + equal / 2) / xs.length;
};

function macd(
  bars: readonly Bar[],
  [fast, slow, signal]: readonly number[],
  part: "line" | "signal" | "histogram",
): number {
  const line = (upTo: number) => ema(closes(bars.slice(0, upTo)), fast!) - ema(closes(bars.slice(0, upTo)), slow!);
  const newest = line(bars.length);
  if (part === "line") return newest;
  const lines: number[] = [];
  const from = Math.max(slow!, bars.length - felt(signal!));
  for (let upTo = from; upTo <= bars.length; upTo++) lines.push(line(upTo));
  const smooth = ema(lines, signal!);
  return part === "signal" ? smooth : newest - smooth;
}

/** +DM, −DM and TR of each bar but the first. */
const moves = (bars: readonly Bar[]): [number, number, number][] => {
  const ranges = trueRanges(bars);
  return bars.slice(1).map(({ high, low }, at) => {
    const [up, down] = [high - bars[at]!.high, bars[at]!.low - low];
    return [up > down && up > 0 ? up : 0, down > up && down > 0 ? down : 0, ranges[at]!];
  });
};
const part = (moved: readonly [number, number, number][], which: 0 | 1 | 2): number[] => moved.map((m) => m[which]);
const di = (bars: readonly Bar[], n: number, which: 0 | 1): number => {
  const moved = moves(bars);
  const range = wilder(part(moved, 2), n);
  return range === 0 ? 0 : (100 * wilder(part(moved, which), n)) / range;
};
function adx(bars: readonly Bar[], n: number): number {
  const moved = moves(bars);
  const indices: number[] = [];
  for (let upTo = Math.max(n, moved.length - felt(n)); upTo <= moved.length; upTo++) {
    const [plus, minus] = [wilder(part(moved.slice(0, upTo), 0), n), wilder(part(moved.slice(0, upTo), 1), n)];
    indices.push(plus + minus === 0 ? 0 : (100 * Math.abs(plus - minus)) / (plus + minus));
  }
  return wilder(indices, n);
}

/** Turning points from the first bar on, then the present extreme. */
function turns(bars: readonly Bar[], bps: number): { points: number[]; direction: number } {
  const by = bps / 1e4;
  const points: number[] = [];
  let from = 0;
  let direction = 0;
  for (let at = 1; at < bars.length && direction === 0; at++) {
    const past = bars.slice(0, at);
    const [least, most] = [Math.min(...past.map(({ low }) => low)), Math.max(...past.map(({ high }) => high))];
    if (bars[at]!.high >= least * (1 + by)) [direction, from] = [points.push(least), at];
    else if (bars[at]!.low <= most * (1 - by)) [direction, from] = [-points.push(most), at];
  }
  if (direction === 0) return { points, direction };
  for (let at = from + 1; at < bars.length; at++) {
    const swing = bars.slice(from, at);
    const extreme =
      direction > 0 ? Math.max(...swing.map(({ high }) => high)) : Math.min(...swing.map(({ low }) => low));
    const { high, low } = bars[at]!;
    const reaches = direction > 0 ? high > extreme : low < extreme;
    const turned = direction > 0 ? low <= extreme * (1 - by) : high >= extreme * (1 + by);
    if (reaches || !turned) continue;
    points.push(extreme);
    direction = -direction;
    from = at;
  }
  const present = bars.slice(from);
  points.push(
    direction > 0 ? Math.max(...present.map(({ high }) => high)) : Math.min(...present.map(({ low }) => low)),
  );
  return { points, direction };
}

const near = (ratio: number, ideals: readonly number[]): number =>
  Math.max(0, ...ideals.map((ideal) => 1 - Math.abs(Math.log2(ratio) - Math.log2(ideal))));
function elliott(bars: readonly Bar[], bps: number): number {
  const { points, direction } = turns(bars, bps);
  if (points.length < 6) return NONE;
  const last = points.slice(-6);
  const waves = last.slice(1).map((p, at) => Math.abs(p - last[at]!)) as [number, number, number, number, number];
  const [w1, w2, w3, w4, w5] = waves;
  const overlaps = direction > 0 ? last[4]! <= last[1]! : last[4]! >= last[1]!;
  if (w2 >= w1 || w3 < Math.min(w1, w5) || overlaps) return 0;
  return mean([
    near(w2 / w1, [0.382, 0.5, 0.618]),
    near(w3 / w1, [1.618, 2.618]),
    near(w4 / w3, [0.236, 0.382]),
    near(w5 / w1, [0.618, 1, 1.618]),
  ]);
}

function correlation({ bars, peer }: Past, n: number): number {
  const other = new Map(peer.map((bar) => [bar.openTs, bar]));
  const both = bars.filter(({ openTs }) => other.has(openTs)).slice(-n - 1);
  const [x, y] = [returns(closes(both)), returns(both.map(({ openTs }) => other.get(openTs)!.close))];
  if (x.length < n || isFlat(x) || isFlat(y)) return NONE;
  const [mx, my] = [mean(x), mean(y)];
  return sum(x.map((one, at) => (one - mx) * (y[at]! - my))) / Math.sqrt(squares(x) * squares(y));
}

const vwap: BarOracle = ({ bars }, { numbers: [n] }) =>
  ofLast(bars, n ?? 1, (last) => {
    const volume = sum(last.map((bar) => bar.volume));
    return volume === 0 ? NONE : sum(last.map((bar) => bar.quoteVolume)) / volume;
  });
const percentile = ({ bars }: Past, [n, past]: readonly number[], timeframe: Timeframe): number => {
  const all = bars.slice(-n! - past!);
  const values = Array.from({ length: all.length - n! }, (_, at) =>
    Math.fround(rv(all.slice(0, n! + 1 + at), n!, timeframe)),
  );
  return ofLast(values, past!, rank);
};
const regime: BarOracle = (past, { numbers, timeframe }) => {
  const share = percentile(past, numbers, timeframe!);
  if (Number.isNaN(share)) return NONE;
  return share < 0.1 ? -1 : share > 0.9 ? 1 : 0;
};
const bands = (last: readonly Bar[], k: number): [number, number] => {
  const xs = closes(last);
  const half = isFlat(xs) ? 0 : k * deviation(xs, xs.length);
  return [mean(xs) - half, mean(xs) + half];
};

/** By pattern. */
export const BAR_ORACLES: Readonly<Record<string, BarOracle>> = {
  "close_{tf}": ({ bars }) => bars.at(-1)?.close ?? NONE,
  "volume_{tf}": ({ bars }) => bars.at(-1)?.volume ?? NONE,
  "vwap_{tf}": vwap,
  "vwap_{n}_{tf}": vwap,
  "log_ret_{n}_{tf}": ({ bars }, { numbers: [n] }) => ofLast(bars, n! + 1, (l) => Math.log(l[n!]!.close / l[0]!.close)),
  "tr_{tf}": ({ bars }) => trueRanges(bars).at(-1) ?? NONE,
  "ema_{n}_{tf}": ({ bars }, { numbers: [n] }) => ema(closes(bars), n!),
  "macd_{n}_{n}_{n}_{tf}": ({ bars }, { numbers }) => macd(bars, numbers, "line"),
  "macd_signal_{n}_{n}_{n}_{tf}": ({ bars }, { numbers }) => macd(bars, numbers, "signal"),
  "macd_hist_{n}_{n}_{n}_{tf}": ({ bars }, { numbers }) => macd(bars, numbers, "histogram"),
  "rsi_{n}_{tf}": ({ bars }, { numbers: [n] }) => {
    const changes = closes(bars)
      .slice(1)
      .map((x, at) => x - bars[at]!.close);
    const gain = wilder(
      changes.map((x) => Math.max(x, 0)),
      n!,
    );
    const loss = wilder(
      changes.map((x) => Math.max(-x, 0)),
      n!,
    );
    return gain + loss === 0 ? 50 : (100 * gain) / (gain + loss);
  },
  "atr_{n}_{tf}": ({ bars }, { numbers: [n] }) => wilder(trueRanges(bars), n!),
  "adx_{n}_{tf}": ({ bars }, { numbers: [n] }) => adx(bars, n!),
  "di_plus_{n}_{tf}": ({ bars }, { numbers: [n] }) => di(bars, n!, 0),
  "di_minus_{n}_{tf}": ({ bars }, { numbers: [n] }) => di(bars, n!, 1),
  "bb_mid_{n}_{tf}": ({ bars }, { numbers: [n] }) => ofLast(closes(bars), n!, mean),
  "bb_width_{n}_{n}_{tf}": ({ bars }, { numbers: [n, k] }) =>
    ofLast(bars, n!, (last) => {
      const [lower, upper] = bands(last, k!);
      return (upper - lower) / mean(closes(last));
    }),
  "bb_pct_{n}_{n}_{tf}": ({ bars }, { numbers: [n, k] }) =>
    ofLast(bars, n!, (last) => {
      const [lower, upper] = bands(last, k!);
      return upper === lower ? NONE : (last.at(-1)!.close - lower) / (upper - lower);
    }),
  "donchian_high_{n}_{tf}": ({ bars }, { numbers: [n] }) => ofLast(bars, n!, (l) => Math.max(...l.map((b) => b.high))),
  "donchian_low_{n}_{tf}": ({ bars }, { numbers: [n] }) => ofLast(bars, n!, (l) => Math.min(...l.map((b) => b.low))),
  "donchian_pos_{n}_{tf}": ({ bars }, { numbers: [n] }) =>
    ofLast(bars, n!, (last) => {
      const [high, low] = [Math.max(...last.map((b) => b.high)), Math.min(...last.map((b) => b.low))];
      return high === low ? NONE : (last.at(-1)!.close - low) / (high - low);
    }),
  "zscore_{n}_{tf}": ({ bars }, { numbers: [n] }) =>
    ofLast(closes(bars), n!, (xs) => (isFlat(xs) ? NONE : (xs.at(-1)! - mean(xs)) / deviation(xs, n! - 1))),
  "pct_rank_{n}_{tf}": ({ bars }, { numbers: [n] }) => ofLast(closes(bars), n!, rank),
  "corr_{n}_{tf}": (past, { numbers: [n] }) => correlation(past, n!),
  "basis_bps_{tf}": ({ bars, peer }) => {
    const ts = Math.min(bars.at(-1)?.openTs ?? NONE, peer.at(-1)?.openTs ?? NONE);
    const of = (some: readonly Bar[]) => some.find(({ openTs }) => openTs === ts)?.close ?? NONE;
    return (1e4 * (of(bars) - of(peer))) / of(peer);
  },
  "rv_{n}_{tf}": ({ bars }, { numbers: [n], timeframe }) => rv(bars, n!, timeframe!),
  "rv_pct_{n}_{n}_{tf}": (past, { numbers, timeframe }) => percentile(past, numbers, timeframe!),
  "regime_{n}_{n}_{tf}": regime,
  regime,
  "swing_dir_{n}_{tf}": ({ bars }, { numbers: [bps] }) => turns(bars, bps!).direction || NONE,
  "swing_turn_{n}_{tf}": ({ bars }, { numbers: [bps] }) => turns(bars, bps!).points.at(-2) ?? NONE,
  "swing_retrace_{n}_{tf}": ({ bars }, { numbers: [bps] }) => {
    const [a, b, c] = turns(bars, bps!).points.slice(-3) as [number, number, number];
    return c === undefined ? NONE : Math.abs(c - b) / Math.abs(b - a);
  },
  "elliott_{n}_{tf}": ({ bars }, { numbers: [bps] }) => elliott(bars, bps!),
  "trend_agree_{n}_{n}_{tf}": (past, { numbers: [fast, slow], timeframe }) => {
    const three = ([timeframe!, ...LONGER[timeframe!]!] as const).map((tf) => {
      const xs = closes(tf === timeframe ? past.bars : past.longer(tf));
      return Math.sign(ema(xs, fast!) - ema(xs, slow!));
    });
    return mean(three);
  },
};

/** The two next longer timeframes. */
export const LONGER: Readonly<Partial<Record<Timeframe, readonly [Timeframe, Timeframe]>>> = {
  "1s": ["5s", "15s"],
  "5s": ["15s", "1m"],
  "15s": ["1m", "5m"],
  "1m": ["5m", "15m"],
  "5m": ["15m", "1h"],
  "15m": ["1h", "4h"],
  "1h": ["4h", "1d"],
};
