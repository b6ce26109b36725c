/**
 * Genetic search: generations in which the better have more offspring, mixed and now and then mutated.
 *
 * Tournaments of three choose parents, each value comes from either, one value in as many as there are is moved, and
 * the best go on unchanged (Goldberg and Deb 1991; Syswerda 1989). What was tried is not tried again.
 */
import type { ParamSet } from "../domain/experiment.ts";
import type { Chance } from "../trading/stats/chance.ts";
import { type Axis, combinations, draw, nudge } from "./axis.ts";
import { drawSet, keyOf } from "./random-search.ts";
import { Patience, type Score, type Search, type SearchInput } from "./search.ts";

const TOURNAMENT = 3;
/** Of a generation, goes on as it is. */
const ELITE_SHARE = 0.1;
/** Of the mutations, drawn from the whole axis and not from near by. */
const FRESH_SHARE = 0.25;
const REPEATS_MAX = 50;

interface Member {
  readonly set: ParamSet;
  readonly score: number;
}

/** Ends at `trials_max` trials, where nothing new is found, or after `patience` generations without a better best. */
export function* geneticSearch({ axes, rules, chance }: SearchInput): Search {
  const breeding = new Breeding(axes, chance);
  const patience = new Patience(rules.patience);
  const size = Math.min(rules.population, combinations(axes));
  let people: Member[] = [];
  let room = rules.trials_max;
  while (room > 0) {
    const wanted = Math.min(people.length === 0 ? size : Math.max(1, size - eliteOf(size)), room);
    const batch = breeding.next(people, wanted);
    if (batch.length === 0) return;
    const scores = yield batch;
    room -= batch.length;
    people = fittest([...people.slice(0, eliteOf(size)), ...batch.map((set, i) => memberOf(set, scores[i]))]);
    if (patience.told(finite(people[0]?.score))) return;
  }
}

const eliteOf = (size: number): number => Math.max(1, Math.round(size * ELITE_SHARE));
const memberOf = (set: ParamSet, score: Score = null): Member => ({ set, score: score ?? Number.NEGATIVE_INFINITY });
const finite = (score = Number.NEGATIVE_INFINITY): Score => (Number.isFinite(score) ? score : null);
/** Equal ones stay in the order in which they were tried. */
const fittest = (people: readonly Member[]): Member[] => people.toSorted((a, b) => compare(b.score, a.score));
const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);

class Breeding {
  private readonly axes: readonly Axis[];
  private readonly chance: Chance;
  private readonly tried = new Set<string>();

  constructor(axes: readonly Axis[], chance: Chance) {
    this.axes = axes;
    this.chance = chance;
  }

  /** Up to so many that were not tried before. */
  next(people: readonly Member[], count: number): ParamSet[] {
    const sets: ParamSet[] = [];
    for (let repeats = 0; sets.length < count && repeats < REPEATS_MAX * count; ) {
      // When its offspring are all known, the family is too close.
      const isFresh = people.length === 0 || repeats > (REPEATS_MAX * count) / 2;
      const set = isFresh ? drawSet(this.axes, this.chance) : this.child(people);
      if (this.tried.has(keyOf(set))) repeats++;
      else {
        this.tried.add(keyOf(set));
        sets.push(set);
      }
    }
    return sets;
  }

  private child(people: readonly Member[]): ParamSet {
    const [mother, father] = [this.parent(people), this.parent(people)];
    const values = this.axes.map((axis) => {
      const value = (this.chance.next() < 0.5 ? mother : father)[axis.path] as ParamSet[string];
      if (this.chance.next() >= 1 / this.axes.length) return [axis.path, value];
      const isFar = this.chance.next() < FRESH_SHARE;
      return [axis.path, isFar ? draw(axis, this.chance) : nudge(axis, value, this.chance)];
    });
    return Object.fromEntries(values);
  }

  private parent(people: readonly Member[]): ParamSet {
    // They are in order: the first of some is the fittest of them.
    let best = people.length;
    for (let i = 0; i < TOURNAMENT; i++) best = Math.min(best, Math.floor(this.chance.next() * people.length));
    return (people[best] as Member).set;
  }
}
