/** Seeded chance: the same numbers as ever, evenly spread. */
import { expect, test } from "bun:test";
import { seededRandom } from "../../adapters/random.ts";
import { seededChance } from "./seeded-chance.ts";

test("a seed draws what it always drew, here and by the port", () => {
  const [one, other, port] = [seededChance(7), seededChance("7"), seededRandom(7)];
  const drawn = Array.from({ length: 50 }, () => one.next());
  expect(Array.from({ length: 50 }, () => other.next())).toEqual(drawn);
  expect(Array.from({ length: 50 }, () => port.next())).toEqual(drawn);
  expect(drawn.slice(0, 2)).toEqual([0.5125895446176674, 0.21450221153137372]);
});

test("numbers are spread evenly, whatever the seed", () => {
  for (const seed of [1, 2, "a", "b"]) {
    const chance = seededChance(seed);
    const bins = new Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) bins[Math.floor(chance.next() * 10)]! += 1;
    // χ² of nine degrees of freedom: 27.9 in one of a thousand.
    expect(bins.reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0)).toBeLessThan(27.9);
  }
});
