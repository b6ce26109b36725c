import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { SignJWT, UnsecuredJWT } from "jose";
import { signingKeys } from "../../shared/collections/people.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import { createSealer } from "../../shared/sealing.ts";
import { grantKeysForTests } from "../../shared/testing/grant-keys.ts";
import { AUDIENCE, ISSUER, TYPE } from "./access-token.ts";
import { type Gateway, openGateway } from "./people.fixture.ts";
import type { Jwk } from "./signing-keys.ts";

const GRANT_KEY = grantKeysForTests().privateKey;
let gateway: Gateway;
let good: string;
/** Of a real sign-in. */
let claims: Record<string, unknown>;
/** What the gateway itself signs with. */
let key: Jwk & { kid: string };

beforeAll(async () => {
  gateway = await openGateway("access tokens", { CHIMERA_S12_GRANT_KEY: GRANT_KEY });
  good = await gateway.tokenOf("admin");
  claims = JSON.parse(Buffer.from(good.split(".")[1] as string, "base64url").toString()) as Record<string, unknown>;
  const [row] = (await gateway.store.query(signingKeys, { limit: 10 })).items;
  const { kid, x, sealed_seed } = row!.value;
  const seed = createSealer(GRANT_KEY, "signing keys", (count) => randomBytes(count)).open(sealed_seed as string, kid);
  key = { kty: "OKP", crv: "Ed25519", x, d: Buffer.from(seed).toString("base64url"), kid };
});
afterAll(() => gateway.stop());

interface Made {
  header?: object;
  claims?: Record<string, unknown>;
  key?: object;
}
/** A token as the gateway makes them, but for what is given. */
function make(made: Made = {}): Promise<string> {
  const header = { alg: "EdDSA", kid: key.kid, typ: TYPE, ...made.header };
  const { kid, ...jwk } = key;
  return new SignJWT({ ...claims, ...made.claims }).setProtectedHeader(header).sign((made.key ?? jwk) as Jwk);
}
const statusOf = async (token: string) => (await gateway.ask("GET /auth/me", token)).status;
const second = () => Math.floor(gateway.sim.clock.now() / 1000);

test("an access token says who one is, and is made by a key of the published set", async () => {
  const { iat, exp, ...said } = claims as { iat: number; exp: number };
  expect(said).toEqual({
    ...{ iss: ISSUER, aud: AUDIENCE, sub: "admin", role: "admin", gen: 1, nbf: iat },
    sid: expect.stringMatching(/^[0-9a-f]{32}$/),
  } as object);
  expect(exp).toBeGreaterThan(iat);
  for (const path of ["GET /auth/jwks", "GET /api/v1/auth/jwks", "GET /.well-known/jwks.json"]) {
    const { keys } = (await gateway.ask(path)).body as { keys: object[] };
    expect(keys).toEqual([{ kty: "OKP", crv: "Ed25519", x: key.x, kid: key.kid, alg: "EdDSA", use: "sig" }]);
  }
});
test("one that is made as the gateway makes them opens, so that what follows tests what it says", async () => {
  expect(await statusOf(await make())).toBe(200);
});

describe("refused is", () => {
  test("a token with alg none", async () => {
    expect(await statusOf(new UnsecuredJWT(claims).encode())).toBe(401);
    const head = Buffer.from(JSON.stringify({ alg: "none", kid: key.kid, typ: TYPE })).toString("base64url");
    for (const signature of ["", good.split(".")[2]]) {
      expect(await statusOf(`${head}.${good.split(".")[1]}.${signature}`)).toBe(401);
    }
  });
  test("a token signed with HS256 by the public key", async () => {
    const secrets = [Buffer.from(key.x, "base64url"), Buffer.from(key.x), Buffer.from(JSON.stringify({ x: key.x }))];
    for (const secret of secrets) {
      expect(await statusOf(await make({ header: { alg: "HS256" }, key: secret }))).toBe(401);
    }
  });
  test("a token of an unknown kid, of none, or of a kid that is no plain name", async () => {
    for (const kid of ["0123456789abcdef", "", "__proto__", "../signing_keys", undefined]) {
      expect(await statusOf(await make({ header: { kid } }))).toBe(401);
    }
  });
  test("a token that another key signed under our kid, even one that it brings along", async () => {
    const other = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
    expect(await statusOf(await make({ key: other }))).toBe(401);
    const jwk = { kty: other.kty, crv: other.crv, x: other.x };
    expect(await statusOf(await make({ key: other, header: { jwk } }))).toBe(401);
  });
  test("a token for another audience", async () => {
    for (const aud of ["s12", "chimera", [], undefined])
      expect(await statusOf(await make({ claims: { aud } }))).toBe(401);
  });
  test("a token of another issuer", async () => {
    for (const iss of ["chimera", "https://evil.example", undefined]) {
      expect(await statusOf(await make({ claims: { iss } }))).toBe(401);
    }
  });
  test("a token that has expired, or never does", async () => {
    for (const exp of [second(), second() - 1, undefined, "never"]) {
      const made = await make({ claims: { exp } }).catch(() => "x".repeat(40));
      expect(await statusOf(made)).toBe(401);
    }
  });
  test("a token that is not yet valid", async () => {
    expect(await statusOf(await make({ claims: { nbf: second() + 5 } }))).toBe(401);
  });
  test("a token of another kind, though signed by our key", async () => {
    for (const typ of ["JWT", "refresh+jwt", undefined])
      expect(await statusOf(await make({ header: { typ } }))).toBe(401);
  });
  test("a refresh token used as an access token", async () => {
    const { refresh_token } = (await gateway.login("admin")).body;
    expect(await statusOf(String(refresh_token))).toBe(401);
  });
  test("an access token used as a refresh token, or as a cookie", async () => {
    const refreshed = await gateway.ask("POST /auth/refresh", undefined, { refresh_token: good.slice(0, 200) });
    expect(refreshed.status).toBe(401);
    const headers = { cookie: `chimera_session=${good}`, "sec-fetch-site": "same-origin" };
    expect((await gateway.ask("GET /auth/me", undefined, undefined, headers)).status).toBe(401);
  });
  test("a service token used as an access token", async () => {
    const { mint } = createTokens(gateway.sim.world.serviceKey, gateway.sim.clock);
    for (const callee of ["s12", "s04"] as const) {
      const token = await gateway.running(mint("s12", callee, { id: "admin", role: "admin" }));
      expect(await statusOf(token)).toBe(401);
    }
  });
  test("a token with a claim that is another than the session's", async () => {
    await gateway.join("rita", "risk");
    for (const wrong of [{ sub: "rita" }, { gen: 2 }, { gen: "1" }, { sid: "0".repeat(32) }, { role: "root" }]) {
      expect(await statusOf(await make({ claims: wrong }))).toBe(401);
    }
  });
  test("what is no token at all", async () => {
    for (const token of ["a.b.c", "..", "e30.e30.", "x".repeat(3_000), good.slice(0, -2), `${good}AA`]) {
      expect(await statusOf(token)).toBe(401);
    }
  });
});

test("a role in a token gives nobody more than the role that they have", async () => {
  const viewer = await gateway.join("vera", "viewer");
  const own = JSON.parse(Buffer.from(viewer.split(".")[1] as string, "base64url").toString()) as object;
  const forged = await make({ claims: { ...own, role: "admin" } });
  expect((await gateway.ask("GET /users", forged)).code).toBe("FORBIDDEN");
});
