import { expect, test } from "bun:test";
import fc from "fast-check";
import { put } from "../../changes.ts";
import { arangoWorld, sharedStandIn } from "../../testing/arango/world.ts";
import { COLLECTIONS, HOSTILE, notes } from "../../testing/store-world.ts";
import { openStore } from "../sqlite.ts";
import { encodeKey } from "./key.ts";

const KEY = /^[A-Za-z0-9_\-:.@()+,=;$!*'%]{1,249}$/;

test("every key is one that ArangoDB takes, and no two keys have the same", () => {
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ minLength: 100, maxLength: 400 }),
    fc.constantFrom(...HOSTILE),
  );
  fc.assert(
    fc.property(
      fc.uniqueArray(
        texts.filter((text) => text !== ""),
        { maxLength: 20 },
      ),
      (keys) => {
        const encoded = keys.map(encodeKey);
        for (const each of encoded) expect(each).toMatch(KEY);
        expect(new Set(encoded).size).toBe(keys.length);
      },
    ),
    { seed: 15, numRuns: 300 },
  );
  const [high, low] = ["\ud83d", "\udd11"];
  expect(new Set([high, low, "\ufffd", "%uD83D", high + low].map((key) => encodeKey(key!))).size).toBe(5);
});

const WORDS = [
  "order",
  "Orders",
  "FUT:BTCUSDT",
  "FUT",
  "btc",
  "Grüße",
  "GRÜSSE",
  "grusse",
  "a_b",
  "1.5",
  "it's",
  "naïve",
];
const MORE = ["NAIVE", "café", "CAFE", "注文", "x-y", "e.g.", "state:open", "Ünï", "#7", "½", "Ⅳ", "100%"];
const text = fc
  .array(fc.constantFrom(...WORDS, ...MORE), { minLength: 1, maxLength: 6 })
  .map((words) => words.join(" "));
const asking = fc
  .array(fc.constantFrom(...WORDS, ...MORE, "ord", "BTCUSDT", "gru", "b", "5", "-", '"fut'), {
    minLength: 1,
    maxLength: 3,
  })
  .map((words) => words.join(" "));

test("a search finds the same as SQLite's, whatever the texts", async () => {
  const world = await arangoWorld(sharedStandIn());
  const store = await world.open("s04");
  await fc.assert(
    fc.asyncProperty(
      fc.array(text, { minLength: 1, maxLength: 8 }),
      fc.array(asking, { maxLength: 6 }),
      async (texts, asked) => {
        const other = openStore({ path: ":memory:", owner: "s04", collections: COLLECTIONS });
        await store.clear();
        const ops = texts.map((each, at) => put(notes, { id: `n${at}`, text: each }));
        for (const each of [store, other]) await each.commit(ops);
        for (const each of asked) {
          const [ours, theirs] = await Promise.all([store, other].map((from) => from.search(notes, each, 100)));
          expect([each, ours!.map((row) => row.key).toSorted()]).toEqual([
            each,
            theirs!.map((row) => row.key).toSorted(),
          ]);
        }
        await other.close();
      },
    ),
    { seed: 16, numRuns: 40 },
  );
  await world.end();
});
