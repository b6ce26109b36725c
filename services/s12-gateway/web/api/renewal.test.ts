import { describe, expect, test } from "bun:test";
import { createRenewal } from "./renewal.ts";

const MINUTES = 60_000;

/** A browser with tabs, and a gateway whose cookies open for ten minutes. */
function openBrowser() {
  let now = 1_000_000;
  let goodUntil = 0;
  let last: Promise<unknown> = Promise.resolve();
  const state = { refreshes: 0, isSessionAlive: true, isAway: false };
  const kept = new Map<string, string>();
  const answer = (status: number, body: object) => Response.json(body, { status });
  const give = () => {
    goodUntil = now + 10 * MINUTES;
    return answer(200, { expires_in: 600 });
  };
  const tab = () =>
    createRenewal({
      async fetch(path) {
        await Promise.resolve();
        if (state.isAway) return answer(503, { code: "UNAVAILABLE" });
        if (String(path).endsWith("/auth/refresh")) {
          state.refreshes++;
          return state.isSessionAlive ? give() : answer(401, { code: "UNAUTHENTICATED" });
        }
        if (String(path).endsWith("/auth/login")) return give();
        if (String(path).endsWith("/auth/confirm")) return answer(401, { code: "BAD_CREDENTIALS" });
        return now < goodUntil ? answer(200, { path }) : answer(401, { code: "UNAUTHENTICATED" });
      },
      inTurn(work) {
        const mine = last.then(work);
        last = mine.catch(() => {});
        return mine;
      },
      storage: {
        getItem: (key) => kept.get(key) ?? null,
        setItem: (key, value) => void kept.set(key, value),
        removeItem: (key) => void kept.delete(key),
      },
      now: () => now,
    });
  const pass = (ms: number) => {
    now += ms;
  };
  return { tab, state, pass };
}
const get = { method: "GET" };
const post = { method: "POST" };

describe("a page that is used", () => {
  test("renews its cookie before it runs out, and nobody notices", async () => {
    const { tab, state, pass } = openBrowser();
    const ask = tab();
    await ask("/auth/login", post);
    for (let minute = 0; minute < 60; minute++) {
      pass(MINUTES);
      expect((await ask("/api/v1/orders", get)).status).toBe(200);
    }
    expect(state.refreshes).toBe(7);
  });
  test("renews it at a 401 when it has slept, once for all that it asks at that moment", async () => {
    const { tab, state, pass } = openBrowser();
    const ask = tab();
    await ask("/auth/login", post);
    pass(60 * MINUTES);
    const all = await Promise.all([1, 2, 3].map(() => ask("/api/v1/orders", get)));
    expect(all.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(state.refreshes).toBe(1);
  });
  test("knows at a reload nothing of the cookie and renews it at the 401", async () => {
    const { tab, state, pass } = openBrowser();
    expect((await tab()("/api/v1/orders", get)).status).toBe(200);
    pass(1);
    expect((await tab()("/api/v1/orders", get)).status).toBe(200);
    expect(state.refreshes).toBe(1);
  });
});

test("of many tabs one renews", async () => {
  const { tab, state, pass } = openBrowser();
  const tabs = [tab(), tab(), tab()];
  await tabs[0]?.("/auth/login", post);
  for (let at = 0; at < 3; at++) {
    pass(8 * MINUTES);
    const all = await Promise.all(tabs.map((ask) => ask("/api/v1/orders", get)));
    expect(all.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(state.refreshes).toBe(at + 1);
  }
});

describe("what is refused", () => {
  test("stays refused once the session has ended", async () => {
    const { tab, state, pass } = openBrowser();
    const ask = tab();
    await ask("/auth/login", post);
    state.isSessionAlive = false;
    pass(20 * MINUTES);
    expect((await ask("/api/v1/orders", get)).status).toBe(401);
  });
  test("for a wrong password asks for no renewal", async () => {
    const { tab, state } = openBrowser();
    expect((await tab()("/auth/confirm", post)).status).toBe(401);
    expect(state.refreshes).toBe(0);
  });
  test("while the gateway is away signs nobody out", async () => {
    const { tab, state, pass } = openBrowser();
    const ask = tab();
    await ask("/auth/login", post);
    pass(20 * MINUTES);
    state.isAway = true;
    expect((await ask("/api/v1/orders", get)).status).toBe(503);
    state.isAway = false;
    expect((await ask("/api/v1/orders", get)).status).toBe(200);
  });
});
