/** Return for risk: growth a year, Sharpe, Sortino, Calmar and rolling Sharpe from returns of equal periods. */
import { mean, momentsOf } from "./moments.ts";

export interface Annual {
  /** Periods a year: 365 for days, since markets never close. */
  readonly periods_per_year: number;
  /** What money earns without risk, a year, simple; spread evenly over the periods. */
  readonly risk_free: number;
}

/** A number that cannot be told in finite digits is not told. */
export const told = (value: number): number | null => (Number.isFinite(value) ? value : null);

/**
 * Compound growth a year: (end/start)^(1/years) − 1, from the total return; −1 for ruin. Null for no time, or where so
 * little time has passed that the number is past all numbers.
 */
export function cagr(totalReturn: number, years: number): number | null {
  if (!(years > 0)) return null;
  return totalReturn <= -1 ? -1 : told((1 + totalReturn) ** (1 / years) - 1);
}

/** Sample deviation (n − 1) times √(periods a year); null for fewer than two returns. */
export const volatility = (returns: readonly number[], { periods_per_year }: Annual): number | null =>
  told(momentsOf(returns).deviation * Math.sqrt(periods_per_year));

/**
 * (mean − risk free)/deviation·√(periods a year), sample deviation (n − 1). Sharpe 1994. Null for fewer than two
 * returns and where they are all equal. √ is right only where returns do not hang together (Lo 2002).
 */
export function sharpe(returns: readonly number[], annual: Annual): number | null {
  const { mean: centre, deviation } = momentsOf(returns);
  if (!(deviation > 0)) return null;
  return told(((centre - riskFree(annual)) / deviation) * Math.sqrt(annual.periods_per_year));
}

/**
 * (mean − risk free)/√(Σ min(0, r − risk free)²/n)·√(periods a year): all n returns count in the divisor. Sortino and
 * Price 1994. Null for no returns and where none is below the risk-free one.
 */
export function sortino(returns: readonly number[], annual: Annual): number | null {
  const target = riskFree(annual);
  const downside = Math.sqrt(mean(returns.map((r) => Math.min(0, r - target) ** 2)));
  if (!(downside > 0)) return null;
  return told(((mean(returns) - target) / downside) * Math.sqrt(annual.periods_per_year));
}

/** CAGR over the deepest drawdown, both of the whole time (Young 1991 took three years). Null without a drawdown. */
export const calmar = (growth: number | null, depth: number): number | null =>
  growth === null || depth === 0 ? null : told(growth / depth);

/** The Sharpe ratio of the `window` returns up to each; null where it has none, and before the window is full. */
export function rollingSharpe(returns: readonly number[], window: number, annual: Annual): (number | null)[] {
  return returns.map((_, at) => (at + 1 < window ? null : sharpe(returns.slice(at + 1 - window, at + 1), annual)));
}

const riskFree = ({ risk_free, periods_per_year }: Annual): number => risk_free / periods_per_year;
