/** The statements that a group of commits is made of, in one transaction: read, remove, write; and those of the outbox. */
import type { Collection, ServiceId } from "../../kit/ports.ts";
import { Binder, type Statement } from "./aql.ts";
import type { Draft, Wanted } from "./draft.ts";
import { headsOf, inboxOf, lineageOf, outboxOf } from "./names.ts";
import { Fields, filters } from "./select.ts";

/** Answers `[collection, _key, _rev]` of what is there, and `[null, _key, null]` of each message that is done. */
export function readingKnown(owner: ServiceId, { documents, done }: Wanted): Statement {
  const bind = new Binder();
  const parts = [...documents].map(([collection, keys], at) => {
    const list = bind.value([...keys]);
    const name = bind.value(collection);
    return `LET r${at} = (FOR d IN ${bind.collection(collection)} FILTER d._key IN ${list} RETURN [${name}, d._key, d._rev])`;
  });
  if (done.size > 0) {
    const list = bind.value([...done]);
    const inbox = bind.collection(inboxOf(owner));
    parts.push(`LET r${parts.length} = (FOR i IN ${inbox} FILTER i._key IN ${list} RETURN [null, i._key, null])`);
  }
  return bind.statement(...parts, `FOR known IN UNION(${parts.map((_, at) => `r${at}`).join(", ")}, []) RETURN known`);
}

/** Documents, and the edges that go with them. A collection may be written but once in a statement; so this is one of its own. */
export function removing(owner: ServiceId, draft: Draft): Statement | undefined {
  const bind = new Binder();
  const parts = [...draft.removes].map(([collection, keys], at) => {
    const list = bind.value(keys);
    const name = bind.collection(collection);
    return `LET r${at} = (FOR d IN ${name} FILTER d._key IN ${list} REMOVE d IN ${name})`;
  });
  if (draft.cut.length > 0) {
    const lineage = bind.collection(lineageOf(owner));
    const from = bind.value(draft.cut);
    const shard = bind.value(Number(draft.head._key));
    parts.push(
      `LET cut = (FOR e IN ${lineage} FILTER e._from IN ${from} FILTER e.shard == ${shard} REMOVE e IN ${lineage})`,
    );
  }
  return parts.length > 0 ? bind.statement(...parts, "RETURN true") : undefined;
}

/** All that is put, and the head; answers the head's new revision. A conflict when the head is another's by now. */
export function writing(owner: ServiceId, draft: Draft): Statement {
  const bind = new Binder();
  const head = bind.value([draft.head]);
  const heads = bind.collection(headsOf(owner));
  const parts = [
    `LET head = (FOR h IN ${head} REPLACE h IN ${heads} OPTIONS { ignoreRevs: false } RETURN NEW._rev)`,
    ...[...draft.puts].map(([collection, documents]) => inserting(bind, collection, documents, "replace")),
    inserting(bind, lineageOf(owner), draft.edges, "ignore"),
    inserting(bind, inboxOf(owner), draft.done, "conflict"),
    inserting(bind, outboxOf(owner), draft.entries, "conflict"),
  ].filter((part) => part !== "");
  return bind.statement(...parts.map((part, at) => part.replace("LET w =", `LET w${at} =`)), "RETURN head[0]");
}

type Overwrite = "replace" | "ignore" | "conflict";

function inserting(bind: Binder, collection: string, documents: readonly unknown[], mode: Overwrite): string {
  if (documents.length === 0) return "";
  const list = bind.value(documents);
  const into = bind.collection(collection);
  return `LET w = (FOR d IN ${list} INSERT d INTO ${into} OPTIONS { overwriteMode: "${mode}" })`;
}

/** Which collections the transaction of a draft writes. */
export function writtenBy(owner: ServiceId, draft: Draft): string[] {
  return [
    headsOf(owner),
    ...new Set([...draft.puts.keys(), ...draft.removes.keys()]),
    ...(draft.cut.length + draft.edges.length > 0 ? [lineageOf(owner)] : []),
    ...(draft.done.length > 0 ? [inboxOf(owner)] : []),
    ...(draft.entries.length > 0 ? [outboxOf(owner)] : []),
  ];
}

/** Entries of the outbox after one number and up to another, oldest first. */
export function readingOutbox(owner: ServiceId, range: { shard: number; after: number; upTo: number; limit: number }) {
  const bind = new Binder();
  const { shard, after, upTo, limit } = range;
  return bind.statement(
    `FOR e IN ${bind.collection(outboxOf(owner))}`,
    `FILTER e.shard == ${bind.value(shard)}`,
    `FILTER e.n > ${bind.value(after)}`,
    `FILTER e.n <= ${bind.value(upTo)}`,
    "SORT e.n ASC",
    `LIMIT ${bind.value(limit)}`,
    "RETURN e",
  );
}

/** Answers one row for each entry that it removes. */
export function forgetting(owner: ServiceId, range: { shard: number; upTo: number; limit: number }): Statement {
  const bind = new Binder();
  const outbox = bind.collection(outboxOf(owner));
  return bind.statement(
    `FOR e IN ${outbox}`,
    `FILTER e.shard == ${bind.value(range.shard)}`,
    `FILTER e.n <= ${bind.value(range.upTo)}`,
    "SORT e.n ASC",
    `LIMIT ${bind.value(range.limit)}`,
    `REMOVE e IN ${outbox}`,
    "RETURN true",
  );
}

/** The keys of documents whose field is less than a time; those without one stay. */
export function findingExpired(
  collection: Collection<never>,
  past: { field: string; before: number; shard: number; limit: number },
): Statement {
  const bind = new Binder();
  const fields = new Fields(bind, new Set(collection.indexes.flat()));
  const source = `FOR d IN ${bind.collection(collection.name)}`;
  const tests = filters(fields, bind, { [past.field]: { lt: past.before } });
  return bind.statement(
    source,
    ...fields.lets,
    ...tests,
    `FILTER d.shard == ${bind.value(past.shard)}`,
    `LIMIT ${bind.value(past.limit)}`,
    "RETURN d.id",
  );
}
