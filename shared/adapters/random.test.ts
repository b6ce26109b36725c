import { expect, test } from "bun:test";
import { randomContract } from "../testing/random.contract.ts";
import { seededRandom, systemRandom } from "./random.ts";

randomContract("seeded random", () => seededRandom("contract"));
randomContract("system random", systemRandom);

const draws = (seed: number | string) => {
  const random = seededRandom(seed);
  return Array.from({ length: 8 }, () => random.next());
};

test("the same seed repeats itself, near seeds share nothing", () => {
  expect(draws(7)).toEqual(draws(7));
  expect(draws("7")).toEqual(draws(7));
  const all = Array.from({ length: 200 }, (_, seed) => draws(seed)).flat();
  expect(new Set(all).size).toBe(all.length);
});

test("a fork depends on seed and name alone, not on what was drawn before", () => {
  const fresh = seededRandom("seed");
  const used = seededRandom("seed");
  used.bytes(1_000);
  expect(used.fork("venue").uuid()).toBe(fresh.fork("venue").uuid());
  expect(fresh.fork("venue").fork("latency").uuid()).not.toBe(fresh.fork("venue").uuid());
});

test("the stream of a seed never changes: recorded runs depend on it", () => {
  expect(seededRandom(1).uuid()).toBe("bafd3b4f-7270-4e5c-bfd6-77f4bb0c64eb");
});
