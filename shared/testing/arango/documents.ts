/** Documents with all their versions, and transactions on a snapshot of them that conflict as RocksDB's do. */
import { AqlError } from "./aql-error.ts";
import type { Document } from "./aql-values.ts";

interface Version {
  /** When it was committed. */
  at: number;
  document: Document | null;
}

export interface CollectionData {
  name: string;
  isEdges: boolean;
  versions: Map<string, Version[]>;
  /** By whom a document is being written. */
  locks: Map<string, Transaction>;
}

export const newCollection = (name: string, isEdges: boolean): CollectionData => ({
  ...{ name, isEdges },
  versions: new Map(),
  locks: new Map(),
});

export interface Transaction {
  id: string;
  user: string;
  database: string;
  /** What was committed after it is not seen by it. */
  snapshot: number;
  /** Undefined: whatever a statement names, for a statement that is a transaction of its own. */
  write: ReadonlySet<string> | undefined;
  read: ReadonlySet<string> | undefined;
  allowImplicit: boolean;
  changes: Map<CollectionData, Map<string, Document | null>>;
  state: "running" | "committed" | "aborted";
  usedAt: number;
}

/** The order of all commits of a server. */
export class Commits {
  #at = 0;
  #revision = 0;
  readonly running = new Set<Transaction>();

  get now(): number {
    return this.#at;
  }

  /** As ArangoDB's: a text, another for each write. */
  nextRevision(): string {
    return `_r${(++this.#revision).toString(36).padStart(9, "0")}`;
  }

  commit(transaction: Transaction): void {
    const at = ++this.#at;
    const oldest = Math.min(
      at,
      ...[...this.running].filter((each) => each !== transaction).map((each) => each.snapshot),
    );
    for (const [collection, changes] of transaction.changes) {
      for (const [key, document] of changes) {
        const kept = collection.versions.get(key) ?? [];
        const from = kept.findLastIndex((version) => version.at <= oldest);
        const versions = [...kept.slice(Math.max(from, 0)), { at, document }];
        if (versions.length === 1 && document === null) collection.versions.delete(key);
        else collection.versions.set(key, trimmed(versions, oldest));
      }
    }
    this.end(transaction, "committed");
  }

  end(transaction: Transaction, state: "committed" | "aborted"): void {
    transaction.state = state;
    this.running.delete(transaction);
    for (const [collection, changes] of transaction.changes) {
      for (const key of changes.keys()) {
        if (collection.locks.get(key) === transaction) collection.locks.delete(key);
      }
    }
    transaction.changes = new Map();
  }
}

/** Without what nobody can see any more. */
function trimmed(versions: Version[], oldest: number): Version[] {
  const from = versions.findLastIndex((version) => version.at <= oldest);
  return from > 0 ? versions.slice(from) : versions;
}

export function readDocument(collection: CollectionData, key: string, by: Transaction): Document | undefined {
  const changed = by.changes.get(collection)?.get(key);
  if (changed !== undefined) return changed ?? undefined;
  const versions = collection.versions.get(key);
  if (!versions) return undefined;
  for (let at = versions.length - 1; at >= 0; at--) {
    const version = versions[at]!;
    if (version.at <= by.snapshot) return version.document ?? undefined;
  }
  return undefined;
}

export function* scanDocuments(collection: CollectionData, by: Transaction): Generator<Document> {
  const changes = by.changes.get(collection);
  for (const key of collection.versions.keys()) {
    const document = readDocument(collection, key, by);
    if (document) yield document;
  }
  for (const [key, document] of changes ?? []) if (document && !collection.versions.has(key)) yield document;
}

/** Throws AqlError 1200 where another transaction writes it, or has since this one began. */
export function writeDocument(
  collection: CollectionData,
  by: Transaction,
  change: { key: string; document: Document | null },
): void {
  const { key, document } = change;
  const holder = collection.locks.get(key);
  if (holder && holder !== by) throw new AqlError(1200, "timeout waiting to lock key");
  const newest = collection.versions.get(key)?.at(-1);
  if (newest && newest.at > by.snapshot) throw new AqlError(1200, "write-write conflict");
  collection.locks.set(key, by);
  const changes = by.changes.get(collection) ?? new Map<string, Document | null>();
  by.changes.set(collection, changes.set(key, document));
}
