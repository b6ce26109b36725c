/** What an experiment asks of one run, and what it is told: plain values, since a worker stands between. */
import type { Stress } from "../backtest/backtest-options.ts";
import type { ParamSet, RunSummary, TestWindow, Trial } from "../domain/experiment.ts";
import type { Trade } from "../domain/trade.ts";
import type { RunPart } from "./run-summary.ts";

/** What is run: the bundle with params, or for comparison the market itself, bought and held. */
export type Subject = "bundle" | "hold";

export interface TrialRequest {
  readonly trial: number;
  readonly role: Trial["role"];
  readonly fold?: number;
  readonly subject: Subject;
  readonly params: ParamSet;
  /** Each a run of its own, with wallets as at the beginning. */
  readonly windows: readonly TestWindow[];
  readonly stress: Stress;
  /** The market ends here as if it had not been recorded any further. */
  readonly cut_ts?: number;
  /** `summary` alone, the parts too (curve and trades for joining), the decisions in short, or every trade as well. */
  readonly keep: "summary" | "parts" | "decisions" | "all";
}

/** A decision in short: when, what, and a hash over all that it says. */
export interface DecisionMark {
  readonly ts: number;
  readonly what: string;
  readonly hash: string;
}

export interface TrialAnswer {
  readonly summary: RunSummary;
  /** SHA-256 over the hashes of the runs. */
  readonly hash: string;
  readonly parts?: readonly RunPart[];
  readonly decided?: readonly DecisionMark[];
  readonly trades?: readonly Trade[];
  readonly assumed: readonly string[];
}

/** What is kept of an answer beyond its summary, where `keep` asked for it. */
export type TrialDetail = Pick<TrialAnswer, "parts" | "decided" | "assumed">;

/** What the experiment is told of each request, in the order it asked. */
export type TrialOutcome =
  | ({ readonly status: "DONE"; readonly score: number | null } & Pick<TrialAnswer, "summary" | "hash"> & TrialDetail)
  | { readonly status: "FAILED"; readonly message: string };
