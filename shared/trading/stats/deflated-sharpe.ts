/** How sure one can be of a Sharpe ratio: against a benchmark, and after the best of many trials was picked. */
import { refuse } from "../../errors.ts";
import { normalCdf, normalQuantile, normalTail } from "./normal.ts";

/** A Sharpe ratio **per period**, not annualised, and the sample of returns it was computed from. */
export interface SharpeSample {
  readonly sharpe: number;
  /** Returns. */
  readonly count: number;
  readonly skewness: number;
  /** Not in excess: 3 for a normal distribution. */
  readonly kurtosis: number;
}

const EULER_MASCHERONI = 0.5772156649015329;

/** The estimator's variance times n − 1 (Mertens 2002): 1 − γ₃·SR + (γ₄ − 1)/4·SR². */
function spread({ sharpe, skewness, kurtosis }: SharpeSample): number {
  return 1 - skewness * sharpe + ((kurtosis - 1) / 4) * sharpe * sharpe;
}

/** How many standard errors the ratio is above the benchmark; null where that cannot be told. */
function errorsAbove(sample: SharpeSample, benchmark: number): number | null {
  const variance = spread(sample);
  if (sample.count < 2 || !(variance > 0)) return null;
  return ((sample.sharpe - benchmark) * Math.sqrt(sample.count - 1)) / Math.sqrt(variance);
}

/**
 * The probability that the true Sharpe ratio is above `benchmark` (per period too):
 * Φ((SR − SR*)·√(n − 1)/√(1 − γ₃·SR + (γ₄ − 1)/4·SR²)). Bailey and López de Prado, The Sharpe Ratio Efficient
 * Frontier, Journal of Risk 15(2), 2012. Null for fewer than two returns or moments that no sample has.
 */
export function probabilisticSharpe(sample: SharpeSample, benchmark = 0): number | null {
  const errors = errorsAbove(sample, benchmark);
  return errors === null ? null : normalCdf(errors);
}

/** 1 − `probabilisticSharpe`, with all its digits where it is small: the p-value of "no better than the benchmark". */
export function sharpePValue(sample: SharpeSample, benchmark = 0): number | null {
  const errors = errorsAbove(sample, benchmark);
  return errors === null ? null : normalTail(errors);
}

/**
 * How many returns it takes until `probabilisticSharpe` reaches `confidence`:
 * 1 + (1 − γ₃·SR + (γ₄ − 1)/4·SR²)·(Φ⁻¹(c)/(SR − SR*))². Same paper. Null where the ratio is not above the benchmark.
 */
export function minimumTrackRecord(sample: Omit<SharpeSample, "count">, benchmark = 0, confidence = 0.95) {
  if (!(confidence > 0.5 && confidence < 1)) refuse("INVALID", "A confidence lies between 0.5 and 1.");
  const variance = spread({ ...sample, count: 2 });
  if (!(sample.sharpe > benchmark) || !(variance > 0)) return null;
  return 1 + variance * (normalQuantile(confidence) / (sample.sharpe - benchmark)) ** 2;
}

/** All that was tried, the unsuccessful too. */
export interface Trials {
  /** How many independent ones. */
  readonly count: number;
  /** The variance of their Sharpe ratios per period. */
  readonly variance: number;
}

/**
 * What the best of so many skilless trials is expected to reach, per period:
 * √V·((1 − γ)·Φ⁻¹(1 − 1/N) + γ·Φ⁻¹(1 − 1/(N·e))), γ Euler's constant; 0 for a single trial. Bailey and López de Prado,
 * The Deflated Sharpe Ratio, Journal of Portfolio Management 40(5), 2014. Refuses less than one trial with INVALID.
 */
export function expectedBestSharpe({ count, variance }: Trials): number {
  if (!(count >= 1)) refuse("INVALID", "At least one trial was made.");
  if (!(variance >= 0)) refuse("INVALID", "A variance is not negative.");
  if (count === 1) return 0;
  // 1 − 1/N is mirrored, so that many trials lose no digits.
  const most = -normalQuantile(1 / count);
  const beyond = -normalQuantile(1 / (count * Math.E));
  return Math.sqrt(variance) * ((1 - EULER_MASCHERONI) * most + EULER_MASCHERONI * beyond);
}

/** The probability that the best trial's true Sharpe ratio is above what luck alone would have reached. Same paper. */
export const deflatedSharpe = (best: SharpeSample, trials: Trials): number | null =>
  probabilisticSharpe(best, expectedBestSharpe(trials));
