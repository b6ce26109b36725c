import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { grantKeysForTests } from "../../shared/testing/grant-keys.ts";
import { channelKeyEnv } from "./exchange-keys.ts";
import { openFolder } from "./folder.ts";
import { identityOf } from "./identity.ts";

const KEY = "ab".repeat(32);
const { privateKey, publicKey } = grantKeysForTests();
const REMOTE = { CHIMERA_STORE: "arango", CHIMERA_BLOBS: "s3" };

let path: string;
let env: Record<string, string>;
beforeEach(() => {
  path = newFolder();
  env = { CHIMERA_SERVICE_KEY: KEY, CHIMERA_INSTALLATION_TAG: "ab12", CHIMERA_DATA: join(path, "data") };
});
afterEach(() => removeFolder(path));

test("with stores elsewhere the environment is enough, and nothing is written", () => {
  const identity = identityOf({ ...env, ...REMOTE, CHIMERA_SHARDS: "4" }, "s04");
  expect(identity).toMatchObject({ tag: "ab12", keys: {}, origin: { mode: "paper", venue: "paper-agents" } });
  expect(identity.serviceKey).toEqual(new Uint8Array(Buffer.from(KEY, "hex")));
  expect(identity.folder.shards).toBe(4);
  expect(existsSync(join(path, "data"))).toBe(false);
});

test("with files for stores the folder holds these and what it is bound to, and no secrets", () => {
  identityOf(env, "s04");
  expect(readdirSync(join(path, "data")).sort()).toEqual(["blobs", "origin.json", "stores"]);
  expect(identityOf(env, "s05").tag).toBe("ab12");
  expect(() => identityOf({ ...env, CHIMERA_INSTALLATION_TAG: "zz99" }, "s04")).toThrow("installation ab12, not zz99");
  expect(() => identityOf({ ...env, CHIMERA_MODE: "live" }, "s04")).toThrow('mode "paper", not "live"');
  expect(() => identityOf({ ...env, CHIMERA_SHARDS: "2" }, "s04")).toThrow("made with 1 shard");
});

test.each([
  ["s01", "CHIMERA_S01_GRANT_PUBLIC_KEY", publicKey],
  ["s11", "CHIMERA_S11_CHANNEL_KEY", KEY],
  ["s12", "CHIMERA_S12_GRANT_KEY", privateKey],
] as const)("%s needs %s", (owner, name, value) => {
  expect(() => identityOf({ ...env, ...REMOTE }, owner)).toThrow(`${name} or`);
  expect(identityOf({ ...env, ...REMOTE, [name]: value }, owner).keys).toEqual({});
});

test("on an exchange S1 wants a key of that exchange: the one for the paper venue is refused", () => {
  const s01 = { ...env, ...REMOTE, CHIMERA_S01_GRANT_PUBLIC_KEY: publicKey };
  const paperKey = { CHIMERA_S01_API_KEY: "paper-key" };
  for (const mode of ["testnet", "live"]) {
    for (const key of [{}, paperKey]) {
      expect(() => identityOf({ ...s01, ...key, CHIMERA_MODE: mode }, "s01")).toThrow(
        `There is no exchange key, which s01 needs in ${mode} mode. Put the exchange's key into the secret s01-api-key`,
      );
    }
    identityOf({ ...s01, CHIMERA_S01_API_KEY: "given", CHIMERA_MODE: mode }, "s01");
    identityOf({ ...s01, CHIMERA_API_KEY: "given", CHIMERA_MODE: mode }, "s01");
    identityOf({ ...env, ...REMOTE, ...paperKey, CHIMERA_MODE: mode }, "s04");
  }
  identityOf({ ...s01, ...paperKey }, "s01");
});

test("what is missing or none is named, and the key is not repeated", () => {
  const { CHIMERA_INSTALLATION_TAG: _, ...untagged } = env;
  expect(() => identityOf({ ...untagged, ...REMOTE }, "s04")).toThrow("CHIMERA_INSTALLATION_TAG is 4");
  for (const none of ["", "abcd", `${KEY}zz`, KEY.slice(2)]) {
    let said = "";
    try {
      identityOf({ ...env, ...REMOTE, CHIMERA_SERVICE_KEY: none }, "s04");
    } catch (error) {
      said = String(error);
    }
    expect(said).toContain("CHIMERA_SERVICE_KEY is damaged: it should hold 32 bytes in hex.");
    expect(said).not.toContain(KEY.slice(2));
  }
});

test("S11 has the same key for channels as in a data folder with this master key", () => {
  const file = join(path, "master.key");
  writeFileSync(file, KEY, { mode: 0o600 });
  const origin = { mode: "paper", venue: "paper-agents", account: "main" } as const;
  const inFolder = channelKeyEnv(openFolder(join(path, "folder"), origin), { CHIMERA_MASTER_KEY_FILE: file }, "s11");
  const inEnv = identityOf({ ...env, ...REMOTE, CHIMERA_MASTER_KEY_FILE: file }, "s11").keys;
  expect(inEnv).toEqual(inFolder);
});

test("without a service key it is a data folder, whose secrets it hands to whom they belong", () => {
  const { CHIMERA_DATA } = env;
  const told = identityOf({ CHIMERA_DATA, CHIMERA_SHARDS: "2" }, "s12");
  expect(Object.keys(told.keys)).toEqual(["CHIMERA_S12_GRANT_KEY"]);
  expect(identityOf({ CHIMERA_DATA }, "s04")).toMatchObject({ tag: told.tag, keys: {} });
  expect(identityOf({ CHIMERA_DATA }, "s04").folder.shards).toBe(2);
});
