/** L2: what a model's probability does to an entry, and how much each input had to do with it. */
import type { ModelCard, ModelResult, ModelUse } from "../../domain/model.ts";
import { SIDE_FACTOR } from "../factors/registry.ts";
import type { Values } from "./condition.ts";

/** What came of asking a model: a probability with contributions, or why there is none. */
export type ModelSays = Pick<ModelResult, "p" | "trouble" | "contributions" | "ms">;

const NO_SAY = 1;
const SKIP = 0;
/** ln(p/(1−p)) is told within these, so that a probability of 0 or 1 stays a number. */
const P_MIN = 1e-9;

/** A strategy's use of a model applied to what it said; nothing said at all counts as a missing model. */
export function judged(use: ModelUse, says: ModelSays = { p: null, trouble: "missing" }): ModelResult {
  const { p } = says;
  const { model_id, hash } = use;
  return { ...says, model_id, hash, size_mult: p === null ? NO_SAY : sizeOf(use, p) };
}

/** Health says that models have no say: as of one that is missing, and nobody asks it. */
export const modelOff = ({ model_id, hash }: ModelUse): ModelResult => ({
  ...{ model_id, hash, p: null, trouble: "off", size_mult: NO_SAY },
});

/** Models speak 32-bit floats, whose 0.7 lies a little below ours: one that says 0.7 reaches a cut-off of 0.7. */
const reaches = (p: number, pMin: number): boolean => p >= Math.min(pMin, Math.fround(pMin));

/** 0 below all cut-offs. */
function sizeOf({ cutoffs }: ModelUse, p: number): number {
  let best: ModelUse["cutoffs"][number] | undefined;
  for (const cutoff of cutoffs) {
    if (reaches(p, cutoff.p_min) && (best === undefined || cutoff.p_min > best.p_min)) best = cutoff;
  }
  return best?.size_mult ?? SKIP;
}

/** The model's inputs in its order; undefined when one is no finite 32-bit float. `side` is 1 to buy and −1 to sell. */
export function inputsOf({ features }: Pick<ModelCard, "features">, values: Values, side: number) {
  const row: number[] = [];
  for (const id of features) {
    const value = id === SIDE_FACTOR ? side : values[id];
    if (typeof value !== "number" || !Number.isFinite(Math.fround(value))) return undefined;
    row.push(value);
  }
  return row;
}

/** The row itself, and after it for each input the same row with that input at its reference. */
export const rowsOf = (row: readonly number[], reference: readonly number[]): number[][] => [
  [...row],
  ...row.map((_, at) => row.map((value, i) => (i === at ? (reference[i] ?? 0) : value))),
];

/**
 * What each input adds to the log-odds: `ln(p/(1−p)) − ln(pᵢ/(1−pᵢ))`, with pᵢ the probability when input i is at its
 * reference. For a logistic model that is exactly `wᵢ·(xᵢ − referenceᵢ)`; for others it is occlusion, one input at a
 * time (Zeiler and Fergus 2014). `p` is the model's answer to `rowsOf`; greatest first, ties in the model's order.
 */
export function contributionsOf(card: Pick<ModelCard, "features">, row: readonly number[], p: readonly number[]) {
  const whole = logOdds(p[0] as number);
  return card.features
    .map((f, i) => ({ f, value: row[i] as number, adds: whole - logOdds(p[i + 1] as number) }))
    .toSorted((a, b) => Math.abs(b.adds) - Math.abs(a.adds));
}

function logOdds(p: number): number {
  const inside = Math.min(Math.max(p, P_MIN), 1 - P_MIN);
  return Math.log(inside / (1 - inside));
}
