/** What every Store must do. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { put, remove } from "../changes.ts";
import type { Op, Row } from "../kit/ports.ts";
import { keptContract } from "./store-kept.contract.ts";
import { modelContract } from "./store-model.contract.ts";
import { queryContract } from "./store-query.contract.ts";
import {
  conflict,
  HOSTILE,
  type Note,
  notes,
  plainNotes,
  results,
  type StoreWorld,
  strangers,
  tell,
  type World,
} from "./store-world.ts";

export function storeContract(name: string, begin: () => Promise<StoreWorld>): void {
  describe(name, () => {
    const now = {} as World;
    beforeEach(async () => {
      now.world = await begin();
      now.s04 = await now.world.open("s04");
      now.s06 = await now.world.open("s06");
    });
    afterEach(() => now.world.end());

    describe("documents", () => documents(now));
    describe("revisions", () => revisions(now));
    describe("commits", () => commits(now));
    describe("owners", () => owners(now));
    describe("queries", () => queryContract(now));
    describe("a model", () => modelContract(now));
    keptContract(now);
  });
}

function documents(now: World): void {
  test("what is put is read back as it was, and a second put replaces it", async () => {
    const note: Note = { id: "n1", state: "open", rank: 0.1, flag: true, text: 'quote " and \\', ts: 1.7e12 };
    await now.s04.commit([put(notes, note)]);
    expect((await now.s04.get(notes, "n1"))?.value).toEqual(note);
    await now.s04.commit([put(notes, { id: "n1", rank: null })]);
    expect((await now.s04.get(notes, "n1"))?.value).toEqual({ id: "n1", rank: null });
    expect(await now.s04.count(notes)).toBe(1);
  });

  test("what is not there reads as undefined; deleting it is no error", async () => {
    expect(await now.s04.get(notes, "none")).toBeUndefined();
    await now.s04.commit([remove(notes, "none")]);
  });

  test("a deleted document is gone from everywhere", async () => {
    await now.s04.commit([put(notes, { id: "n1", state: "open", text: "needle" })]);
    await now.s04.commit([remove(notes, "n1")]);
    expect(await now.s04.get(notes, "n1")).toBeUndefined();
    expect(await now.s04.count(notes, { state: "open" })).toBe(0);
    expect(await now.s04.search(notes, "needle", 10)).toEqual([]);
  });

  test("any characters may be in keys and values", async () => {
    for (const text of HOSTILE) await now.s04.commit([put(notes, { id: text, state: text, text })]);
    expect(await now.s04.count(notes)).toBe(HOSTILE.length);
    for (const text of HOSTILE) {
      expect((await now.s04.get(notes, text))?.value).toEqual({ id: text, state: text, text });
      const found = await now.s04.query(notes, { where: { state: text }, limit: 10 });
      expect(found.items.map((row) => row.key)).toEqual([text]);
    }
  });

  test("an empty key and a value that is no JSON are refused", async () => {
    await expect(now.s04.commit([put(notes, { id: "" })])).rejects.toThrow("key");
    const cyclic: Record<string, unknown> = { id: "n1" };
    cyclic.self = cyclic;
    await expect(now.s04.commit([put(notes, cyclic as Note)])).rejects.toThrow();
    expect(await now.s04.count(notes)).toBe(0);
  });

  test("all is there after closing and opening again", async () => {
    await now.s04.commit([put(notes, { id: "n1" }), tell({ id: "e1" })]);
    const before = await now.s04.get(notes, "n1");
    now.s04 = await now.world.reopen("s04");
    expect(await now.s04.get(notes, "n1")).toEqual(before);
    expect((await now.s04.outbox.read(10)).length).toBe(1);
  });
}

function revisions(now: World): void {
  test("every write changes the revision, and none comes back after a delete", async () => {
    const seen = new Set<string>();
    for (let round = 0; round < 3; round++) {
      await now.s04.commit([put(notes, { id: "n1" })]);
      seen.add((await now.s04.get(notes, "n1"))!.rev);
      await now.s04.commit([put(notes, { id: "n1" })]);
      seen.add((await now.s04.get(notes, "n1"))!.rev);
      await now.s04.commit([remove(notes, "n1")]);
    }
    expect(seen.size).toBe(6);
  });

  test("a write with the current revision goes through, with an older one it is a conflict", async () => {
    await now.s04.commit([put(notes, { id: "n1", rank: 1 })]);
    const { rev } = (await now.s04.get(notes, "n1"))!;
    await now.s04.commit([put(notes, { id: "n1", rank: 2 }, rev)]);
    await expect(now.s04.commit([put(notes, { id: "n1", rank: 3 }, rev)])).rejects.toMatchObject(conflict);
    await expect(now.s04.commit([remove(notes, "n1", rev)])).rejects.toMatchObject(conflict);
    expect((await now.s04.get(notes, "n1"))?.value.rank).toBe(2);
  });

  test("null means new: a second such put is a conflict, and possible again after a delete", async () => {
    await now.s04.commit([put(notes, { id: "n1" }, null)]);
    await expect(now.s04.commit([put(notes, { id: "n1" }, null)])).rejects.toMatchObject(conflict);
    await now.s04.commit([remove(notes, "n1")]);
    await now.s04.commit([put(notes, { id: "n1" }, null)]);
  });

  test("a revision expected of what is not there, or one that was never given, is a conflict", async () => {
    await expect(now.s04.commit([put(notes, { id: "n1" }, "1")])).rejects.toMatchObject(conflict);
    await expect(now.s04.commit([remove(notes, "n1", "1")])).rejects.toMatchObject(conflict);
    await now.s04.commit([put(notes, { id: "n1" })]);
    for (const rev of ["", "nonsense", "' OR 1=1"]) {
      await expect(now.s04.commit([put(notes, { id: "n1" }, rev)])).rejects.toMatchObject(conflict);
    }
  });

  test("of many writers that read the same revision exactly one wins", async () => {
    await now.s04.commit([put(notes, { id: "n1", rank: 0 })]);
    const { rev } = (await now.s04.get(notes, "n1"))!;
    const tries = Array.from({ length: 20 }, (_, at) => now.s04.commit([put(notes, { id: "n1", rank: at + 1 }, rev)]));
    const outcomes = await Promise.allSettled(tries);
    expect(outcomes.filter((outcome) => outcome.status === "fulfilled").length).toBe(1);
    for (const outcome of outcomes) if (outcome.status === "rejected") expect(outcome.reason).toMatchObject(conflict);
  });
}

function commits(now: World): void {
  test("when one operation fails, none took effect", async () => {
    await now.s04.commit([put(notes, { id: "old" })]);
    const ops: Op[] = [
      put(notes, { id: "n1", text: "needle" }),
      remove(notes, "old"),
      tell({ id: "e1" }),
      { op: "link", child: "notes/n1", parent: "notes/old" },
      { op: "done", stream: "test:told", group: "s04", id: "m1" },
      put(plainNotes, { id: "n1" }, "1"),
    ];
    await expect(now.s04.commit(ops)).rejects.toMatchObject(conflict);
    expect(await now.s04.get(notes, "n1")).toBeUndefined();
    expect(await now.s04.get(notes, "old")).toBeDefined();
    expect(await now.s04.search(notes, "needle", 10)).toEqual([]);
    expect(await now.s04.outbox.read(10)).toEqual([]);
    expect(await now.s04.isDone("test:told", "s04", "m1")).toBe(false);
    expect(await now.s04.traverse("notes/n1", "parents", 5)).toEqual([]);
  });

  test("operations take effect in their order", async () => {
    await now.s04.commit([
      put(notes, { id: "n1", rank: 1 }),
      remove(notes, "n1"),
      put(notes, { id: "n1", rank: 2 }, null),
    ]);
    expect((await now.s04.get(notes, "n1"))?.value.rank).toBe(2);
  });

  test("full sync does the same; an empty commit does nothing", async () => {
    await now.s04.commit([put(notes, { id: "n1" })], { sync: "full" });
    await now.s04.commit([put(notes, { id: "n2" })]);
    await now.s04.commit([]);
    expect(await now.s04.count(notes)).toBe(2);
  });

  test("many commits at once all take effect", async () => {
    const ids = Array.from({ length: 200 }, (_, at) => `n${at}`);
    await Promise.all(ids.map((id) => now.s04.commit([put(notes, { id }), tell({ id })])));
    expect(await now.s04.count(notes)).toBe(200);
    expect((await now.s04.outbox.read(1_000)).length).toBe(200);
  });

  test("what a caller does to its value or its answer afterwards changes nothing stored", async () => {
    const note: Note = { id: "n1", state: "open" };
    await now.s04.commit([put(notes, note)]);
    note.state = "changed";
    const read = (await now.s04.get(notes, "n1")) as { value: Note };
    read.value.state = "changed";
    expect((await now.s04.get(notes, "n1"))?.value.state).toBe("open");
  });

  test("ping answers", async () => {
    await now.s04.ping();
  });
}

function owners(now: World): void {
  test("what another owner committed can be read, counted, queried and searched", async () => {
    await now.s04.commit([put(notes, { id: "n1", state: "open", text: "needle" })]);
    const own = await now.s04.get(notes, "n1");
    expect(await now.s06.get(notes, "n1")).toEqual(own);
    expect(await now.s06.count(notes, { state: "open" })).toBe(1);
    expect((await now.s06.query(notes, { limit: 10 })).items).toEqual([own!]);
    expect((await now.s06.search(notes, "needle", 10)).map((row: Row<Note>) => row.key)).toEqual(["n1"]);
  });

  test("but not written, deleted, linked or expired, and nothing of such a commit takes effect", async () => {
    await now.s04.commit([put(notes, { id: "n1", ts: 1 })]);
    await expect(now.s06.commit([put(results, { id: "r1" }), put(notes, { id: "n2" })])).rejects.toThrow("s06");
    await expect(now.s06.commit([remove(notes, "n1")])).rejects.toThrow("s06");
    await expect(now.s06.commit([{ op: "link", child: "notes/n1", parent: "notes/n0" }])).rejects.toThrow("s06");
    await expect(now.s06.expire(notes, 1e15)).rejects.toThrow("s06");
    expect(await now.s06.count(results)).toBe(0);
    expect(await now.s04.count(notes)).toBe(1);
  });

  test("an owner that never ran reads as empty", async () => {
    expect(await now.s04.get(strangers, "n1")).toBeUndefined();
    expect(await now.s04.query(strangers, { limit: 10 })).toEqual({ items: [] });
    expect(await now.s04.count(strangers)).toBe(0);
    expect(await now.s04.search(strangers, "text", 10)).toEqual([]);
  });

  test("a collection that was never declared is refused", async () => {
    const unknown = { ...notes, name: "unknown_notes" };
    await expect(now.s04.get(unknown, "n1")).rejects.toThrow("declared");
    await expect(now.s04.commit([put(unknown, { id: "n1" })])).rejects.toThrow("own");
  });
}
