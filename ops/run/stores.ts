/** The documents of an installation: opened for one shard's holder, for who only reads, or for one process that is all. */
import { openReadOnly } from "../../shared/adapters/read-only-store.ts";
import { openStore, type SqliteStore } from "../../shared/adapters/sqlite.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import type { ShardStore } from "../../shared/kit/instance.ts";
import type { Clock, ServiceId, Store } from "../../shared/kit/ports.ts";
import { type DataFolder, shardsOf, storeFile, storeFiles } from "./folder.ts";

export interface Stores {
  /** An owner's shard, for whoever holds its lease. */
  openShard(owner: ServiceId, shard: number, fence: number): ShardStore;
  /** Everybody's documents, for reading. */
  openReader(owner: ServiceId): Store;
  /** An owner's only store, where one process is all services; opened once. */
  open(owner: ServiceId): Store;
  /** What `open` opened. */
  close(): Promise<void>;
}

export interface StoresOptions {
  folder: Pick<DataFolder, "stores" | "shards">;
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
}

export function openStores({ folder, clock }: StoresOptions): Stores {
  const opened = new Map<ServiceId, SqliteStore>();
  const now = () => clock.now();
  const files = (id: ServiceId) => storeFiles(folder, id);
  const open = (owner: ServiceId): SqliteStore => {
    const kept = opened.get(owner);
    if (kept) return kept;
    const store = openStore({ path: storeFile(folder, owner), owner, collections: COLLECTIONS, others: open, now });
    opened.set(owner, store);
    return store;
  };
  return {
    openShard(owner, shard, fence) {
      const path = storeFile(folder, owner, shard);
      const isSplit = shardsOf(folder, owner) > 1;
      const store = openStore({
        ...{ path, owner, fence, collections: COLLECTIONS, others: files, now },
        ...(isSplit && { shard }),
      });
      return { store, mustBeNewest: () => store.mustBeNewest(), close: () => store.close() };
    },
    openReader: (owner) => openReadOnly({ owner, collections: COLLECTIONS, files }),
    open,
    async close() {
      for (const each of opened.values()) await each.close();
    },
  };
}
