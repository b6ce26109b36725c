/** A store that writes nothing: every owner's documents, for whoever holds no shard of its service or answers for all. */
import type { Collection, ServiceId, Store } from "../kit/ports.ts";
import { Documents, type FindSources } from "./sqlite/documents.ts";
import { writesNothing } from "./writes-nothing.ts";

export interface ReadOnlyOptions {
  owner: ServiceId;
  /** Every collection there is. */
  collections: readonly Collection<never>[];
  /** Where each owner's documents are, this one's included. */
  files: FindSources;
}

/** What would change something throws Problem NOT_OWNER; the outbox is empty. */
export function openReadOnly({ owner, collections, files }: ReadOnlyOptions): Store {
  const documents = new Documents(collections, files);
  return {
    owner,
    get: async (collection, key) => documents.get(collection, key),
    query: async (collection, query) => documents.query(collection, query),
    count: async (collection, where) => documents.count(collection, where),
    search: async (collection, text, limit) => documents.search(collection, text, limit),
    traverse: async (start, direction, depthMax) => documents.traverse(start, direction, depthMax),
    isDone: async (stream, group, id) => documents.of(owner)?.isDone(stream, group, id) ?? false,
    ...writesNothing(owner),
    ping: async () => documents.of(owner)?.ping(),
    close: async () => documents.close(),
  };
}
