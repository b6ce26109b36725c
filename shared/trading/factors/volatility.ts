/** Realised volatility, its percentile, and the regime read from it. */
import type { Timeframe } from "../../domain/market.ts";
import { TIMEFRAME_MS } from "../../domain/market.ts";
import type { Bar } from "./bars.ts";
import { type FactorState, family } from "./factor.ts";
import type { Memory } from "./memory.ts";
import { RollingMoments } from "./rolling.ts";

const YEAR_MS = 365 * 24 * 3_600_000;

/**
 * Annualised realised volatility as a fraction: `RV = √K · s(r)`, `r = ln(C/C₋₁)` of the last n bars, s the sample
 * deviation (divisor n − 1), K bars per year of 365 days.
 * Source: Andersen and Bollerslev, Answering the Skeptics, 1998.
 */
export class RealisedVolatility implements FactorState {
  #returns: RollingMoments;
  #scale: number;
  #close = Number.NaN;

  constructor(length: number, timeframe: Timeframe) {
    this.#returns = new RollingMoments(length);
    this.#scale = Math.sqrt(YEAR_MS / TIMEFRAME_MS[timeframe]);
  }

  onBar(bar: Bar): void {
    if (!Number.isNaN(this.#close)) this.#returns.push(Math.log(bar.close / this.#close));
    this.#close = bar.close;
  }

  read(): number {
    return this.#scale * this.#returns.sampleDeviation;
  }

  keep(memory: Memory): void {
    this.#returns.keep(memory);
    this.#close = memory.number(this.#close);
  }
}

export const realisedVolatility = family({
  family: "rv",
  pattern: "rv_{n}_{tf}",
  example: "rv_20_1m",
  formula: "√K · sample deviation of ln(C/C₋₁) over n returns, K bars a year of 365 days",
  source: "Andersen and Bollerslev 1998",
  range: [0, Number.POSITIVE_INFINITY],
  needs: ["bar"],
  bars: ({ numbers: [n] }) => n! + 1,
  accepts: ({ numbers: [n] }) => n! >= 2,
  make: ({ numbers: [n], timeframe }) => new RealisedVolatility(n!, timeframe!),
});
