import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { put } from "../../changes.ts";
import type { Collection } from "../../kit/ports.ts";
import { ArangoStandIn, type StandInOptions } from "../../testing/arango/stand-in.ts";
import { newAddress, PASSWORD } from "../../testing/arango/world.ts";
import { COLLECTIONS, type Note, notes, plainNotes, results } from "../../testing/store-world.ts";
import { openArango } from "../arango.ts";
import { openArangoReader } from "../arango-reader.ts";
import { ensureSchema, type Made } from "./schema.ts";
import type { ArangoAddress } from "./server.ts";
import { ensureUsers } from "./users.ts";

let standIn: ArangoStandIn;
let address: ArangoAddress;
const begin = (options: Partial<StandInOptions> = {}) => {
  standIn = new ArangoStandIn({ rootPassword: PASSWORD, ...options });
  address = newAddress(standIn);
};
beforeEach(() => begin());
afterEach(() => standIn.down());

const ensure = (collections = COLLECTIONS, dryRun = false) => ensureSchema({ address, collections, dryRun });
const fresh = (made: readonly Made[]) => made.filter((each) => each.isNew).map(({ what, name }) => `${what} ${name}`);
const open = (collections: readonly unknown[] = COLLECTIONS) =>
  openArango({ address, owner: "s04", collections: collections as typeof COLLECTIONS, searchSync: true });

test("all is made once; a dry run tells the same and makes nothing", async () => {
  const wanted = fresh(await ensure(COLLECTIONS, true));
  expect(standIn.structure.databases.has(address.database)).toBe(false);
  const made = fresh(await ensure());
  expect(made).toEqual(wanted);
  expect(made).toContain("index notes.by_state__rank__place");
  expect(made).toContain("view notes_search");
  expect(made).toContain("collection s04_lineage");
  expect(made).toContain("index s04_inbox.by_expires_at");
  expect(fresh(await ensure())).toEqual([]);
});

test("what was declared later is made later, filled from the documents that are there", async () => {
  const older: Collection<Note> = { ...notes, indexes: [], search: ["state"] };
  const before = [older, plainNotes] as unknown as typeof COLLECTIONS;
  await ensure(before);
  const store = open(before);
  const many = Array.from({ length: 1_200 }, (_, at) => put(older, { id: `n${at}`, rank: at, text: "straw" }));
  await store.commit([...many, put(older, { id: "a", rank: -2, text: "needle" })]);
  await store.close();
  const made = fresh(await ensure());
  expect(made).toContain("index notes.by_rank__place");
  expect(made).toContain("documents 1201 of notes indexed");
  expect(made).toContain("graph lineage");
  expect(fresh(await ensure())).toEqual([]);
  const newer = open();
  const sorted = await newer.query(notes, {
    where: { rank: { lt: 2 } },
    sort: { field: "rank", order: "asc" },
    limit: 9,
  });
  expect(sorted.items.map((row) => row.key)).toEqual(["a", "n0", "n1"]);
  expect((await newer.search(notes, "needle", 9)).map((row) => row.key)).toEqual(["a"]);
  expect((await newer.search(notes, "straw", 1_000)).length).toBe(1_000);
  await newer.close();
});

test("what was broken off while documents were brought up to date is begun anew", async () => {
  const older: Collection<Note> = { ...notes, indexes: [], search: ["state"] };
  const before = [older, plainNotes] as unknown as typeof COLLECTIONS;
  await ensure(before);
  const store = open(before);
  await store.commit([put(older, { id: "a", rank: 1, text: "needle" })]);
  await store.close();
  let times = 1;
  standIn.trouble = ({ query }) => (query.includes("UPDATE d IN") && times-- > 0 ? { cut: "before" } : undefined);
  await expect(ensure()).rejects.toThrow();
  expect(fresh(await ensure())).toContain("documents 1 of notes indexed");
  const newer = open();
  expect((await newer.query(notes, { where: { rank: 1 }, limit: 9 })).items.length).toBe(1);
  expect((await newer.search(notes, "needle", 9)).length).toBe(1);
  await newer.close();
});

test("a document that changes while it is brought up to date is found as it is then", async () => {
  const older: Collection<Note> = { ...notes, indexes: [], search: ["state"] };
  await ensure([older, plainNotes] as unknown as typeof COLLECTIONS);
  const newer = open();
  await newer.commit([put(notes, { id: "a", rank: 1 }), put(notes, { id: "b", rank: 1 })]);
  let times = 1;
  standIn.trouble = ({ query }) => (query.includes("UPDATE d IN") && times-- > 0 ? { delayMs: 200 } : undefined);
  const ensured = ensure();
  while (times > 0) await Bun.sleep(5);
  await newer.commit([put(notes, { id: "a", rank: 2 }), { op: "delete", collection: notes as never, key: "b" }]);
  await ensured;
  expect((await newer.query(notes, { where: { rank: 1 }, limit: 9 })).items).toEqual([]);
  expect((await newer.query(notes, { where: { rank: 2 }, limit: 9 })).items.map((row) => row.key)).toEqual(["a"]);
  await newer.close();
});

test("a server of a language with another order of hex digits is refused, and nothing is made there", async () => {
  for (const language of ["da", "cy", "en-US"]) {
    await standIn.down();
    begin({ language });
    if (language === "en-US") await ensure();
    else await expect(ensure()).rejects.toThrow("Set it up anew with --icu-language en_US");
    expect(standIn.structure.databases.has(address.database)).toBe(language === "en-US");
  }
});

describe("a cluster", () => {
  test("gets a OneShard database", async () => {
    await standIn.down();
    begin({ role: "COORDINATOR" });
    await ensure();
    expect(standIn.database(address.database).options).toMatchObject({ sharding: "single" });
  });

  test("that has none is refused, with what to do", async () => {
    await standIn.down();
    begin({ role: "COORDINATOR", hasOneShard: false, version: "3.12.4" });
    await expect(ensure()).rejects.toThrow(/3\.12\.4, community.*not a OneShard database.*since 3\.12\.5/s);
  });
});

describe("users", () => {
  const users = (passwords: Record<string, string> = {}) =>
    ensureUsers({ address, collections: COLLECTIONS, passwords, newPassword: () => `made ${++made}` });
  let made = 0;

  test("are made once, with given passwords or made-up ones, and each may write only what is its service's", async () => {
    await ensure();
    const first = await users({ "chimera-s04": "given" });
    expect(Object.keys(first.passwords)).toEqual(["chimera-s06", "chimera-s07", "chimera-reader"]);
    expect(fresh((await users()).made)).toEqual([]);
    const as = (user: string, password: string) => ({ ...address, user, password });
    const s04 = openArango({ address: as("chimera-s04", "given"), owner: "s04", collections: COLLECTIONS });
    await s04.commit([put(notes, { id: "n1" }), { op: "link", child: "notes/n1", parent: "results/r1" }]);
    const s06as = as("chimera-s06", first.passwords["chimera-s06"]!);
    const s06 = openArango({ address: s06as, owner: "s06", collections: COLLECTIONS });
    expect((await s06.get(notes, "n1"))?.value).toEqual({ id: "n1" });
    expect(await s06.traverse("results/r1", "children", 3)).toEqual([{ ref: "notes/n1", depth: 1 }]);
    await s06.commit([put(results, { id: "r1" })]);
    // One that calls itself another service is stopped by the server.
    const feigned = openArango({ address: s06as, owner: "s04", collections: COLLECTIONS });
    await expect(feigned.commit([put(notes, { id: "n2" })])).rejects.toThrow("not enough permissions");
    const wrong = openArango({ address: as("chimera-s04", "wrong"), owner: "s04", collections: COLLECTIONS });
    await expect(wrong.ping()).rejects.toThrow("not authorized");
    const people = as("chimera-reader", first.passwords["chimera-reader"]!);
    const reader = openArangoReader({ address: people, owner: "s07", collections: COLLECTIONS });
    expect(await reader.count(notes)).toBe(1);
    await expect(reader.commit([put(notes, { id: "n3" })])).rejects.toMatchObject({ code: "NOT_OWNER" });
    for (const store of [s04, s06, feigned, wrong, reader]) await store.close();
  });

  test("without a database that was prepared, the store says what to do", async () => {
    await expect(open().ping()).rejects.toThrow("./chimera init");
  });
});

test("two shards of an owner keep documents of the same key apart; who reads all finds each once", async () => {
  await ensure();
  const shards = () => 2;
  const [first, second] = [0, 1].map((shard) =>
    openArango({ address, owner: "s04", collections: COLLECTIONS, shard, shards, searchSync: true }),
  );
  await first!.commit([put(notes, { id: "mark", rank: 1 }), put(notes, { id: "a", rank: 5, text: "needle" })]);
  await second!.commit([put(notes, { id: "mark", rank: 2 }), put(notes, { id: "b", rank: 3, text: "needle" })]);
  expect((await first!.get(notes, "mark"))?.value.rank).toBe(1);
  expect((await second!.get(notes, "mark"))?.value.rank).toBe(2);
  expect(await second!.count(notes)).toBe(2);
  expect(await first!.get(notes, "b")).toBeUndefined();
  expect((await second!.search(notes, "needle", 9)).map((row) => row.key)).toEqual(["b"]);
  const all = openArangoReader({ address, owner: "s04", collections: COLLECTIONS, shards, searchSync: true });
  const page = await all.query(notes, { where: { rank: { gt: 2 } }, sort: { field: "rank", order: "asc" }, limit: 9 });
  expect(page.items.map((row) => row.key)).toEqual(["b", "a"]);
  expect((await all.get(notes, "b"))?.value.rank).toBe(3);
  expect((await all.get(notes, "mark"))?.value.rank).toBe(1);
  expect((await all.search(notes, "needle", 9)).length).toBe(2);
  const ids = await Promise.all(
    [first, second].map(async (store) => (await store!.dump()[Symbol.asyncIterator]().next()).value),
  );
  expect(ids.every((record) => record.kind === "document")).toBe(true);
  for (const store of [first!, second!, all]) await store.close();
});
