import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { firstAnswers } from "../../shared/collections/first-answers.ts";
import { auditLog, sessions, users } from "../../shared/collections/people.ts";
import { type Gateway, openGateway, PASSWORD } from "./people.fixture.ts";

const FIVE_MINUTES = 5 * 60_000;
// Each hash of a password takes its time, and much more on a busy machine.
setDefaultTimeout(60_000);
let gateway: Gateway;
let admin: string;
beforeAll(async () => {
  gateway = await openGateway("users");
  admin = await gateway.tokenOf("admin");
});
afterAll(() => gateway.stop());

const freshAdmin = async () => {
  admin = await gateway.tokenOf("admin");
  return admin;
};
const isIn = async (token: string) => (await gateway.ask("GET /auth/me", token)).status === 200;

describe("a new user", () => {
  test("has a one-time password, and may do nothing but choose another", async () => {
    const added = await gateway.ask("POST /users", admin, { username: "rita", role: "risk" });
    expect(added.body).toMatchObject({ username: "rita", role: "risk", disabled: false, must_change_password: true });
    const once = String(added.body.one_time_password);
    const first = await gateway.tokenOf("rita", once);
    for (const asked of [
      "GET /kill-switch",
      "GET /api/v1/orders",
      "GET /users",
      "POST /kill-switch",
      "GET /%61uth/me",
    ]) {
      expect((await gateway.ask(asked, first)).code).toBe("CHANGE_PASSWORD");
    }
    expect((await gateway.ask("GET /auth/me", first)).body).toMatchObject({
      username: "rita",
      role: "risk",
      must_change_password: true,
    });
    const short = await gateway.ask("POST /auth/password", first, { password: once, new_password: "short" });
    expect(short.code).toBe("INVALID");
    const same = await gateway.ask("POST /auth/password", first, { password: once, new_password: once });
    expect(same.code).toBe("INVALID");
    const wrong = await gateway.ask("POST /auth/password", first, { password: "wrong", new_password: PASSWORD });
    expect(wrong.code).toBe("BAD_CREDENTIALS");
    const changed = await gateway.ask("POST /auth/password", first, { password: once, new_password: PASSWORD });
    expect(changed.status).toBe(200);
    expect(changed.headers.get("set-cookie")).toContain("HttpOnly");
    expect(await isIn(first)).toBe(false);
    expect((await gateway.ask("GET /kill-switch", String(changed.body.access_token))).status).toBe(200);
    expect((await gateway.login("rita", once)).code).toBe("BAD_CREDENTIALS");
  });
  test("cannot take a name that is taken, that means something else, or that is none", async () => {
    const add = async (username: unknown, role: unknown = "viewer") =>
      (await gateway.ask("POST /users", admin, { username, role } as object)).code;
    expect(await add("admin")).toBe("CONFLICT");
    for (const name of ["policy", "s06", "Rita", "", "a b", "аdmin", "__proto__", "a".repeat(64), 1, null]) {
      expect([name, await add(name)]).toEqual([name, "INVALID"]);
    }
    expect(await add("tom", "root")).toBe("INVALID");
  });
  test("is shown without a hash, and its password is kept nowhere", async () => {
    const headers = { "idempotency-key": "one user" };
    const added = await gateway.ask("POST /users", admin, { username: "uma", role: "viewer" }, headers);
    const once = String(added.body.one_time_password);
    const list = await gateway.ask("GET /users", admin);
    expect(JSON.stringify(list.body)).not.toContain("argon2");
    const kept = await Promise.all(
      [users, auditLog, sessions, firstAnswers.s12].map((all) =>
        gateway.store.query(all as typeof users, { limit: 1000 }),
      ),
    );
    expect(JSON.stringify(kept)).toContain("uma");
    expect(JSON.stringify(kept)).not.toContain(once);
    expect((await gateway.store.query(firstAnswers.s12, { limit: 10 })).items).toEqual([]);
  });
});

describe("a change of a user", () => {
  test("is for admins alone", async () => {
    const others: string[] = [];
    for (const role of ["viewer", "researcher", "trader", "risk"] as const) {
      others.push(await gateway.join(`only-${role}`, role));
    }
    for (const token of others) {
      for (const asked of ["GET /users", "POST /users", "POST /users/admin/role", "POST /users/admin/reset-password"]) {
        expect([asked, (await gateway.ask(asked, token, { role: "viewer" })).code]).toEqual([asked, "FORBIDDEN"]);
      }
    }
  });
  test("ends the sessions: a new role, disabling, a reset", async () => {
    let tina = await gateway.join("tina", "trader");
    await freshAdmin();
    const role = await gateway.ask("POST /users/tina/role", admin, { role: "viewer" });
    expect(role.body).toMatchObject({ username: "tina", role: "viewer" });
    expect(await isIn(tina)).toBe(false);
    tina = await gateway.tokenOf("tina");
    expect((await gateway.ask("POST /users/tina/disable", admin)).body.disabled).toBe(true);
    expect(await isIn(tina)).toBe(false);
    expect((await gateway.login("tina")).code).toBe("BAD_CREDENTIALS");
    expect((await gateway.ask("POST /users/tina/enable", admin)).body.disabled).toBe(false);
    expect(await isIn(tina)).toBe(false);
    tina = await gateway.tokenOf("tina");
    const reset = await gateway.ask("POST /users/tina/reset-password", admin);
    expect(await isIn(tina)).toBe(false);
    expect((await gateway.login("tina")).code).toBe("BAD_CREDENTIALS");
    expect((await gateway.login("tina", String(reset.body.one_time_password))).status).toBe(200);
  });
  test("is in the audit log with before and after", async () => {
    await gateway.sim.advance(1_000);
    const rows = await gateway.store.query(auditLog, { limit: 1000, sort: { field: "ts", order: "desc" } });
    const entry = rows.items.map(({ value }) => value).find(({ what, ref }) => what === "user.role" && ref === "tina");
    expect(entry).toMatchObject({ actor: "admin", before: { role: "trader" }, after: { role: "viewer" } });
  });
  test("of nobody is refused", async () => {
    expect((await gateway.ask("POST /users/nobody-here/disable", admin)).code).toBe("NOT_FOUND");
  });
  test("never takes the last admin away, not even by two at once", async () => {
    expect((await gateway.ask("POST /users/admin/disable", admin)).code).toBe("RULE");
    expect((await gateway.ask("POST /users/admin/role", admin, { role: "viewer" })).code).toBe("RULE");
    const second = await gateway.join("second", "admin");
    await freshAdmin();
    const both = await gateway.askAll(["POST /users/second/disable", admin], ["POST /users/admin/disable", second]);
    expect(both[0]?.status).toBe(200);
    // Refused, or nobody any more when they asked.
    expect([401, 422]).toContain(both[1]?.status as number);
    expect(await gateway.store.count(users, { role: "admin", disabled: false })).toBe(1);
  });
  test("needs a proof of who one is within five minutes", async () => {
    await freshAdmin();
    await gateway.sim.advance(FIVE_MINUTES);
    const stale = await gateway.ask("POST /users/tina/enable", admin);
    expect([stale.status, stale.code]).toEqual([403, "CONFIRM"]);
    expect((await gateway.ask("GET /users", admin)).status).toBe(200);
    expect((await gateway.ask("POST /auth/confirm", admin, { password: "wrong" })).code).toBe("BAD_CREDENTIALS");
    expect((await gateway.ask("POST /users/tina/enable", admin)).code).toBe("CONFIRM");
    expect((await gateway.ask("POST /auth/confirm", admin, { password: PASSWORD })).body).toEqual({
      confirmed_for: 300,
    });
    expect((await gateway.ask("POST /users/tina/enable", admin)).status).toBe(200);
  });
});

test("a reset is not undone by who changes the old password at the same moment", async () => {
  const admin = await gateway.tokenOf("admin");
  const thief = await gateway.join("robbed", "viewer");
  const change = { password: PASSWORD, new_password: "another-horse-2" };
  const [reset] = await gateway.askAll(
    ["POST /users/robbed/reset-password", admin],
    ["POST /auth/password", thief, change],
  );
  expect(reset?.status).toBe(200);
  expect((await gateway.login("robbed", change.new_password)).status).toBe(401);
  expect((await gateway.login("robbed", String(reset?.body.one_time_password))).status).toBe(200);
});

describe("guessing", () => {
  test("counts what was wrong, never what was right", async () => {
    for (let at = 0; at < 25; at++) expect((await gateway.login("only-risk")).status).toBe(200);
    for (let at = 0; at < 10; at++) expect((await gateway.login("only-risk", "wrong-password")).status).toBe(401);
    const locked = await gateway.login("only-risk");
    expect([locked.status, Number(locked.headers.get("retry-after")) > 0]).toEqual([429, true]);
  });
  test("locks a name that nobody has just the same", async () => {
    for (let at = 0; at < 10; at++) expect((await gateway.login("no-such", "wrong-password")).status).toBe(401);
    expect((await gateway.login("no-such", "wrong-password")).status).toBe(429);
  });
  test("is limited where a session asks for the password too", async () => {
    const viewer = await gateway.tokenOf("only-viewer");
    for (let at = 0; at < 10; at++) {
      expect((await gateway.ask("POST /auth/confirm", viewer, { password: "wrong" })).code).toBe("BAD_CREDENTIALS");
    }
    const change = { password: PASSWORD, new_password: "another-horse-2" };
    expect((await gateway.ask("POST /auth/password", viewer, change)).code).toBe("RATE_LIMITED");
  });
});
