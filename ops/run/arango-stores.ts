/** The documents of an installation in ArangoDB: by which user, in which database, bound to which installation. */
import { userOf } from "../../shared/adapters/arango/names.ts";
import type { ArangoAddress } from "../../shared/adapters/arango/server.ts";
import { type ArangoStore, type ArangoStoreOptions, openArango } from "../../shared/adapters/arango.ts";
import { openArangoReader } from "../../shared/adapters/arango-reader.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import type { ServiceId, StoreRecord } from "../../shared/kit/ports.ts";
import { readPasswords } from "./arango-passwords.ts";
import { type Origin, shardsOf } from "./folder.ts";
import type { Env } from "./process-settings.ts";
import type { StoreSettings } from "./store-settings.ts";
import type { Stores, StoresOptions } from "./stores-port.ts";

/** By one user for all where one is named, else by the owner's own. Throws an Error where its password is missing. */
export function arangoAddress(settings: StoreSettings, env: Env, owner: ServiceId): ArangoAddress {
  const { arangoUrl: url, arangoDatabase: database, arangoUser, arangoPassword } = settings;
  const user = arangoUser ?? userOf(owner);
  const own = env[`CHIMERA_${owner.toUpperCase()}_ARANGO_PASSWORD`];
  const password =
    arangoUser === undefined
      ? (own ?? readPasswords(settings.arangoPasswords)[user] ?? arangoPassword)
      : arangoPassword;
  if (password === undefined) {
    throw new Error(
      `${user} has no password for ArangoDB: set CHIMERA_${owner.toUpperCase()}_ARANGO_PASSWORD, ` +
        "CHIMERA_ARANGO_PASSWORDS_FILE or CHIMERA_ARANGO_PASSWORD. ./chimera init makes the users.",
    );
  }
  return { url, database, user, password };
}

export interface ArangoStoresOptions extends StoresOptions {
  settings: StoreSettings;
  origin: Origin | undefined;
}

export function openArangoStores({ folder, env, clock, settings, origin }: ArangoStoresOptions): Stores {
  const opened = new Map<ServiceId, ArangoStore>();
  const shards = (owner: ServiceId) => shardsOf(folder, owner);
  const optionsOf = (owner: ServiceId, shard: number): ArangoStoreOptions => ({
    ...{ address: arangoAddress(settings, env, owner), owner, collections: COLLECTIONS, shards },
    now: () => clock.now(),
    ...(shards(owner) > 1 && { shard }),
    ...(origin && { origin: { ...originOnly(origin), shards: shards(owner) } }),
  });
  const using = async <T>(owner: ServiceId, shard: number, work: (store: ArangoStore) => Promise<T>): Promise<T> => {
    const store = openArango(optionsOf(owner, shard));
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  };
  return {
    openShard(owner, shard, fence) {
      const store = openArango({ ...optionsOf(owner, shard), fence });
      return { store, mustBeNewest: () => store.mustBeNewest(), close: () => store.close() };
    },
    openReader: (owner) =>
      openArangoReader({ address: arangoAddress(settings, env, owner), owner, collections: COLLECTIONS, shards }),
    open(owner) {
      const kept = opened.get(owner) ?? openArango(optionsOf(owner, 0));
      opened.set(owner, kept);
      return kept;
    },
    async *dump(owner, shard = 0): AsyncGenerator<StoreRecord> {
      const store = openArango(optionsOf(owner, shard));
      try {
        yield* store.dump();
      } finally {
        await store.close();
      }
    },
    load: (owner, records, shard = 0) => using(owner, shard, (store) => store.load(records)),
    clear: (owner, shard = 0) => using(owner, shard, (store) => store.clear()),
    async close() {
      for (const each of opened.values()) await each.close();
    },
  };
}

const originOnly = ({ mode, venue, account }: Origin) => ({ mode, venue, account });
