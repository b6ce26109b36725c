/** ArangoDB for whoever writes nothing: every owner's documents of all shards. */
import type { Collection, ServiceId, Store } from "../kit/ports.ts";
import { asProblems } from "./arango/faults.ts";
import { Reader } from "./arango/reader.ts";
import { type ArangoAddress, Server } from "./arango/server.ts";
import { writesNothing } from "./writes-nothing.ts";

export interface ArangoReaderOptions {
  address: ArangoAddress;
  owner: ServiceId;
  /** Every collection there is. */
  collections: readonly Collection<never>[];
  /** How many shards an owner's documents lie in; 1 by default. */
  shards?: (owner: ServiceId) => number;
  searchSync?: boolean;
}

/** What would change something throws Problem NOT_OWNER; the outbox is empty. */
export function openArangoReader({ address, owner, ...options }: ArangoReaderOptions): Store {
  const server = new Server(address);
  const reader = new Reader({ server, ...options });
  return {
    owner,
    get: (collection, key) => asProblems(() => reader.get(collection, key)),
    query: (collection, query) => asProblems(() => reader.query(collection, query)),
    count: (collection, where) => asProblems(() => reader.count(collection, where)),
    search: (collection, text, limit) => asProblems(() => reader.search(collection, text, limit)),
    traverse: (start, direction, depthMax) => asProblems(() => reader.traverse(start, direction, depthMax)),
    isDone: (stream, group, id) => asProblems(() => reader.isDone(owner, { stream, group, id })),
    ...writesNothing(owner),
    ping: () => asProblems(() => reader.ping()),
    close: async () => server.close(),
  };
}
