/** SQLite on a disk that is full, a file that is locked, a file system that is read-only: for real. */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "@hono/zod-openapi";
import { put } from "../changes.ts";
import { collection } from "../collections/declare.ts";
import { asProblem } from "../errors.ts";
import { type SmallDisk, smallDisk } from "../testing/small-disk.ts";
import { FileJournal } from "./file-journal.ts";
import { openStore, type SqliteStore } from "./sqlite.ts";

const things = collection({
  name: "things",
  about: "Things of a test",
  owner: "s04",
  schema: z.object({ id: z.string(), text: z.string() }),
  key: (thing) => thing.id,
  shardKey: "id",
});
const open = (path: string) => openStore({ path, owner: "s04", collections: [things as never] });
const keep = (store: SqliteStore, n: number) => store.commit([put(things, { id: `t${n}`, text: "x".repeat(4_000) })]);
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: unknown) => asProblem(error).code,
  );
function integrity(path: string): unknown[] {
  const db = new Database(path);
  try {
    return db.prepare("PRAGMA integrity_check").all();
  } finally {
    db.close(true);
  }
}

/** Commits until one is refused; answers how many were taken, and how the one that was not. */
async function fill(store: SqliteStore): Promise<[number, string]> {
  for (let n = 0; ; n++) {
    const code = await codeOf(keep(store, n));
    if (code !== "done" || n > 5_000) return [n, code];
  }
}

const KILOBYTE = 1_024;
const disk: SmallDisk | undefined = smallDisk(1_024 * KILOBYTE);
afterAll(() => disk?.giveBack());
const needs = disk ? "" : " (skipped: needs to mount a small disk, as root)";

describe.skipIf(!disk)(`a store on a small disk${needs}`, () => {
  const at = (name: string) => join(disk?.path ?? "", name);
  beforeAll(() => writeFileSync(at("ballast"), new Uint8Array(300 * KILOBYTE)));

  test("full: it says so, loses nothing that it took, is read on, and goes on when there is room", async () => {
    const store = open(at("full.sqlite"));
    const journal = new FileJournal({ dir: at("aside"), name: "s04-0", fence: 0, roomBytes: 64 * KILOBYTE });
    await journal.clear();
    const [taken, code] = await fill(store);
    expect([code, taken > 20]).toEqual(["UNAVAILABLE", true]);
    expect(await store.count(things)).toBe(taken);
    // The room of the journal was taken before.
    await journal.append(JSON.stringify({ exit: "x".repeat(10 * KILOBYTE) }));
    expect(await journal.read()).toHaveLength(1);
    await journal.close();
    rmSync(at("ballast"));
    expect(await codeOf(keep(store, taken))).toBe("done");
    await store.close();
    expect(integrity(at("full.sqlite"))).toEqual([{ integrity_check: "ok" }]);
    const again = open(at("full.sqlite"));
    expect(await again.count(things)).toBe(taken + 1);
    await again.close();
    for (const name of ["full.sqlite", "full.sqlite-wal", "full.sqlite-shm"]) rmSync(at(name), { force: true });
  });

  test("read-only: it does not open and says why; writable again, it has all it had", async () => {
    const store = open(at("read.sqlite"));
    await keep(store, 1);
    await store.close();
    expect(disk?.readOnly(true)).toBe(true);
    try {
      expect(() => open(at("read.sqlite"))).toThrow("The store does not answer");
    } finally {
      expect(disk?.readOnly(false)).toBe(true);
    }
    const again = open(at("read.sqlite"));
    expect([await again.count(things), await codeOf(keep(again, 2))]).toEqual([1, "done"]);
    await again.close();
    expect(integrity(at("read.sqlite"))).toEqual([{ integrity_check: "ok" }]);
  });
});

test("a file that another process has locked: refused soon, read on, taken when the lock is gone", async () => {
  const dir = mkdtempSync(join(tmpdir(), "chimera-locked-"));
  const path = join(dir, "locked.sqlite");
  const store = open(path);
  const other = new Database(path);
  try {
    await keep(store, 1);
    other.run("BEGIN IMMEDIATE");
    expect(await codeOf(keep(store, 2))).toBe("UNAVAILABLE");
    expect(await store.count(things)).toBe(1);
    other.run("COMMIT");
    expect(await codeOf(keep(store, 2))).toBe("done");
    expect(integrity(path)).toEqual([{ integrity_check: "ok" }]);
  } finally {
    other.close();
    await store.close();
    rmSync(dir, { recursive: true });
  }
});
