/** The documents of an installation: opened for one shard's holder, for who only reads, or for one process that is all. */
import { rmSync } from "node:fs";
import { openReadOnly } from "../../shared/adapters/read-only-store.ts";
import { dumpFile } from "../../shared/adapters/sqlite/dump.ts";
import { openStore, type SqliteStore } from "../../shared/adapters/sqlite.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import type { ShardStore } from "../../shared/kit/instance.ts";
import type { Clock, ServiceId, Store, StoreRecord } from "../../shared/kit/ports.ts";
import { type DataFolder, shardsOf, storeFile, storeFiles } from "./folder.ts";

export interface Stores {
  /** An owner's shard, for whoever holds its lease. */
  openShard(owner: ServiceId, shard: number, fence: number): ShardStore;
  /** Everybody's documents, for reading. */
  openReader(owner: ServiceId): Store;
  /** An owner's only store, where one process is all services; opened once. */
  open(owner: ServiceId): Store;
  /** All that an owner's shard holds as of one moment, also while its holder writes it; needs no lease. */
  dump(owner: ServiceId, shard?: number): AsyncIterable<StoreRecord>;
  /** Fills an owner's empty shard, of which nobody holds the lease; throws as `PortableStore.load`. */
  load(owner: ServiceId, records: AsyncIterable<StoreRecord>, shard?: number): Promise<void>;
  /** Forgets all that an owner's shard holds; nobody may have it open. */
  clear(owner: ServiceId, shard?: number): Promise<void>;
  /** What `open` opened. */
  close(): Promise<void>;
}

export interface StoresOptions {
  folder: Pick<DataFolder, "stores" | "shards">;
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  /** The environment alone says which stores are meant, whatever the data folder remembers. */
  asGiven?: boolean;
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
  const portable = (owner: ServiceId, shard: number) => ({
    ...{ path: storeFile(folder, owner, shard), owner, collections: COLLECTIONS },
    ...(shardsOf(folder, owner) > 1 && { shard }),
  });
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
    dump: (owner, shard = 0) => dumpFile(portable(owner, shard)),
    async load(owner, records, shard = 0) {
      const store = openStore({ ...portable(owner, shard), now });
      try {
        await store.load(records);
      } finally {
        await store.close();
      }
    },
    async clear(owner, shard = 0) {
      const path = storeFile(folder, owner, shard);
      for (const part of ["", "-wal", "-shm"]) rmSync(`${path}${part}`, { force: true });
    },
    async close() {
      for (const each of opened.values()) await each.close();
    },
  };
}
