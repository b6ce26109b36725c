import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { put } from "../../changes.ts";
import type { Query, Scalar, Store } from "../../kit/ports.ts";
import { type ArangoWorld, arangoWorld, sharedStandIn } from "../../testing/arango/world.ts";
import { COLLECTIONS, HOSTILE, type Note, notes, plainNotes } from "../../testing/store-world.ts";
import type { ArangoStore } from "../arango.ts";
import { openStore } from "../sqlite.ts";

let world: ArangoWorld;
let store: ArangoStore;
beforeAll(async () => {
  world = await arangoWorld(sharedStandIn());
  store = await world.open("s04");
});
afterAll(() => world.end());

const text = fc.oneof(
  fc.constantFrom("open", "shut", "", "ä", "Z", "a", "B", "\u{1f511}", "\uffee", ...HOSTILE),
  fc.string({ unit: "grapheme" }),
);
const number = fc.oneof(fc.integer({ min: -2, max: 2 }), fc.double({ noNaN: true, noDefaultInfinity: true }));
const documents = fc.uniqueArray(
  fc.record(
    { id: text.filter((id) => id !== ""), state: text, rank: fc.option(number), flag: fc.boolean(), ts: fc.nat(3) },
    { requiredKeys: ["id"] },
  ),
  { selector: (document) => document.id, minLength: 4, maxLength: 30 },
);
const scalar: fc.Arbitrary<Scalar> = fc.oneof(number, text, fc.boolean(), fc.constant(null));
const check = fc.oneof(
  { weight: 1, arbitrary: scalar },
  {
    weight: 4,
    arbitrary: fc.record({ lt: scalar, lte: scalar, gt: scalar, gte: scalar, ne: scalar }, { requiredKeys: [] }),
  },
  { weight: 1, arbitrary: fc.record({ in: fc.array(scalar) }) },
);
const field = fc.constantFrom("id", "state", "rank", "flag", "ts");
const queries: fc.Arbitrary<Query> = fc.record(
  {
    where: fc.dictionary(field, check, { maxKeys: 2 }),
    sort: fc.record({ field, order: fc.constantFrom("asc" as const, "desc" as const) }),
    limit: fc.integer({ min: 1, max: 12 }),
  },
  { requiredKeys: ["limit"] },
);

test("any walk through any documents is SQLite's: every order, every test, page by page", async () => {
  await fc.assert(
    fc.asyncProperty(documents, fc.array(queries, { minLength: 1, maxLength: 5 }), async (given, asked) => {
      const other = openStore({ path: ":memory:", owner: "s04", collections: COLLECTIONS });
      await store.clear();
      const ops = given.flatMap((document) => [notes, plainNotes].map((into) => put(into, document as Note)));
      for (const each of [store, other]) await each.commit(ops);
      for (const query of asked) {
        for (const collection of [notes, plainNotes]) {
          expect(await walk(store, collection, query)).toEqual(await walk(other, collection, query));
          expect(await store.count(collection, query.where)).toBe(await other.count(collection, query.where));
        }
      }
      for (const { id } of given)
        expect((await store.get(notes, id))?.value).toEqual((await other.get(notes, id))!.value);
      await other.close();
    }),
    { seed: 4, numRuns: 40 },
  );
}, 300_000);

/** Every page's documents, and where each page ends. */
async function walk(from: Store, collection: typeof notes, query: Query): Promise<unknown[]> {
  const pages: unknown[] = [];
  let cursor: string | undefined;
  do {
    const page = await from.query(collection, { ...query, ...(cursor !== undefined && { cursor }) });
    pages.push(page.items.map(({ key, value }) => ({ key, value })));
    cursor = page.next_cursor;
  } while (cursor !== undefined && pages.length < 100);
  return pages;
}
