import { afterEach, beforeEach, expect, test } from "bun:test";
import { join } from "node:path";
import fc from "fast-check";
import { put, remove } from "../changes.ts";
import type { Query, Scalar, Store } from "../kit/ports.ts";
import { newFolder, removeFolder } from "../testing/folder.ts";
import { killedAfter } from "../testing/kill.ts";
import {
  COLLECTIONS,
  HOSTILE,
  type Note,
  notes,
  plainNotes,
  results,
  strangers,
  tell,
} from "../testing/store-world.ts";
import { openReadOnly } from "./read-only-store.ts";
import { openStore, type SqliteStore } from "./sqlite.ts";

const SHARDS = [0, 1, 2, 3];
let folder: string;
let opened: Store[];
beforeEach(() => {
  folder = newFolder();
  opened = [];
});
afterEach(async () => {
  for (const store of opened) await store.close();
  removeFolder(folder);
});

const file = (shard: number) => join(folder, `s04-${shard}.sqlite`);
const files = SHARDS.map((shard) => () => file(shard));
const kept = <S extends Store>(store: S): S => {
  opened.push(store);
  return store;
};
const shardOf = (shard: number): SqliteStore =>
  kept(openStore({ path: file(shard), owner: "s04", collections: COLLECTIONS, shard }));
const door = (): Store =>
  kept(
    openReadOnly({
      owner: "s04",
      collections: COLLECTIONS,
      files: (owner) => (owner === "s04" ? files.map((path) => path()) : join(folder, owner)),
    }),
  );

test("reads the documents of all files as one, and notices a file that comes", async () => {
  const all = door();
  await all.ping();
  expect(await all.get(notes, "n3")).toBeUndefined();
  expect(await all.query(notes, { limit: 5 })).toEqual({ items: [] });
  for (const shard of SHARDS) {
    const store = shardOf(shard);
    await store.commit([
      put(notes, { id: `n${shard}`, rank: 3 - shard, text: "needle ".repeat(shard + 1) }),
      { op: "done", stream: "s", group: "g", id: `m${shard}` },
    ]);
    expect((await all.get(notes, `n${shard}`))?.value.rank).toBe(3 - shard);
    expect(await all.count(notes)).toBe(shard + 1);
    expect(await all.isDone("s", "g", `m${shard}`)).toBe(true);
  }
  const page = await all.query(notes, { sort: { field: "rank", order: "asc" }, limit: 3 });
  expect(page.items.map((row) => row.key)).toEqual(["n3", "n2", "n1"]);
  const keys = (rows: { key: string }[]) => rows.map((row) => row.key);
  expect(keys(await all.search(notes, "needle", 10)).toSorted()).toEqual(["n0", "n1", "n2", "n3"]);
  expect((await all.search(notes, "needle", 2)).length).toBe(2);
  expect(await all.isDone("s", "g", "never")).toBe(false);
  expect(await all.count(strangers)).toBe(0);
});

test("the better match comes first, whichever file it is in", async () => {
  const [first, second] = [shardOf(0), shardOf(1)];
  const chaff = Array.from({ length: 20 }, (_, at) => put(notes, { id: `chaff${at}`, text: "hay straw grass" }));
  for (const store of [first, second]) await store.commit(store === first ? chaff : chaff.map(elsewhere));
  await first.commit([put(notes, { id: "long", text: `needle ${"hay ".repeat(50)}` })]);
  await second.commit([put(notes, { id: "short", text: "needle needle" })]);
  expect((await door().search(notes, "needle", 5)).map((row) => row.key)).toEqual(["short", "long"]);
});
const elsewhere = (op: ReturnType<typeof put>) =>
  op.op === "put" ? put(notes, { ...(op.value as Note), id: `${(op.value as Note).id}-too` }) : op;

test("edges lead from one file to the next, and to other owners", async () => {
  const link = (child: string, parent: string) => ({ op: "link", child, parent }) as never;
  await shardOf(0).commit([link("notes/b", "notes/a")]);
  await shardOf(3).commit([link("notes/c", "notes/b")]);
  const other = kept(
    openStore({
      path: join(folder, "s06"),
      owner: "s06",
      collections: COLLECTIONS,
      others: () => files.map((path) => path()),
    }),
  );
  await other.commit([link("results/d", "notes/c"), put(results, { id: "d" })]);
  const whole = [
    { ref: "notes/b" as const, depth: 1 },
    { ref: "notes/c" as const, depth: 2 },
    { ref: "results/d" as const, depth: 3 },
  ];
  expect(await door().traverse("notes/a", "children", 9)).toEqual(whole);
  expect(await other.traverse("notes/a", "children", 9)).toEqual(whole);
});

test("refuses what would change something, and has nothing to tell", async () => {
  const store = shardOf(0);
  await store.commit([put(notes, { id: "n1", ts: 1 }), tell({ id: "e1" })]);
  const all = door();
  const notOwner = { code: "NOT_OWNER" };
  await expect(all.commit([remove(notes, "n1")])).rejects.toMatchObject(notOwner);
  await expect(all.expire(notes, 1e15)).rejects.toMatchObject(notOwner);
  expect(await all.outbox.read(10)).toEqual([]);
  const told = await store.outbox.read(10);
  await expect(all.outbox.tell(told[0]!.id)).rejects.toMatchObject(notOwner);
  await all.commit([]);
  expect(await store.count(notes)).toBe(1);
  expect(await store.outbox.read(10)).toEqual(told);
});

test("reads what a process that was killed has left, and leaves it as it is", async () => {
  const acknowledged = await killedAfter(40, join(import.meta.dir, "sqlite.crash.ts"), file(2));
  const all = door();
  for (const id of acknowledged) expect(await all.get(notes, id)).toBeDefined();
  const count = await all.count(notes);
  const successor = shardOf(2);
  expect(await successor.count(notes)).toBe(count);
  await successor.commit([put(notes, { id: "new" })]);
  expect(await all.count(notes)).toBe(count + 1);
});

test("messages of two files never have one id, though both were opened at the same moment", async () => {
  const ids = await Promise.all(
    [0, 1].map(async (shard) => {
      const store = kept(
        openStore({ path: ":memory:", owner: "s04", collections: COLLECTIONS, shard, now: () => 1.7e12 }),
      );
      await store.commit([tell({ id: "e1" })]);
      const [entry] = await store.outbox.read(1);
      await store.outbox.tell(entry!.id);
      expect(await store.outbox.read(1)).toEqual([]);
      return entry!.id;
    }),
  );
  expect(new Set(ids).size).toBe(2);
});

test("stores of this process can be read as one too", async () => {
  const stores = SHARDS.map((shard) =>
    kept(openStore({ path: ":memory:", owner: "s04", collections: COLLECTIONS, shard })),
  );
  for (const [at, store] of stores.entries()) await store.commit([put(notes, { id: `n${at}` })]);
  const all = kept(openReadOnly({ owner: "s04", collections: COLLECTIONS, files: () => stores }));
  expect((await all.query(notes, { limit: 9 })).items.map((row) => row.key)).toEqual(["n0", "n1", "n2", "n3"]);
});

const text = fc.oneof(
  fc.constantFrom("open", "shut", "", "ä", "\u{1f511}", "\uffee", ...HOSTILE),
  fc.string({ unit: "grapheme" }),
);
const number = fc.oneof(fc.integer({ min: -2, max: 2 }), fc.double({ noNaN: true, noDefaultInfinity: true }));
const documents = fc.uniqueArray(
  fc.record(
    {
      id: text.filter((id) => id !== ""),
      state: text,
      rank: fc.option(number),
      flag: fc.boolean(),
      ts: fc.integer({ min: 0, max: 3 }),
      shard: fc.constantFrom(...SHARDS),
    },
    { requiredKeys: ["id", "shard"] },
  ),
  { selector: (document) => document.id, minLength: 4, maxLength: 60 },
);
const scalar: fc.Arbitrary<Scalar> = fc.oneof(number, text, fc.boolean(), fc.constant(null));
const where = fc.dictionary(
  fc.constantFrom("id", "state", "rank", "flag", "ts"),
  fc.oneof(
    { weight: 1, arbitrary: scalar },
    { weight: 4, arbitrary: fc.record({ lt: number, gte: number, ne: scalar }, { requiredKeys: [] }) },
    { weight: 1, arbitrary: fc.record({ in: fc.array(scalar) }) },
  ),
  { maxKeys: 2 },
);
const field = fc.constantFrom("id", "state", "rank", "flag", "ts", "shard");
const queries = fc.record(
  {
    where,
    sort: fc.record({ field, order: fc.constantFrom("asc" as const, "desc" as const) }),
    limit: fc.integer({ min: 1, max: 12 }),
  },
  { requiredKeys: ["limit"] },
);

test("any walk through four files is the walk through one that holds all of them", async () => {
  await fc.assert(
    fc.asyncProperty(documents, fc.array(queries, { minLength: 1, maxLength: 8 }), async (given, asked) => {
      const one = openStore({ path: ":memory:", owner: "s04", collections: COLLECTIONS });
      const parts = SHARDS.map((shard) =>
        openStore({ path: ":memory:", owner: "s04", collections: COLLECTIONS, shard }),
      );
      const union = openReadOnly({ owner: "s04", collections: COLLECTIONS, files: () => parts });
      for (const document of given) {
        const ops = [put(notes, document as Note), put(plainNotes, document as Note)];
        await one.commit(ops);
        await parts[document.shard]!.commit(ops);
      }
      for (const query of asked) {
        for (const collection of [notes, plainNotes]) {
          expect(await walk(union, collection, query)).toEqual(await walk(one, collection, query));
          expect(await union.count(collection, query.where)).toBe(await one.count(collection, query.where));
        }
      }
      for (const word of ["open", "shut", "drop"]) {
        expect(await found(union, word)).toEqual(await found(one, word));
      }
      for (const { id } of given) {
        expect((await union.get(notes, id))?.value).toEqual((await one.get(notes, id))!.value);
      }
      for (const store of [...parts, one]) await store.close();
    }),
    { seed: 4, numRuns: 100 },
  );
});

/** In no order: how well a text matches depends on the others of its file. */
const found = async (store: Store, word: string): Promise<string[]> =>
  (await store.search(notes, word, 1_000)).map((row) => row.key).toSorted();

/** Every page's documents and whether another follows. */
async function walk(store: Store, collection: typeof notes, query: Query): Promise<unknown[]> {
  const pages: unknown[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.query(collection, { ...query, ...(cursor !== undefined && { cursor }) });
    pages.push(page.items.map(({ key, value }) => ({ key, value })));
    cursor = page.next_cursor;
    pages.push(cursor);
  } while (cursor !== undefined && pages.length < 200);
  return pages;
}
