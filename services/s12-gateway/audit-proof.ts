/** Proves the audit log: reads it whole from a store and compares it with the heads in Blobs and its owners' counts. */
import { AuditAnchor, type AuditEntry, auditHeads } from "../../shared/collections/audit.ts";
import { auditLog } from "../../shared/collections/people.ts";
import { type ChainFault, ChainReader, type Made, type Place } from "../../shared/domain/audit-chain.ts";
import { AUDIT_HEADS } from "../../shared/keys.ts";
import type { Blobs, Query, Row, Store } from "../../shared/kit/ports.ts";

const PAGE = 1_000;

export interface AuditProof {
  /** No faults. */
  ok: boolean;
  /** Chained entries, and those from before there was a chain. */
  entries: number;
  old_entries: number;
  /** Of the chained ones, how many carry no owner's number. */
  unnumbered: number;
  head: Place | undefined;
  anchors: number;
  anchored_seq: number;
  /** Lines among the heads in Blobs that say nothing: a crash can leave one. */
  unreadable: number;
  /** Made, not in the log yet, and still held by their owner. */
  pending: { owner: string; from: number; to: number }[];
  faults: ChainFault[];
}

/** `readMade`: what each owner's store says of its entries, by owner; asked before and after. Writes nothing. */
export async function proveAudit(
  store: Pick<Store, "get" | "query">,
  blobs: Pick<Blobs, "list" | "get">,
  readMade: () => ReadonlyMap<string, Made> | Promise<ReadonlyMap<string, Made>>,
): Promise<AuditProof> {
  const made = await readMade();
  const { anchors, unreadable } = await readAnchors(blobs);
  const head = async () => (await store.get(auditHeads, "head"))?.value;
  const reader = new ChainReader(anchors, await head());
  for await (const { value } of auditRows(store, { where: { seq: null } })) reader.old(value);
  const inPlace: AuditQuery = { where: { seq: { ne: null } }, sort: { field: "seq", order: "asc" } };
  for await (const { value } of auditRows(store, inPlace)) reader.add(value);
  reader.end(await head(), { before: made, after: await readMade() });
  const { entries, oldEntries: old_entries, unnumbered, pending, faults, last } = reader;
  const anchored_seq = anchors.reduce((newest, { seq }) => Math.max(newest, seq), 0);
  return {
    ...{ ok: faults.length === 0, entries, old_entries, unnumbered, head: last },
    ...{ anchors: anchors.length, anchored_seq, unreadable, pending, faults },
  };
}

type AuditQuery = Omit<Query, "limit" | "cursor">;

/** All rows of a query, a page at a time. */
export async function* auditRows(store: Pick<Store, "query">, query: AuditQuery): AsyncGenerator<Row<AuditEntry>> {
  let cursor: string | undefined;
  do {
    const page = await store.query(auditLog, { ...query, limit: PAGE, ...(cursor !== undefined && { cursor }) });
    yield* page.items;
    cursor = page.next_cursor;
  } while (cursor !== undefined);
}

/** All that is kept of the chain's heads, by the names of their files. */
export async function readAnchors(
  blobs: Pick<Blobs, "list" | "get">,
): Promise<{ anchors: AuditAnchor[]; unreadable: number }> {
  const anchors: AuditAnchor[] = [];
  let unreadable = 0;
  let cursor: string | undefined;
  do {
    const page = await blobs.list(AUDIT_HEADS, { limit: PAGE, ...(cursor !== undefined && { cursor }) });
    for (const { key } of page.items) {
      for (const line of new TextDecoder().decode(await blobs.get(key)).split("\n")) {
        if (line === "") continue;
        const anchor = anchorIn(line);
        if (anchor) anchors.push(anchor);
        else unreadable++;
      }
    }
    cursor = page.next_cursor;
  } while (cursor !== undefined);
  return { anchors, unreadable };
}

function anchorIn(line: string): AuditAnchor | undefined {
  try {
    return AuditAnchor.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
