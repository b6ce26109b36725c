/** How lively the market is compared with its own past: the percentile of realised volatility, and the regime. */
import type { Timeframe } from "../../domain/market.ts";
import type { Bar } from "./bars.ts";
import { type FactorParams, type FactorState, family } from "./factor.ts";
import type { Memory } from "./memory.ts";
import { RollingRank } from "./rolling.ts";
import { RealisedVolatility } from "./volatility.ts";

export type Regime = "FROZEN" | "NORMAL" | "EXTREME";
/** Feature values are numbers: FROZEN is −1, NORMAL 0, EXTREME 1. */
export const REGIME_VALUE: Readonly<Record<Regime, number>> = { FROZEN: -1, NORMAL: 0, EXTREME: 1 };
const BY_VALUE: ReadonlyMap<number, Regime> = new Map([
  [-1, "FROZEN"],
  [0, "NORMAL"],
  [1, "EXTREME"],
]);
/** Undefined while the factor is missing. */
export const regimeOf = (value: number | null | undefined): Regime | undefined =>
  value === null || value === undefined ? undefined : BY_VALUE.get(value);

const FROZEN_BELOW = 0.1;
const EXTREME_ABOVE = 0.9;

/** The percentile rank of the newest RV among the last N, itself counted: `(C_less + ½·C_equal)/N`. */
class VolatilityPercentile implements FactorState {
  #volatility: RealisedVolatility;
  #rank: RollingRank;

  constructor({ numbers: [length, past] }: FactorParams, timeframe: Timeframe) {
    this.#volatility = new RealisedVolatility(length!, timeframe);
    this.#rank = new RollingRank(past!);
  }

  onBar(bar: Bar): void {
    this.#volatility.onBar(bar);
    const volatility = this.#volatility.read();
    // In single precision: two that are equal but for the rounding of their sums are ties.
    if (!Number.isNaN(volatility)) this.#rank.push(Math.fround(volatility));
  }

  read(): number {
    return this.#rank.percentile;
  }

  keep(memory: Memory): void {
    this.#volatility.keep(memory);
    this.#rank.keep(memory);
  }
}

/** The percentile as a regime: below 0.10 FROZEN, above 0.90 EXTREME, else NORMAL. */
class RegimeOfVolatility extends VolatilityPercentile {
  override read(): number {
    const percentile = super.read();
    if (Number.isNaN(percentile)) return Number.NaN;
    if (percentile < FROZEN_BELOW) return REGIME_VALUE.FROZEN;
    return percentile > EXTREME_ABOVE ? REGIME_VALUE.EXTREME : REGIME_VALUE.NORMAL;
  }
}

const bars = ({ numbers: [length, past] }: FactorParams) => length! + past!;
const accepts = ({ numbers: [length] }: FactorParams) => length! >= 2;
const RANK_SOURCE = "Percentile rank with ties counted half";
const REGIME_FORMULA = "percentile of RV below 0.10 is FROZEN (−1), above 0.90 EXTREME (1), else NORMAL (0)";

export const volatilityPercentile = family({
  family: "rv_pct",
  version: 2,
  pattern: "rv_pct_{n}_{n}_{tf}",
  example: "rv_pct_20_90_1d",
  formula: "(C_less + ½·C_equal)/N of rv_{n} among its last N values; numbers are n, N",
  source: RANK_SOURCE,
  range: [0, 1],
  needs: ["bar"],
  bars,
  accepts,
  make: (params) => new VolatilityPercentile(params, params.timeframe!),
});

export const regimeOn = family({
  family: "regime",
  version: 2,
  pattern: "regime_{n}_{n}_{tf}",
  example: "regime_20_90_1d",
  formula: `${REGIME_FORMULA}; numbers are n of the RV and N of the percentile`,
  source: RANK_SOURCE,
  range: [-1, 1],
  needs: ["bar"],
  bars,
  accepts,
  make: (params) => new RegimeOfVolatility(params, params.timeframe!),
});

/** The regime everyone means: 20-day volatility among its last 90 days; it changes as the UTC day closes. */
const DAILY: FactorParams = { numbers: [20, 90], timeframe: "1d", windowMs: 0 };
export const regime = family({
  family: "regime",
  version: 2,
  pattern: "regime",
  example: "regime",
  formula: `${REGIME_FORMULA}, of rv_20_1d among its last 90 days`,
  source: RANK_SOURCE,
  range: [-1, 1],
  needs: ["bar"],
  fixed: DAILY,
  bars: () => bars(DAILY),
  make: () => new RegimeOfVolatility(DAILY, "1d"),
});
