import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { grantEnv, openGrantKeys } from "./grant-keys.ts";

let path: string;
beforeEach(() => {
  path = newFolder();
  mkdirSync(join(path, "keys"), { recursive: true });
});
afterEach(() => removeFolder(path));

test("the pair is made once, and only its owner can read the private one", () => {
  const files = openGrantKeys(path);
  const [secret, known] = [readFileSync(files.privateKey, "utf8"), readFileSync(files.publicKey, "utf8")];
  expect(statSync(files.privateKey).mode & 0o777).toBe(0o600);
  expect(openGrantKeys(path)).toEqual(files);
  expect([readFileSync(files.privateKey, "utf8"), readFileSync(files.publicKey, "utf8")]).toEqual([secret, known]);
});

test("a public key that is missing is made again from the private one", () => {
  const files = openGrantKeys(path);
  const known = readFileSync(files.publicKey, "utf8");
  rmSync(files.publicKey);
  openGrantKeys(path);
  expect(readFileSync(files.publicKey, "utf8")).toBe(known);
});

test("a damaged key is named", () => {
  const files = openGrantKeys(path);
  rmSync(files.publicKey);
  writeFileSync(files.privateKey, "no key");
  expect(() => openGrantKeys(path)).toThrow("grant.key is damaged");
});

test("of processes the gateway's alone is handed the private key, and the connector's the public one", () => {
  const files = openGrantKeys(path);
  expect(Object.keys(grantEnv(files, "s12"))).toEqual(["CHIMERA_S12_GRANT_KEY"]);
  expect(Object.keys(grantEnv(files, "s01"))).toEqual(["CHIMERA_S01_GRANT_PUBLIC_KEY"]);
  expect(grantEnv(files, "s04")).toEqual({});
  expect(Object.keys(grantEnv(files))).toHaveLength(2);
});
