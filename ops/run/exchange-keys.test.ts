import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { channelKeyEnv, describeKey, exchangeKeyEnv, masterKey, openKey, removeKey, sealKey } from "./exchange-keys.ts";

const KEY = { api_key: "abcdefgh-1234", secret: "the-secret-itself" };
let path: string;
const place = (mode: "testnet" | "live" = "live") => ({ path, origin: { mode, venue: "binance", account: "main" } });
const sealed = () => join(path, "keys", "exchange.sealed");

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), "keys-"));
  mkdirSync(join(path, "keys"));
});
afterEach(() => rmSync(path, { recursive: true }));

test("a key comes back as it was sealed, to S1 alone, and nothing on disk tells it", () => {
  sealKey(place(), masterKey(place(), {}), KEY);
  expect(exchangeKeyEnv(place(), {}, "s01")).toEqual({
    CHIMERA_S01_API_KEY: KEY.api_key,
    CHIMERA_S01_API_SECRET: KEY.secret,
  });
  expect(exchangeKeyEnv(place(), {})).not.toEqual({});
  expect(exchangeKeyEnv(place(), {}, "s04")).toEqual({});
  const text = readFileSync(sealed(), "utf8");
  expect(text).not.toContain(KEY.secret);
  expect(text).not.toContain(KEY.api_key);
  expect(describeKey(place())?.ends_with).toBe("1234");
  for (const file of [sealed(), join(path, "keys", "master.key")]) expect(statSync(file).mode & 0o077).toBe(0);
  removeKey(place());
  expect(exchangeKeyEnv(place(), {}, "s01")).toEqual({});
});

test("it opens for its own mode only, with its own master key only, and not after a change", () => {
  const master = masterKey(place(), {});
  sealKey(place("testnet"), master, KEY);
  expect(openKey(place("testnet"), () => master)).toEqual(KEY);
  expect(() => openKey(place("live"), () => master)).toThrow("does not open");
  expect(() => openKey(place("testnet"), () => new Uint8Array(32))).toThrow("does not open");
  const changed = JSON.parse(readFileSync(sealed(), "utf8"));
  writeFileSync(sealed(), JSON.stringify({ ...changed, data: changed.tag }));
  expect(() => openKey(place("testnet"), () => master)).toThrow("does not open");
  writeFileSync(sealed(), "{");
  expect(() => openKey(place("testnet"), () => master)).toThrow("is damaged");
});

test("a master key from elsewhere is used, and refused when others may read it or it is none", () => {
  const file = join(path, "elsewhere");
  const env = { CHIMERA_MASTER_KEY_FILE: file };
  expect(() => masterKey(place(), env)).toThrow("is not there");
  writeFileSync(file, "ab".repeat(32), { mode: 0o600 });
  expect([...masterKey(place(), env)]).toEqual(Array(32).fill(0xab));
  chmodSync(file, 0o644);
  expect(() => masterKey(place(), env)).toThrow("can be read by others");
  writeFileSync(file, "ab");
  chmodSync(file, 0o600);
  expect(() => masterKey(place(), env)).toThrow("32 bytes");
});

test("S11 alone has a key for channels, the same each time, which does not tell the master key", () => {
  const { CHIMERA_S11_CHANNEL_KEY: key } = channelKeyEnv(place(), {}, "s11");
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  expect(channelKeyEnv(place(), {})).toEqual({ CHIMERA_S11_CHANNEL_KEY: key as string });
  expect(channelKeyEnv(place(), {}, "s01")).toEqual({});
  expect(key).not.toBe(Buffer.from(masterKey(place(), {})).toString("hex"));
});
