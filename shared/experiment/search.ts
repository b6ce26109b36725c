/** A search as a question and answer: it asks for trials in batches and is told their scores, in the order it asked. */
import type { ParamSet, SearchRules } from "../domain/experiment.ts";
import { refuse } from "../errors.ts";
import type { Chance } from "../trading/stats/chance.ts";
import { type Axis, combinations } from "./axis.ts";

/** Null: the trial failed, or has no such figure, or too few trades. */
export type Score = number | null;
/** What it asks for next depends on scores alone, and not on which worker gave them when. */
export type Search = Generator<readonly ParamSet[], void, readonly Score[]>;

export interface SearchInput {
  readonly axes: readonly Axis[];
  readonly rules: SearchRules;
  readonly chance: Chance;
}

/** So many trials are asked for at once where the search may end early. */
export const BATCH = 16;

/** Counts trials (or generations) since the best was last bettered. */
export class Patience {
  private best = Number.NEGATIVE_INFINITY;
  private since = 0;
  private readonly limit: number;

  constructor(limit = Number.POSITIVE_INFINITY) {
    this.limit = limit;
  }

  /** True: it is at its end. */
  told(score: Score): boolean {
    if (score !== null && score > this.best) {
      this.best = score;
      this.since = 0;
    } else this.since++;
    return this.since >= this.limit;
  }
}

/** In batches until there are no more, or patience is at its end. */
export function* inBatches(sets: Iterable<ParamSet>, { patience: limit }: SearchRules): Search {
  const patience = new Patience(limit);
  const size = limit === undefined ? Number.POSITIVE_INFINITY : BATCH;
  let batch: ParamSet[] = [];
  for (const set of sets) {
    batch.push(set);
    if (batch.length < size) continue;
    const scores = yield batch;
    batch = [];
    if (scores.some((score) => patience.told(score))) return;
  }
  if (batch.length > 0) yield batch;
}

/** Refuses a grid of more points than trials are allowed, with INVALID. */
export function requireGridFits(axes: readonly Axis[], { trials_max }: SearchRules): void {
  const count = combinations(axes);
  if (count <= trials_max) return;
  const message = `the grid has ${count} points; at most ${trials_max} trials are allowed`;
  refuse("INVALID", "The grid is too large.", { errors: [{ field: "search.trials_max", message }] });
}
