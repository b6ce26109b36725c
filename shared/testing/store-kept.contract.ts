/** What every Store must do beside documents: outbox, inbox, lineage, full-text search, retention. */
import { beforeEach, describe, expect, test } from "bun:test";
import { emit, put, remove } from "../changes.ts";
import type { Op, Stream } from "../kit/ports.ts";
import { conflict, counted, HOSTILE, notes, plainNotes, tell, told, type World } from "./store-world.ts";

export function keptContract(now: World): void {
  describe("the outbox", () => outbox(now));
  describe("the inbox", () => inbox(now));
  describe("lineage", () => lineage(now));
  describe("search", () => search(now));
  describe("retention", () => retention(now));
}

function outbox(now: World): void {
  test("holds what was emitted, oldest first, until it is told", async () => {
    await now.s04.commit([tell({ id: "e1" }), put(notes, { id: "n1" }), tell({ id: "e2" }, "FUT:ETHUSDT")]);
    await now.s04.commit([{ ...tell({ id: "e3" }), traceparent: "00-trace" } as Op]);
    const entries = await now.s04.outbox.read(10);
    expect(entries.map(({ id: _, ...entry }) => entry)).toEqual([
      { family: "test:told", key: "FUT:BTCUSDT", event: { id: "e1" } },
      { family: "test:told", key: "FUT:ETHUSDT", event: { id: "e2" } },
      { family: "test:told", key: "FUT:BTCUSDT", event: { id: "e3" }, traceparent: "00-trace" },
    ]);
    expect(new Set(entries.map((entry) => entry.id)).size).toBe(3);
    expect((await now.s04.outbox.read(2)).map((entry) => entry.id)).toEqual([entries[0]!.id, entries[1]!.id]);
    await now.s04.outbox.tell(entries[1]!.id);
    await now.s04.outbox.tell(entries[0]!.id);
    expect(await now.s04.outbox.read(10)).toEqual([entries[2]!]);
  });

  test("keeps what was told until it is forgotten, also over an opening, and forgets nothing that was not told", async () => {
    const ids = ["e1", "e2", "e3", "e4"];
    for (const id of ids) await now.s04.commit([tell({ id })]);
    expect(await now.s04.outbox.state()).toEqual({});
    const entries = await now.s04.outbox.read(10);
    await now.s04.outbox.tell(entries[2]!.id);
    await now.s04.outbox.setEpoch("one");
    await now.s04.outbox.setEpoch("two");
    now.s04 = await now.world.reopen("s04");
    expect(await now.s04.outbox.state()).toEqual({ epoch: "two", told: entries[2]!.id });
    expect(await now.s04.outbox.readTold(10)).toEqual(entries.slice(0, 3));
    expect(await now.s04.outbox.readTold(1, entries[0]!.id)).toEqual([entries[1]!]);
    await now.s04.outbox.forget(entries[0]!.id);
    expect(await now.s04.outbox.readTold(10)).toEqual(entries.slice(1, 3));
    await now.s04.outbox.forget(entries[3]!.id);
    expect(await now.s04.outbox.readTold(10)).toEqual([]);
    expect(await now.s04.outbox.read(10)).toEqual([entries[3]!]);
  });

  test("counts the events of a counted stream without gaps: over refused commits and openings, told or not", async () => {
    const owner = "s04";
    await now.s04.commit([emit(counted, { id: "a" }), tell({ id: "between" }), emit(counted, { id: "b" })]);
    const refused = now.s04.commit([emit(counted, { id: "never" }), put(notes, { id: "n1" }, "stale")]);
    await expect(refused).rejects.toMatchObject(conflict);
    await now.s04.outbox.tell((await now.s04.outbox.read(10)).at(-1)!.id);
    now.s04 = await now.world.reopen("s04");
    // Whatever a caller says of them itself is not believed.
    await now.s04.commit([emit(counted, { id: "c", owner: "s06", owner_seq: 77 } as { id: string })]);
    const kept = [...(await now.s04.outbox.readTold(10)), ...(await now.s04.outbox.read(10))];
    expect(kept.filter(({ family }) => family === counted.family).map(({ event }) => event)).toEqual([
      { id: "a", owner, owner_seq: 1 },
      { id: "b", owner, owner_seq: 2 },
      { id: "c", owner, owner_seq: 3 },
    ]);
  });

  test("ids never come back, not after forgetting and not after opening again", async () => {
    const seen: string[] = [];
    for (let round = 0; round < 3; round++) {
      await now.s04.commit([tell({ id: "same" })]);
      const ids = (await now.s04.outbox.read(10)).map((entry) => entry.id);
      seen.push(...ids);
      await now.s04.outbox.tell(ids.at(-1)!);
      await now.s04.outbox.forget(ids.at(-1)!);
      now.s04 = await now.world.reopen("s04");
    }
    expect(new Set(seen).size).toBe(3);
  });

  test("wakes its reader after a commit that emitted, and only then", async () => {
    let woken = 0;
    now.s04.outbox.onCommit(() => woken++);
    await now.s04.commit([put(notes, { id: "n1" })]);
    expect(woken).toBe(0);
    await now.s04.commit([tell({ id: "e1" }), tell({ id: "e2" })]);
    expect(woken).toBe(1);
    await now.s04.commit([tell({ id: "e3" }), put(notes, { id: "n1" }, null)]).catch(() => {});
    expect(woken).toBe(1);
  });

  test("takes nothing on a stream the owner does not speak on, nor without the key it needs", async () => {
    const theirs = { ...told, from: ["s06"] } as unknown as Stream<never>;
    await expect(now.s04.commit([{ op: "emit", stream: theirs, key: "k", event: {} }])).rejects.toThrow("Invariant");
    await expect(now.s04.commit([tell({ id: "e1" }, "")])).rejects.toThrow("Invariant");
    expect(await now.s04.outbox.read(10)).toEqual([]);
  });
}

function inbox(now: World): void {
  const done = (stream: string, group: string, id: string): Op => ({ op: "done", stream, group, id });

  test("a message is done once per stream and group", async () => {
    await now.s04.commit([done("a", "g1", "m1")]);
    expect(await now.s04.isDone("a", "g1", "m1")).toBe(true);
    expect(await now.s04.isDone("a", "g2", "m1")).toBe(false);
    expect(await now.s04.isDone("b", "g1", "m1")).toBe(false);
    await now.s04.commit([done("a", "g2", "m1"), done("b", "g1", "m1"), done("a", "g1", "m2")]);
  });

  test("a second time is a conflict that undoes its commit", async () => {
    await now.s04.commit([done("a", "g1", "m1"), put(notes, { id: "n1", rank: 1 })]);
    const again = now.s04.commit([put(notes, { id: "n1", rank: 2 }), done("a", "g1", "m1")]);
    await expect(again).rejects.toMatchObject(conflict);
    expect((await now.s04.get(notes, "n1"))?.value.rank).toBe(1);
  });

  test("is remembered after opening again", async () => {
    await now.s04.commit([done("a", "g1", "m1")]);
    now.s04 = await now.world.reopen("s04");
    expect(await now.s04.isDone("a", "g1", "m1")).toBe(true);
  });
}

function lineage(now: World): void {
  const link = (child: string, parent: string) => ({ op: "link", child, parent }) as Op;

  test("goes both ways over all owners' edges, nearest first, each document once", async () => {
    await now.s04.commit([link("notes/b", "notes/a"), link("notes/c", "notes/a"), link("notes/b", "notes/a")]);
    await now.s06.commit([link("results/d", "notes/b"), link("results/d", "notes/c"), link("results/e", "results/d")]);
    expect(await now.s04.traverse("notes/a", "children", 10)).toEqual([
      { ref: "notes/b", depth: 1 },
      { ref: "notes/c", depth: 1 },
      { ref: "results/d", depth: 2 },
      { ref: "results/e", depth: 3 },
    ]);
    expect(await now.s06.traverse("results/e", "parents", 2)).toEqual([
      { ref: "results/d", depth: 1 },
      { ref: "notes/b", depth: 2 },
      { ref: "notes/c", depth: 2 },
    ]);
    expect(await now.s04.traverse("notes/unknown", "children", 10)).toEqual([]);
    expect(await now.s04.traverse("notes/a", "children", 0)).toEqual([]);
  });

  test("ends in a circle, and takes any characters in a key", async () => {
    const hostile = `notes/${HOSTILE[1]}`;
    await now.s04.commit([link("notes/a", hostile), link(hostile, "notes/a")]);
    expect((await now.s04.traverse("notes/a", "parents", 100)).map((reached) => String(reached.ref))).toEqual([
      hostile,
    ]);
  });

  test("a deleted document takes its own edges with it", async () => {
    await now.s04.commit([put(notes, { id: "b" }), link("notes/b", "notes/a")]);
    await now.s04.commit([remove(notes, "b")]);
    expect(await now.s04.traverse("notes/a", "children", 10)).toEqual([]);
  });
}

function search(now: World): void {
  const keys = async (text: string) => (await now.s04.search(notes, text, 10)).map((row) => row.key).toSorted();

  beforeEach(async () => {
    await now.s04.commit([
      put(notes, { id: "1", text: "Order rejected: insufficient margin on FUT:BTCUSDT", state: "open" }),
      put(notes, { id: "2", text: "order filled", state: "rejected" }),
      put(notes, { id: "3", text: "Grüße", rank: 3 }),
    ]);
  });

  test("finds by words and beginnings of words in any declared field, all of them, in any case", async () => {
    expect(await keys("order")).toEqual(["1", "2"]);
    expect(await keys("REJECTED order")).toEqual(["1", "2"]);
    expect(await keys("order margin")).toEqual(["1"]);
    expect(await keys("insuff")).toEqual(["1"]);
    expect(await keys("FUT:BTCUSDT")).toEqual(["1"]);
    expect(await keys("grüße")).toEqual(["3"]);
    expect(await keys("nothing")).toEqual([]);
  });

  test("follows a document's changes", async () => {
    await now.s04.commit([put(notes, { id: "2", text: "order cancelled" })]);
    expect(await keys("filled")).toEqual([]);
    expect(await keys("cancelled")).toEqual(["2"]);
  });

  test("no text is an instruction, and none is an error", async () => {
    for (const text of [
      "",
      "   ",
      '"',
      "'",
      "*",
      "a OR",
      "order OR filled",
      "NEAR(order filled)",
      "text:order",
      "-order",
    ]) {
      await now.s04.search(notes, text, 10);
    }
    expect(await keys("filled OR margin")).toEqual([]);
    expect(await keys("state:rejected")).toEqual([]);
    expect(await keys("^order")).toEqual(["1", "2"]);
    for (const text of HOSTILE) await now.s04.search(notes, `${text}\0`, 10);
  });

  test("gives at most what was asked for", async () => {
    expect((await now.s04.search(notes, "order", 1)).length).toBe(1);
    await expect(now.s04.search(notes, "order", 0)).rejects.toMatchObject({ code: "INVALID" });
  });

  test("needs declared fields", async () => {
    await expect(now.s04.search(plainNotes, "order", 10)).rejects.toThrow("declares no fields");
  });
}

function retention(now: World): void {
  const DAY_MS = 86_400_000;

  test("deletes what is older than its days, and what has no time stays", async () => {
    const today = 1.7e12;
    await now.s04.commit([
      put(notes, { id: "old", ts: today - 11 * DAY_MS, text: "needle" }),
      put(notes, { id: "edge", ts: today - 10 * DAY_MS }),
      put(notes, { id: "new", ts: today }),
      put(notes, { id: "timeless" }),
      put(plainNotes, { id: "for ever", ts: 1 }),
      { op: "link", child: "notes/old", parent: "notes/edge" },
    ]);
    expect(await now.s04.expire(notes, today)).toBe(1);
    expect(await now.s04.expire(notes, today)).toBe(0);
    expect(await now.s04.expire(plainNotes, today)).toBe(0);
    const left = await now.s04.query(notes, { limit: 10 });
    expect(left.items.map((row) => row.key)).toEqual(["edge", "new", "timeless"]);
    expect(await now.s04.search(notes, "needle", 10)).toEqual([]);
    expect(await now.s04.traverse("notes/edge", "children", 1)).toEqual([]);
    expect(await now.s04.count(plainNotes)).toBe(1);
  });

  test("deletes more than fits in one batch", async () => {
    const ops = Array.from({ length: 2_500 }, (_, at) => put(notes, { id: `n${at}`, ts: 1 }));
    await now.s04.commit(ops);
    expect(await now.s04.expire(notes, 1.7e12)).toBe(2_500);
    expect(await now.s04.count(notes)).toBe(0);
  });
}
