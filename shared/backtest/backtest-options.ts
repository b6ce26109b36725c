/** What a backtest is asked: a bundle, a recorded market, and everything that is assumed where the record is silent. */
import type { Bundle } from "../domain/bundle.ts";
import type { ModelUse } from "../domain/model.ts";
import { ASSUMED_LATENCY, type Latency } from "../engine/latency.ts";
import type { ModelSays } from "../trading/decision/model.ts";
import type { Tape } from "./tape.ts";

/** How bars and trades alone are turned into a market; unused where the tape has the book. */
export interface FillModel {
  /** Between best bid and ask, around the last price. */
  readonly spread_bps: number;
  /** What takers pay on top of half the spread. */
  readonly slippage_bps: number;
  /** On each side of the touch, USDT: for the guards that look at depth. */
  readonly depth_usdt: number;
  /**
   * The way within a bar: `worst` goes to the open position's worse extreme first (so its stop comes before its
   * target), and without one to the low first where the bar closes at or above its open, else to the high; the others
   * are open-high-low-close and open-low-high-close.
   */
  readonly path: "worst" | "ohlc" | "olhc";
}
export const FILL_MODEL: FillModel = { spread_bps: 1, slippage_bps: 0.5, depth_usdt: 1_000_000, path: "worst" };

/** How the world is worse than recorded: what a sensitivity check turns. */
export interface Stress {
  /** On maker and taker fees of the exchange. */
  readonly fee_mult: number;
  readonly latency_mult: number;
  /** Added to every taker fill's price, against us. */
  readonly slippage_bps: number;
}
export const NO_STRESS: Stress = { fee_mult: 1, latency_mult: 1, slippage_bps: 0 };

/** A strategy's program, loaded; its answers are read as the live desk reads them. */
export interface BacktestProgram {
  start(): unknown;
  decide(state: unknown, event: unknown): unknown;
}

export interface BacktestOptions {
  readonly bundle: Bundle;
  readonly tape: Tape;
  /** Trading from here; what lies before warms the factors. Epoch ms, including. Default: the tape's beginning. */
  readonly from_ts?: number;
  /** Excluding; default: to the tape's end. */
  readonly to_ts?: number;
  readonly seed: number | string;
  readonly latency: Latency;
  readonly stress: Stress;
  readonly fill: FillModel;
  /** What each wallet holds at the start, USDT. */
  readonly wallets: { readonly spot_usdt: string; readonly fut_usdt: string };
  /** Between two points of the equity curve. */
  readonly sample_ms: number;
  /** By hash, for the strategies that are programs. */
  readonly programs?: ReadonlyMap<string, BacktestProgram>;
  /** Also answer every decision. */
  readonly keep_decisions: boolean;
}

export const BACKTEST_DEFAULTS = {
  seed: 1,
  latency: ASSUMED_LATENCY,
  stress: NO_STRESS,
  fill: FILL_MODEL,
  wallets: { spot_usdt: "10000", fut_usdt: "10000" },
  sample_ms: 60_000,
  keep_decisions: false,
} as const satisfies Partial<BacktestOptions>;

/** What a running backtest says or asks, each time it yields. */
export type BacktestStep =
  /** `done` of 1, and where it is; nothing is expected back. */
  | { readonly kind: "progress"; readonly done: number; readonly ts: number; readonly equity_usdt: string }
  /** The model is to be asked; `next` is given what it says. */
  | {
      readonly kind: "model";
      readonly use: ModelUse;
      readonly features: Readonly<Record<string, number | null>>;
      readonly side: number;
    };

/** A backtest under way: synchronous, pausing only to be told about or to have a model asked. */
export type RunningBacktest<R> = Generator<BacktestStep, R, ModelSays | undefined>;
