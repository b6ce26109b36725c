/** How far a result can be believed: against luck, against the benchmark, and after so many tries. */
import type { Significance } from "../domain/experiment.ts";
import { blockOf, bootstrapInterval, RESAMPLES, stationaryRows } from "../trading/stats/bootstrap.ts";
import type { Chance } from "../trading/stats/chance.ts";
import { deflatedSharpe } from "../trading/stats/deflated-sharpe.ts";
import { readCurve, returnsOf, sampled, YEAR_MS } from "../trading/stats/equity-curve.ts";
import { mannWhitney } from "../trading/stats/mann-whitney.ts";
import { mean, momentsOf } from "../trading/stats/moments.ts";
import { told } from "../trading/stats/ratios.ts";
import type { RunPart } from "./run-summary.ts";

export interface Evidence {
  /** What is judged: out of sample where there is such a part. */
  readonly run: RunPart;
  /** Over the same time; undefined where there is none, or it is the run itself. */
  readonly benchmark: RunPart | undefined;
  readonly period_ms: number;
  /** All runs that could have been chosen in place of this one, with their annualised Sharpe ratios. */
  readonly trials: { readonly count: number; readonly sharpes: readonly number[] };
  readonly chance: Chance;
  readonly resamples?: number | undefined;
  readonly notes?: readonly string[];
}

/** Fewer periods, or trades, say nothing about anything. */
export const PERIODS_MIN = 30;
export const TRADES_MIN = 10;
const CONFIDENCE = 0.95;

/** A figure that cannot be told is null, and a note says why. */
export function significanceOf(evidence: Evidence): Significance {
  const { run, benchmark, period_ms, trials } = evidence;
  const returns = periodReturns(run, period_ms);
  const notes = [...(evidence.notes ?? [])];
  const closed = run.trades.filter(({ closed_at }) => closed_at !== undefined).length;
  const isEnough = returns.length >= PERIODS_MIN && closed >= TRADES_MIN;
  if (!isEnough) {
    notes.push(
      `Too little to judge: ${returns.length} periods and ${closed} closed trades; ` +
        `it takes at least ${PERIODS_MIN} and ${TRADES_MIN}.`,
    );
  }
  const deflated = isEnough ? deflatedOf(returns, evidence) : null;
  if (isEnough && deflated === null) notes.push("The returns do not vary: there is no Sharpe ratio to judge.");
  const against = isEnough && benchmark ? periodReturns(benchmark, period_ms) : [];
  const mann = against.length > 0 ? mannWhitney(returns, against, "greater").p : null;
  const annual = Math.sqrt(YEAR_MS / period_ms);
  return {
    ...{ trials: trials.count, periods: returns.length, sharpe: sharpeOf(returns, annual) },
    ...{ deflated_sharpe: deflated, mann_whitney_p: mann },
    p_value: deflated === null ? null : Math.max(1 - deflated, mann ?? 0),
    ...(isEnough ? intervals(returns, annual, evidence) : { mean_return: null, sharpe_interval: null }),
    notes,
  };
}

export const periodReturns = ({ equity }: Pick<RunPart, "equity">, period_ms: number): number[] =>
  returnsOf(sampled(readCurve(equity), period_ms));

/** Per period times `annual`. */
function sharpeOf(returns: readonly number[], annual: number): number | null {
  const { mean: centre, deviation } = momentsOf(returns);
  return deviation > 0 ? told((centre / deviation) * annual) : null;
}

/**
 * Bailey and López de Prado 2014. The variance among trials is taken to be at least 1/(n − 1), that of a
 * skilless Sharpe ratio of n returns: trials that resemble each other vary less, and are as many tries at luck.
 */
function deflatedOf(returns: readonly number[], { trials, period_ms }: Evidence): number | null {
  const { count, deviation, mean: centre, skewness, kurtosis } = momentsOf(returns);
  if (!(deviation > 0)) return null;
  const annual = Math.sqrt(YEAR_MS / period_ms);
  const spread = momentsOf(trials.sharpes.map((sharpe) => sharpe / annual)).deviation;
  const variance = Math.max(Number.isFinite(spread) ? spread * spread : 0, 1 / (count - 1));
  const sample = { sharpe: centre / deviation, count, skewness, kurtosis };
  return deflatedSharpe(sample, { count: Math.max(1, trials.count), variance });
}

function intervals(returns: readonly number[], annual: number, { chance, resamples = RESAMPLES }: Evidence) {
  const sample = stationaryRows(returns.length, blockOf(returns.length));
  const of = (rows: Uint32Array): number[] => Array.from(rows, (row) => returns[row] as number);
  const options = { chance, resamples, level: CONFIDENCE };
  const within = (statistic: (rows: Uint32Array) => number | null) => {
    const { low, high } = bootstrapInterval(sample, statistic, options);
    return low === null || high === null ? null : { low, high, confidence: CONFIDENCE };
  };
  return {
    mean_return: within((rows) => mean(of(rows))),
    sharpe_interval: within((rows) => sharpeOf(of(rows), annual)),
  };
}
