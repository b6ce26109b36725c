import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { whileRunning } from "../../ops/sim/requests.ts";
import { openSimulation, type Simulation } from "../../ops/sim/simulate.ts";
import { AgentsMarket } from "../../ops/venue/agents.ts";
import { users } from "../../shared/collections/people.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import type { Hosted } from "../../shared/kit/host.ts";

const PASSWORD = "correct-horse-1";
let simulation: Simulation;
let gateway: Hosted;
let token: string;

beforeAll(async () => {
  simulation = await openSimulation({
    seed: "gateway",
    market: async (clock, random) => new AgentsMarket({ clock, random, listings: defaultListings() }),
    env: { CHIMERA_ADMIN_PASSWORD: PASSWORD },
    freeze: true,
  });
  await simulation.advance(5_000);
  gateway = simulation.services.hosted.get("s12") as Hosted;
  token = ((await (await login("admin", PASSWORD)).json()) as { access_token: string }).access_token;
});
afterAll(async () => {
  await whileRunning(simulation.clock, simulation.services.stop());
});

const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
  whileRunning(simulation.clock, gateway.fetch(new Request(`http://127.0.0.1:8092${path}`, init)));
const HEALTH = "/api/v1/services/s04/health?replica=1";
const json = { "content-type": "application/json" };
const login = (username: string, password: string) =>
  ask("/auth/login", { method: "POST", headers: json, body: JSON.stringify({ username, password }) });
const bearer = (given = token) => ({ authorization: `Bearer ${given}` });
const get = (path: string) => ask(path, { headers: bearer() });
const kill = (body: object, headers: Record<string, string> = bearer()) =>
  ask("/kill-switch", { method: "POST", headers: { ...json, ...headers }, body: JSON.stringify(body) });
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;

describe("signing in", () => {
  test("gives a token and the same as an HttpOnly cookie", async () => {
    const response = await login("admin", PASSWORD);
    const cookie = response.headers.get("set-cookie") as string;
    expect(cookie).toMatch(/^chimera_session=chr_[\w-]{65}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
    const me = await ask("/auth/me", { headers: { cookie: cookie.split(";")[0] as string } });
    expect(await me.json()).toMatchObject({ username: "admin", role: "admin" });
  });
  test("says the same for a wrong password and an unknown name", async () => {
    const [wrong, unknown] = [await login("admin", "wrong-password"), await login("nobody", "wrong-password")];
    expect([wrong.status, unknown.status]).toEqual([401, 401]);
    const [a, b] = [(await wrong.json()) as Record<string, unknown>, (await unknown.json()) as Record<string, unknown>];
    expect({ ...a, trace_id: "" }).toEqual({ ...b, trace_id: "" });
  });
  test("is limited per name, and one name's limit is not another's", async () => {
    for (let i = 0; i < 10; i++) await login("victim", "wrong-password");
    const limited = await login("victim", "wrong-password");
    expect(limited.status).toBe(429);
    expect(Number(limited.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await login("admin", PASSWORD)).status).toBe(200);
  });
  test("stores no password and no token", async () => {
    const row = await simulation.world.store("s12").get(users, "admin");
    expect(row?.value.password_hash).toStartWith("$argon2id$v=19$");
    expect(JSON.stringify(row)).not.toContain(PASSWORD);
  });
  test("ends with signing out", async () => {
    const mine = ((await (await login("admin", PASSWORD)).json()) as { access_token: string }).access_token;
    const out = await ask("/auth/logout", { method: "POST", headers: { ...json, ...bearer(mine) }, body: "{}" });
    expect(out.status).toBe(200);
    expect((await ask("/auth/me", { headers: bearer(mine) })).status).toBe(401);
  });
  test("a cookie from another site's page changes nothing", async () => {
    const signedIn = await login("admin", PASSWORD);
    const cookie = (signedIn.headers.get("set-cookie") as string).split(";")[0] as string;
    const body = { enable: true, reason: "forged" };
    const forged: Record<string, string>[] = [
      { cookie, "sec-fetch-site": "cross-site" },
      { cookie, origin: "https://evil.example" },
      { cookie },
    ];
    for (const headers of forged) {
      expect((await kill(body, headers)).status).toBe(403);
    }
    expect(await (await get("/kill-switch")).json()).toMatchObject({ enabled: false });
  });
});

describe("the proxy", () => {
  const rows: [string, number][] = [
    ["/api/v1/xchg/instruments", 200],
    ["/api/v1/decisions?limit=1", 200],
    ["/api/v1/orders?limit=1", 200],
    ["/api/v1/active", 200],
    ["/api/v1/health-level", 200],
    ["/api/v1/alerts", 200],
    ["/api/v1/services", 200],
    ["/api/v1/services/s04/health", 200],
    ["/api/v1/services/s04/health?replica=1", 200],
    ["/api/v1/services/s04/health?replica=2", 404],
    ["/api/v1/services/s04/health?replica=0", 400],
    ["/api/v1/services/s04/health?replica=one", 400],
    ["/api/v1/services/s99/health", 404],
    ["/api/v1/services/router/health", 400],
    ["/api/v1/audit", 200],
    ["/api/v1/kill-switch", 200],
    ["/api/v1/nothing", 404],
    ["/api/v1/../health", 404],
    ["/api/v1/%zz", 404],
    ["/api/v1/decisions?limit=1000000000", 400],
    ["/api/v1/chimera.router.v1.RouterService/GetBudget", 404],
    ["/api/v1/events?topics=nonsense", 400],
  ];
  for (const [path, status] of rows) {
    test(`${path} is ${status}`, async () => expect((await get(path)).status).toBe(status));
  }
  test("a service's health is its replica's, and says which", async () => {
    const one = (await (await get(HEALTH)).json()) as object;
    expect(one).toMatchObject({ id: "s04", port: 8084, replica: 1, role: "alone", status: "OK", ready: true });
    const { items } = (await (await get("/api/v1/services")).json()) as { items: { id: string; replicas: object[] }[] };
    expect(items.find((service) => service.id === "s04")?.replicas).toMatchObject([{ replica: 1, role: "alone" }]);
  });
  test("asks everyone to sign in first", async () => {
    for (const path of ["/api/v1/decisions", "/api/v1/nothing", "/api/v1/events", "/api/v1/services", HEALTH]) {
      expect((await ask(path)).status).toBe(401);
      expect((await ask(path, { headers: bearer("x".repeat(43)) })).status).toBe(401);
    }
  });
  test("believes no identity but the token's", async () => {
    const headers = { ...bearer("y".repeat(43)), "x-user": "admin", "x-role": "admin", "chimera-caller": "s04" };
    expect((await ask("/api/v1/orders", { headers })).status).toBe(401);
  });
  test("passes on a service's own refusal, with the headers a browser needs", async () => {
    const response = await ask("/api/v1/cancel", {
      method: "POST",
      headers: { ...json, ...bearer() },
      body: JSON.stringify({ intent_id: "none" }),
    });
    expect([response.status, await codeOf(response)]).toEqual([404, "NOT_FOUND"]);
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
  });
  test("passes on who asks for CSV, and what comes as such", async () => {
    const response = await ask("/api/v1/fills?limit=5", { headers: { ...bearer(), accept: "text/csv" } });
    expect(response.headers.get("content-type")).toStartWith("text/csv");
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="fills.csv"');
    expect(await response.text()).toStartWith("ts,fill_id,account,instrument,side,");
    expect((await get("/api/v1/fills?limit=5")).headers.get("content-type")).toStartWith("application/json");
  });
  test("a method nobody takes is 405", async () => {
    expect((await ask("/api/v1/decisions", { method: "DELETE", headers: bearer() })).status).toBe(405);
  });
});

describe("live events", () => {
  test("begin with the clock and the mode, then carry what happens", async () => {
    const controller = new AbortController();
    const path = "/api/v1/events?topics=mkt:depth&instrument=FUT:BTCUSDT";
    const response = await ask(path, { headers: bearer(), signal: controller.signal });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await simulation.advance(1_000);
    let text = "";
    for (let i = 0; i < 3; i++) text += new TextDecoder().decode((await reader.read()).value);
    expect(text).toStartWith("event: hello\ndata: {");
    expect(text).toContain("event: mkt:depth\n");
    expect(text).not.toContain("ETHUSDT");
    await reader.cancel();
  });
});

describe("the kill switch", () => {
  const bad: [string, unknown][] = [
    ["no reason", { enable: true }],
    ["no switch", { reason: "r" }],
    ["an unknown mode", { enable: true, mode: "MAYBE", reason: "r" }],
    ["a text for a switch", { enable: "yes", reason: "r" }],
  ];
  for (const [what, body] of bad) {
    test(`${what} is 400 and changes nothing`, async () => {
      expect((await kill(body as object)).status).toBe(400);
      expect(await (await get("/kill-switch")).json()).toMatchObject({ enabled: false });
    });
  }
  test("on: stored by the gateway, the router and S1 before the answer; off again by an admin", async () => {
    const on = await kill({ enable: true, mode: "CANCEL", reason: "test" });
    expect(on.status).toBe(200);
    expect(await on.json()).toMatchObject({ enabled: true, mode: "CANCEL", epoch: 1, outstanding: [] });
    const order = { intent_id: "by-hand", instrument: "FUT:BTCUSDT", kind: "ENTRY", side: "BUY", qty: "0.002" };
    const place = () =>
      ask("/api/v1/orders", {
        method: "POST",
        headers: { ...json, ...bearer() },
        body: JSON.stringify({ intent: order }),
      });
    const refused = await place();
    expect([refused.status, await codeOf(refused)]).toEqual([409, "KILL_SWITCH"]);
    const off = await kill({ enable: false, reason: "test over" });
    expect(await off.json()).toMatchObject({ enabled: false, epoch: 2, outstanding: [] });
  });
  test("every change of it is in the audit log", async () => {
    const { items } = (await (await get("/api/v1/audit?limit=100")).json()) as {
      items: { what: string; actor: string }[];
    };
    const kills = items.filter((entry) => entry.what === "kill-switch");
    expect(kills.map((entry) => entry.actor)).toEqual(["admin", "admin"]);
  });
});
