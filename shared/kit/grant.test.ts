import { describe, expect, test } from "bun:test";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { SignJWT } from "jose";
import { VirtualClock } from "../adapters/virtual-clock.ts";
import type { Transfer } from "../contracts.ts";
import { asProblem } from "../errors.ts";
import { grantKeysForTests } from "../testing/grant-keys.ts";
import { createGrantChecker, createGrantSigner, transferHash } from "./grant.ts";

const START_MS = 1_700_000_000_500;
const keys = grantKeysForTests();
const transfer: Transfer = {
  transfer_id: "t-1",
  account: "main",
  from: "SPOT",
  to: "FUT",
  amount_usdt: "100",
  reason: "top-up",
};
const grant = { transfer_id: "t-1", hash: transferHash(transfer), approver: "ada", start_by: START_MS };

function bench() {
  const clock = new VirtualClock(START_MS);
  const { sign } = createGrantSigner(keys.privateKey, clock);
  const { check } = createGrantChecker(keys.publicKey, clock);
  const codeOf = (given: string | undefined, of = transfer) =>
    check(given, of).then(
      () => "OK",
      (error: unknown) => asProblem(error).code,
    );
  return { clock, sign, check, codeOf };
}

const secretOf = (der: string) =>
  createPrivateKey({ key: Buffer.from(der, "base64url"), format: "der", type: "pkcs8" });
const second = Math.floor(START_MS / 1_000);

/** A grant as the signer makes it, with some of it changed. */
function forged(change: {
  claims?: object;
  issuer?: string;
  audience?: string;
  typ?: string;
  iat?: number;
  exp?: number | undefined;
  key?: string;
}): Promise<string> {
  const { claims, issuer = "s12", audience = "s01", typ = "chimera-grant+jwt", iat = second, key } = change;
  const token = new SignJWT({ hash: grant.hash, approver: "ada", sub: "t-1", start_by: START_MS, ...claims })
    .setProtectedHeader({ alg: "EdDSA", typ })
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt(iat);
  if (!("exp" in change)) token.setExpirationTime(second + 60);
  else if (change.exp !== undefined) token.setExpirationTime(change.exp);
  return token.sign(secretOf(key ?? keys.privateKey));
}
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

test("a grant lets exactly its transfer pass, and tells who approved", async () => {
  const { sign, check } = bench();
  expect(await check(await sign(grant), transfer)).toEqual({ approver: "ada", hash: grant.hash, start_by: START_MS });
  expect(await check(await forged({}), transfer)).toEqual({ approver: "ada", hash: grant.hash, start_by: START_MS });
});

test("it lasts a minute by the clock that the service is handed", async () => {
  const { clock, sign, codeOf } = bench();
  const given = await sign(grant);
  await clock.run(START_MS + 59_000);
  expect(await codeOf(given)).toBe("OK");
  await clock.run(START_MS + 60_000);
  expect(await codeOf(given)).toBe("FORBIDDEN");
});

test("no part of the transfer can be another", async () => {
  const { sign, codeOf } = bench();
  const given = await sign(grant);
  const changes: Partial<Transfer>[] = [
    { transfer_id: "t-2" },
    { account: "other" },
    { from: "FUT" },
    { to: "SPOT" },
    { amount_usdt: "100.1" },
    { reason: "another" },
  ];
  for (const change of changes) expect(await codeOf(given, { ...transfer, ...change })).toBe("FORBIDDEN");
});

describe("refused", () => {
  const rows: [string, () => Promise<string> | string | undefined][] = [
    ["none", () => undefined],
    ["an empty one", () => ""],
    ["garbage", () => "a.b.c"],
    ["another key", () => forged({ key: grantKeysForTests(8).privateKey })],
    ["another audience", () => forged({ audience: "s04" })],
    ["another issuer", () => forged({ issuer: "s06" })],
    ["another kind of token", () => forged({ typ: "JWT" })],
    ["no end", () => forged({ exp: undefined })],
    ["an end in a week, signed two minutes ago", () => forged({ iat: second - 120, exp: second + 604_800 })],
    ["signed in the future", () => forged({ iat: second + 3_600, exp: second + 3_660 })],
    ["nobody who approved", () => forged({ claims: { approver: "" } })],
    ["no time to start by", () => forged({ claims: { start_by: undefined } })],
    ["no hash", () => forged({ claims: { hash: undefined } })],
    ["no algorithm", () => `${encode({ alg: "none", typ: "chimera-grant+jwt" })}.${encode({ ...grant })}.`],
    ["the public key as a shared secret", swapped],
    ["a signature cut off", async () => (await forged({})).slice(0, -4)],
    ["claims changed under the signature", tampered],
  ];
  test.each(rows)("%s", async (_what, make) => {
    expect(await bench().codeOf(await make())).toBe("FORBIDDEN");
  });
});

function swapped(): Promise<string> {
  const der = Buffer.from(keys.publicKey, "base64url");
  expect(createPublicKey({ key: der, format: "der", type: "spki" }).asymmetricKeyType).toBe("ed25519");
  return new SignJWT({ hash: grant.hash, approver: "ada", sub: "t-1" })
    .setProtectedHeader({ alg: "HS256", typ: "chimera-grant+jwt" })
    .setIssuer("s12")
    .setAudience("s01")
    .setIssuedAt(second)
    .setExpirationTime(second + 60)
    .sign(new Uint8Array(der));
}

async function tampered(): Promise<string> {
  const [head, , signature] = (await forged({})).split(".");
  const claims = { hash: grant.hash, approver: "eve", sub: "t-1", iss: "s12", aud: "s01", iat: second };
  return `${head}.${encode({ ...claims, exp: second + 60 })}.${signature}`;
}
