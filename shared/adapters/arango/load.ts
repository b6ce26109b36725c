/** Fills an empty shard with what another store dumped: all of it or, where a record is broken, nothing. */
import { refuse } from "../../errors.ts";
import type { Collection, StoreRecord } from "../../kit/ports.ts";
import { collectionFor, readRecord } from "../../kit/store-records.ts";
import { Binder, type Statement } from "./aql.ts";
import type { StoredEntry } from "./draft.ts";
import { ownIn, type ShardPlace } from "./dump.ts";
import { Fault } from "./faults.ts";
import { type Head, replacingHead } from "./head.ts";
import { inboxOf, lineageOf, outboxOf } from "./names.ts";
import { indexedFields } from "./reader.ts";
import { edgeOf, messageOf, nameOf, storedOf } from "./steps.ts";

const BATCH = 500;
const BATCH_SIZE_MAX = 4_000_000;
const REMOVED_AT_ONCE = 2_000;
/** Message ids of a loaded store begin so far above those that came with it. */
const FAR = 2 ** 32;

/** Answers one of what a shard holds. */
export function findingAny(place: ShardPlace): Statement {
  const bind = new Binder();
  const shard = bind.value(place.shard ?? 0);
  const any = keptIn(place).map(
    (name, at) => `LET a${at} = (FOR d IN ${bind.collection(name)} FILTER d.shard == ${shard} LIMIT 1 RETURN true)`,
  );
  return bind.statement(...any, `FOR found IN UNION(${any.map((_, at) => `a${at}`).join(", ")}, []) RETURN found`);
}

export function removingSome(collection: string, shard: number): Statement {
  const bind = new Binder();
  const from = bind.collection(collection);
  return bind.statement(
    `FOR d IN ${from}`,
    `FILTER d.shard == ${bind.value(shard)}`,
    `LIMIT ${bind.value(REMOVED_AT_ONCE)}`,
    `REMOVE d IN ${from}`,
    "RETURN true",
  );
}

/** All or nothing, and a conflict where one is there already. */
export function insertingAll(collection: string, documents: readonly unknown[]): Statement {
  const bind = new Binder();
  const list = bind.value(documents);
  const into = bind.collection(collection);
  return bind.statement(`FOR d IN ${list}`, `INSERT d INTO ${into}`, 'OPTIONS { overwriteMode: "conflict" }');
}

const keptIn = (place: ShardPlace): string[] => [
  ...ownIn(place).map((each) => each.name),
  ...[lineageOf(place.owner), inboxOf(place.owner), outboxOf(place.owner)],
];

export async function isShardEmpty(place: ShardPlace, head: Head): Promise<boolean> {
  if (head.told > 0 || head.epoch !== undefined || Object.keys(head.counts).length > 0) return false;
  return (await place.server.read(findingAny(place))).length === 0;
}

/** Removes all that a shard holds, some at a time; its fence and its numbers stay. Answers the new head. */
export async function clearShard(place: ShardPlace, head: Head): Promise<Head> {
  for (const name of keptIn(place)) {
    while ((await place.server.query(removingSome(name, place.shard ?? 0))).length === REMOVED_AT_ONCE);
  }
  const { epoch: _, loading: __, ...rest } = head;
  return replaced(place, { ...rest, told: 0, counts: {} });
}

async function replaced(place: ShardPlace, head: Head): Promise<Head> {
  const [rev] = await place.server.query<string>(replacingHead(place.owner, head));
  return { ...head, _rev: rev! };
}

/**
 * Answers the new head. It does not fit into one transaction, so the head says that it goes on: a store whose load was
 * broken off by the end of its process is refused until it is cleared, which another load does first.
 */
export async function loadShard(place: ShardPlace, head: Head, records: AsyncIterable<StoreRecord>): Promise<Head> {
  const begun = await replaced(place, { ...head, loading: true });
  try {
    const loading = new Loading(place, begun);
    for await (const record of records) await loading.take(readRecord(record));
    return await replaced(place, await loading.end());
  } catch (error) {
    await clearShard(place, begun);
    throw error;
  }
}

class Loading {
  #head: Head;
  #highest = 0;
  #size = 0;
  readonly #place: ShardPlace;
  readonly #own: ReadonlyMap<string, Collection<never>>;
  readonly #batches = new Map<string, { _key: string }[]>();

  constructor(place: ShardPlace, head: Head) {
    this.#place = place;
    this.#own = new Map(ownIn(place).map((each) => [each.name, each]));
    this.#head = { ...head, counts: {} };
  }

  async take(record: StoreRecord): Promise<void> {
    const { owner, shard } = this.#place;
    switch (record.kind) {
      case "document": {
        const collection = collectionFor(record, this.#own);
        const { key, value } = record;
        return this.#add(
          collection.name,
          storedOf(collection, { key, value, shard, fields: indexedFields(collection) }),
        );
      }
      case "edge": {
        const { child } = record;
        if (!this.#own.has(child.slice(0, child.indexOf("/"))))
          refuse("INVALID", `No edges of ${child} are kept here.`);
        return this.#add(lineageOf(owner), edgeOf(record, shard));
      }
      case "done":
        return this.#add(inboxOf(owner), messageOf(record, shard));
      case "outbox":
        return this.#add(outboxOf(owner), this.#entryOf(record));
      case "count":
        if (this.#head.counts[record.family] !== undefined) twice(record.family);
        this.#head.counts[record.family] = record.count;
        return;
      case "epoch":
        if (this.#head.epoch !== undefined) twice("the epoch");
        this.#head.epoch = record.epoch;
    }
  }

  /** The head when all is written. */
  async end(): Promise<Head> {
    await this.#flush();
    const { loading: _, ...head } = this.#head;
    const next = this.#highest < head.next ? head.next : this.#highest + FAR;
    return { ...head, next, opened: Math.max(head.opened, next) };
  }

  async #add(collection: string, document: { _key: string }): Promise<void> {
    const batch = this.#batches.get(collection) ?? [];
    this.#batches.set(collection, batch);
    batch.push(document);
    this.#size += JSON.stringify(document).length;
    if (batch.length >= BATCH || this.#size > BATCH_SIZE_MAX) await this.#flush();
  }

  async #flush(): Promise<void> {
    for (const [collection, documents] of this.#batches) {
      try {
        await this.#place.server.query(insertingAll(collection, documents));
      } catch (error) {
        if (error instanceof Fault && error.kind === "conflict") twice(`one of ${collection}`);
        throw error;
      }
    }
    this.#batches.clear();
    this.#size = 0;
  }

  #entryOf({ told, entry }: StoreRecord & { kind: "outbox" }): StoredEntry {
    const { shard = 0 } = this.#place;
    const name = nameOf(this.#place.owner, this.#place.shard);
    const n = Number(entry.id.slice(entry.id.lastIndexOf("-") + 1));
    if (!Number.isSafeInteger(n) || n <= 0 || entry.id !== `${name}-${n}`) {
      refuse("INVALID", `${entry.id} is no message of ${name}.`);
    }
    if (n <= this.#highest) refuse("INVALID", `Message ${entry.id} is out of order.`);
    if (told && this.#head.told < this.#highest) {
      refuse("INVALID", `Message ${entry.id} is told, and one before it is not.`);
    }
    this.#highest = n;
    if (told) this.#head.told = n;
    const { id: _, ...rest } = entry;
    return { _key: `${shard}.${n}`, shard, n, ...rest };
  }
}

function twice(what: string): never {
  refuse("INVALID", `It comes twice: ${what}.`);
}
