/** All that an owner's shard holds, as of one moment, while its holder goes on writing it. */
import type { Collection, Ref, ServiceId, StoreRecord } from "../../kit/ports.ts";
import { Binder, type Statement } from "./aql.ts";
import type { StoredEntry } from "./draft.ts";
import { asProblems } from "./faults.ts";
import { type Head, readingHead } from "./head.ts";
import { headsOf, inboxOf, lineageOf, outboxOf } from "./names.ts";
import type { Server } from "./server.ts";
import { readingOutbox } from "./statements.ts";
import { nameOf } from "./steps.ts";

export interface ShardPlace {
  server: Server;
  owner: ServiceId;
  /** Which of several shards of this owner it is. */
  shard?: number | undefined;
  collections: readonly Collection<never>[];
}

const PAGE = 500;

/**
 * In one transaction, which sees the database as it was when it began. The server gives a transaction up that is not
 * used for 60 seconds: whoever takes longer over 500 records gets Problem UNAVAILABLE.
 */
export async function* dumpShard(place: ShardPlace): AsyncGenerator<StoreRecord> {
  const { server, owner } = place;
  const own = ownIn(place).map((each) => each.name);
  const read = [...own, lineageOf(owner), inboxOf(owner), outboxOf(owner), headsOf(owner)];
  const transaction = await asProblems(() => server.begin({ write: [], read }));
  const ask = <T>(statement: Statement) => asProblems(() => server.query<T>(statement, { transaction }));
  try {
    const [head] = await ask<Head>(readingHead(owner, place.shard));
    for (const collection of own) yield* documents(ask, collection, place.shard ?? 0);
    yield* edges(ask, place);
    yield* done(ask, place);
    yield* outbox(ask, place, head?.told ?? 0);
    for (const family of Object.keys(head?.counts ?? {}).toSorted()) {
      yield { kind: "count", family, count: head!.counts[family]! };
    }
    if (head?.epoch !== undefined) yield { kind: "epoch", epoch: head.epoch };
  } finally {
    await server.abort(transaction).catch(() => {});
  }
}

/** The owner's collections by name. */
export const ownIn = ({ owner, collections }: Pick<ShardPlace, "owner" | "collections">): Collection<never>[] =>
  collections.filter((each) => each.owner === owner).toSorted((a, b) => (a.name < b.name ? -1 : 1));

type Ask = <T>(statement: Statement) => Promise<T[]>;

/** Rows of a shard behind one, by an attribute whose order is the same in every language. */
export function readingBehind(collection: string, by: "place" | "_key", from: { shard: number; after: string }) {
  const bind = new Binder();
  const attribute = bind.attribute(by);
  return bind.statement(
    `FOR d IN ${bind.collection(collection)}`,
    `FILTER d.shard == ${bind.value(from.shard)}`,
    `FILTER d.${attribute} > ${bind.value(from.after)}`,
    `SORT d.${attribute} ASC`,
    `LIMIT ${bind.value(PAGE)}`,
    "RETURN d",
  );
}

async function* rows<T extends { _key: string }>(ask: Ask, collection: string, by: "place" | "_key", shard: number) {
  for (let after = ""; ; ) {
    const page = await ask<T>(readingBehind(collection, by, { shard, after }));
    yield* page;
    if (page.length < PAGE) return;
    after = (page.at(-1) as unknown as Record<string, string>)[by]!;
  }
}

async function* documents(ask: Ask, collection: string, shard: number): AsyncGenerator<StoreRecord> {
  for await (const { id, doc } of rows<{ _key: string; id: string; doc: unknown }>(ask, collection, "place", shard)) {
    yield { kind: "document", collection, key: id, value: doc };
  }
}

async function* edges(ask: Ask, { owner, shard = 0 }: ShardPlace): AsyncGenerator<StoreRecord> {
  type Edge = { _key: string; child: Ref; parent: Ref };
  for await (const { child, parent } of rows<Edge>(ask, lineageOf(owner), "_key", shard)) {
    yield { kind: "edge", child, parent };
  }
}

async function* done(ask: Ask, { owner, shard = 0 }: ShardPlace): AsyncGenerator<StoreRecord> {
  type Message = { _key: string; stream: string; consumers: string; id: string; at: number };
  for await (const { stream, consumers, id, at } of rows<Message>(ask, inboxOf(owner), "_key", shard)) {
    yield { kind: "done", stream, group: consumers, id, at };
  }
}

async function* outbox(ask: Ask, { owner, shard }: ShardPlace, told: number): AsyncGenerator<StoreRecord> {
  const name = nameOf(owner, shard);
  for (let after = 0; ; ) {
    const range = { shard: shard ?? 0, after, upTo: Number.MAX_SAFE_INTEGER, limit: PAGE };
    const page = await ask<StoredEntry>(readingOutbox(owner, range));
    for (const { n, family, key, event, traceparent } of page) {
      const entry = { id: `${name}-${n}`, family, key, event, ...(traceparent !== undefined && { traceparent }) };
      yield { kind: "outbox", told: n <= told, entry };
    }
    if (page.length < PAGE) return;
    after = page.at(-1)!.n;
  }
}
