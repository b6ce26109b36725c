/** Searches: what they ask for, that they find what is there, and that they repeat themselves exactly. */
import { describe, expect, test } from "bun:test";
import { type ParamSet, SearchRules } from "../domain/experiment.ts";
import { seededChance } from "../trading/stats/seeded-chance.ts";
import type { Axis } from "./axis.ts";
import { geneticSearch } from "./genetic-search.ts";
import { gridSearch } from "./grid-search.ts";
import { randomSearch } from "./random-search.ts";
import type { Search, SearchInput } from "./search.ts";

const points = (path: string, count: number): Axis => {
  return { path, kind: "points", points: Array.from({ length: count }, (_, i) => i) };
};
const reals = (path: string): Axis => ({ path, kind: "range", min: -5, max: 5, scale: "linear", isWhole: false });
const input = (axes: readonly Axis[], rules: object = {}, seed = 1): SearchInput => {
  return { axes, rules: SearchRules.parse(rules), chance: seededChance(seed) };
};

function played(search: Search, score: (set: ParamSet) => number | null) {
  const asked: ParamSet[] = [];
  const batches: number[] = [];
  let next = search.next();
  while (!next.done) {
    asked.push(...next.value);
    batches.push(next.value.length);
    next = search.next(next.value.map(score));
  }
  return { asked, batches };
}
const keys = (sets: readonly ParamSet[]) => sets.map((set) => Object.values(set).join(","));
const hill = ({ a, b }: ParamSet): number => -((Number(a) - 3) ** 2) - (Number(b) + 2) ** 2;

describe("a grid", () => {
  test("asks for every combination in order, all at once", () => {
    const { asked, batches } = played(gridSearch(input([points("a", 2), points("b", 3)])), hill);
    expect(keys(asked)).toEqual(["0,0", "0,1", "0,2", "1,0", "1,1", "1,2"]);
    expect(batches).toEqual([6]);
  });
  test("of more points than trials is refused, saying how many", () => {
    const search = () => gridSearch(input([points("a", 20), points("b", 20)], { trials_max: 399 }));
    expect(search).toThrow(
      expect.objectContaining({
        errors: [expect.objectContaining({ message: expect.stringContaining("400 points") })],
      }),
    );
  });
  test("ends after the batch in which patience ends", () => {
    const { asked } = played(gridSearch(input([points("a", 100)], { patience: 20 })), ({ a }) => (a === 5 ? 1 : 0));
    // The best is the sixth; twenty more have not bettered it within the second batch of sixteen.
    expect(asked).toHaveLength(32);
    expect(played(gridSearch(input([points("a", 100)], { patience: 5 })), ({ a }) => Number(a)).asked).toHaveLength(
      100,
    );
  });
});

describe("a random search", () => {
  test("draws as many as asked, none twice, the same for the same seed", () => {
    const axes = [reals("a"), points("b", 3)];
    const first = keys(played(randomSearch(input(axes, { trials_max: 50 })), hill).asked);
    expect(new Set(first).size).toBe(50);
    expect(keys(played(randomSearch(input(axes, { trials_max: 50 })), hill).asked)).toEqual(first);
    expect(keys(played(randomSearch(input(axes, { trials_max: 50 }, 2)), hill).asked)).not.toEqual(first);
  });
  test("of few combinations draws each once, not in order", () => {
    const asked = keys(played(randomSearch(input([points("a", 4), points("b", 3)], { trials_max: 100 })), hill).asked);
    expect(new Set(asked).size).toBe(12);
    expect(asked).toHaveLength(12);
    expect(asked).not.toEqual(asked.toSorted());
  });
});

describe("a genetic search", () => {
  const rules = { trials_max: 600, population: 30 };
  test("comes close to the top of a hill, closer than chance with as many trials", () => {
    const axes = [reals("a"), reals("b")];
    const best = (search: Search) => Math.max(...played(search, hill).asked.map(hill));
    for (const seed of [1, 2, 3]) {
      const found = best(geneticSearch(input(axes, rules, seed)));
      expect(found).toBeGreaterThan(-0.01);
      expect(found).toBeGreaterThan(best(randomSearch(input(axes, { trials_max: 600 }, seed))));
    }
  });
  test("never asks for the same twice, keeps to its trials, repeats itself exactly", () => {
    const axes = [reals("a"), points("b", 5)];
    const asked = keys(played(geneticSearch(input(axes, rules)), hill).asked);
    expect(asked.length).toBeLessThanOrEqual(600);
    expect(new Set(asked).size).toBe(asked.length);
    expect(keys(played(geneticSearch(input(axes, rules)), hill).asked)).toEqual(asked);
  });
  test("ends when everything was tried, and when generations find nothing better", () => {
    expect(played(geneticSearch(input([points("a", 7)], rules)), ({ a }) => Number(a)).asked).toHaveLength(7);
    const { batches } = played(geneticSearch(input([reals("a")], { ...rules, patience: 3 })), () => 1);
    expect(batches).toHaveLength(4);
  });
  test("lives with trials that have no score", () => {
    const { asked } = played(geneticSearch(input([reals("a"), reals("b")], rules)), (set) =>
      Number(set.a) < 0 ? null : hill(set),
    );
    expect(Math.max(...asked.filter(({ a }) => Number(a) >= 0).map(hill))).toBeGreaterThan(-0.05);
  });
});
