/** How good probabilities are: Brier's score, the logarithmic one, and the reliability curve. */
import { refuse } from "../../errors.ts";

/** A probability beside what came true. */
export interface Forecast {
  readonly p: number;
  readonly positive: boolean;
}

/** (p − y)² on average: 0 is perfect, 0.25 is what saying ½ always gets. Brier 1950, halved. Null for no forecasts. */
export function brierScore(forecasts: readonly Forecast[]): number | null {
  requireProbabilities(forecasts);
  if (forecasts.length === 0) return null;
  return forecasts.reduce((sum, { p, positive }) => sum + (p - Number(positive)) ** 2, 0) / forecasts.length;
}

/** 1 − Brier/(ȳ(1 − ȳ)): 1 is perfect, 0 is saying the share ȳ always. Null where all came out alike. */
export function brierSkill(forecasts: readonly Forecast[]): number | null {
  const score = brierScore(forecasts);
  const share = forecasts.filter(({ positive }) => positive).length / forecasts.length;
  return score === null || share === 0 || share === 1 ? null : 1 - score / (share * (1 - share));
}

/** What is said with certainty and wrong is told within this, so that one such row does not make it infinite. */
const P_MIN = 1e-15;

/** −ln of the probability of what came true, on average: ln 2 is what saying ½ always gets. Good 1952. Null for none. */
export function logLoss(forecasts: readonly Forecast[]): number | null {
  requireProbabilities(forecasts);
  if (forecasts.length === 0) return null;
  const sum = forecasts.reduce((all, { p, positive }) => all + Math.log(Math.max(positive ? p : 1 - p, P_MIN)), 0);
  return -sum / forecasts.length;
}

export interface ReliabilityBin {
  /** Forecasts from `from` up to, not including, `to`; the last bin includes 1. */
  from: number;
  to: number;
  count: number;
  /** What was said on average, and the share that came true; null in an empty bin. */
  mean_p: number | null;
  share: number | null;
}

const BINS_MAX = 1_000;

/** Bins of equal width, empty ones too. DeGroot and Fienberg, The Statistician 32, 1983. */
export function reliabilityCurve(forecasts: readonly Forecast[], bins = 10): ReliabilityBin[] {
  requireProbabilities(forecasts);
  if (!(Number.isSafeInteger(bins) && bins >= 1 && bins <= BINS_MAX))
    refuse("INVALID", `1 to ${BINS_MAX} bins: ${bins}`);
  const sums = Array.from({ length: bins }, () => ({ count: 0, p: 0, positive: 0 }));
  for (const { p, positive } of forecasts) {
    const bin = sums[Math.min(bins - 1, Math.floor(p * bins))]!;
    bin.count++;
    bin.p += p;
    bin.positive += Number(positive);
  }
  return sums.map(({ count, p, positive }, i) => ({
    from: i / bins,
    to: (i + 1) / bins,
    count,
    mean_p: count === 0 ? null : p / count,
    share: count === 0 ? null : positive / count,
  }));
}

/** Σ count·|mean_p − share|/n, how far off what is said is: Naeini et al. 2015. Null for no forecasts. */
export function calibrationError(curve: readonly ReliabilityBin[]): number | null {
  const count = curve.reduce((sum, bin) => sum + bin.count, 0);
  if (count === 0) return null;
  return curve.reduce((sum, bin) => sum + bin.count * Math.abs((bin.mean_p ?? 0) - (bin.share ?? 0)), 0) / count;
}

function requireProbabilities(forecasts: readonly Forecast[]): void {
  const wrong = forecasts.find(({ p }) => !(p >= 0 && p <= 1));
  if (wrong) refuse("INVALID", `No probability: ${wrong.p}`);
}
