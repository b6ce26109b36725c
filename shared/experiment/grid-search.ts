/** Grid search: every combination there is, in order. */
import type { ParamSet } from "../domain/experiment.ts";
import { combinations, pointAt } from "./axis.ts";
import { inBatches, requireGridFits, type Search, type SearchInput } from "./search.ts";

/** The last parameter turns first. Refuses with INVALID where there are more points than trials allowed. */
export function gridSearch({ axes, rules }: SearchInput): Search {
  requireGridFits(axes, rules);
  return inBatches(points(axes), rules);
}

function* points(axes: SearchInput["axes"]): Generator<ParamSet> {
  const count = combinations(axes);
  for (let place = 0; place < count; place++) yield pointAt(axes, place);
}
