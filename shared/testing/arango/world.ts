/** Stores of several owners over one new database: in the stand-in, or in the server that CHIMERA_TEST_ARANGO names. */
import { randomUUID } from "node:crypto";
import { ensureSchema } from "../../adapters/arango/schema.ts";
import { type ArangoAddress, Server } from "../../adapters/arango/server.ts";
import { type ArangoStore, type ArangoStoreOptions, openArango } from "../../adapters/arango.ts";
import type { ServiceId } from "../../kit/ports.ts";
import { COLLECTIONS, type StoreWorld } from "../store-world.ts";
import { ArangoStandIn } from "./stand-in.ts";

/** `http://root:password@127.0.0.1:8529`; each test makes a database of its own there and drops it. */
export const REAL = process.env.CHIMERA_TEST_ARANGO;

export interface ArangoWorld extends StoreWorld {
  address: ArangoAddress;
  open(owner: ServiceId, options?: Partial<ArangoStoreOptions>): Promise<ArangoStore>;
  reopen(owner: ServiceId): Promise<ArangoStore>;
}

export const PASSWORD = "of the stand-in";

/** One stand-in serves all tests of a file; each has its own database. */
let shared: ArangoStandIn | undefined;
export const sharedStandIn = (): ArangoStandIn => {
  shared ??= new ArangoStandIn({ rootPassword: PASSWORD });
  return shared;
};

export const addressOf = (standIn: ArangoStandIn, database: string): ArangoAddress => ({
  ...{ url: standIn.url, database, user: "root", password: PASSWORD },
});

function realAddress(text: string, database: string): ArangoAddress {
  const url = new URL(text);
  const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  return { url: url.origin, database, user, password };
}

export const newAddress = (from: ArangoStandIn | string): ArangoAddress => {
  const database = `chimera_test_${randomUUID().replaceAll("-", "")}`;
  return typeof from === "string" ? realAddress(from, database) : addressOf(from, database);
};

export async function arangoWorld(from: ArangoStandIn | string): Promise<ArangoWorld> {
  const address = newAddress(from);
  await ensureSchema({ address, collections: COLLECTIONS });
  const stores = new Map<ServiceId, ArangoStore>();
  const opened: ArangoStore[] = [];
  const open: ArangoWorld["open"] = async (owner, options = {}) => {
    const store = openArango({ address, owner, collections: COLLECTIONS, searchSync: true, ...options });
    stores.set(owner, store);
    opened.push(store);
    return store;
  };
  return {
    address,
    open,
    async reopen(owner) {
      await stores.get(owner)?.close();
      return open(owner);
    },
    async end() {
      for (const store of opened) await store.close();
      await dropDatabase(address);
    },
  };
}

export async function dropDatabase(address: ArangoAddress): Promise<void> {
  const system = new Server({ ...address, database: "_system" });
  await system.ask({ method: "DELETE", path: `/_api/database/${address.database}` });
  system.close();
}
