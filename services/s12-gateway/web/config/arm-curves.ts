/** What the arms of a promotion have earned, as curves, and the line below which a canary is taken back. */
import type { ArmFigures } from "../../../../shared/domain/promotion.ts";

/** From the moment both began at nothing up to the last of either, so that one trade is a line already. */
export function spanning(curve: ArmFigures["curve"], { since, until }: Span): [number, number][] {
  const [first, last] = [curve[0], curve.at(-1)];
  if (!first || !last) return [];
  const before: [number, number][] = first[0] > since ? [[since, 0]] : [];
  const after: [number, number][] = last[0] < until ? [[until, last[1]]] : [];
  return [...before, ...curve, ...after];
}
interface Span {
  /** Epoch ms. */
  readonly since: number;
  readonly until: number;
}
export const lastOf = (...curves: readonly ArmFigures["curve"][]): number =>
  Math.max(...curves.map((curve) => curve.at(-1)?.[0] ?? 0));

/** The highest so far, less what it may fall; it begins at nothing earned. */
export function takenBackBelow(curve: ArmFigures["curve"], fallMax: number): [number, number][] {
  let peak = 0;
  return curve.map(([ts, value]) => {
    peak = Math.max(peak, value);
    return [ts, peak - fallMax];
  });
}
