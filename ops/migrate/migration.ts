/** A migration from beginning to end: nothing is switched before all that was carried over is read back and the same. */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Blobs } from "../../shared/kit/ports.ts";
import type { StoreSum } from "../../shared/store-digest.ts";
import type { DataFolder } from "../run/folder.ts";
import { inWords, keepStores, type StoresNamed } from "../run/kept-stores.ts";
import { allBlobs, type BlobsSum, carryBlobs, holdsBlobs } from "./carry-blobs.ts";
import {
  type CarriedStores,
  carryStore,
  differs,
  firstUsed,
  isSame,
  partName,
  type StorePart,
  storeParts,
  sumIn,
} from "./carry-stores.ts";

export interface Side {
  named: StoresNamed;
  stores: CarriedStores;
  blobs: Blobs;
}

export interface Migration {
  folder: Pick<DataFolder, "path" | "shards">;
  from: Side;
  to: Side;
  now(): number;
  /** A line for whoever waits. */
  told?(line: string): void;
}

export interface StoreCarried extends StoreSum {
  store: string;
}
export interface Carried {
  from: StoresNamed;
  to: StoresNamed;
  stores: StoreCarried[];
  /** Missing where blobs stay where they are. */
  blobs?: BlobsSum;
}

const movesStores = ({ from, to }: Moved): boolean =>
  from.named.store !== to.named.store || from.named.arango_database !== to.named.arango_database;
const movesBlobs = ({ from, to }: Moved): boolean =>
  from.named.blobs !== to.named.blobs || from.named.s3_bucket !== to.named.s3_bucket;
type Moved = Pick<Migration, "from" | "to">;

/**
 * Nothing else may run on the folder. Throws an Error, with the installation still on its old stores, when the target
 * holds anything that an interrupted migration to it has not brought, and when what is read back differs. Can be
 * repeated.
 */
export async function migrate(migration: Migration): Promise<Carried> {
  const { folder, from, to, now } = migration;
  if (!movesStores(migration) && !movesBlobs(migration)) {
    throw new Error(`The data is in ${inWords(from.named)} already.`);
  }
  const isGoingOn = wasBegun(folder.path, migration);
  if (!isGoingOn) await mustBeEmpty(migration);
  begin(folder.path, to.named);
  const carried = await carry(migration);
  const { named } = to;
  keepStores(folder.path, { format: 1, ...named, since: now(), source: { ...from.named, until: now() } });
  rmSync(begunFile(folder.path));
  return carried;
}

/** What there is to be carried, and whether the target is free for it; nothing is written. */
export async function plan(migration: Migration): Promise<Carried & { hindrance?: string }> {
  const { folder, from, to } = migration;
  const parts = movesStores(migration) ? storeParts(folder) : [];
  const stores: StoreCarried[] = [];
  for (const part of parts) stores.push({ store: partName(part, folder), ...(await sumIn(from.stores, part)) });
  const hindrance = wasBegun(folder.path, migration)
    ? undefined
    : await mustBeEmpty(migration).then(
        () => undefined,
        (error: Error) => error.message,
      );
  return {
    ...{ from: from.named, to: to.named, stores },
    ...(movesBlobs(migration) && { blobs: await countBlobs(from.blobs) }),
    ...(hindrance !== undefined && { hindrance }),
  };
}

async function countBlobs(blobs: Blobs): Promise<BlobsSum> {
  const sum = { count: 0, bytes: 0, sha256: "" };
  for await (const { bytes } of allBlobs(blobs)) {
    sum.count++;
    sum.bytes += bytes;
  }
  return sum;
}

async function mustBeEmpty(migration: Migration): Promise<void> {
  const { folder, to } = migration;
  const used = movesStores(migration) ? await firstUsed(to.stores, storeParts(folder)) : undefined;
  const what = used ? `documents of ${partName(used, folder)}` : undefined;
  const hasBlobs = movesBlobs(migration) && (await holdsBlobs(to.blobs));
  if (what === undefined && !hasBlobs) return;
  throw new Error(
    `${inWords(to.named)} is not empty: it holds ${what ?? "blobs"}. Of another installation, name another database or ` +
      "bucket; of an earlier migration, ./chimera migrate --forget-source deletes it.",
  );
}

async function carry(migration: Migration): Promise<Carried> {
  const { folder, from, to, told = () => {} } = migration;
  const parts = movesStores(migration) ? storeParts(folder) : [];
  const sums = new Map<StorePart, StoreSum>();
  for (const [at, part] of parts.entries()) {
    const sum = await carryStore(from.stores, to.stores, part);
    sums.set(part, sum);
    told(`${at + 1} of ${parts.length} stores: ${partName(part, folder)}, ${sum.records} records`);
  }
  const blobs = movesBlobs(migration)
    ? await carryBlobs(from.blobs, to.blobs, ({ count, bytes }) => {
        if (count % BLOBS_TOLD === 0) told(`${count} blobs, ${bytes} bytes`);
      })
    : undefined;
  // Whoever wrote to the source meanwhile would be lost with it.
  for (const [part, sum] of sums) {
    const now = await sumIn(from.stores, part);
    if (!isSame(now, sum)) throw new Error(`The source has changed meanwhile. ${differs(part, now, sum)}`);
  }
  const stores = [...sums].map(([part, sum]) => ({ store: partName(part, folder), ...sum }));
  return { from: from.named, to: to.named, stores, ...(blobs && { blobs }) };
}
const BLOBS_TOLD = 100;

const begunFile = (data: string): string => join(data, "migration.json");

/** True for one to the same target: what lies there is what it has brought. Throws for one to another. */
function wasBegun(data: string, { from, to }: Moved): boolean {
  const file = begunFile(data);
  if (!existsSync(file)) return false;
  const begun = JSON.parse(readFileSync(file, "utf8")) as StoresNamed;
  if (inWords(begun) === inWords(to.named)) return true;
  // It was ended, and switched to: what lies there is the installation.
  if (inWords(begun) === inWords(from.named)) return false;
  throw new Error(
    `A migration to ${inWords(begun)} was begun and not ended. Repeat it, or delete what it has brought there and ${file}.`,
  );
}

/** Before the first is written to the target: what is found there at the next run is known to be ours. */
function begin(data: string, to: StoresNamed): void {
  const unfinished = `${begunFile(data)}.${process.pid}`;
  const opened = openSync(unfinished, "w", 0o600);
  writeSync(opened, JSON.stringify(to));
  fsyncSync(opened);
  closeSync(opened);
  renameSync(unfinished, begunFile(data));
}

/** Deletes what an installation was carried away from. */
export async function forget({ folder, from, to }: Omit<Migration, "now" | "told">): Promise<void> {
  if (movesStores({ from, to }))
    for (const { owner, shard } of storeParts(folder)) await from.stores.clear(owner, shard);
  if (!movesBlobs({ from, to })) return;
  const keys: string[] = [];
  for await (const { key } of allBlobs(from.blobs)) keys.push(key);
  for (const key of keys) await from.blobs.delete(key);
}
