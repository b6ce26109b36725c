import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createHash, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Certificate, certificateFor } from "./certificate.ts";
import { type DataFolder, openFolder } from "./folder.ts";

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 5, 1);
let folder: DataFolder;
let file: string;
beforeEach(() => {
  folder = openFolder(mkdtempSync(join(tmpdir(), "certificate-")), {
    mode: "paper",
    venue: "paper-quiet",
    account: "main",
  });
  file = join(folder.path, "keys", "tls.pem");
});
afterEach(() => rmSync(folder.path, { recursive: true, force: true }));

const own = (names: string[] = [], now = NOW): Promise<Certificate> =>
  certificateFor({ files: undefined, names }, folder, now);

describe("a self-signed certificate", () => {
  test("is made once, for nobody else to read, and good for this machine and all names", async () => {
    const made = await own(["192.0.2.7", "2001:db8::5", "desk.example"]);
    expect(made.isSelfSigned).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const parsed = new X509Certificate(made.cert);
    expect(parsed.publicKey.asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
    expect(parsed.ca).toBe(false);
    for (const name of ["localhost", "desk.example"]) expect([name, parsed.checkHost(name)]).toEqual([name, name]);
    for (const ip of ["127.0.0.1", "::1", "192.0.2.7", "2001:db8::5"])
      expect([ip, parsed.checkIP(ip)]).toEqual([ip, ip]);
    expect(parsed.checkHost("evil.example")).toBeUndefined();
    const bytes = createHash("sha256").update(parsed.raw).digest("hex").toUpperCase();
    expect(made.fingerprint.replaceAll(":", "")).toBe(bytes);
    expect((await own(["desk.example"])).fingerprint).toBe(made.fingerprint);
  });
  test("is renewed a month before its end, and never lasts longer than browsers take", async () => {
    const made = await own();
    expect(made.endsAt - NOW).toBeLessThan(398 * DAY_MS);
    expect((await own([], made.endsAt - 31 * DAY_MS)).fingerprint).toBe(made.fingerprint);
    const renewed = await own([], made.endsAt - 29 * DAY_MS);
    expect(renewed.fingerprint).not.toBe(made.fingerprint);
    expect(renewed.endsAt).toBeGreaterThan(made.endsAt + 300 * DAY_MS);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
  test("is made again for a new name, or where it is damaged", async () => {
    const made = await own();
    const named = await own(["desk.example"]);
    expect(named.fingerprint).not.toBe(made.fingerprint);
    writeFileSync(file, readFileSync(file, "utf8").slice(0, 300));
    expect((await own(["desk.example"])).fingerprint).not.toBe(named.fingerprint);
  });
});

describe("the owner's own certificate", () => {
  const written = (name: string, text: string): string => {
    const path = join(folder.path, name);
    writeFileSync(path, text);
    return path;
  };
  const given = (cert: string, key: string) => certificateFor({ files: { cert, key }, names: [] }, folder, NOW);

  test("is taken as it is, beside a key that fits", async () => {
    const made = await own(["desk.example"]);
    const found = await given(written("cert.pem", made.cert), written("key.pem", made.key));
    expect(found.fingerprint).toBe(made.fingerprint);
  });
  test("is refused by name where it is none, or another's", async () => {
    const made = await own();
    const cert = written("cert.pem", made.cert);
    rmSync(file);
    const other = written("other.pem", (await own()).key);
    await expect(given(cert, other)).rejects.toThrow(`${cert} and its key are of no use for TLS`);
    await expect(given(written("none.pem", "none"), other)).rejects.toThrow("none.pem");
    await expect(given(join(folder.path, "missing.pem"), other)).rejects.toThrow("missing.pem cannot be read");
  });
});
