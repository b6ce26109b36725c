import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { whileRunning } from "../../ops/sim/requests.ts";
import { type Gateway, openGateway, PASSWORD } from "../../services/s12-gateway/people.fixture.ts";
import type { Hosted } from "../kit/host.ts";
import type { ClientOptions } from "./call.ts";
import { type Client, createClient } from "./client.ts";
import type { Machine } from "./machine.ts";
import { each } from "./paging.ts";
import { ApiProblem } from "./problem.ts";

// Each hash of a password takes its time, and much more on a busy machine.
setDefaultTimeout(60_000);
const URL_OF_IT = "http://127.0.0.1:8092";
let gateway: Gateway;
let token: string;
let client: Client;

/** The simulation's time, and a count for keys. */
function machineOf({ sim }: Gateway): Machine & { slept: number[] } {
  let keys = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => sim.clock.now(),
    chance: () => 0.5,
    freshKey: () => `key-${Math.floor(sim.clock.now())}-${++keys}`,
    sleep(ms, signal) {
      slept.push(ms);
      return sim.clock.sleep(ms, signal);
    },
  };
}
const toGateway = (request: Request): Promise<Response> =>
  (gateway.sim.services.hosted.get("s12") as Hosted).fetch(request);
const open = (options: ClientOptions = {}): Client =>
  createClient({ url: URL_OF_IT, token, fetch: toGateway, machine: machineOf(gateway), ...options });
/** Its virtual time passes while an answer is awaited. */
const run = <T>(work: Promise<T>): Promise<T> => whileRunning(gateway.sim.clock, work);
const refusalOf = async (work: Promise<unknown>): Promise<ApiProblem> => {
  const refused = await run(work.then(() => undefined).catch((error: unknown) => error));
  expect(refused).toBeInstanceOf(ApiProblem);
  return refused as ApiProblem;
};
const bodyOf = async (request: Request) => JSON.parse(await request.clone().text()) as Record<string, unknown>;

beforeAll(async () => {
  gateway = await openGateway("client");
  token = await gateway.tokenOf("admin");
  client = open();
});
afterAll(() => gateway.stop());

describe("a call", () => {
  test("reads with a query, by a path, and from the gateway itself", async () => {
    const { items } = await run(client.listInstruments({ instrument: "FUT:BTCUSDT" }));
    expect(items.map((each) => each.instrument)).toEqual(["FUT:BTCUSDT"]);
    expect((await run(client.getServiceHealth({ id: "s04", replica: 1 }))).name).toBe("s04-router");
    expect(await run(client.whoAmI())).toMatchObject({ username: "admin", role: "admin" });
  });
  test("changes something with a body, its path's part taken out of it", async () => {
    const sent: Request[] = [];
    const watched = open({
      fetch(request) {
        sent.push(request.clone() as Request);
        return toGateway(request);
      },
    });
    await run(watched.addUser({ username: "vic", role: "viewer" }));
    await run(watched.setUserRole({ username: "vic", role: "trader" }));
    expect(sent.map((request) => new URL(request.url).pathname).at(-1)).toBe("/api/v1/users/vic/role");
    expect(await bodyOf(sent.at(-1) as Request)).toEqual({ role: "trader" });
  });
  test("is refused with code, status, words and fields", async () => {
    const missing = await refusalOf(client.readOrder({ id: "none such" }));
    expect([missing.status, missing.code]).toEqual([404, "NOT_FOUND"]);
    const wrong = await refusalOf(client.listOrders({ limit: 0 }));
    expect([wrong.status, wrong.code, wrong.errors[0]?.field]).toEqual([400, "INVALID", "limit"]);
    expect(wrong.message).toContain("limit");
    expect(wrong.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect((await refusalOf(open({ token: "x".repeat(43) }).listOrders())).status).toBe(401);
  });
  test("without what its path names is none", () => {
    expect(client.readOrder({ id: "" })).rejects.toThrow("id: is missing.");
  });
  test("ends with its signal, for the signal's reason", async () => {
    const reason = new Error("enough");
    expect(await run(client.listOrders({}, { signal: AbortSignal.abort(reason) }).catch((e: unknown) => e))).toBe(
      reason,
    );
  });
});

describe("lists", () => {
  test("are read page by page to their end", async () => {
    for (const username of ["ann", "bob", "cat", "dan"]) await gateway.join(username, "viewer");
    const names: string[] = [];
    await run(
      (async () => {
        for await (const user of each(client.listUsers, { limit: 2 })) names.push(user.username);
      })(),
    );
    expect(names).toEqual((await run(client.listUsers({}))).items.map((user) => user.username));
    expect(names.length).toBeGreaterThanOrEqual(5);
  });
  test("come as CSV, all pages under one header line", async () => {
    const whole = await run(client.csv("listAudit", { limit: 1000 }));
    const inPages = await run(client.csv("listAudit", { limit: 2 }));
    expect(inPages.split("\n").length).toBeGreaterThan(4);
    expect(inPages).toBe(whole);
  });
});

describe("a call that failed", () => {
  /** Lets the first requests through and loses their answers. */
  const losing = (count: number) => {
    const keys: (string | null)[] = [];
    return {
      keys,
      async fetch(request: Request): Promise<Response> {
        keys.push(request.headers.get("idempotency-key"));
        const response = await toGateway(request);
        if (keys.length <= count) throw new TypeError("connection reset");
        return response;
      },
    };
  };
  test("is made again under its own key, and done once", async () => {
    const line = losing(2);
    const { run_id } = await run(open({ fetch: line.fetch }).reconcile({ mode: "ALL" }));
    expect(line.keys.length).toBe(3);
    expect(new Set(line.keys).size).toBe(1);
    const { items } = await run(client.listReconciliations({ limit: 1000 }));
    expect(items.filter((each) => each.run_id === run_id).length).toBe(1);
  });
  test("and takes no key is not made again: it may be done", async () => {
    const line = losing(1);
    const refused = await refusalOf(open({ fetch: line.fetch }).addUser({ username: "once", role: "viewer" }));
    expect([refused.status, refused.code, line.keys]).toEqual([0, "NETWORK", [null]]);
    expect((await run(client.listUsers({ limit: 1000 }))).items.some((user) => user.username === "once")).toBe(true);
  });
  test("is given up after so many tries", async () => {
    const line = losing(99);
    expect((await refusalOf(open({ fetch: line.fetch, triesMax: 3 }).listOrders())).code).toBe("NETWORK");
    expect(line.keys.length).toBe(3);
  });
  test("by a limit waits as long as it was told, and not for minutes", async () => {
    const machine = machineOf(gateway);
    let tries = 0;
    const limited = (seconds: string) => async (request: Request) =>
      ++tries === 1
        ? Response.json({ code: "RATE_LIMITED" }, { status: 429, headers: { "retry-after": seconds } })
        : toGateway(request);
    await run(open({ machine, fetch: limited("3") }).confirm({ password: PASSWORD }));
    expect([tries, machine.slept]).toEqual([2, [3_000]]);
    tries = 0;
    const refused = await refusalOf(open({ machine, fetch: limited("900") }).listOrders());
    expect([tries, refused.retryAfterMs]).toEqual([1, 900_000]);
  });
});

describe("who asks", () => {
  test("is asked for again when a token has run out, once for all calls", async () => {
    const asked: (string | undefined)[] = [];
    const renewed = open({
      async token(refused) {
        asked.push(refused);
        return refused === undefined ? "y".repeat(43) : token;
      },
    });
    await run(Promise.all([renewed.whoAmI(), renewed.budget(), renewed.listOrders()]));
    expect(asked).toEqual([undefined, "y".repeat(43)]);
  });
  test("by cookie is renewed once for all calls, and only where it was renewed", async () => {
    let refreshes = 0;
    let isSignedIn = false;
    const fetch = async (request: Request): Promise<Response> => {
      if (request.url.endsWith("/auth/refresh")) {
        refreshes++;
        await gateway.sim.clock.sleep(50);
        isSignedIn = refreshes > 1;
        return Response.json({}, { status: isSignedIn ? 200 : 401 });
      }
      const headers = new Headers(request.headers);
      headers.set("sec-fetch-site", "same-origin");
      if (isSignedIn) headers.set("authorization", `Bearer ${token}`);
      return toGateway(new Request(request, { headers }));
    };
    const page = createClient({ url: URL_OF_IT, fetch, machine: machineOf(gateway) });
    expect((await refusalOf(page.whoAmI())).status).toBe(401);
    expect(await run(Promise.all([page.whoAmI(), page.whoAmI(), page.budget()]))).toMatchObject([
      { username: "admin" },
      {},
      {},
    ]);
    expect(refreshes).toBe(2);
  });
  test("who signs in with a wrong password has no token to renew", async () => {
    const refused = await refusalOf(client.login({ username: "admin", password: "wrong" }));
    expect(refused.code).toBe("BAD_CREDENTIALS");
  });
});
