import { expect, test } from "bun:test";
import * as fc from "fast-check";
import type { StoreRecord } from "./kit/ports.ts";
import { StoreDigest } from "./store-digest.ts";

const sumOf = (records: readonly StoreRecord[]) => {
  const digest = new StoreDigest();
  for (const record of records) digest.add(record);
  return digest.sum();
};
const note = (key: string, value: unknown): StoreRecord => ({ kind: "document", collection: "notes", key, value });

test("is the same in any order of records and of the members of objects", () => {
  const records = fc.uniqueArray(fc.tuple(fc.string(), fc.dictionary(fc.string(), fc.jsonValue())), {
    selector: ([key]) => key,
  });
  fc.assert(
    fc.property(records, (drawn) => {
      const given = drawn.map(([key, value]) => note(key, value));
      const turned = drawn.map(([key, value]) => note(key, Object.fromEntries(Object.entries(value).reverse())));
      expect(sumOf(turned.reverse())).toEqual(sumOf(given));
    }),
    { seed: 7, numRuns: 100 },
  );
});

test("shows what is missing, doubled, altered or moved to another collection", () => {
  const all = [note("a", { x: 1 }), note("b", { x: 2 }), { kind: "epoch", epoch: "e" } as const];
  const sums = [
    all,
    all.slice(1),
    [...all, all[0]!],
    [note("a", { x: 2 }), ...all.slice(1)],
    [note("a", { x: 2 }), note("b", { x: 1 }), all[2]!],
    [{ ...all[0]!, collection: "other" } as StoreRecord, ...all.slice(1)],
    [],
  ].map((records) => sumOf(records).sha256);
  expect(new Set(sums).size).toBe(sums.length);
  expect(sumOf(all)).toMatchObject({ records: 3, by: { notes: 2, epoch: 1 } });
});
