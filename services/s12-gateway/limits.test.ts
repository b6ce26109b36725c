import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { arrive } from "../../shared/kit/arrival.ts";
import { createMetrics } from "../../shared/kit/metrics.ts";
import { createLimits, networkOf } from "./limits.ts";
import { type Gateway, openGateway } from "./people.fixture.ts";

const QUOTA = 60;
let gateway: Gateway;
let admin: string;
let trader: string;
beforeAll(async () => {
  gateway = await openGateway("limits", {
    CHIMERA_S12_REQUESTS_PER_MINUTE_MAX: String(QUOTA),
    CHIMERA_S12_OPEN_REQUESTS_PER_MINUTE_MAX: "30",
  });
  trader = await gateway.join("tina", "trader");
  admin = await gateway.tokenOf("admin");
});
afterAll(() => gateway.stop());

type Asked = Parameters<Gateway["ask"]>;
const burst = async (count: number, ...asked: Asked) => {
  const all = await gateway.askAll(...Array.from({ length: count }, () => asked));
  return all.map(({ status }) => status);
};
const kill = (path: string, token: string) =>
  gateway.ask(`POST ${path}`, token, { enable: true, mode: "HALT", reason: "during a burst" });

describe("a burst", () => {
  test("of one person is 429 past the quota, says when to come again, and stops no kill switch", async () => {
    const all = await burst(QUOTA + 20, "GET /kill-switch", trader);
    expect(all.filter((status) => status === 200).length).toBeGreaterThanOrEqual(QUOTA);
    expect(all.at(-1)).toBe(429);
    const refused = await gateway.ask("GET /api/v1/orders", trader);
    expect([refused.status, refused.code]).toEqual([429, "RATE_LIMITED"]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(refused.headers.get("ratelimit-policy")).toBe(`"default";q=${QUOTA};w=60`);
    expect(refused.headers.get("ratelimit")).toMatch(/^"default";r=0;t=[1-9]\d*$/);
    for (const path of ["/kill-switch", "/api/v1/kill-switch"]) {
      const killed = await kill(path, trader);
      expect([path, killed.status, killed.body.enabled]).toEqual([path, 200, true]);
      expect(killed.headers.get("ratelimit")).toBeNull();
    }
    expect((await gateway.ask("GET /auth/me", trader)).status).toBe(429);
  });
  test("of one person is nothing to another", async () => {
    expect((await gateway.ask("GET /auth/me", admin)).status).toBe(200);
  });
  test("of an API key is its own, beside its person's", async () => {
    const wanted = { name: "dashboard", role: "viewer", expires_in_days: 1 };
    const key = String((await gateway.ask("POST /api-keys", admin, wanted)).body.api_key);
    const all = await burst(QUOTA + 20, "GET /kill-switch", key);
    expect(all.at(-1)).toBe(429);
    expect((await gateway.ask("GET /auth/me", admin)).status).toBe(200);
  });
  test("is over after a while", async () => {
    await gateway.sim.advance(5_000);
    const again = await gateway.ask("GET /auth/me", trader);
    expect(again.status).toBe(200);
    expect(again.headers.get("ratelimit")).toMatch(/^"default";r=\d+;t=1$/);
  });
});

test("who counts and hangs, or is away, keeps nobody out", async () => {
  const clock = new VirtualClock(0);
  const quiet = () => {};
  const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
  for (const take of [() => new Promise<never>(quiet), () => Promise.reject(new Error("away"))]) {
    const meter = createLimits({
      ...{ rateLimit: { take }, clock, log, metrics: createMetrics("s12", undefined) },
      ...{ perPrincipal: 1, perAddress: 1, slotOf: async () => "person/rita" },
    });
    const metered = meter(new Request("http://127.0.0.1:8092/auth/me"));
    await clock.run(clock.now() + 250);
    expect(await metered).toEqual({});
  }
});

describe("who has not signed in", () => {
  const from = async (address: string, path: string, init: RequestInit = {}) => {
    const request = new Request(`http://127.0.0.1:8092${path}`, init);
    arrive(request, { from: address, isTls: false, origin: undefined });
    const response = await gateway.running(gateway.sim.services.hosted.get("s12")!.fetch(request));
    return { status: response.status, policy: response.headers.get("ratelimit-policy") };
  };
  test("counts by address, whatever they ask and claim", async () => {
    const json = { "content-type": "application/json", "x-forwarded-for": "198.51.100.7", "x-chimera-from": "::1" };
    const login = { method: "POST", headers: json, body: JSON.stringify({ username: "x", password: "y" }) };
    const bearer = { headers: { authorization: `Bearer ${"x".repeat(40)}` } };
    const asks: [string, RequestInit][] = [
      ["/auth/jwks", {}],
      ["/api/v1/orders", bearer],
      ["/auth/refresh", { method: "POST", headers: json, body: '{"refresh_token":"x"}' }],
      ["/", {}],
    ];
    for (let at = 0; at < 30; at++) {
      const [path, init] = asks[at % asks.length] as [string, RequestInit];
      expect((await from("192.0.2.1", path, init)).status).not.toBe(429);
    }
    expect(await from("192.0.2.1", "/auth/login", login)).toEqual({ status: 429, policy: '"open";q=30;w=60' });
    expect((await from("192.0.2.2", "/auth/jwks")).status).toBe(200);
  });
  test("of IPv6 counts by its network", () => {
    expect(networkOf("2001:db8:1:2:3:4:5:6")).toBe("2001:db8:1:2::/64");
    expect(networkOf("2001:DB8:1:2::1")).toBe("2001:db8:1:2::/64");
    expect(networkOf("2001:db8::1")).toBe("2001:db8:0:0::/64");
    expect(networkOf("::1")).toBe("0:0:0:0::/64");
    expect(networkOf("fe80::1%eth0")).toBe("fe80:0:0:0::/64");
    expect(networkOf("192.0.2.1")).toBe("192.0.2.1");
    expect(networkOf("::ffff:192.0.2.1")).toBe("::ffff:192.0.2.1");
  });
});
