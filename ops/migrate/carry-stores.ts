/** Carries documents, lineage, inboxes and outboxes from one kind of store to another, and proves that all arrived. */
import type { ServiceId, StoreRecord } from "../../shared/kit/ports.ts";
import { StoreDigest, type StoreSum, sumOf } from "../../shared/store-digest.ts";
import { type DataFolder, shardsOf } from "../run/folder.ts";
import type { Stores } from "../run/stores.ts";

/** One owner's shard: what is loaded at once, or not at all. */
export interface StorePart {
  owner: ServiceId;
  shard: number;
}
export type CarriedStores = Pick<Stores, "dump" | "load" | "clear">;

const OWNERS = Array.from({ length: 12 }, (_, at) => `s${String(at + 1).padStart(2, "0")}` as ServiceId);

/** Every store that an installation has. */
export const storeParts = (folder: Pick<DataFolder, "shards">): StorePart[] =>
  OWNERS.flatMap((owner) => Array.from({ length: shardsOf(folder, owner) }, (_, shard) => ({ owner, shard })));

/** `s04`, or `s04.2` of a store in several shards. */
export const partName = ({ owner, shard }: StorePart, folder: Pick<DataFolder, "shards">): string =>
  shardsOf(folder, owner) > 1 ? `${owner}.${shard}` : owner;

export const sumIn = (stores: Pick<Stores, "dump">, { owner, shard }: StorePart): Promise<StoreSum> =>
  sumOf(stores.dump(owner, shard));

/** The first that holds anything. */
export async function firstUsed(stores: Pick<Stores, "dump">, parts: readonly StorePart[]) {
  for (const part of parts) {
    for await (const _ of stores.dump(part.owner, part.shard)) return part;
  }
  return undefined;
}

/**
 * One store: what is at the target already is left when it is the same, and replaced when it is not, so that a run
 * which was interrupted can be repeated. Throws an Error when what is read back differs from what was sent.
 */
export async function carryStore(from: CarriedStores, to: CarriedStores, part: StorePart): Promise<StoreSum> {
  const { owner, shard } = part;
  const there = await sumIn(to, part);
  if (there.records > 0) {
    if (isSame(there, await sumIn(from, part))) return there;
    await to.clear(owner, shard);
  }
  const sent = new StoreDigest();
  await to.load(owner, counted(from.dump(owner, shard), sent), shard);
  const arrived = await sumIn(to, part);
  if (!isSame(arrived, sent.sum())) throw new Error(differs(part, sent.sum(), arrived));
  return arrived;
}

export const isSame = (a: StoreSum, b: StoreSum): boolean => a.records === b.records && a.sha256 === b.sha256;

/** What differs, by collection. */
export function differs({ owner, shard }: StorePart, sent: StoreSum, arrived: StoreSum): string {
  const names = [...new Set([...Object.keys(sent.by), ...Object.keys(arrived.by)])];
  const off = names.filter((name) => sent.by[name] !== arrived.by[name]);
  const counts = off.map((name) => `${name}: ${arrived.by[name] ?? 0} of ${sent.by[name] ?? 0}`);
  const what = counts.length > 0 ? counts.join(", ") : "the counts are the same, their contents are not";
  return `Of ${owner}, shard ${shard}, something else arrived than was sent: ${what}.`;
}

async function* counted(records: AsyncIterable<StoreRecord>, digest: StoreDigest): AsyncGenerator<StoreRecord> {
  for await (const record of records) {
    digest.add(record);
    yield record;
  }
}
