/** What a simulation says to a promotion: whether a revision stays within the bounds of the one in force. */
import type { Bundle } from "../domain/bundle.ts";
import type { GateResult } from "../domain/promotion.ts";
import type { SensitivityAnalysis, SimulationSummary } from "../domain/simulation.ts";

type Limits = Bundle["flags"]["promotion"];

/** One bound of the dry-run; undefined value: its sample is too small to say. */
interface Bound {
  readonly value: number | undefined;
  readonly limit: number;
  readonly holds: boolean;
  readonly text: string;
}

const percent = (value: number): string => `${Math.round(value * 1_000) / 10} %`;

/**
 * Rules skip no more than so many of the entries wanted, no more than so many of those opened are made larger, and
 * those opened by both are at least so many of those opened by either. Each says something from `signals_min` on.
 */
export function dryRunGate(summary: SimulationSummary, limits: Limits): GateResult {
  const bounds = boundsOf(summary, limits);
  const told = bounds.filter(({ value }) => value !== undefined);
  const failed = told.find(({ holds }) => !holds);
  const shown = failed ?? told.at(-1);
  return {
    name: "dry_run",
    state: failed ? "FAILED" : told.length === 0 ? "NOT_ENOUGH" : "PASSED",
    value: shown?.value ?? null,
    limit: shown?.limit ?? null,
    detail: bounds.map(({ text }) => text).join("; "),
  };
}

function boundsOf(summary: SimulationSummary, limits: Limits): Bound[] {
  const { wanted, both_open, only_active, only_candidate, skipped_by_rules_share, sized_up_share } = summary;
  const opened = both_open + only_candidate;
  const either = opened + only_active;
  const { skip_share_max, size_up_share_max, similarity_min, signals_min } = limits;
  const enough = (sample: number) => sample >= signals_min;
  const few = (sample: number) => `${sample}, of which it takes ${signals_min} to say more`;
  const most = (value: number, limit: number, sample: number, what: string, of: string): Bound => {
    const told = `${percent(value)} of ${sample} (at most ${percent(limit)})`;
    const text = `${what} ${enough(sample) ? told : `${of} ${few(sample)}`}`;
    return { value: enough(sample) ? value : undefined, limit, holds: value <= limit, text };
  };
  const similarity = summary.similarity ?? 1;
  const told = `${percent(similarity)} of ${either} (at least ${percent(similarity_min)})`;
  const untold = `entries opened by either ${few(either)}`;
  return [
    most(skipped_by_rules_share, skip_share_max, wanted, "skipped by rules:", "entries wanted"),
    most(sized_up_share, size_up_share_max, opened, "made larger:", "entries opened"),
    {
      value: enough(either) ? similarity : undefined,
      limit: similarity_min,
      holds: similarity >= similarity_min,
      text: `opened by both: ${enough(either) ? told : untold}`,
    },
  ];
}

/** Where too few of those moved could be opened at all it says nothing: that they stay closed is no merit. */
export function robustnessGate(analysis: SensitivityAnalysis | undefined, limits: Limits): GateResult {
  const { robustness_min, signals_min } = limits;
  const head = { name: "robustness", limit: robustness_min } as const;
  const evaluated = analysis?.evaluated ?? 0;
  const opened = analysis?.opened ?? evaluated;
  if (!analysis || opened < signals_min) {
    const detail = `${evaluated} signals moved, ${opened} of them opened before or after; it takes ${signals_min}`;
    return { ...head, state: "NOT_ENOUGH", value: null, detail };
  }
  const { robustness, epsilon, flip_share } = analysis;
  const flips = Math.round(flip_share * evaluated);
  return {
    ...head,
    state: robustness >= robustness_min ? "PASSED" : "FAILED",
    value: robustness,
    detail:
      `moving factors by ${percent(epsilon)} of their spread changes ${percent(flip_share)} of ${evaluated} decisions, ` +
      `${percent(flips / opened)} of the ${opened} opened before or after`,
  };
}
