/** Everything that the report of a backtest is made from. */
import type { BacktestOptions } from "../../backtest/backtest-options.ts";
import type { BacktestResult } from "../../backtest/backtest-result.ts";
import type { PricePath } from "../../backtest/price-path.ts";
import type { TapeHead } from "../../backtest/tape.ts";

export interface BacktestFacts {
  readonly bundle: {
    readonly bundle_id: string;
    readonly rev: number;
    /** SHA-256 of its content. */
    readonly hash: string;
    /** Those that were run. */
    readonly strategies: readonly string[];
  };
  readonly data: Pick<TapeHead, "form" | "timeframe" | "source" | "problems">;
  readonly settings: Pick<BacktestOptions, "seed" | "latency" | "stress" | "fill" | "wallets">;
  readonly result: BacktestResult;
  /** Coarse enough to be drawn. */
  readonly prices: readonly PricePath[];
}

/** By what it was made, and when. */
export interface ReportImprint {
  readonly version: string;
  readonly git_commit: string;
  /** Epoch ms. */
  readonly made_at: number;
}
