import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { wallClock } from "../../shared/adapters/clock.ts";
import { put } from "../../shared/changes.ts";
import { orders, routerMarks } from "../../shared/collections/orders.ts";
import type { Op, Store } from "../../shared/kit/ports.ts";
import { ArangoStandIn } from "../../shared/testing/arango/stand-in.ts";
import { PASSWORD } from "../../shared/testing/arango/world.ts";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { carryStore } from "../migrate/carry-stores.ts";
import { arangoAddress } from "./arango-stores.ts";
import { envFor } from "./child-env.ts";
import { openFolder } from "./folder.ts";
import { prepareArango } from "./prepare-arango.ts";
import { readStoreSettings } from "./store-settings.ts";
import { openStores } from "./stores.ts";

const ORIGIN = { mode: "paper", venue: "paper-agents", account: "main" } as const;
const clock = wallClock();
let standIn: ArangoStandIn;
let folder: string;
let env: Record<string, string>;
let passwords: string;

beforeAll(async () => {
  standIn = new ArangoStandIn({ rootPassword: PASSWORD });
  folder = newFolder();
  const file = join(folder, "passwords.json");
  const base = { CHIMERA_STORE: "arango", CHIMERA_ARANGO_URL: standIn.url };
  const root = { ...base, CHIMERA_ARANGO_ROOT_PASSWORD: PASSWORD, CHIMERA_S05_ARANGO_PASSWORD: "given" };
  const { made } = await prepareArango({ env: root, dryRun: false, passwordsFile: file });
  expect(made.every((each) => each.isNew)).toBe(true);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  passwords = readFileSync(file, "utf8");
  env = { ...base, CHIMERA_ARANGO_PASSWORDS: passwords, CHIMERA_S05_ARANGO_PASSWORD: "given" };
  const again = await prepareArango({ env: root, dryRun: false, passwordsFile: file });
  expect([again.made.filter((each) => each.isNew), again.passwords]).toEqual([[], {}]);
});
afterAll(async () => {
  await standIn.down();
  removeFolder(folder);
});

const mark = { id: "fills", order_id: "1" } as never;
const marked = (store: Store) => store.commit([put(routerMarks, mark)] as Op[]);

test("every service has its own user and password, and a process is handed no other's", () => {
  const settings = readStoreSettings(env);
  const known = JSON.parse(passwords) as Record<string, string>;
  expect(arangoAddress(settings, env, "s04")).toMatchObject({ user: "chimera-s04", password: known["chimera-s04"]! });
  expect(arangoAddress(settings, env, "s05")).toMatchObject({ user: "chimera-s05", password: "given" });
  const handed = envFor("s04", { ...env, CHIMERA_ARANGO_ROOT_PASSWORD: "root" });
  expect(handed).toMatchObject({ CHIMERA_S04_ARANGO_PASSWORD: known["chimera-s04"] });
  const secrets = JSON.stringify(handed);
  for (const other of ["given", "root", known["chimera-s03"]!]) expect(secrets).not.toContain(`"${other}"`);
  const one = { ...env, CHIMERA_ARANGO_USER: "all", CHIMERA_ARANGO_PASSWORD: "one" };
  expect(arangoAddress(readStoreSettings(one), one, "s04")).toMatchObject({ user: "all", password: "one" });
  expect(() => arangoAddress(readStoreSettings({}), {}, "s04")).toThrow("chimera-s04 has no password");
  expect(() => arangoAddress(readStoreSettings({ CHIMERA_ARANGO_PASSWORDS: "{" }), {}, "s04")).toThrow("is no {");
});

test("processes share a database by their leases, and one of another installation is refused", async () => {
  const places = { stores: folder, shards: 1 };
  const stores = openStores({ folder: places, origin: ORIGIN, env, clock });
  const first = stores.openShard("s04", 0, 1);
  await marked(first.store);
  const second = stores.openShard("s04", 0, 2);
  await marked(second.store);
  await expect(Promise.resolve(first.mustBeNewest())).rejects.toMatchObject({ code: "FENCED" });
  await second.mustBeNewest();
  expect(await stores.openReader("s06").count(routerMarks)).toBe(1);
  const live = openStores({ folder: places, origin: { ...ORIGIN, mode: "live" }, env, clock });
  await expect(live.open("s04").ping()).rejects.toThrow('belong to mode "paper", not "live"');
  for (const each of [first, second]) await each.close();
  for (const each of [stores, live]) await each.close();
});

test("what lies in SQLite is carried to ArangoDB and back, and is the same", async () => {
  const data = openFolder(join(folder, "data"), ORIGIN);
  const files = openStores({ folder: data, env: {}, clock, asGiven: true });
  const s06 = files.open("s06");
  await s06.commit([
    { op: "done", stream: "a", group: "s06", id: "1-1" },
    { op: "link", child: "trades/a", parent: "orders/b" },
  ]);
  await files.close();
  const arango = openStores({ folder: data, env, clock, asGiven: true });
  const part = { owner: "s06", shard: 0 } as const;
  const there = await carryStore(files, arango, part);
  expect(there.by).toEqual({ done: 1, edge: 1 });
  await files.clear("s06");
  expect(await carryStore(arango, files, part)).toEqual(there);
  const reader = arango.openReader("s04");
  expect(await reader.traverse("orders/b", "children", 2)).toEqual([{ ref: "trades/a", depth: 1 }]);
  expect(await reader.count(orders)).toBe(0);
  await arango.clear("s06");
  expect(await reader.traverse("orders/b", "children", 2)).toEqual([]);
});
