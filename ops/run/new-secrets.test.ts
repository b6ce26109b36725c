import { afterEach, beforeEach, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { masterKey, sealKey } from "./exchange-keys.ts";
import { openFolder } from "./folder.ts";
import { identityOf } from "./identity.ts";
import { makeSecrets } from "./new-secrets.ts";
import { withSecretFiles } from "./secret-files.ts";

const NOW = Date.UTC(2026, 10, 23);
const wanted = { hosts: ["s04-router", "*.chimera.svc"], owners: ["s01", "s04"], now: NOW };

let path: string;
let folder: string;
beforeEach(() => {
  path = newFolder();
  folder = join(path, "secrets");
});
afterEach(() => removeFolder(path));

const contents = () =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]));

test("each is made once, and what is there stays as it is", async () => {
  const first = await makeSecrets(folder, wanted);
  expect(first.every(({ isNew }) => isNew)).toBe(true);
  const before = contents();
  expect(Object.keys(before)).toContain("s04-arango-password");
  expect(new Set(Object.values(before)).size).toBe(Object.keys(before).length);
  expect(
    (await makeSecrets(folder, { ...wanted, owners: ["s01", "s04", "s05"] })).filter(({ isNew }) => isNew),
  ).toEqual([{ file: join(folder, "s05-arango-password"), isNew: true }]);
  expect(contents()).toMatchObject(before);
});

test("others can read what proves nothing, and nothing else", async () => {
  await makeSecrets(folder, wanted);
  const open = readdirSync(folder).filter((name) => (statSync(join(folder, name)).mode & 0o077) !== 0);
  expect(open.sort()).toEqual(["s01-grant-public-key", "service-tls-ca", "service-tls-cert"]);
  expect(statSync(folder).mode & 0o077).toBe(0);
});

test("a service takes them as they are", async () => {
  await makeSecrets(folder, wanted);
  const at = (name: string) => join(folder, name);
  const env = withSecretFiles({
    CHIMERA_SERVICE_KEY_FILE: at("service-key"),
    CHIMERA_INSTALLATION_TAG_FILE: at("installation-tag"),
    CHIMERA_MASTER_KEY_FILE: at("master-key"),
    ...{ CHIMERA_STORE: "arango", CHIMERA_BLOBS: "s3" },
  });
  const { keys } = identityOf(env, "s11");
  expect(keys).toEqual({ CHIMERA_S11_CHANNEL_KEY: readFileSync(at("s11-channel-key"), "utf8").trim() });
});

test("the certificate is good for the hosts, by its authority, for years", async () => {
  await makeSecrets(folder, wanted);
  const read = (name: string) => new X509Certificate(readFileSync(join(folder, name)));
  const [ca, cert] = [read("service-tls-ca"), read("service-tls-cert")];
  expect(cert.verify(ca.publicKey)).toBe(true);
  expect([ca.ca, cert.ca]).toEqual([true, false]);
  expect(
    ["s04-router", "s04-router.chimera.svc", "localhost"].map((host) => cert.checkHost(host) !== undefined),
  ).toEqual([true, true, true]);
  expect(cert.checkHost("api.binance.com")).toBeUndefined();
  expect(Date.parse(cert.validTo) - NOW).toBeGreaterThan(9 * 365 * 86_400_000);
});

test("of an installation that there is they are its own", async () => {
  const origin = { mode: "testnet", venue: "binance", account: "main" } as const;
  const data = openFolder(join(path, "data"), origin);
  const key = { api_key: "0123456789abcdef", secret: "fedcba9876543210" };
  sealKey(data, masterKey(data, {}), key);
  await makeSecrets(folder, { ...wanted, from: data.path });
  const made = contents();
  expect(made["service-key"]?.trim()).toBe(Buffer.from(data.serviceKey).toString("hex"));
  expect(made["installation-tag"]?.trim()).toBe(data.tag);
  expect(made["s12-grant-key"]?.trim()).toBe(readFileSync(data.grantKeys.privateKey, "utf8").trim());
  expect([made["s01-api-key"], made["s01-api-secret"]]).toEqual([`${key.api_key}\n`, `${key.secret}\n`]);
  await expect(makeSecrets(folder, { ...wanted, from: join(path, "none") })).rejects.toThrow("holds no installation");
});

test("half of a pair is nothing that a new half would fit", async () => {
  await makeSecrets(folder, wanted);
  rmSync(join(folder, "s01-grant-public-key"));
  await expect(makeSecrets(folder, wanted)).rejects.toThrow("bring it back, or remove both");
  writeFileSync(join(folder, "s01-grant-public-key"), "p");
  rmSync(join(folder, "service-tls-key"));
  await expect(makeSecrets(folder, wanted)).rejects.toThrow("service-tls-key is missing");
});
