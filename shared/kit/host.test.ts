import { beforeEach, describe, expect, test } from "bun:test";
import { VirtualClock } from "../adapters/virtual-clock.ts";
import { firstAnswers } from "../collections/first-answers.ts";
import { router } from "../contracts.ts";
import { alerts } from "../streams.ts";
import { type SimWorld, simulatedWorld } from "../testing/world.ts";
import { createTokens, type Tokens } from "./auth.ts";
import { BODY_BYTES_MAX, BODY_MS_MAX } from "./body.ts";
import { type Constellation, constellation } from "./constellation.ts";
import { echoService, type Heard, heard } from "./echo.fixture.ts";
import type { Hosted } from "./host.ts";
import type { Net } from "./ports.ts";

const nowhere: Net = {
  fetch: () => Promise.reject(new Error("no network here")),
  connect: () => {
    throw new Error("no network here");
  },
};
const START = Date.UTC(2026, 0, 1);

let clock: VirtualClock;
let world: SimWorld;
let lines: string[];
let state: Heard;
let all: Constellation;
let hosted: Hosted;
let tokens: Tokens;

async function open(env: Record<string, string> = {}, fail = {}): Promise<void> {
  clock = new VirtualClock(START);
  lines = [];
  world = simulatedWorld({ clock, net: nowhere, seed: 1, env, freeze: true, onLog: (line) => lines.push(line) });
  state = heard();
  all = await constellation([echoService(state, fail)], ["s04"], world);
  hosted = all.hosted.get("s04") as Hosted;
  tokens = createTokens(world.serviceKey, clock);
  const starting = all.start();
  await clock.run(START + 1);
  await starting;
}
beforeEach(() => open());

async function ask(path: string, init: RequestInit & { token?: string } = {}): Promise<Response> {
  const token = init.token ?? (await tokens.mint("s12", "s04"));
  const headers = { authorization: `Bearer ${token}`, ...(init.headers as Record<string, string>) };
  return hosted.fetch(new Request(`http://x${path}`, { ...init, headers }));
}
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  ask(path, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  });
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;

describe("a verb over REST", () => {
  test("takes path and query, answers JSON with a request id", async () => {
    const response = await ask("/greetings/ada?times=2");
    expect(await response.json()).toEqual({ text: "hello adahello ada" });
    expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f]{32}$/);
  });
  test("keeps the caller's trace", async () => {
    const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
    const response = await ask("/greetings/ada", { headers: { traceparent } });
    expect(response.headers.get("x-request-id")).toBe("a".repeat(32));
  });

  const rows: [string, () => Promise<Response>, number, string][] = [
    ["out of range", () => ask("/greetings/ada?times=9"), 400, "INVALID"],
    ["not a number", () => ask("/greetings/ada?times=NaN"), 400, "INVALID"],
    ["twice the same field", () => ask("/greetings/ada?times=1&times=2"), 400, "INVALID"],
    ["our own refusal", () => ask("/greetings/nobody"), 404, "NOT_FOUND"],
    ["no such path", () => ask("/nothing"), 404, "NOT_FOUND"],
    ["another method", () => ask("/things"), 405, "METHOD_NOT_ALLOWED"],
    ["not JSON", () => post("/things", "{size:", { "idempotency-key": "k" }), 400, "MALFORMED"],
    ["too deep", () => post("/things", "[".repeat(10_000), { "idempotency-key": "k" }), 400, "MALFORMED"],
    ["an array", () => post("/things", "[]", { "idempotency-key": "k" }), 400, "INVALID"],
    [
      "another content type",
      () => post("/things", "size=1", { "content-type": "text/plain" }),
      415,
      "UNSUPPORTED_TYPE",
    ],
    ["too large", () => post("/things", "x".repeat(BODY_BYTES_MAX + 1)), 413, "TOO_LARGE"],
    ["infinity", () => post("/things", '{"size":1e999}', { "idempotency-key": "k" }), 400, "INVALID"],
    ["no idempotency key", () => post("/things", { size: 1 }), 400, "INVALID"],
  ];
  for (const [what, request, status, code] of rows) {
    test(`${what} is ${status} ${code}`, async () => {
      const response = await request();
      expect(response.headers.get("content-type")).toBe("application/problem+json");
      expect(response.status).toBe(status);
      expect(await codeOf(response)).toBe(code);
      expect(state.made).toBe(0);
    });
  }
  test("a body that does not come is given up after a while", async () => {
    const slow = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array([0x7b])) });
    const headers = { "content-type": "application/json", "idempotency-key": "k" };
    const asked = ask("/things", { method: "POST", body: slow, headers });
    await new Promise((resolve) => setImmediate(resolve));
    await clock.run(clock.now() + BODY_MS_MAX);
    const response = await asked;
    expect([response.status, await codeOf(response)]).toEqual([408, "SLOW_BODY"]);
  });
  test("invalid UTF-8 is refused", async () => {
    const body = new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x7d]);
    const headers = { "content-type": "application/json", "idempotency-key": "k" };
    expect(await codeOf(await ask("/things", { method: "POST", body, headers }))).toBe("MALFORMED");
  });
  test("what broke inside stays inside", async () => {
    const response = await ask("/greetings/broken");
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("secret");
  });
  test("a 405 says what is allowed", async () => {
    expect((await ask("/things")).headers.get("allow")).toBe("POST");
    expect((await ask("/api/things")).headers.get("allow")).toBe("POST");
  });
  test("a HEAD is checked and answered like its GET, without the body", async () => {
    const head = (path: string) => ask(path, { method: "HEAD" });
    const found = await head("/greetings/ada?times=2");
    expect([found.status, await found.text()]).toEqual([200, ""]);
    expect((await head("/greetings/ada?times=9")).status).toBe(400);
    expect((await head("/greetings/nobody")).status).toBe(404);
  });
  test("a Host header that is none is the caller's fault", async () => {
    for (const url of ["/greetings/ada", "http://[/greetings/ada", "http://%%%/greetings/ada"]) {
      const response = await hosted.fetch({ url, method: "GET", headers: new Headers() } as Request);
      expect([response.status, await codeOf(response)]).toEqual([400, "MALFORMED"]);
    }
  });
});

describe("who may ask", () => {
  test("nobody without a token, who is told where to go", async () => {
    const response = await hosted.fetch(new Request("http://x/greetings/ada"));
    expect(response.status).toBe(401);
    expect(await response.text()).toContain("./chimera token");
  });
  for (const path of ["/health", "/ready", "/metrics", "/openapi.json", "/docs"]) {
    test(`anyone for ${path}`, async () => {
      expect((await hosted.fetch(new Request(`http://x${path}`))).status).toBe(200);
    });
  }
  test("a token for another service, an expired and a forged one are refused", async () => {
    const forged = createTokens(new Uint8Array(32).fill(9), clock);
    const bad = [await tokens.mint("s12", "s05"), await forged.mint("s12", "s04"), "a.b.c", "none"];
    for (const token of bad) expect((await ask("/greetings/ada", { token })).status).toBe(401);
    const good = await tokens.mint("s12", "s04");
    expect((await ask("/greetings/ada", { token: good })).status).toBe(200);
    await clock.run(clock.now() + 120_000);
    expect((await ask("/greetings/ada", { token: good })).status).toBe(401);
  });
  test("an unsigned token is refused", async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const claims = { iss: "chimera", sub: "s12", aud: "s04", exp: Math.floor(clock.now() / 1000) + 60 };
    for (const alg of ["none", "HS256"]) {
      expect((await ask("/greetings/ada", { token: `${part({ alg })}.${part(claims)}.` })).status).toBe(401);
    }
  });
  test("a person may do what the role allows, and nothing that is for services", async () => {
    const viewer = await tokens.mint("s12", "s04", { id: "ada", role: "viewer" });
    const trader = await tokens.mint("s12", "s04", { id: "bob", role: "trader" });
    const make = (token: string) =>
      ask("/things", {
        method: "POST",
        token,
        body: '{"size":1}',
        headers: { "content-type": "application/json", "idempotency-key": "k" },
      });
    expect((await make(viewer)).status).toBe(403);
    expect((await make(trader)).status).toBe(201);
    expect((await ask("/inner", { token: trader })).status).toBe(403);
    expect((await ask("/inner")).status).toBe(200);
  });
});

describe("idempotency", () => {
  test("a repeat gets the first answer, another body is refused, another key makes another thing", async () => {
    const first = await post("/things", { size: 1 }, { "idempotency-key": "a" });
    const again = await post("/things", { size: 1 }, { "idempotency-key": "a" });
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(await again.json()).toEqual({ thing: 1 });
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(await codeOf(await post("/things", { size: 2 }, { "idempotency-key": "a" }))).toBe("KEY_REUSED");
    expect(await (await post("/things", { size: 2 }, { "idempotency-key": "b" })).json()).toEqual({ thing: 2 });
    expect(state.made).toBe(2);
  });
  test("what is in the path counts as part of the body", async () => {
    expect((await post("/things/1/paint", {}, { "idempotency-key": "a" })).status).toBe(200);
    expect(await codeOf(await post("/things/2/paint", {}, { "idempotency-key": "a" }))).toBe("KEY_REUSED");
  });
  test("first answers are kept for two days", async () => {
    await post("/things", { size: 1 }, { "idempotency-key": "a" });
    await clock.run(clock.now() + 86_400_000);
    expect(await world.store("s04").count(firstAnswers.s04)).toBe(1);
    await clock.run(clock.now() + 2 * 86_400_000);
    expect(await world.store("s04").count(firstAnswers.s04)).toBe(0);
  });
});

describe("a method over RPC", () => {
  const rpc = (method: string, body: unknown, headers: Record<string, string> = {}) =>
    post(`/chimera.router.v1.RouterService/${method}`, body, headers);
  test("answers proto names, and takes any JSON form of the message", async () => {
    const wanted = { account: "main", budget_usdt: "50", used_usdt: "1.5", reserved_usdt: "0", open_positions: 1 };
    expect(await (await rpc("GetBudget", {}, { "chimera-caller": "s03" })).json()).toEqual(wanted);
    expect(await (await rpc("GetBudget", {})).json()).toEqual(wanted);
  });
  test("refusals are Connect errors with our code beside", async () => {
    const response = await rpc("CancelOrder", { clientOrderId: "x" });
    expect(response.status).toBe(400);
    expect(response.headers.get("chimera-code")).toBe("ALREADY_FILLED");
    expect(await response.json()).toEqual({ code: "failed_precondition", message: "It is filled." });
  });
  test("what broke inside is in the log, and not in the answer", async () => {
    const response = await rpc("GetBudget", { account: "broken" });
    expect(response.headers.get("chimera-code")).toBe("INTERNAL");
    expect(await response.text()).not.toContain("secret");
    expect(lines.join("")).toContain("secret detail");
  });
  test("a body of any form has a limit, and nobody's is read without a token", async () => {
    const path = "/chimera.router.v1.RouterService/GetBudget";
    const large = (token?: string) => ({
      method: "POST",
      body: new Uint8Array(BODY_BYTES_MAX + 1),
      headers: { "content-type": "application/proto" },
      ...(token !== undefined && { token }),
    });
    expect((await ask(path, large())).headers.get("chimera-code")).toBe("TOO_LARGE");
    expect((await ask(path, large("a.b.c"))).headers.get("chimera-code")).toBe("UNAUTHENTICATED");
  });
  test("a message that is none is invalid", async () => {
    expect((await rpc("GetBudget", { account: 5 })).headers.get("chimera-code")).toBe("MALFORMED");
    expect((await rpc("CancelOrder", {})).headers.get("chimera-code")).toBe("INVALID");
  });
  test("no token, no call; a person's token is not enough", async () => {
    const token = await tokens.mint("s12", "s04", { id: "ada", role: "admin" });
    const path = "/chimera.router.v1.RouterService/GetBudget";
    const init = { method: "POST", body: "{}", headers: { "content-type": "application/json" } };
    expect((await hosted.fetch(new Request(`http://x${path}`, init))).status).toBe(401);
    expect((await ask(path, { ...init, token })).status).toBe(403);
  });
  test("in the same process it is a function call on a frozen value", async () => {
    const principal = { kind: "service", id: "s03", role: "admin" } as const;
    const answer = await hosted.call(router.methods.getBudget, {}, principal);
    expect(answer).toMatchObject({ account: "main" });
    expect(Object.isFrozen(answer)).toBe(true);
    await expect(hosted.call(router.methods.cancelOrder, {}, principal)).rejects.toThrow();
    await expect(hosted.call(router.methods.getBudget, { account: "broken" }, principal)).rejects.toThrow();
    expect(lines.join("")).toContain("secret detail");
    const counts = (await hosted.metrics()).split("\n").filter((line) => line.includes("request_ms_count"));
    expect(counts.filter((line) => /verb="getBudget",status="(200|500)".*\} 1$/.test(line))).toHaveLength(2);
  });
});

describe("streams and jobs", () => {
  const alert = { alert_id: "1", severity: "INFO", source: "s11", code: "X", message: "m", ts: 1 } as const;
  test("are heard and run on the clock, until the service stops", async () => {
    await world.bus.publish(alerts, alert);
    await clock.run(clock.now() + 3_000);
    expect(state.alerts).toEqual([alert]);
    expect(state.jobs).toBe(3);
    const stopping = all.stop();
    await clock.run(clock.now() + 1_000);
    await stopping;
    await clock.run(clock.now() + 5_000);
    expect(state).toMatchObject({ jobs: 3, stopped: true });
    expect((await ask("/greetings/ada")).status).toBe(503);
  });
  test("a trace goes from the request through the stream to who hears it", async () => {
    const headers = { traceparent: `00-${"c".repeat(32)}-${"d".repeat(16)}-01` };
    await ask("/greetings/alarm", { headers });
    await clock.run(clock.now() + 100);
    expect(state.traces).toEqual(["c".repeat(32)]);
    const [kept] = await world.bus.read(alerts, { limit: 1 });
    expect(kept?.traceparent).toStartWith(`00-${"c".repeat(32)}-`);
  });
  test("an alert holds no secrets: it leaves the system", async () => {
    await ask("/greetings/leak");
    await clock.run(clock.now() + 100);
    expect(state.alerts).toMatchObject([
      { message: "GET /order?signature=[redacted] failed", action_taken: "token=[redacted] is asked again" },
    ]);
  });
  test("a message that cannot be taken is tried again, then dead-lettered", async () => {
    await open({}, { stream: true });
    await world.bus.publish(alerts, alert);
    await clock.run(clock.now() + 60_000);
    expect(state.alerts).toEqual([]);
    expect(await world.bus.dead(alerts as never, 10)).toHaveLength(1);
  });
});

describe("health and settings", () => {
  test("health has the agreed fields, readiness follows it", async () => {
    const body = (await (await hosted.fetch(new Request("http://x/health"))).json()) as Record<string, unknown>;
    expect(body).toMatchObject({ service: "s04-router", title: "Echo", status: "OK", ready: true, config_rev: 0 });
    expect(body.checks).toEqual([expect.objectContaining({ name: "store", critical: true, status: "OK" })]);
  });
  test("settings come from the environment, the service's own name first", async () => {
    await open({ CHIMERA_LOUD: "false", CHIMERA_S04_LOUD: "true" });
    expect(await (await ask("/greetings/ada")).json()).toEqual({ text: "HELLO ada" });
  });
  test("a wrong setting is named", () => {
    expect(open({ CHIMERA_S04_GREETING_MS: "soon" })).rejects.toThrow("CHIMERA_S04_GREETING_MS");
  });
  test("openapi.json is 3.1 and has every REST path", async () => {
    const doc = (await (await hosted.fetch(new Request("http://x/openapi.json"))).json()) as {
      openapi: string;
      paths: Record<string, unknown>;
    };
    expect(doc.openapi).toBe("3.1.0");
    expect(Object.keys(doc.paths).sort()).toEqual(["/greetings/{name}", "/inner", "/things", "/things/{id}/paint"]);
  });
});
