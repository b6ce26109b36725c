/** Isotonic calibration: the rising curve nearest to what came true, whatever its shape. */
import { refuse } from "../../errors.ts";
import type { Scored } from "./auc.ts";

/** Scores that rise, and their probabilities that never fall; between two of them the line from one to the other. */
export interface Isotonic {
  readonly scores: readonly number[];
  readonly ps: readonly number[];
}

interface Pool {
  readonly from: number;
  readonly to: number;
  readonly sum: number;
  readonly count: number;
}

/**
 * Least squares among all curves that never fall, by pooling neighbours that do (Ayer et al. 1955; Zadrozny and Elkan
 * 2002 for calibration); equal scores are one. It needs many more rows than Platt's two numbers do (a thousand, by
 * Niculescu-Mizil and Caruana 2005), and is no logistic model: it does not fold into weights. Refuses no rows and
 * infinite scores with INVALID.
 */
export function fitIsotonic(scored: readonly Scored[]): Isotonic {
  if (scored.length === 0) refuse("INVALID", "There is nothing to calibrate with.");
  if (!scored.every(({ score }) => Number.isFinite(score))) refuse("INVALID", "A score is no number.");
  const pools: Pool[] = [];
  for (const single of singles(scored)) {
    let pool = single;
    for (let last = pools.at(-1); last && last.sum * pool.count >= pool.sum * last.count; last = pools.at(-1)) {
      pools.pop();
      pool = { from: last.from, to: pool.to, sum: last.sum + pool.sum, count: last.count + pool.count };
    }
    pools.push(pool);
  }
  const ends = pools.flatMap(({ from, to, sum, count }) => {
    const p = sum / count;
    return from === to ? [{ score: from, p }] : [from, to].map((score) => ({ score, p }));
  });
  return { scores: ends.map(({ score }) => score), ps: ends.map(({ p }) => p) };
}

/** One for each different score, in rising order. */
function singles(scored: readonly Scored[]): Pool[] {
  const pools: Pool[] = [];
  for (const { score, positive } of scored.toSorted((a, b) => a.score - b.score)) {
    const last = pools.at(-1);
    const [sum, count] = last?.to === score ? [last.sum, last.count] : [0, 0];
    if (count > 0) pools.pop();
    pools.push({ from: score, to: score, sum: sum + Number(positive), count: count + 1 });
  }
  return pools;
}

/** Before the first score its probability, after the last one the last. */
export function isotonicAt({ scores, ps }: Isotonic, score: number): number {
  const next = scores.findIndex((each) => each >= score);
  if (next < 0) return ps.at(-1)!;
  if (next === 0 || scores[next] === score) return ps[next]!;
  const [a, b] = [scores[next - 1]!, scores[next]!];
  return ps[next - 1]! + ((score - a) / (b - a)) * (ps[next]! - ps[next - 1]!);
}
