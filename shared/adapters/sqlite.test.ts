import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { put } from "../changes.ts";
import type { Collection, ServiceId } from "../kit/ports.ts";
import { newFolder, removeFolder } from "../testing/folder.ts";
import { killedAfter } from "../testing/kill.ts";
import { storeContract } from "../testing/store.contract.ts";
import { COLLECTIONS, type Note, notes, tell } from "../testing/store-world.ts";
import { openStore, type SqliteStore } from "./sqlite.ts";

storeContract("SQLite in files, others read through read-only connections", async () => {
  const folder = newFolder();
  const file = (owner: ServiceId) => join(folder, `${owner}.sqlite`);
  const stores = new Map<ServiceId, SqliteStore>();
  const open = async (owner: ServiceId) => {
    const store = openStore({ path: file(owner), owner, collections: COLLECTIONS, others: file });
    stores.set(owner, store);
    return store;
  };
  return {
    open,
    async reopen(owner) {
      await stores.get(owner)?.close();
      return open(owner);
    },
    async end() {
      for (const store of stores.values()) await store.close();
      removeFolder(folder);
    },
  };
});

storeContract("SQLite in memory, others read through their stores", async () => {
  const stores = new Map<ServiceId, SqliteStore>();
  return {
    async open(owner) {
      const others = (other: ServiceId) => stores.get(other);
      const store = openStore({ path: ":memory:", owner, collections: COLLECTIONS, others });
      stores.set(owner, store);
      return store;
    },
    // Memory ends with its store; whoever simulates a restart keeps the store.
    reopen: async (owner) => stores.get(owner)!,
    async end() {
      for (const store of stores.values()) await store.close();
    },
  };
});

let folder: string;
beforeEach(() => {
  folder = newFolder();
});
afterEach(() => removeFolder(folder));
const open = (collections: readonly unknown[] = COLLECTIONS) =>
  openStore({ path: join(folder, "s04"), owner: "s04", collections: collections as typeof COLLECTIONS });

describe("a file", () => {
  test("of a process killed at a random moment holds all it acknowledged, whole, and nothing half", async () => {
    for (const afterLines of [1, 40, 333]) {
      const script = join(import.meta.dir, "sqlite.crash.ts");
      const acknowledged = await killedAfter(afterLines, script, join(folder, "s04"));
      expect(acknowledged.length).toBeGreaterThanOrEqual(afterLines);
      const store = open();
      const entries = await store.outbox.read(10_000);
      const told = new Set(entries.map((entry) => (entry.event as { id: string }).id));
      const numbers = entries.flatMap(({ event }) => (event as { owner_seq?: number }).owner_seq ?? []);
      // No gap and no double, wherever it was killed.
      expect(numbers).toEqual(Array.from({ length: told.size }, (_, at) => at + 1));
      for (const id of acknowledged) {
        expect(await store.get(notes, id)).toBeDefined();
        expect(told.has(id)).toBe(true);
        expect(await store.isDone("test:told", "s04", id)).toBe(true);
      }
      expect(await store.count(notes)).toBe(told.size);
      await store.close();
    }
  });

  test("of an older declaration gets the missing indexes, search fields and collections, filled", async () => {
    const older: Collection<Note> = { ...notes, indexes: [], search: ["state"] };
    const store = open([older]);
    await store.commit([put(older, { id: "a", rank: 2, text: "needle" }), put(older, { id: "b", rank: 1 })]);
    await store.close();
    for (let times = 0; times < 2; times++) {
      const newer = open();
      const sorted = await newer.query(notes, {
        where: { rank: { gt: 0 } },
        sort: { field: "rank", order: "asc" },
        limit: 9,
      });
      expect(sorted.items.map((row) => row.key)).toEqual(["b", "a"]);
      expect((await newer.search(notes, "needle", 9)).map((row) => row.key)).toEqual(["a"]);
      await newer.close();
    }
  });

  test("appears to its readers when its owner first runs", async () => {
    const others = (owner: ServiceId) => join(folder, owner);
    const reader = openStore({ path: join(folder, "s06"), owner: "s06", collections: COLLECTIONS, others });
    expect(await reader.get(notes, "n1")).toBeUndefined();
    const writer = open();
    await writer.commit([put(notes, { id: "n1" })]);
    expect((await reader.get(notes, "n1"))?.value).toEqual({ id: "n1" });
    await writer.close();
    expect((await reader.get(notes, "n1"))?.value).toEqual({ id: "n1" });
    await reader.close();
  });
});

describe("a file in trouble", () => {
  test("of a newer format is refused", async () => {
    await open().close();
    const db = new Database(join(folder, "s04"));
    db.run("UPDATE meta SET value = 99 WHERE name = 'format'");
    db.close();
    expect(() => open()).toThrow("format is 99");
  });

  test("that is no store at all is refused", async () => {
    await Bun.write(
      join(folder, "s04"),
      "this is no database, but long enough to look like a header of one".repeat(99),
    );
    expect(() => open()).toThrow(expect.objectContaining({ code: "UNAVAILABLE" }));
  });

  test("that another process has locked is unavailable, and takes commits again afterwards", async () => {
    const store = open();
    const other = new Database(join(folder, "s04"));
    other.run("BEGIN IMMEDIATE");
    await expect(store.commit([put(notes, { id: "n1" })])).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(await store.count(notes)).toBe(0);
    other.run("ROLLBACK");
    await store.commit([put(notes, { id: "n1" })]);
    expect(await store.count(notes)).toBe(1);
    other.close();
    await store.close();
  });

  test("in a folder that is not there is refused", () => {
    const path = join(folder, "gone", "s04");
    expect(() => openStore({ path, owner: "s04", collections: COLLECTIONS })).toThrow(
      expect.objectContaining({ code: "UNAVAILABLE" }),
    );
  });
});

test("revisions and outbox ids do not come back when the clock was set back", async () => {
  const path = join(folder, "s04");
  const seen = new Set<string>();
  for (const now of [1_700_000_000_000, 1_700_000_000_000, 1_600_000_000_000, 1_700_000_000_001]) {
    const store = openStore({ path, owner: "s04", collections: COLLECTIONS, now: () => now });
    await store.commit([put(notes, { id: "n1" }), tell({ id: "e1" })]);
    seen.add((await store.get(notes, "n1"))!.rev);
    const entries = await store.outbox.read(10);
    for (const { id } of entries) seen.add(id);
    await store.outbox.tell(entries.at(-1)!.id);
    await store.close();
  }
  expect(seen.size).toBe(8);
});
