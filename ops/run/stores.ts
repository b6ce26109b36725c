/** The documents of an installation: opened for one shard's holder, for who only reads, or for one process that is all. */
import { rmSync } from "node:fs";
import { openReadOnly } from "../../shared/adapters/read-only-store.ts";
import { dumpFile } from "../../shared/adapters/sqlite/dump.ts";
import { openStore, type SqliteStore } from "../../shared/adapters/sqlite.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import type { ServiceId } from "../../shared/kit/ports.ts";
import { openArangoStores } from "./arango-stores.ts";
import { shardsOf, storeFile, storeFiles } from "./folder.ts";
import { readStoreSettings } from "./store-settings.ts";
import type { Stores, StoresOptions } from "./stores-port.ts";

export type { Stores, StoresOptions };

/** Throws an Error for settings that are wrong, or that say something else than the data folder does. */
export function openStores(options: StoresOptions): Stores {
  const { folder, env, asGiven } = options;
  const settings = readStoreSettings(env, asGiven ? undefined : folder.path);
  if (settings.store === "sqlite") return openFiles(options);
  return openArangoStores({ ...options, settings, origin: options.origin ?? folder.origin });
}

function openFiles({ folder, clock }: StoresOptions): Stores {
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
