/** Where the newest close stands among the last ones: in deviations from their mean, and by rank. */
import type { Bar } from "./bars.ts";
import { type FactorState, family } from "./factor.ts";
import type { Memory } from "./memory.ts";
import { RollingRank } from "./rolling.ts";
import { RollingDeviation } from "./rolling-deviation.ts";

class ZScore implements FactorState {
  #closes: RollingDeviation;

  constructor(length: number) {
    this.#closes = new RollingDeviation(length);
  }
  onBar(bar: Bar): void {
    this.#closes.push(bar.close);
  }
  read(): number {
    const { newest, mean, length } = this.#closes;
    const deviation = this.#closes.deviation(length - 1);
    return deviation === 0 ? Number.NaN : (newest - mean) / deviation;
  }
  keep(memory: Memory): void {
    this.#closes.keep(memory);
  }
}

export const zScore = family({
  family: "zscore",
  pattern: "zscore_{n}_{tf}",
  example: "zscore_60_1m",
  formula: "(C − mean)/s of the last n closes, s their sample deviation (divisor n − 1); missing while s is 0",
  source: "Standard score",
  range: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  needs: ["bar"],
  bars: ({ numbers: [n] }) => n!,
  accepts: ({ numbers: [n] }) => n! >= 2,
  make: ({ numbers: [n] }) => new ZScore(n!),
});

class PercentileRank implements FactorState {
  #closes: RollingRank;

  constructor(length: number) {
    this.#closes = new RollingRank(length);
  }
  onBar(bar: Bar): void {
    this.#closes.push(bar.close);
  }
  read(): number {
    return this.#closes.percentile;
  }
  keep(memory: Memory): void {
    this.#closes.keep(memory);
  }
}

export const percentileRank = family({
  family: "pct_rank",
  pattern: "pct_rank_{n}_{tf}",
  example: "pct_rank_60_1m",
  formula: "(C_less + ½·C_equal)/N of the close among the last n closes, itself counted",
  source: "Percentile rank with ties counted half",
  range: [0, 1],
  needs: ["bar"],
  bars: ({ numbers: [n] }) => n!,
  make: ({ numbers: [n] }) => new PercentileRank(n!),
});
