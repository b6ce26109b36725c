/** An equity curve thinned for drawing: a few hundred points, with every peak and trough that can be seen. */
import type { CurvePoints } from "../domain/experiment.ts";
import type { EquityPoint } from "../trading/stats/equity-curve.ts";

export const CURVE_POINTS_MAX = 500;

/**
 * At most `CURVE_POINTS_MAX` points, USDT. Of each stretch of time the lowest and the highest stay, in their order,
 * and of the whole the first and the last.
 */
export function curveOf({ equity }: { readonly equity: readonly EquityPoint[] }): CurvePoints {
  const points = equity.map(({ ts, equity_usdt }): [number, number] => [ts, Number(equity_usdt)]);
  if (points.length <= CURVE_POINTS_MAX) return points;
  const stretches = Math.floor((CURVE_POINTS_MAX - 2) / 2);
  const kept: [number, number][] = [points[0]!];
  const inner = points.length - 2;
  for (let i = 0; i < stretches; i++) {
    const from = 1 + Math.floor((i * inner) / stretches);
    const to = 1 + Math.floor(((i + 1) * inner) / stretches);
    kept.push(...extremes(points.slice(from, to)));
  }
  kept.push(points.at(-1)!);
  return kept;
}

function extremes(points: readonly [number, number][]): [number, number][] {
  let [low, high] = [0, 0];
  for (const [i, [, equity]] of points.entries()) {
    if (equity < points[low]![1]) low = i;
    if (equity > points[high]![1]) high = i;
  }
  return [...new Set([Math.min(low, high), Math.max(low, high)])].map((i) => points[i]!);
}
