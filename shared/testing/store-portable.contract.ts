/** What every store does that can be carried away whole: dump and load. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { emit, link, put } from "../changes.ts";
import type { Op, PortableStore, StoreRecord } from "../kit/ports.ts";
import { StoreDigest, sumOf } from "../store-digest.ts";
import { counted, HOSTILE, notes, plainNotes, tell } from "./store-world.ts";

export interface PortableWorld {
  /** A store of s04 over new data, with nothing in it. */
  empty(): Promise<PortableStore>;
  /** Where all data is in memory, and carrying it away takes some more. */
  isMemory?: boolean;
  /** Ends all, data included. */
  end(): Promise<void>;
}

const done = (id: string): Op => ({ op: "done", stream: "test:told", group: "s04", id });
const MANY = 4_000;
const MEGABYTE = 1_000_000;

export function portableContract(name: string, begin: () => Promise<PortableWorld>): void {
  describe(name, () => {
    const now = {} as { world: PortableWorld; full: PortableStore };
    beforeEach(async () => {
      now.world = await begin();
      now.full = await now.world.empty();
      await fill(now.full);
    });
    afterEach(() => now.world.end());

    test("what is dumped and loaded dumps the same, byte for byte", async () => {
      const first = await linesOf(now.full.dump());
      const other = await now.world.empty();
      await other.load(now.full.dump());
      expect(await linesOf(other.dump())).toEqual(first);
      expect(first.length).toBe(HOSTILE.length * 2 + 3 + 2 + 2 + 3 + 1 + 1);
    });

    test("all that was there is to be had after a load, as if it had been written there", async () => {
      const other = await now.world.empty();
      await other.load(now.full.dump());
      for (const text of HOSTILE) expect((await other.get(notes, text))?.value).toEqual({ id: text, text, rank: 1 });
      const found = await other.query(notes, { where: { rank: { gte: 1 } }, limit: 100 });
      expect(found.items.length).toBe(HOSTILE.length);
      expect((await other.search(notes, "jumped", 10)).map((row) => row.key)).toEqual(["fox"]);
      expect(await other.traverse("notes/fox", "children", 9)).toEqual([
        { ref: "plain_notes/a", depth: 1 },
        { ref: "plain_notes/b", depth: 2 },
      ]);
      expect(await other.isDone("test:told", "s04", "m1")).toBe(true);
      expect(await other.isDone("test:told", "s04", "m3")).toBe(false);
      expect(await other.outbox.state()).toEqual(await now.full.outbox.state());
      expect(await other.outbox.readTold(10)).toEqual(await now.full.outbox.readTold(10));
      expect(await other.outbox.read(10)).toEqual(await now.full.outbox.read(10));
    });

    test("a loaded store goes on: numbers where they were, message ids that none had before", async () => {
      const other = await now.world.empty();
      await other.load(now.full.dump());
      // What the first goes on to say after the dump is lost with it, and its ids must not come back for other events.
      await now.full.commit([tell({ id: "lost" })]);
      const given = new Set((await allOf(now.full)).map(({ id }) => id));
      await other.commit([tell({ id: "after" }), emit(counted, { id: "counted after" })]);
      const fresh = (await other.outbox.read(100)).slice(-2);
      expect(fresh.some(({ id }) => given.has(id))).toBe(false);
      expect(fresh[1]?.event).toMatchObject({ id: "counted after", owner_seq: 2 });
      await other.outbox.tell(fresh[0]!.id);
      expect((await other.outbox.read(10)).map(({ id }) => id)).toEqual([fresh[1]!.id]);
    });

    test("a loaded store stays above the messages it holds, though its clock is behind theirs", async () => {
      const ahead = 2 ** 52;
      const entry = { id: `s04-${ahead}`, family: "test:told", key: "FUT:BTCUSDT", event: { id: "ahead" } };
      const other = await now.world.empty();
      await other.load(coming({ kind: "outbox", told: true, entry }));
      await other.commit([tell({ id: "next" })]);
      const [next] = await other.outbox.read(10);
      expect(next?.event).toEqual({ id: "next" });
      expect((await other.outbox.readTold(10)).map(({ id }) => id)).toEqual([`s04-${ahead}`]);
    });

    describe("refusals", () => refusals(now));
    describe("while it is written", () => writing(now));
  });
}

type Now = { world: PortableWorld; full: PortableStore };

function refusals(now: Now): void {
  test("a store that holds anything takes no load, and stays as it was", async () => {
    for (const ops of [[put(notes, { id: "a" })], [done("m1")], [tell({ id: "e1" })], [link("notes/a", "notes/b")]]) {
      const used = await now.world.empty();
      await used.commit(ops);
      const before = await linesOf(used.dump());
      await expect(used.load(now.full.dump())).rejects.toMatchObject({ code: "CONFLICT" });
      expect(await linesOf(used.dump())).toEqual(before);
    }
  });

  test("what does not belong, or is broken, is refused, and the store is empty as before", async () => {
    const document = { kind: "document", collection: "notes", key: "n1", value: { id: "n1" } };
    const outbox = { kind: "outbox", told: false, entry: { id: "s04-2", family: "test:told", key: "k", event: {} } };
    const broken: unknown[] = [
      { ...document, collection: "unknown" },
      { ...document, collection: "results" },
      { ...document, key: "n2" },
      { ...document, value: null },
      { ...document, value: ["n1"] },
      { ...document, more: 1 },
      { kind: "edge", child: "notes", parent: "notes/a" },
      { kind: "edge", child: "results/a", parent: "notes/a" },
      { kind: "done", stream: "a", group: "b", id: "c" },
      { kind: "count", family: "test:counted", count: -1 },
      { kind: "count", family: "test:counted", count: 0.5 },
      { ...outbox, entry: { ...outbox.entry, id: "s06-2" } },
      { ...outbox, entry: { ...outbox.entry, id: "s04-two" } },
      { kind: "nothing" },
      null,
      "text",
    ];
    const store = await now.world.empty();
    for (const record of broken) {
      const records = coming({ ...document, key: "whole", value: { id: "whole" } }, record);
      await expect(store.load(records), JSON.stringify(record)).rejects.toMatchObject({ code: "INVALID" });
      expect(await linesOf(store.dump())).toEqual([]);
    }
    for (const twice of [document, outbox, { kind: "edge", child: "notes/a", parent: "notes/b" }]) {
      await expect(store.load(coming(twice, twice))).rejects.toMatchObject({ code: "INVALID" });
    }
    await store.load(now.full.dump());
    expect(await sumOf(store.dump())).toEqual(await sumOf(now.full.dump()));
  });

  test("a source that breaks off leaves nothing behind", async () => {
    async function* breaking(): AsyncGenerator<StoreRecord> {
      for await (const record of now.full.dump()) {
        yield record;
        if (record.kind === "edge") throw new Error("the line went dead");
      }
    }
    const store = await now.world.empty();
    await expect(store.load(breaking())).rejects.toThrow("the line went dead");
    expect(await linesOf(store.dump())).toEqual([]);
  });
}

function writing(now: Now): void {
  test("a dump is of one moment: what is committed after its first record is not in it, in no part", async () => {
    const before = await linesOf(now.full.dump());
    const lines: string[] = [];
    for await (const record of now.full.dump()) {
      if (lines.length === 0) {
        const both = [put(notes, { id: "zz later" }), put(plainNotes, { id: "zz later" }), done("later")];
        await now.full.commit([...both, tell({ id: "later" })]);
      }
      lines.push(JSON.stringify(record));
    }
    expect(lines).toEqual(before);
    expect((await linesOf(now.full.dump())).length).toBe(before.length + 4);
  });

  test("a big store is carried away in memory that does not grow with it", async () => {
    const big = await now.world.empty();
    const text = "x".repeat(8_000);
    for (let at = 0; at < MANY; at += 500) {
      await big.commit(Array.from({ length: 500 }, (_, nth) => put(plainNotes, { id: `n${at + nth}`, text })));
    }
    const digest = new StoreDigest();
    Bun.gc(true);
    const before = process.memoryUsage().heapUsed;
    let peak = 0;
    let records = 0;
    async function* watched(): AsyncGenerator<StoreRecord> {
      for await (const record of big.dump()) {
        if (++records % 1_000 === 0) {
          Bun.gc(true);
          peak = Math.max(peak, process.memoryUsage().heapUsed - before);
        }
        digest.add(record);
        yield record;
      }
    }
    const other = await now.world.empty();
    await other.load(watched());
    expect(records).toBe(MANY);
    if (!now.world.isMemory) expect(peak).toBeLessThan(12 * MEGABYTE);
    expect(await sumOf(other.dump())).toEqual(digest.sum());
  }, 300_000);
}

async function fill(store: PortableStore): Promise<void> {
  await store.commit([
    ...HOSTILE.map((text) => put(notes, { id: text, text, rank: 1 })),
    ...HOSTILE.map((text) => put(plainNotes, { id: text })),
    put(notes, { id: "fox", text: "it jumped" }),
    put(plainNotes, { id: "a" }),
    put(plainNotes, { id: "b" }),
    link("plain_notes/a", "notes/fox"),
    link("plain_notes/b", "plain_notes/a"),
    done("m1"),
    done("m2"),
  ]);
  await store.commit([tell({ id: "e1" }), { ...tell({ id: "e2" }, "ключ"), traceparent: "00-trace" } as Op]);
  await store.commit([emit(counted, { id: "counted" })]);
  const [, second] = await store.outbox.read(10);
  await store.outbox.tell(second!.id);
  await store.outbox.setEpoch("epoch 1");
}

async function allOf(store: PortableStore) {
  return [...(await store.outbox.readTold(100)), ...(await store.outbox.read(100))];
}

async function linesOf(records: AsyncIterable<StoreRecord>): Promise<string[]> {
  const lines: string[] = [];
  for await (const record of records) lines.push(JSON.stringify(record));
  return lines;
}

async function* coming(...records: unknown[]): AsyncGenerator<StoreRecord> {
  for (const record of records) yield record as StoreRecord;
}
