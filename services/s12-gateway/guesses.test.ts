import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { MemoryRateLimit } from "../../shared/adapters/rate-limit.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import type { User } from "../../shared/collections/people.ts";
import { asProblem } from "../../shared/errors.ts";
import { arrive } from "../../shared/kit/arrival.ts";
import { knownAt, takeGuess } from "./guesses.ts";
import { type Gateway, openGateway, PASSWORD } from "./people.fixture.ts";

/** The machine may have much else to do. */
setDefaultTimeout(60_000);

const HOME = "198.51.100.1";
const AWAY = "203.0.113.9";
const vera: User = {
  ...{ username: "vera", password_hash: "none", role: "viewer", disabled: false, generation: 1, created_at: 0 },
  places: [HOME],
};

describe("of guesses at passwords", () => {
  const limits = () => new MemoryRateLimit(new VirtualClock(0));
  const guess = (limit: MemoryRateLimit, name: string, from?: string) =>
    takeGuess(limit, name, { user: name === "vera" ? vera : undefined, from }).then(
      () => "taken",
      (error: unknown) => asProblem(error).code,
    );
  const guesses = (limit: MemoryRateLimit, count: number, name: (at: number) => string, from?: string) =>
    Promise.all(Array.from({ length: count }, (_, at) => guess(limit, name(at), from)));

  test("ten are looked at per name, wherever they come from", async () => {
    const limit = limits();
    await guesses(limit, 6, () => "vera", AWAY);
    await guesses(limit, 4, () => "vera");
    expect(await guess(limit, "vera", "192.0.2.1")).toBe("RATE_LIMITED");
  });
  test("from where its person has signed in before ten count by themselves", async () => {
    const limit = limits();
    await guesses(limit, 20, () => "vera", AWAY);
    expect((await guesses(limit, 11, () => "vera", HOME)).filter((said) => said === "taken")).toHaveLength(10);
    expect(await guess(limit, "other", HOME)).toBe("taken");
  });
  test("from one place there are fewer than in all, so that it cannot keep out those of other places", async () => {
    const limit = limits();
    await guesses(limit, 300, (at) => `name-${at}`, AWAY);
    expect(await guess(limit, "new", AWAY)).toBe("RATE_LIMITED");
    expect(await guess(limit, "new", "192.0.2.1")).toBe("taken");
  });
  test("from everywhere there are two hundred, which keep nobody out of where they are known", async () => {
    const limit = limits();
    for (let at = 0; at < 10; at++) await guesses(limit, 30, (n) => `name-${at}-${n}`, `192.0.2.${at}`);
    expect(await guess(limit, "new", AWAY)).toBe("RATE_LIMITED");
    expect(await guess(limit, "vera", HOME)).toBe("taken");
  });
  test("right ones are given back", async () => {
    const limit = limits();
    for (const from of [HOME, AWAY, undefined]) {
      for (let at = 0; at < 50; at++) await (await takeGuess(limit, "vera", { user: vera, from }))();
    }
  });
  test("places are known by their network, and so many of them", () => {
    expect(knownAt(vera, HOME)).toBe(vera);
    expect(knownAt(vera, undefined)).toBe(vera);
    expect(knownAt(vera, "2001:db8::7").places).toEqual(["2001:db8:0:0::/64", HOME]);
    const many = Array.from({ length: 20 }, (_, at) => `192.0.2.${at}`).reduce(knownAt, vera);
    expect([many.places?.length, many.places?.[0]]).toEqual([8, "192.0.2.19"]);
  });
});

describe("who is locked out elsewhere", () => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await openGateway("guesses");
    await gateway.join("vera", "viewer");
  });
  afterAll(() => gateway.stop());
  const login = async (from: string, password: string): Promise<number> => {
    const body = JSON.stringify({ username: "vera", password });
    const headers = { "content-type": "application/json" };
    const request = new Request("https://desk.example/auth/login", { method: "POST", headers, body });
    const arrived = arrive(request, { from, isTls: true, origin: "https://desk.example" });
    return (await gateway.running(gateway.sim.services.hosted.get("s12")!.fetch(arrived))).status;
  };

  test("signs in where they have signed in before", async () => {
    expect(await login(HOME, PASSWORD)).toBe(200);
    for (let at = 0; at < 10; at++) expect(await login(AWAY, "wrong-password")).toBe(401);
    expect(await login(AWAY, PASSWORD)).toBe(429);
    expect(await login(HOME, PASSWORD)).toBe(200);
    for (let at = 0; at < 10; at++) expect(await login(HOME, "wrong-password")).toBe(401);
    expect(await login(HOME, PASSWORD)).toBe(429);
  });
});
