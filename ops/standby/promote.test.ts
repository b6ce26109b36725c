import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { alertsKept } from "../../shared/collections/operations.ts";
import { auditLog } from "../../shared/collections/people.ts";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { installedIn } from "../backup/installed.ts";
import { makeBackup } from "../backup/make.ts";
import { openTarget } from "../backup/open-target.ts";
import { vaultBy } from "../backup/vault.ts";
import { type Exchange, FUT, Installed, openExchange, SPOT } from "../migrate/installation.fixture.ts";
import { readAll } from "../sim/pages.ts";
import { whileRunning } from "../sim/requests.ts";
import { fingerprint } from "../venue/binance/keys.ts";
import { venueNet } from "../venue/memory-net.ts";
import { followOnce } from "./follow.ts";
import { keepOwnKey } from "./own-keys.ts";
import { mirrorOf, type Promoting, promoteSite, rehearse } from "./promote.ts";
import { keepState, standbyFolder, stateOf } from "./standby-folder.ts";

const BUILD = { version: "1", git_commit: "abc", built_at: "now" };
const OWN = { api_key: "standby-key-0001", secret: "standby-secret-0001" };
const SECOND = { account: "main", key: OWN.api_key, secret: OWN.secret, balances: {} };
const TAG_WRONG = "zzzz";

let root: string;
let env: Record<string, string>;
let exchange: Exchange;
let old: Installed;
beforeEach(async () => {
  root = newFolder();
  const key = join(root, "backup.key");
  writeFileSync(key, "ab".repeat(32), { mode: 0o600 });
  env = { CHIMERA_BACKUP_KEY_FILE: key, CHIMERA_BACKUP_TO: join(root, "backups") };
  exchange = await openExchange("both sites", [SECOND]);
  old = await Installed.start(join(root, "old"), exchange);
  expect(await old.enter(FUT, "old")).toBe("FILLED");
  await backup();
  await follow();
});
afterEach(async () => {
  await old.stop();
  removeFolder(root);
});

const folder = () => standbyFolder(join(root, "new"));
const from = () => openTarget(undefined, env, exchange.clock).target;
const pass = (ms: number) => exchange.clock.run(exchange.clock.now() + ms);
const backup = () =>
  makeBackup({
    installed: installedIn(join(root, "old"), env, exchange.clock),
    target: from(),
    clock: exchange.clock,
    build: BUILD,
  });
const promoting = (over: Partial<Promoting> = {}): Promoting => ({
  data: folder().data,
  env,
  clock: exchange.clock,
  net: venueNet(exchange.venue, exchange.clock),
  vault: vaultBy(env.CHIMERA_BACKUP_KEY_FILE),
  from: from(),
  actor: "ann",
  ...over,
});
const promote = (over: Partial<Promoting> = {}) => whileRunning(exchange.clock, promoteSite(promoting(over)));

/** One round, as ./chimera standby does it, with a key of its own. */
async function follow(): Promise<void> {
  const mirror = mirrorOf(folder(), vaultBy(env.CHIMERA_BACKUP_KEY_FILE), exchange.clock);
  const { backup_id, as_of } = await followOnce(from(), mirror, () => exchange.clock.now());
  const { rehearsed } = stateOf(folder()) ?? {};
  keepState(folder(), { status: "following", from: "there", backup_id, as_of, ...(rehearsed && { rehearsed }) });
  keepOwnKey(folder(), await mirror.manifest(backup_id), { key: OWN, env });
}

async function switchKey(on: boolean): Promise<void> {
  const headers = { authorization: `Bearer ${exchange.venue.adminToken}` };
  const body = JSON.stringify({ on });
  await exchange.venue.rest("admin", { method: "POST", path: "/keys/paper-key/switch", headers, body });
}

/** Client ids of the venue's orders that are there more than once. */
function doubled(): string[] {
  const ids = exchange.venue.orders().map(({ instrument, client_id }) => `${instrument} ${client_id}`);
  return ids.filter((id, at) => ids.indexOf(id) !== at);
}
const alertsAt = async (site: Installed) =>
  (await readAll(site.world.store("s11"), alertsKept)).map(({ severity, code }) => `${severity} ${code}`);
const killOff = (site: Installed) =>
  site.verb("s12", "setKillSwitch", { enable: false, mode: "CANCEL", reason: "the books agree" });

/** The same intent at both at once, which rests: the exchange refuses one of them as a duplicate. */
async function restsOnce(instrument: typeof FUT, sites: readonly Installed[]): Promise<void> {
  const intent = { intent_id: `same-${instrument}`, type: "LIMIT", price: exchange.price(instrument, 0.995) } as const;
  const asked = Promise.all(sites.map((each) => each.asks(instrument, "same", intent)));
  expect(await whileRunning(exchange.clock, asked)).toContain("ACCEPTED");
  await pass(6_000);
  const resting = exchange.venue.orders().filter((order) => order.status === "NEW" && order.side === "BUY");
  expect(resting.filter((order) => order.instrument === instrument)).toHaveLength(1);
}

describe("both sites alive", () => {
  test("the old key revoked: nothing of the old site reaches the exchange, the new one's books are the exchange's", async () => {
    expect(await whileRunning(exchange.clock, rehearse(promoting()))).toEqual({ SPOT: "taken", FUT: "taken" });
    // What the standby has not heard of.
    expect(await old.enter(SPOT, "old")).toBe("FILLED");
    const third = join(root, "third");
    cpSync(folder().data, third, { recursive: true });
    await switchKey(false);
    const revoked = exchange.journal.length();
    expect(await old.enter(FUT, "old")).not.toBe("FILLED");
    const { generation, unannounced } = await promote();
    expect([generation, unannounced]).toEqual([2, undefined]);
    // A standby of the same site, which was not told: the key that is revoked is not the one that trades by now.
    await expect(promote({ data: third })).rejects.toThrow("has taken over already, as generation 2");
    expect(stateOf(standbyFolder(third))?.status).toBe("following");
    const site = await Installed.start(folder().data, exchange);
    try {
      await pass(20_000);
      expect(await site.enter(FUT, "new")).not.toBe("FILLED");
      await killOff(site);
      expect(await site.enter(FUT, "new")).toBe("FILLED");
      expect(await old.enter(SPOT, "old")).toBe("REJECTED");
      await pass(20_000);
      const by = exchange.journal.read(revoked + 1, 100_000).map((entry) => entry.by);
      expect(by.filter((key) => key === fingerprint("paper-key"))).toEqual([]);
      expect(by).toContain(fingerprint(OWN.api_key));
      expect((await site.judge()).violated).toEqual([]);
      expect(doubled()).toEqual([]);
      expect(await alertsAt(old)).toContain("FATAL KEY_REFUSED");
      const audit = await readAll(site.world.store("s12"), auditLog);
      expect(audit.filter(({ what }) => what === "site promoted")).toMatchObject([
        { actor: "ann", outcome: "the exchange refuses the old key", after: { generation: 2 } },
      ]);
    } finally {
      await site.stop();
    }
  }, 180_000);

  test("the old key not revoked: promotion refuses, and the old site trades on", async () => {
    expect(promote()).rejects.toThrow("was never seen to work from this machine");
    await whileRunning(exchange.clock, rehearse(promoting()));
    await expect(promote()).rejects.toThrow("The old key still works (SPOT, FUT): revoke it");
    await expect(promote({ checked: TAG_WRONG })).rejects.toThrow('tag is another than "zzzz"');
    await expect(promote({ net: { fetch: () => Promise.reject(new Error("no line")) } })).rejects.toThrow(
      "does not say whether the old key is revoked",
    );
    expect(stateOf(folder())?.status).toBe("following");
    expect(await old.enter(SPOT, "old")).toBe("FILLED");
    await backup();
    expect((await old.judge()).violated).toEqual([]);
  }, 180_000);

  test("promotion forced: both sites stop entering when they see each other trade, and the next backup stops the old one", async () => {
    await promote({ checked: old.folder.tag });
    const site = await Installed.start(folder().data, exchange);
    try {
      await pass(20_000);
      await killOff(site);
      for (const instrument of [FUT, SPOT]) await restsOnce(instrument, [old, site]);
      expect(await old.enter(FUT, "old")).toBe("FILLED");
      // Told of it, it enters nothing under the same ids.
      for (const instrument of [FUT, SPOT]) expect(await site.enter(instrument, "new")).toBe("UNAVAILABLE");
      expect(await alertsAt(site)).toContain("FATAL OTHER_SITE");
      expect(doubled()).toEqual([]);
      await expect(backup()).rejects.toThrow("Another site has taken over");
      await pass(11_000);
      expect(await old.enter(FUT, "old")).toBe("REJECTED");
      expect(await alertsAt(old)).toContain("FATAL SITE_REPLACED");
    } finally {
      await site.stop();
    }
    // The operator has stopped the old one, and starts this one again.
    const again = await Installed.start(folder().data, exchange);
    try {
      // Until health is well again.
      await pass(90_000);
      expect(await again.enter(FUT, "again")).toBe("FILLED");
    } finally {
      await again.stop();
    }
  }, 180_000);
});
