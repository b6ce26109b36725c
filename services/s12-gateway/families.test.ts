import { afterAll, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { auditLog, sessions } from "../../shared/collections/people.ts";
import { alerts } from "../../shared/streams.ts";
import { type Gateway, openGateway, PASSWORD, type Said } from "./people.fixture.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
setDefaultTimeout(60_000);
let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway("sessions", {
    CHIMERA_S12_ACCESS_TTL_MS: String(10 * MINUTE),
    CHIMERA_S12_SESSION_IDLE_MS: String(30 * MINUTE),
    CHIMERA_S12_SESSION_TTL_MS: String(HOUR),
  });
});
afterAll(() => gateway.stop());

interface Tokens {
  access: string;
  refresh: string;
  cookie: string;
}
const tokensOf = ({ body, headers }: Said): Tokens => ({
  access: String(body.access_token),
  refresh: String(body.refresh_token),
  cookie: String(headers.get("set-cookie")).split(";")[0] as string,
});
const signIn = async (username = "admin"): Promise<Tokens> => tokensOf(await gateway.login(username));
const refresh = (refresh_token: string) => gateway.ask("POST /auth/refresh", undefined, { refresh_token });
const isIn = async (access: string) => (await gateway.ask("GET /auth/me", access)).status === 200;
const byCookie = (
  asked: string,
  cookie: string,
  headers: Record<string, string> = { "sec-fetch-site": "same-origin" },
) => gateway.ask(asked, undefined, {}, { cookie, ...headers });
const pass = (ms: number) => gateway.sim.advance(ms);

let mine: Tokens;
beforeEach(async () => {
  mine = await signIn();
});

describe("a refresh", () => {
  test("gives new tokens for ever the same session, and uses the old one up", async () => {
    const next = tokensOf(await refresh(mine.refresh));
    expect(next.refresh).not.toBe(mine.refresh);
    expect(await isIn(next.access)).toBe(true);
    await pass(MINUTE);
    expect((await refresh(next.refresh)).status).toBe(200);
  });
  test("goes on after the access token has ended", async () => {
    await pass(10 * MINUTE);
    expect(await isIn(mine.access)).toBe(false);
    expect(await isIn(tokensOf(await refresh(mine.refresh)).access)).toBe(true);
  });
  test("with a used token ends the whole family, and says so", async () => {
    const heard: string[] = [];
    gateway.sim.world.bus.subscribe(alerts, {
      group: "test",
      consumer: "test",
      handle: ({ event }) => heard.push(event.code),
    });
    const next = tokensOf(await refresh(mine.refresh));
    await pass(31_000);
    expect((await refresh(mine.refresh)).code).toBe("UNAUTHENTICATED");
    expect(await isIn(next.access)).toBe(false);
    expect((await refresh(next.refresh)).code).toBe("UNAUTHENTICATED");
    await pass(1_000);
    const { items } = await gateway.store.query(auditLog, { where: { what: "session.reused" }, limit: 10 });
    expect(items.map(({ value }) => value.actor)).toEqual(["admin"]);
    expect(heard).toContain("SESSION_REUSED");
  });
  test("that is repeated at once gives the same token, whoever asks first", async () => {
    const { refresh: refresh_token } = mine;
    const asked = ["POST /auth/refresh", undefined, { refresh_token }] as Parameters<Gateway["ask"]>;
    const [a, b] = (await gateway.askAll(asked, asked)).map(tokensOf) as [Tokens, Tokens];
    expect(a.refresh).toBe(b.refresh);
    await pass(29_000);
    expect(tokensOf(await refresh(mine.refresh)).refresh).toBe(a.refresh);
    expect((await refresh(b.refresh)).status).toBe(200);
  });
  test("repeated after the next one has been used is a reuse", async () => {
    const next = tokensOf(await refresh(mine.refresh));
    const third = tokensOf(await refresh(next.refresh));
    expect((await refresh(mine.refresh)).status).toBe(401);
    expect(await isIn(third.access)).toBe(false);
  });
  test("does not know a made-up token, and a made-up one ends nothing", async () => {
    for (const wrong of ["", "chr_", `chr_${"A".repeat(65)}`, `${mine.refresh}A`, mine.refresh.slice(4)]) {
      expect([wrong, (await refresh(wrong)).status]).toEqual([wrong, 401]);
    }
    const sid = JSON.parse(Buffer.from(mine.access.split(".")[1] as string, "base64url").toString()).sid as string;
    expect((await refresh(`chr_${sid.slice(0, 22)}${"A".repeat(43)}`)).status).toBe(401);
    expect((await refresh(mine.refresh)).status).toBe(200);
  });
  test("ends with the session's idle time, and at the latest with its whole time", async () => {
    await pass(30 * MINUTE);
    expect((await refresh(mine.refresh)).status).toBe(401);
    let last = await signIn();
    for (const left of [30 * MINUTE, 20 * MINUTE]) {
      await pass(20 * MINUTE);
      const said = await refresh(last.refresh);
      expect(said.status).toBe(200);
      expect(said.body.refresh_expires_in as number).toBeLessThanOrEqual(left / 1000);
      last = tokensOf(said);
    }
    await pass(20 * MINUTE);
    expect((await refresh(last.refresh)).status).toBe(401);
  });
  test("keeps no token in the store", async () => {
    const next = tokensOf(await refresh(mine.refresh));
    const kept = JSON.stringify((await gateway.store.query(sessions, { limit: 1000 })).items);
    for (const { refresh: token } of [mine, next]) {
      expect(kept).not.toContain(token.slice(26));
      expect(kept).not.toContain(token.slice(4, 26));
    }
  });
});

describe("a browser", () => {
  test("is renewed by its cookie, and its scripts see no refresh token", async () => {
    const signedIn = await gateway.ask(
      "POST /auth/login",
      undefined,
      { username: "admin", password: PASSWORD },
      { "sec-fetch-site": "same-origin" },
    );
    expect(signedIn.body.refresh_token).toBeUndefined();
    const { cookie } = tokensOf(signedIn);
    expect((await byCookie("GET /auth/me", cookie)).status).toBe(200);
    await pass(11 * MINUTE);
    expect((await byCookie("GET /auth/me", cookie)).code).toBe("UNAUTHENTICATED");
    const renewed = await byCookie("POST /auth/refresh", cookie);
    expect(renewed.body).toEqual({
      access_token: expect.any(String),
      token_type: "Bearer",
      expires_in: 600,
      refresh_expires_in: 1_800,
    });
    const next = tokensOf(renewed);
    expect((await byCookie("GET /auth/me", next.cookie)).status).toBe(200);
    // What another tab sent a moment before.
    expect((await byCookie("GET /auth/me", cookie)).status).toBe(200);
    await pass(31_000);
    expect((await byCookie("GET /auth/me", cookie)).status).toBe(401);
  });
  test("of another site's page is renewed by no cookie", async () => {
    const foreign: Record<string, string>[] = [
      { "sec-fetch-site": "cross-site" },
      { origin: "https://evil.example" },
      { x: "" },
    ];
    for (const headers of foreign) {
      expect((await byCookie("POST /auth/refresh", mine.cookie, headers)).code).toBe("FORBIDDEN");
    }
    expect((await byCookie("POST /auth/refresh", mine.cookie)).status).toBe(200);
  });
});

describe("a session ends at once", () => {
  test("with a logout: access token, refresh token and cookie", async () => {
    expect(await isIn(mine.access)).toBe(true);
    await gateway.ask("POST /auth/logout", mine.access);
    expect(await isIn(mine.access)).toBe(false);
    expect((await refresh(mine.refresh)).status).toBe(401);
    expect((await byCookie("GET /auth/me", mine.cookie)).status).toBe(401);
  });
  test("with a new role and with disabling, for every one of its tokens", async () => {
    for (const [path, body] of [
      ["role", { role: "viewer" }],
      ["disable", {}],
    ] as const) {
      await gateway.join(`ends-${path}`, "trader");
      const theirs = await signIn(`ends-${path}`);
      expect(await isIn(theirs.access)).toBe(true);
      expect((await gateway.ask(`POST /users/ends-${path}/${path}`, mine.access, body)).status).toBe(200);
      expect(await isIn(theirs.access)).toBe(false);
      expect((await byCookie("GET /auth/me", theirs.cookie)).status).toBe(401);
      expect((await refresh(theirs.refresh)).status).toBe(401);
    }
  });
  test("when its person ends it from another one, which is audited", async () => {
    await gateway.join("olga", "trader");
    const [first, other] = [await signIn("olga"), await signIn("olga")];
    const list = await gateway.ask("GET /auth/sessions", other.access);
    const items = list.body.items as { session_id: string; current: boolean }[];
    expect(items.length).toBe(3);
    expect(items.filter(({ current }) => current).length).toBe(1);
    expect(JSON.stringify(items)).not.toContain("hash");
    const sid = JSON.parse(Buffer.from(first.access.split(".")[1] as string, "base64url").toString()).sid as string;
    expect((await gateway.ask(`POST /auth/sessions/${sid}/end`, mine.access)).code).toBe("NOT_FOUND");
    expect(await isIn(first.access)).toBe(true);
    expect((await gateway.ask(`POST /auth/sessions/${sid}/end`, other.access)).body).toEqual({ ended: true });
    expect(await isIn(first.access)).toBe(false);
    expect((await gateway.ask("POST /auth/sessions/end-others", other.access)).body).toEqual({ ended: 1 });
    expect(await isIn(other.access)).toBe(true);
    await pass(1_000);
    const { items: told } = await gateway.store.query(auditLog, { where: { what: "session.ended" }, limit: 10 });
    expect(told.map(({ value }) => value.actor)).toEqual(["olga", "olga"]);
  });
  test("but not for an API key, which has none", async () => {
    const wanted = { name: "p", role: "admin", expires_in_days: 1 };
    const key = String((await gateway.ask("POST /api-keys", mine.access, wanted)).body.api_key);
    for (const asked of ["GET /auth/sessions", "POST /auth/sessions/end-others", "POST /auth/sessions/x/end"]) {
      expect([asked, (await gateway.ask(asked, key)).code]).toEqual([asked, "FORBIDDEN"]);
    }
  });
});
