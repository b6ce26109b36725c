import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { whileRunning } from "../../ops/sim/requests.ts";
import { openSimulation, type Simulation } from "../../ops/sim/simulate.ts";
import { quietMarket } from "../../ops/venue/quiet.ts";
import { killState } from "../../shared/collections/people.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { arrive } from "../../shared/kit/arrival.ts";
import type { Hosted } from "../../shared/kit/host.ts";

const PASSWORD = "correct-horse-1";
const HEARTBEAT_MS = 15_000;
let simulation: Simulation;
let gateway: Hosted;

beforeAll(async () => {
  simulation = await openSimulation({
    seed: "door",
    market: async (clock) => quietMarket(defaultListings(), clock),
    env: { CHIMERA_ADMIN_PASSWORD: PASSWORD },
    freeze: true,
  });
  await simulation.advance(1_000);
  gateway = simulation.services.hosted.get("s12") as Hosted;
});
afterAll(async () => {
  await whileRunning(simulation.clock, simulation.services.stop());
});

const json = { "content-type": "application/json" };
const ask = (path: string, init: RequestInit = {}, origin = "http://127.0.0.1:8092"): Promise<Response> =>
  whileRunning(simulation.clock, gateway.fetch(new Request(`${origin}${path}`, init)));
const post = (path: string, token: string, body: unknown) =>
  ask(path, { method: "POST", headers: { ...json, ...bearer(token) }, body: JSON.stringify(body) });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
async function signIn(): Promise<string> {
  const body = JSON.stringify({ username: "admin", password: PASSWORD });
  const response = await ask("/auth/login", { method: "POST", headers: json, body });
  return ((await response.json()) as { access_token: string }).access_token;
}
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;

test("a live view ends when its person signs out", async () => {
  const token = await signIn();
  const response = await ask("/api/v1/events?topics=health:events", { headers: bearer(token) });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toStartWith("event: hello");
  await simulation.advance(HEARTBEAT_MS);
  expect(new TextDecoder().decode((await reader.read()).value)).toBe(": alive\n\n");
  await post("/auth/logout", token, {});
  await simulation.advance(HEARTBEAT_MS);
  expect(new TextDecoder().decode((await reader.read()).value)).toStartWith("event: bye");
  expect((await reader.read()).done).toBe(true);
});

describe("every answer", () => {
  const paths = [
    "/",
    "/health",
    "/openapi.json",
    "/docs",
    "/kill-switch",
    "/auth/login",
    "/api/v1/orders",
    "/api/v1/no",
  ];
  test("keeps the page safe and stays out of caches, signed in or not", async () => {
    const token = await signIn();
    for (const headers of [{}, bearer(token)]) {
      for (const path of paths) {
        const response = await ask(path, { headers });
        expect(response.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
        expect(response.headers.get("x-content-type-options")).toBe("nosniff");
        expect(response.headers.get("cache-control")).toBe("no-store");
        expect(response.headers.get("access-control-allow-origin")).toBeNull();
      }
    }
  });
  test("from behind the gateway has the same trace in its body and its header, the caller's own if there is one", async () => {
    const token = await signIn();
    const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
    for (const headers of [bearer(token), { ...bearer(token), traceparent }]) {
      const response = await ask("/api/v1/orders?limit=0", { headers });
      const { trace_id } = (await response.json()) as { trace_id: string };
      expect(response.headers.get("x-request-id")).toBe(trace_id);
      if ("traceparent" in headers) expect(trace_id).toBe("a".repeat(32));
    }
  });
});

describe("the proxy", () => {
  test("answers a HEAD like its GET, and JSON to who takes anything", async () => {
    const headers = bearer(await signIn());
    expect((await ask("/api/v1/orders", { method: "HEAD", headers })).status).toBe(200);
    expect((await ask("/api/v1/orders?limit=0", { method: "HEAD", headers })).status).toBe(400);
    expect((await ask("/api/v1/nothing", { method: "HEAD", headers })).status).toBe(404);
    for (const accept of ["*/*", "application/json"]) {
      const metrics = await ask("/api/v1/metrics", { headers: { ...headers, accept } });
      expect(metrics.headers.get("content-type")).toBe("application/json");
    }
    const text = await ask("/api/v1/metrics", { headers: { ...headers, accept: "text/plain" } });
    expect(text.headers.get("content-type")).toStartWith("text/plain");
  });
  test("does not read more of a body than a service would", async () => {
    const token = await signIn();
    let chunks = 0;
    const endless = new ReadableStream({
      pull: (controller) => {
        chunks++;
        controller.enqueue(new Uint8Array(65_536));
      },
    });
    const headers = { ...json, ...bearer(token) };
    const response = await ask("/api/v1/cancel", { method: "POST", headers, body: endless });
    expect([response.status, await codeOf(response)]).toEqual([413, "TOO_LARGE"]);
    expect(chunks).toBeLessThan(40);
  });
  test("looks for a path as it is, not as it might be meant", async () => {
    const headers = bearer(await signIn());
    const paths = [
      "//orders",
      "/orders/",
      "/./orders//",
      "/ORDERS",
      "/%6frders",
      "/orders%2f",
      "/orders;x=1",
      "/orders%00",
    ];
    for (const path of paths) expect([path, (await ask(`/api/v1${path}`, { headers })).status]).toEqual([path, 404]);
    for (const prefix of ["/API/v1", "/api/v1%2f..", "/%61pi/v1", "//api/v1", "/api//v1"]) {
      expect([prefix, (await ask(`${prefix}/orders`, { headers })).status]).toEqual([prefix, 404]);
    }
  });
});

describe("the session cookie", () => {
  test("behind TLS is one that no other host can set, and goes before any that it can", async () => {
    const body = JSON.stringify({ username: "admin", password: PASSWORD });
    const request = new Request("http://127.0.0.1:8092/auth/login", { method: "POST", headers: json, body });
    const arrived = arrive(request, { from: "192.0.2.7", isTls: true, origin: "https://chimera.example" });
    const response = await whileRunning(simulation.clock, gateway.fetch(arrived));
    const cookie = (response.headers.get("set-cookie") as string).split(";")[0] as string;
    expect(cookie).toStartWith("__Host-chimera_session=");
    expect(response.headers.get("set-cookie")).toContain("; Secure");
    const planted = `chimera_session=chr_${"x".repeat(65)}; ${cookie}`;
    expect((await ask("/auth/me", { headers: { cookie: planted } })).status).toBe(200);
    expect((await ask("/auth/me", { headers: { cookie: `not_${cookie.slice(7)}` } })).status).toBe(401);
  });
});

describe("the kill switch", () => {
  test("on and off at the same moment are two epochs, and all agree on the newer", async () => {
    const token = await signIn();
    const headers = { ...json, ...bearer(token) };
    const sent = [true, false, true, false].map((enable) => {
      const body = JSON.stringify({ enable, reason: "race" });
      return gateway.fetch(new Request("http://127.0.0.1:8092/kill-switch", { method: "POST", headers, body }));
    });
    const responses = await whileRunning(simulation.clock, Promise.all(sent));
    const answers = await Promise.all(responses.map((response) => response.json() as Promise<{ epoch: number }>));
    const newest = Math.max(...answers.map(({ epoch }) => epoch));
    expect(newest).toBe(4);
    const kept = (await simulation.world.store("s12").get(killState, "kill"))?.value;
    const shown = (await (await ask("/kill-switch", { headers: bearer(token) })).json()) as object;
    expect(kept).toMatchObject({ epoch: newest });
    expect(shown).toMatchObject({ epoch: newest, enabled: kept?.enabled });
  });
});
