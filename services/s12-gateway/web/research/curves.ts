/** Curves over time as the charts take them: on one grid of moments, as drawdown, or as a share of where they began. */
import type { CurvePoints } from "../../../../shared/domain/experiment.ts";

export interface GridPoint {
  /** Epoch ms, whole seconds. */
  readonly ts: number;
  readonly value: number | null;
}

const MOMENTS_MAX = 500;
const SECOND_MS = 1_000;

/** Even steps over all of the curves, at most so many; the last moment is always there. */
export function gridOf(curves: readonly CurvePoints[]): number[] {
  const from = Math.min(...curves.map((curve) => curve[0]?.[0] ?? Number.POSITIVE_INFINITY));
  const to = Math.max(...curves.map((curve) => curve.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY));
  if (!(to > from)) return Number.isFinite(from) ? [wholeSecond(from)] : [];
  const steps = Math.min(MOMENTS_MAX - 1, Math.max(1, Math.floor((to - from) / SECOND_MS)));
  const moments = Array.from({ length: steps + 1 }, (_, i) => wholeSecond(from + ((to - from) * i) / steps));
  return [...new Set(moments)];
}
const wholeSecond = (ts: number): number => Math.ceil(ts / SECOND_MS) * SECOND_MS;

/** The curve at each moment: what it was worth last; nothing before it begins and after it ends. */
export function onGrid(curve: CurvePoints, grid: readonly number[]): GridPoint[] {
  const end = wholeSecond(curve.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY);
  let next = 0;
  let value: number | null = null;
  return grid.map((ts) => {
    for (; next < curve.length && curve[next]![0] <= ts; next++) value = curve[next]![1];
    return { ts, value: ts > end ? null : value };
  });
}

/** Share below the highest so far, 0 or less. */
export function drawdownOf(curve: CurvePoints): CurvePoints {
  let peak = Number.NEGATIVE_INFINITY;
  return curve.map(([ts, value]) => {
    peak = Math.max(peak, value);
    return [ts, peak > 0 ? value / peak - 1 : 0];
  });
}

/** Gain as a share of where it began: of curves with unlike wallets the same is comparable. */
export function gainOf(curve: CurvePoints): CurvePoints {
  const first = curve[0]?.[1] ?? 0;
  return first > 0 ? curve.map(([ts, value]) => [ts, value / first - 1]) : [];
}

/** The same by time since the beginning, so that unlike windows lie over each other. */
export function sinceStart(curve: CurvePoints): CurvePoints {
  const first = curve[0]?.[0] ?? 0;
  return curve.map(([ts, value]) => [ts - first, value]);
}

/** A small picture of a curve: points of a line in a box, and where it began. */
export function sparkline(curve: CurvePoints, { width, height }: { width: number; height: number }) {
  const [first, last] = [curve[0], curve.at(-1)];
  if (!first || !last || curve.length < 2) return undefined;
  const values = curve.map(([, value]) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (ts: number) => ((ts - first[0]) / (last[0] - first[0] || 1)) * width;
  const y = (value: number) => 1 + (1 - (value - low) / (high - low || 1)) * (height - 2);
  return {
    points: curve.map(([ts, value]) => `${x(ts).toFixed(1)},${y(value).toFixed(1)}`).join(" "),
    startY: y(first[1]),
  };
}
