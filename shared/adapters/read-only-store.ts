/** A store that writes nothing: every owner's documents, for whoever holds no shard of its service or answers for all. */
import { refuse } from "../errors.ts";
import type { Collection, ServiceId, Store } from "../kit/ports.ts";
import { Documents, type FindSources } from "./sqlite/documents.ts";

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
  const notOwner = () => refuse("NOT_OWNER", `This replica of ${owner} holds no lease to write by.`);
  return {
    owner,
    get: async (collection, key) => documents.get(collection, key),
    query: async (collection, query) => documents.query(collection, query),
    count: async (collection, where) => documents.count(collection, where),
    search: async (collection, text, limit) => documents.search(collection, text, limit),
    traverse: async (start, direction, depthMax) => documents.traverse(start, direction, depthMax),
    isDone: async (stream, group, id) => documents.of(owner)?.isDone(stream, group, id) ?? false,
    async commit(ops) {
      if (ops.length > 0) notOwner();
    },
    expire: async () => notOwner(),
    outbox: {
      read: async () => [],
      readTold: async () => [],
      state: async () => ({}),
      tell: async () => notOwner(),
      forget: async () => notOwner(),
      // It keeps nothing that was told in any epoch.
      setEpoch: async () => {},
      onCommit: () => {},
    },
    ping: async () => documents.of(owner)?.ping(),
    close: async () => documents.close(),
  };
}
