import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { put } from "../../shared/changes.ts";
import { apiKeys, auditLog } from "../../shared/collections/people.ts";
import { type Gateway, openGateway, PASSWORD } from "./people.fixture.ts";

const FIVE_MINUTES = 5 * 60_000;
// Each hash of a password takes its time, and much more on a busy machine.
setDefaultTimeout(60_000);
let gateway: Gateway;
let tina: string;
const wanted = { name: "my program", role: "trader", expires_in_days: 30 };
const make = async (token: string, given: object = {}) => gateway.ask("POST /api-keys", token, { ...wanted, ...given });
const keyOf = async (token: string, given: object = {}) => String((await make(token, given)).body.api_key);

beforeAll(async () => {
  gateway = await openGateway("api keys");
  tina = await gateway.join("tina", "trader");
});
afterAll(() => gateway.stop());

describe("an API key", () => {
  test("is shown once, stored as a hash, and acts with its role", async () => {
    const made = await make(tina);
    const key = String(made.body.api_key);
    expect(key).toMatch(/^chk_[0-9a-f]{16}[\w-]{43}$/);
    expect((await gateway.ask("GET /auth/me", key)).body).toEqual({ username: "tina", role: "trader" });
    expect((await gateway.ask("GET /api/v1/orders", key)).status).toBe(200);
    const list = await gateway.ask("GET /api-keys", tina);
    expect(list.body.items).toMatchObject([{ key_id: made.body.key_id, name: "my program", username: "tina" }]);
    await gateway.sim.advance(1_000);
    const kept = JSON.stringify([
      list.body,
      await gateway.store.query(apiKeys, { limit: 100 }),
      await gateway.store.query(auditLog, { limit: 1000 }),
    ]);
    expect(kept).not.toContain(key.slice(20));
    expect(kept).toContain("api-key.created");
    expect(JSON.stringify(list.body)).not.toContain("hash");
  });
  test("has no role beyond its person's, and an end within a year", async () => {
    for (const role of ["researcher", "risk", "admin"]) expect((await make(tina, { role })).code).toBe("FORBIDDEN");
    for (const days of [0, -1, 366, 1.5, "30", null]) {
      expect([days, (await make(tina, { expires_in_days: days })).code]).toEqual([days, "INVALID"]);
    }
    const viewer = await keyOf(tina, { role: "viewer" });
    expect((await gateway.ask("POST /kill-switch", viewer, { enable: true, reason: "x" })).code).toBe("FORBIDDEN");
  });
  test("that may only read changes nothing", async () => {
    const key = await keyOf(tina, { read_only: true });
    expect((await gateway.ask("GET /kill-switch", key)).status).toBe(200);
    for (const asked of ["POST /kill-switch", "POST /api/v1/orders", "POST /auth/logout"]) {
      expect((await gateway.ask(asked, key, { enable: true, reason: "x" })).code).toBe("FORBIDDEN");
    }
  });
  test("manages neither users nor keys, approves nothing, arms nothing, proves nothing", async () => {
    const admin = await gateway.tokenOf("admin");
    const key = await keyOf(admin, { role: "admin" });
    const refused: [string, object][] = [
      ["POST /users", { username: "mallory", role: "admin" }],
      ["POST /users/tina/role", { role: "admin" }],
      ["POST /users/tina/reset-password", {}],
      ["POST /api-keys", wanted],
      ["GET /api-keys", {}],
      [`DELETE /api-keys/${key.slice(4, 20)}`, {}],
      ["POST /approvals/any/approve", {}],
      ["POST /api/v1/approvals/any/refuse", {}],
      ["POST /%61pprovals/any/approve", {}],
      ["POST /api/v1/xchg/live/arm", { reason: "x" }],
      ["POST /auth/confirm", { password: PASSWORD }],
      ["POST /auth/password", { password: PASSWORD, new_password: "another-horse-2" }],
      ["POST /auth/totp/enrol", {}],
    ];
    for (const [asked, body] of refused) {
      expect([asked, (await gateway.ask(asked, key, body, { "idempotency-key": asked })).code]).toEqual([
        asked,
        "FORBIDDEN",
      ]);
    }
  });
});

test("an API key with scopes does what they hold of what its role allows, and nothing else", async () => {
  const orders = await keyOf(tina, { scopes: ["orders", "read", "orders"] });
  const cancel = () => gateway.ask("POST /api/v1/cancel", orders, { intent_id: "none" });
  expect((await cancel()).code).toBe("NOT_FOUND");
  expect((await gateway.ask("GET /api/v1/orders", orders)).status).toBe(200);
  const halt = { enable: true, mode: "HALT", reason: "by a key" };
  for (const path of ["/kill-switch", "/api/v1/kill-switch"]) {
    expect((await gateway.ask(`POST ${path}`, orders, halt)).code).toBe("FORBIDDEN");
  }
  const kill = await keyOf(tina, { scopes: ["kill"] });
  expect((await gateway.ask("POST /kill-switch", kill, halt)).status).toBe(200);
  for (const asked of ["GET /kill-switch", "GET /api/v1/orders", "POST /api/v1/cancel", "POST /api/v1/no-such"]) {
    expect([asked, (await gateway.ask(asked, kill)).code]).toEqual([asked, "FORBIDDEN"]);
  }
  const reads = await keyOf(tina, { scopes: ["kill", "orders"], read_only: true });
  expect((await gateway.ask("POST /kill-switch", reads, halt)).code).toBe("FORBIDDEN");
  const beyond = await keyOf(tina, { role: "viewer", scopes: ["kill"] });
  expect((await gateway.ask("POST /kill-switch", beyond, halt)).code).toBe("FORBIDDEN");
  for (const scopes of [[], ["everything"], "orders", null, ["users"]]) {
    expect((await make(tina, { scopes })).code).toBe("INVALID");
  }
  const list = await gateway.ask("GET /api-keys", tina);
  expect(JSON.stringify(list.body)).toContain('"scopes":["orders","read"]');
  for (const { key_id } of list.body.items as { key_id: string }[]) {
    await gateway.ask(`DELETE /api-keys/${key_id}`, tina);
  }
});

describe("what an API key opens", () => {
  test("may turn the kill switch on, as its role may", async () => {
    const key = await keyOf(tina);
    const on = await gateway.ask("POST /kill-switch", key, { enable: true, reason: "program" });
    expect(on.body).toMatchObject({ enabled: true, actor: "tina" });
  });
  test("is no cookie, and garbage of its form opens nothing", async () => {
    const key = await keyOf(tina);
    const cookie = { cookie: `chimera_session=${key}`, "sec-fetch-site": "same-origin" };
    expect((await gateway.ask("GET /auth/me", undefined, {}, cookie)).status).toBe(401);
    const last = key.endsWith("A") ? "B" : "A";
    for (const other of [
      `chk_${"0".repeat(59)}`,
      key.slice(0, -1) + last,
      `${key}A`,
      key.slice(0, -1),
      "chk_______________________",
    ]) {
      expect((await gateway.ask("GET /auth/me", other)).status).toBe(401);
    }
  });
  test("needs a fresh proof to be made, and none to be revoked", async () => {
    const key = await keyOf(tina);
    await gateway.sim.advance(FIVE_MINUTES);
    expect((await make(tina)).code).toBe("CONFIRM");
    expect((await gateway.ask(`DELETE /api-keys/${key.slice(4, 20)}`, tina)).body).toEqual({ revoked: true });
    expect((await gateway.ask("GET /auth/me", key)).status).toBe(401);
    await gateway.ask("POST /auth/confirm", tina, { password: PASSWORD });
    expect((await make(tina)).status).toBe(200);
  });
});

describe("an API key and its person", () => {
  test("of somebody else is not there, but for an admin", async () => {
    const rita = await gateway.join("rita", "risk");
    const theirs = String((await make(tina)).body.key_id);
    expect((await gateway.ask("GET /api-keys", rita)).body.items).toEqual([]);
    expect((await gateway.ask(`DELETE /api-keys/${theirs}`, rita)).code).toBe("NOT_FOUND");
    const admin = await gateway.tokenOf("admin");
    expect((await gateway.ask(`DELETE /api-keys/${theirs}`, admin)).status).toBe(200);
  });
  test("tells when it was last used, and ends with its time", async () => {
    const made = await make(tina, { expires_in_days: 1 });
    const key = String(made.body.api_key);
    await gateway.ask("GET /auth/me", key);
    const stored = async () => (await gateway.store.get(apiKeys, String(made.body.key_id)))?.value;
    expect((await stored())?.last_used_at).toBeGreaterThan(0);
    // Its end is put into the past: a simulated day would take as long as all other tests.
    const now = await stored();
    await gateway.store.commit([put(apiKeys, { ...now!, expires_at: gateway.sim.clock.now() - 1 })]);
    expect((await gateway.ask("GET /auth/me", key)).status).toBe(401);
  });
  test("loses what its person loses, and dies with their disabling", async () => {
    const key = await keyOf(tina);
    const admin = await gateway.tokenOf("admin");
    await gateway.ask("POST /users/tina/role", admin, { role: "viewer" });
    expect((await gateway.ask("GET /auth/me", key)).status).toBe(401);
    await gateway.ask("POST /users/tina/role", admin, { role: "trader" });
    expect((await gateway.ask("GET /auth/me", key)).status).toBe(200);
    await gateway.ask("POST /users/tina/disable", admin);
    expect((await gateway.ask("GET /auth/me", key)).status).toBe(401);
    await gateway.ask("POST /users/tina/enable", admin);
    expect((await gateway.ask("GET /auth/me", key)).status).toBe(401);
    expect(await gateway.store.count(apiKeys, { username: "tina" })).toBe(0);
  });
});
