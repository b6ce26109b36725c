/** Whether one sample's values tend to be greater than another's, whatever their distribution: Mann-Whitney's U. */
import { refuse } from "../../errors.ts";
import { normalTail } from "./normal.ts";
import { ranksOf } from "./ranks.ts";

/** That the first sample is greater, is less, or either. */
export type Alternative = "greater" | "less" | "two_sided";

export interface MannWhitney {
  /** How many of all pairs the first sample wins; a tie is half a win. */
  u: number;
  /** U/(n₁·n₂): the chance that a value of the first beats one of the second. */
  share: number;
  p: number;
  method: "exact" | "normal";
}

/** Together so many values are counted out: the greatest count, C(50, 25), is still a whole number in a double. */
export const EXACT_VALUES_MAX = 50;

/**
 * U = R₁ − n₁(n₁ + 1)/2 with R₁ the first sample's rank sum. Exact (the recursion of Mann and Whitney 1947) for up to
 * `EXACT_VALUES_MAX` values without ties; else by the normal approximation with variance
 * n₁n₂/12·((n + 1) − Σ(t³ − t)/(n(n − 1))) and a continuity correction of ½ (Lehmann 1975). Two-sided is twice the
 * smaller side, at most 1. Where all values are equal, p is 1. Refuses an empty sample and what is no number: INVALID.
 */
export function mannWhitney(a: readonly number[], b: readonly number[], alternative: Alternative): MannWhitney {
  if (a.length === 0 || b.length === 0) refuse("INVALID", "Both samples need a value.");
  if ([...a, ...b].some(Number.isNaN)) refuse("INVALID", "A value is no number.");
  const { ranks, ties } = ranksOf([...a, ...b]);
  const rankSum = ranks.slice(0, a.length).reduce((sum, rank) => sum + rank, 0);
  const u = rankSum - (a.length * (a.length + 1)) / 2;
  const method = ties.every((t) => t === 1) && ranks.length <= EXACT_VALUES_MAX ? "exact" : "normal";
  const sides = method === "exact" ? exactSides(u, a.length, b.length) : normalSides(u, [a.length, b.length], ties);
  return { u, share: u / (a.length * b.length), p: probability(sides, alternative), method };
}

interface Sides {
  /** P(U ≥ u) and P(U ≤ u) where the samples do not differ. */
  readonly greater: number;
  readonly less: number;
}

function probability({ greater, less }: Sides, alternative: Alternative): number {
  if (alternative === "greater") return greater;
  return alternative === "less" ? less : Math.min(1, 2 * Math.min(greater, less));
}

function exactSides(u: number, n: number, m: number): Sides {
  const ways = waysTo(n, m);
  const count = (from: number, to: number) => ways.slice(from, to).reduce((sum, each) => sum + each, 0);
  const all = count(0, ways.length);
  return { less: count(0, u + 1) / all, greater: count(u, ways.length) / all };
}

/** In how many orders of n and m values each U from 0 to n·m comes out: the coefficients of the Gaussian binomial. */
export function waysTo(n: number, m: number): number[] {
  const ways = new Array<number>(n * m + 1).fill(0);
  ways[0] = 1;
  for (let k = 1; k <= n; k++) {
    // Times (1 − q^(m + k)), then divided by (1 − q^k).
    for (let u = ways.length - 1; u >= m + k; u--) ways[u]! -= ways[u - m - k]!;
    for (let u = k; u < ways.length; u++) ways[u]! += ways[u - k]!;
  }
  return ways;
}

function normalSides(u: number, [n, m]: readonly [number, number], ties: readonly number[]): Sides {
  const all = n + m;
  const tied = ties.reduce((sum, t) => sum + t ** 3 - t, 0);
  const deviation = Math.sqrt(((n * m) / 12) * (all + 1 - tied / (all * (all - 1))));
  if (!(deviation > 0)) return { greater: 1, less: 1 };
  const off = u - (n * m) / 2;
  return { greater: normalTail((off - 0.5) / deviation), less: normalTail((-off - 0.5) / deviation) };
}
