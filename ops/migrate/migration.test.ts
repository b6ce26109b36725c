import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureSchema } from "../../shared/adapters/arango/schema.ts";
import { wallClock } from "../../shared/adapters/clock.ts";
import { FolderBlobs } from "../../shared/adapters/files.ts";
import { ensureBucket } from "../../shared/adapters/s3/bucket.ts";
import { S3Blobs } from "../../shared/adapters/s3.ts";
import { emit } from "../../shared/changes.ts";
import { orders } from "../../shared/collections/orders.ts";
import { auditLog } from "../../shared/collections/people.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import { instead } from "../../shared/kit/instead.ts";
import type { StoreRecord } from "../../shared/kit/ports.ts";
import { type OpsEvent, opsEvents } from "../../shared/streams.ts";
import { ArangoStandIn } from "../../shared/testing/arango/stand-in.ts";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { hasMinio, MinioServer } from "../../shared/testing/minio-server.ts";
import { type DataFolder, openFolder } from "../run/folder.ts";
import { keptStores, type StoresNamed } from "../run/kept-stores.ts";
import { openStores } from "../run/stores.ts";
import { readAll } from "../sim/pages.ts";
import { sumOfBlobs } from "./carry-blobs.ts";
import { storeParts, sumIn } from "./carry-stores.ts";
import { type Exchange, FUT, Installed, openExchange, SPOT } from "./installation.fixture.ts";
import { forget, type Migration, migrate, plan, type Side } from "./migration.ts";

const ORIGIN = { mode: "paper", venue: "paper-agents", account: "main" } as const;
const HERE: StoresNamed = { store: "sqlite", blobs: "folder" };
/** Other files, under the names of another kind of store. */
const THERE: StoresNamed = { store: "arango", arango_database: "other", blobs: "s3", s3_bucket: "other" };
const clock = wallClock();

let exchange: Exchange;
/** Traded on, and stopped with positions open. */
let traded: string;
/** A copy of it, and somewhere to go. */
let data: DataFolder;
let elsewhere: DataFolder;

beforeAll(async () => {
  traded = newFolder();
  exchange = await openExchange("migrate");
  const installed = await Installed.start(traded, exchange);
  expect(await installed.enter(FUT, "before")).toBe("FILLED");
  expect(await installed.enter(SPOT, "before")).toBe("FILLED");
  await installed.world.blobs.put("reports/story.html", new TextEncoder().encode("<p>a story</p>"));
  await installed.stop();
}, 300_000);
afterAll(() => removeFolder(traded));

beforeEach(() => {
  const path = newFolder();
  cpSync(traded, path, { recursive: true });
  data = openFolder(path, ORIGIN);
  elsewhere = openFolder(newFolder(), ORIGIN);
});
afterEach(() => {
  for (const { path } of [data, elsewhere]) removeFolder(path);
});

const sideOf = (folder: DataFolder, named: StoresNamed): Side => ({
  named,
  stores: openStores({ folder, env: {}, clock, asGiven: true }),
  blobs: new FolderBlobs(folder.blobs),
});
const between = (over: Partial<Migration> = {}): Migration => ({
  folder: data,
  from: sideOf(data, HERE),
  to: sideOf(elsewhere, THERE),
  now: () => 1_000,
  ...over,
});
const sumsOf = (folder: DataFolder) =>
  Promise.all(storeParts(folder).map((part) => sumIn(openStores({ folder, env: {}, clock, asGiven: true }), part)));

/** Breaks off in the middle of the store or blob that comes after so many. */
function failingAfter(side: Side, whole: number): Side {
  let begun = 0;
  async function* cut<T>(given: AsyncIterable<T>): AsyncGenerator<T> {
    const fails = begun++ === whole;
    for await (const each of given) {
      if (fails) throw new Error("the plug was pulled");
      yield each;
    }
    if (fails) throw new Error("the plug was pulled");
  }
  const { stores, blobs, named } = side;
  const write: Side["blobs"]["write"] = (key, pieces) => blobs.write(key, cut(pieces));
  const load: Side["stores"]["load"] = (owner, records, shard) => stores.load(owner, cut(records), shard);
  return { named, stores: { ...stores, load }, blobs: instead(blobs, { write }) };
}

describe("a migration", () => {
  test("carries everything over and back: counts and hashes of every store and of all blobs are the same", async () => {
    const before = await sumsOf(data);
    const carried = await migrate(between());
    expect(carried.stores.map(({ store: _, ...sum }) => sum)).toEqual(before);
    expect(before.find((_, at) => carried.stores[at]?.store === "s04")?.by).toMatchObject({ orders: 6, fills: 2 });
    expect(carried.blobs?.count).toBeGreaterThan(0);
    expect(keptStores(data.path)).toEqual({ format: 1, ...THERE, since: 1_000, source: { ...HERE, until: 1_000 } });
    expect(existsSync(join(data.path, "migration.json"))).toBe(false);
    expect(await sumsOf(data)).toEqual(before);

    const back = { ...between(), from: sideOf(elsewhere, THERE), to: sideOf(data, HERE) };
    await expect(migrate(back)).rejects.toThrow("is not empty: it holds documents of s01");
    await forget(between());
    expect((await sumsOf(data)).every(({ records }) => records === 0)).toBe(true);
    expect((await migrate(back)).stores).toEqual(carried.stores);
    expect(await sumsOf(data)).toEqual(before);
  });

  test("a plan counts what there is, says what hinders, and writes nothing", async () => {
    const planned = await plan(between());
    expect(planned).toMatchObject({ from: HERE, to: THERE });
    expect(planned.hindrance).toBeUndefined();
    expect(planned.stores.map(({ store: _, ...sum }) => sum)).toEqual(await sumsOf(data));
    expect(keptStores(data.path)).toBeUndefined();
    expect((await sumsOf(elsewhere)).every(({ records }) => records === 0)).toBe(true);
    await new FolderBlobs(elsewhere.blobs).put("somebody/elses", new Uint8Array(1));
    expect((await plan(between())).hindrance).toContain("it holds blobs");
  });

  test("interrupted at any point it is on its old stores, and goes on when it is repeated", async () => {
    const before = await sumsOf(data);
    for (const whole of [0, 3, 7]) {
      await expect(migrate(between({ to: failingAfter(sideOf(elsewhere, THERE), whole) }))).rejects.toThrow("plug");
      expect(keptStores(data.path)).toBeUndefined();
    }
    expect((await migrate(between())).stores.map(({ store: _, ...sum }) => sum)).toEqual(before);
    expect(keptStores(data.path)).toMatchObject(THERE);
  });

  test("what was carried by an interrupted one is carried again where the old stores went on", async () => {
    await expect(migrate(between({ to: failingAfter(sideOf(elsewhere, THERE), 12) }))).rejects.toThrow("plug");
    await leaveUntold(data);
    const before = await sumsOf(data);
    expect((await migrate(between())).stores.map(({ store: _, ...sum }) => sum)).toEqual(before);
    expect(readFileSync(join(data.path, "stores.json"), "utf8")).toContain("arango");
  });

  test("a target that keeps something else than it was sent is found out, and nothing is switched", async () => {
    const to = sideOf(elsewhere, THERE);
    const lossy: Side = {
      ...to,
      stores: {
        ...to.stores,
        load: (owner, records, shard) => to.stores.load(owner, without(records, "fills"), shard),
      },
    };
    await expect(migrate(between({ to: lossy }))).rejects.toThrow(
      "Of s04, shard 0, something else arrived than was sent: fills: 0 of 2",
    );
    expect(keptStores(data.path)).toBeUndefined();
  });

  test("one who writes to the source meanwhile is found out", async () => {
    const from = sideOf(data, HERE);
    let isWritten = false;
    const told = (line: string): void => {
      if (line.startsWith("12 of 12") && !isWritten) {
        isWritten = true;
        void leaveUntold(data);
      }
    };
    await expect(migrate(between({ from, told }))).rejects.toThrow("The source has changed meanwhile. Of s11");
    expect(keptStores(data.path)).toBeUndefined();
  });
});

test("one whose end was not written down to the last is ended: what it has brought is the installation", async () => {
  await migrate(between());
  writeFileSync(join(data.path, "migration.json"), JSON.stringify(THERE));
  const third = openFolder(newFolder(), ORIGIN);
  const back = between({ from: sideOf(elsewhere, THERE), to: sideOf(third, HERE) });
  expect((await plan(back)).hindrance).toBeUndefined();
  const carried = await migrate(back);
  expect(carried.blobs?.count).toBeGreaterThan(0);
  expect(keptStores(data.path)).toMatchObject(HERE);
  removeFolder(third.path);
});

test("one who appends to a blob of the source meanwhile is found out, and nothing is switched", async () => {
  const from = sideOf(data, HERE);
  const to = sideOf(elsewhere, THERE);
  const write: Side["blobs"]["write"] = async (key, pieces) => {
    await to.blobs.write(key, pieces);
    await from.blobs.append("reports/story.html", new TextEncoder().encode("more"));
  };
  const meddled = { ...to, blobs: instead(to.blobs, { write }) };
  await expect(migrate(between({ from, to: meddled }))).rejects.toThrow("The source has changed meanwhile: blob");
  expect(keptStores(data.path)).toBeUndefined();
});

const ARANGO: StoresNamed = { store: "arango", arango_database: "desk", blobs: "folder" };

test("to ArangoDB's stand-in and back all is the same, and the router's orders can be asked for there", async () => {
  const standIn = new ArangoStandIn({ rootPassword: "of the stand-in" });
  const address = { url: standIn.url, database: "desk", user: "root", password: "of the stand-in" };
  await ensureSchema({ address, collections: COLLECTIONS });
  const env = {
    ...{ CHIMERA_STORE: "arango", CHIMERA_ARANGO_URL: standIn.url, CHIMERA_ARANGO_DATABASE: "desk" },
    ...{ CHIMERA_ARANGO_USER: "root", CHIMERA_ARANGO_PASSWORD: "of the stand-in" },
  };
  const stores = openStores({ folder: data, env, clock, asGiven: true });
  const there: Side = { named: ARANGO, stores, blobs: new FolderBlobs(data.blobs) };
  try {
    const before = await sumsOf(data);
    const writes: string[] = [];
    standIn.trouble = ({ path, query }) => {
      const isRead = /cursor|transaction/.test(path) && !/INSERT|REPLACE|UPDATE|REMOVE|"write":\["/.test(query);
      if (!isRead) writes.push(path);
      return undefined;
    };
    expect((await plan(between({ to: there }))).hindrance).toBeUndefined();
    // All that it asks is read in transactions that are given up: it does not even take the stores over.
    expect(writes).toEqual([]);
    const carried = await migrate(between({ to: there }));
    expect(carried.stores.map(({ store: _, ...sum }) => sum)).toEqual(before);
    expect(carried.blobs).toBeUndefined();
    expect(writes.length).toBeGreaterThan(0);
    expect(await readAll(stores.openReader("s06"), orders)).toHaveLength(6);
    await expect(migrate(between({ from: { ...there, named: HERE }, to: there }))).rejects.toThrow("is not empty");
    const back = between({ from: there, to: { ...sideOf(elsewhere, HERE), blobs: there.blobs } });
    expect((await migrate(back)).stores).toEqual(carried.stores);
    expect(await sumsOf(elsewhere)).toEqual(before);
    await forget(between({ from: there, to: sideOf(data, HERE) }));
    expect((await sumIn(stores, { owner: "s04", shard: 0 })).records).toBe(0);
  } finally {
    await stores.close();
    await standIn.down();
  }
}, 300_000);

test.skipIf(!hasMinio)(
  `blobs to an S3 store and back are the same, byte by byte${hasMinio ? "" : " (skipped: needs minio)"}`,
  async () => {
    const server = await MinioServer.start();
    try {
      const place = server.place("carried");
      await ensureBucket(place, { versionDays: 1 });
      const named: StoresNamed = { store: "sqlite", blobs: "s3", s3_bucket: "carried" };
      const there: Side = { ...sideOf(data, named), blobs: new S3Blobs({ ...place, clock }) };
      const carried = await migrate(between({ to: there }));
      expect(carried.stores).toEqual([]);
      expect(carried.blobs).toEqual(await sumOfBlobs(new FolderBlobs(data.blobs)));
      const back = between({ from: there, to: { ...sideOf(elsewhere, HERE), stores: there.stores } });
      expect((await migrate(back)).blobs).toEqual(carried.blobs);
    } finally {
      await server.stop();
    }
  },
  180_000,
);

test("what was not told before is told once after the start on the new stores, and trading goes on with equal books", async () => {
  await leaveUntold(data);
  // The same installation, with neither its documents nor the streams: those are not carried.
  const path = newFolder();
  cpSync(data.path, path, { recursive: true, filter: (from) => !/\/(stores|blobs)\/./.test(from) });
  const moved = openFolder(path, ORIGIN);
  await migrate(between({ to: sideOf(moved, THERE) }));
  const installed = await Installed.start(path, exchange);
  try {
    const told = await installed.world.bus.read(opsEvents, { limit: 1_000 });
    expect(told.filter(({ event }) => event.what === "UNTOLD")).toHaveLength(1);
    const audit = await readAll(installed.world.store("s12"), auditLog);
    expect(audit.filter(({ what }) => what === "UNTOLD")).toHaveLength(1);
    // Every owner's entries by their numbers: what had been told before was told again, and is there once.
    for (const [owner, numbers] of numbersBy(audit))
      expect([owner, numbers]).toEqual([owner, numbers.map((_, at) => at + 1)]);
    expect(numbersBy(audit).size).toBeGreaterThan(2);
    expect(await installed.enter(FUT, "after")).toBe("FILLED");
    expect((await installed.judge()).violated).toEqual([]);
  } finally {
    await installed.stop();
    removeFolder(path);
  }
}, 300_000);

function numbersBy(audit: readonly { owner?: string; owner_seq?: number }[]): Map<string, number[]> {
  const by = new Map<string, number[]>();
  for (const { owner = "", owner_seq } of audit) if (owner_seq) by.set(owner, [...(by.get(owner) ?? []), owner_seq]);
  for (const numbers of by.values()) numbers.sort((a, b) => a - b);
  return by;
}

async function* without(records: AsyncIterable<StoreRecord>, collection: string): AsyncGenerator<StoreRecord> {
  for await (const record of records) if (record.kind !== "document" || record.collection !== collection) yield record;
}

/** An entry for the audit log that was committed and not told when the installation stopped. */
async function leaveUntold(folder: DataFolder): Promise<void> {
  const stores = openStores({ folder, env: {}, clock, asGiven: true });
  await stores.open("s11").commit([emit(opsEvents, UNTOLD)]);
  await stores.close();
}
const UNTOLD: OpsEvent = { source: "s11", actor: "ann", what: "UNTOLD", ref: "news", outcome: "DONE", ts: 1 };
