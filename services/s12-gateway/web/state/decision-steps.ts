/** A decision's way through its steps: which it passed, which ended it, which it never reached. */
import type { DecisionStory } from "../../../../shared/client/gen/types.ts";
import type { Decision, GuardResult } from "../../../../shared/domain/decision.ts";
import type { ModelResult } from "../../../../shared/domain/model.ts";

/** With what it was made from where that is known; a live event does not bring it along. */
export type ToldDecision = Decision & Partial<Pick<DecisionStory, "basis" | "order" | "not_taken">>;

export const STEPS = ["guards", "side", "rules", "model", "sizing"] as const;
export type StepId = (typeof STEPS)[number];
/** `none`: the strategy has no such step. */
export type StepState = "passed" | "ended" | "unreached" | "none";

export function stepsOf(decision: Decision): Record<StepId, StepState> {
  const ended = endedBy(decision);
  const at = ended === undefined ? STEPS.length : STEPS.indexOf(ended);
  const state = (step: StepId): StepState => {
    const index = STEPS.indexOf(step);
    if (index === at) return "ended";
    if (index > at) return "unreached";
    return step === "model" && decision.model === undefined ? "none" : "passed";
  };
  return Object.fromEntries(STEPS.map((step) => [step, state(step)])) as Record<StepId, StepState>;
}

/** The step that said no; undefined of an entry. */
export function endedBy({ decision, guards, rules }: Decision): StepId | undefined {
  if (decision.action === "open") return undefined;
  if (guards.length === 0 || guards.some(({ passed }) => !passed)) return "guards";
  if (decision.side === undefined) return "side";
  if (rules.some(({ rule_id, fired }) => fired === true && rule_id === decision.reason)) return "rules";
  return decision.reason === "model" ? "model" : "sizing";
}

/** The one that failed stands first, then all in the order they were asked. */
export const guardsInWords = (guards: readonly GuardResult[]): GuardResult[] => [
  ...guards.filter(({ passed }) => !passed),
  ...guards.filter(({ passed }) => passed),
];

/** Value and limit on one line from zero, as shares of its length; undefined where either is no number. */
export interface GuardBar {
  readonly value: number;
  readonly limit: number;
}
const ROOM = 1.25;
export function guardBar({ value, limit }: GuardResult): GuardBar | undefined {
  if (typeof value !== "number" || typeof limit !== "number") return undefined;
  // A loss and its limit are both below zero: what is shown is how near they are.
  const [size, bound] = limit < 0 ? [-value, -limit] : [value, limit];
  const length = Math.max(Math.abs(size), Math.abs(bound)) * ROOM;
  if (length === 0) return undefined;
  return { value: Math.max(0, size) / length, limit: Math.max(0, bound) / length };
}

export interface ContributionBar {
  readonly f: string;
  readonly value: number;
  readonly adds: number;
  /** Of the greatest, from −1 to 1. */
  readonly share: number;
}
export function contributionBars({ contributions = [] }: Pick<ModelResult, "contributions">): ContributionBar[] {
  const greatest = Math.max(0, ...contributions.map(({ adds }) => Math.abs(adds)));
  return contributions.map((each) => ({ ...each, share: greatest === 0 ? 0 : each.adds / greatest }));
}
