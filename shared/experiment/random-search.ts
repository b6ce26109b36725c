/** Random search: seeded draws, none of them twice. */
import type { ParamSet } from "../domain/experiment.ts";
import type { Chance } from "../trading/stats/chance.ts";
import { type Axis, combinations, draw, pointAt } from "./axis.ts";
import { inBatches, type Search, type SearchInput } from "./search.ts";

/** So many combinations can be shuffled; of more a draw is hardly ever a repeat. */
const SHUFFLED_MAX = 100_000;
/** Draws in vain after which there is taken to be nothing new. */
const REPEATS_MAX = 1_000;

/** `trials_max` draws, or all combinations where there are fewer. */
export const randomSearch = ({ axes, rules, chance }: SearchInput): Search =>
  inBatches(
    combinations(axes) <= SHUFFLED_MAX
      ? shuffled(axes, rules.trials_max, chance)
      : drawn(axes, rules.trials_max, chance),
    rules,
  );

/** The first so many of a shuffle (Fisher and Yates, from the front). */
function* shuffled(axes: readonly Axis[], most: number, chance: Chance): Generator<ParamSet> {
  const places = Array.from({ length: combinations(axes) }, (_, place) => place);
  for (let at = 0; at < Math.min(most, places.length); at++) {
    const other = at + Math.floor(chance.next() * (places.length - at));
    [places[at], places[other]] = [places[other] as number, places[at] as number];
    yield pointAt(axes, places[at] as number);
  }
}

function* drawn(axes: readonly Axis[], most: number, chance: Chance): Generator<ParamSet> {
  const seen = new Set<string>();
  for (let repeats = 0; seen.size < most && repeats < REPEATS_MAX; ) {
    const set = drawSet(axes, chance);
    const key = keyOf(set);
    if (seen.has(key)) {
      repeats++;
      continue;
    }
    repeats = 0;
    seen.add(key);
    yield set;
  }
}

export const drawSet = (axes: readonly Axis[], chance: Chance): ParamSet =>
  Object.fromEntries(axes.map((axis) => [axis.path, draw(axis, chance)]));

/** Axes are always in the same order. */
export const keyOf = (set: ParamSet): string => JSON.stringify(Object.values(set));
