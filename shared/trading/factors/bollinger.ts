/** Bollinger bands: the mean of the last closes, how wide the bands around it are, and where the price stands in them. */
import type { Bar } from "./bars.ts";
import { type FactorParams, type FactorState, family } from "./factor.ts";
import type { Memory } from "./memory.ts";
import { RollingDeviation } from "./rolling-deviation.ts";

type Part = "mid" | "width" | "percent";

/**
 * Bands of k population deviations (divisor n) around the simple mean of the last n closes: `mid = mean(C)`,
 * `width = 2kσ/mid`, `%b = (C − (mid − kσ))/(2kσ)`, missing while σ is zero.
 * Source: John Bollinger, Bollinger on Bollinger Bands, 2001.
 */
class Bollinger implements FactorState {
  #closes: RollingDeviation;
  #bands: number;
  #part: Part;

  constructor({ numbers: [length, bands] }: FactorParams, part: Part) {
    this.#closes = new RollingDeviation(length!);
    this.#bands = bands ?? 0;
    this.#part = part;
  }

  onBar(bar: Bar): void {
    this.#closes.push(bar.close);
  }

  read(): number {
    const { mean, newest, length } = this.#closes;
    if (this.#part === "mid") return mean;
    const half = this.#bands * this.#closes.deviation(length);
    if (this.#part === "width") return (2 * half) / mean;
    return half === 0 ? Number.NaN : (newest - mean + half) / (2 * half);
  }

  keep(memory: Memory): void {
    this.#closes.keep(memory);
  }
}

const BOLLINGER = {
  source: "Bollinger 2001",
  needs: ["bar"],
  bars: ({ numbers: [n] }: FactorParams) => n!,
} as const;

export const bollingerMid = family({
  ...BOLLINGER,
  family: "bb_mid",
  pattern: "bb_mid_{n}_{tf}",
  example: "bb_mid_20_1m",
  formula: "simple mean of the last n closes",
  range: [0, Number.POSITIVE_INFINITY],
  make: (params) => new Bollinger(params, "mid"),
});

export const bollingerWidth = family({
  ...BOLLINGER,
  family: "bb_width",
  pattern: "bb_width_{n}_{n}_{tf}",
  example: "bb_width_20_2_1m",
  formula: "2kσ/mean of the last n closes, σ their population deviation; numbers are n, k",
  range: [0, Number.POSITIVE_INFINITY],
  accepts: ({ numbers: [n] }) => n! >= 2,
  make: (params) => new Bollinger(params, "width"),
});

export const bollingerPercent = family({
  ...BOLLINGER,
  family: "bb_pct",
  pattern: "bb_pct_{n}_{n}_{tf}",
  example: "bb_pct_20_2_1m",
  formula:
    "(C − lower)/(upper − lower), bands at mean ± kσ of the last n closes; numbers are n, k; missing while σ is 0",
  range: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  accepts: ({ numbers: [n] }) => n! >= 2,
  make: (params) => new Bollinger(params, "percent"),
});
