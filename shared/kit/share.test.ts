import { expect, test } from "bun:test";
import fc from "fast-check";
import { decideShare } from "./share.ts";

/** Lets each replica in turn act on what all say, until nobody does anything; a shard given up is free for the others first. */
function settle(held: number[][], count: number): number[][] {
  for (let round = 0; round < 200; round++) {
    let moved = false;
    for (const [at, mine] of held.entries()) {
      const others = held.filter((_, other) => other !== at);
      const { take, give } = decideShare(mine, others, count);
      if (give !== undefined) {
        held[at] = mine.filter((shard) => shard !== give);
        for (const step of Array.from({ length: held.length - 1 }, (_, by) => by + 1)) {
          const next = (at + step) % held.length;
          const theirs = held[next] as number[];
          const more = decideShare(
            theirs,
            held.filter((_, other) => other !== next),
            count,
          ).take;
          held[next] = [...theirs, ...more];
        }
      } else held[at] = [...mine, ...take];
      moved ||= give !== undefined || take.length > 0;
    }
    if (!moved) return held;
  }
  throw new Error(`still moving: ${JSON.stringify(held)}`);
}

test("alone it takes all, with another half of them, and a standby takes nothing", () => {
  expect(decideShare([], [], 4)).toEqual({ take: [0, 1, 2, 3], give: undefined });
  expect(decideShare([], [[]], 4).take).toHaveLength(2);
  expect(decideShare([0, 1, 2, 3], [[]], 4)).toEqual({ take: [], give: 3 });
  expect(decideShare([], [[0]], 1)).toEqual({ take: [], give: undefined });
  expect(decideShare([0], [[]], 1)).toEqual({ take: [], give: undefined });
});

test("from any split replicas come to rest with every shard held once, and nobody having two more than another", () => {
  const replicas = fc.integer({ min: 1, max: 6 });
  const shards = fc.array(fc.integer({ min: -1, max: 5 }), { minLength: 1, maxLength: 16 });
  fc.assert(
    fc.property(replicas, shards, (size, owners) => {
      const held = Array.from({ length: size }, (_, replica) =>
        owners.flatMap((owner, shard) => (owner === replica ? [shard] : [])),
      );
      const settled = settle(held, owners.length);
      expect(settled.flat().toSorted((a, b) => a - b)).toEqual(owners.map((_, shard) => shard));
      const sizes = settled.map((mine) => mine.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }),
    { seed: 7, numRuns: 500 },
  );
});
