import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { RouterService } from "../../proto/gen/chimera/router/v1/router_pb.ts";
import { wallClock } from "../adapters/clock.ts";
import { fetchNet } from "../adapters/net.ts";
import { router } from "../contracts.ts";
import type { Problem } from "../errors.ts";
import { simulatedWorld } from "../testing/world.ts";
import { createTokens } from "./auth.ts";
import { type Constellation, constellation } from "./constellation.ts";
import { echoService, heard } from "./echo.fixture.ts";
import { callRemote, FROM_HEADER, type Remote } from "./rpc.ts";
import { forSomebodyAt, inTrace } from "./trace.ts";

const clock = wallClock();
const net = fetchNet(clock);
const world = simulatedWorld({ clock: clock as never, net, seed: 1 });
const tokens = createTokens(world.serviceKey, clock);
const token = () => tokens.mint("s03", "s04");
const state = heard();
const slow = { enabled: true, mode: "HALT", epoch: 1, actor: "test" } as const;
let all: Constellation;
let server: ReturnType<typeof Bun.serve>;
let remote: Remote;

beforeAll(async () => {
  all = await constellation([echoService(state)], ["s04"], world);
  await all.start();
  const hosted = all.hosted.get("s04");
  server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (request) => hosted?.fetch(request) as Promise<Response>,
  });
  remote = { url: server.url.origin, net, clock, caller: "s03", token };
});
afterAll(async () => {
  await server.stop(true);
  await all.stop();
});

describe("our client over HTTP", () => {
  const budget = (input: unknown, to = remote) => callRemote(to, [router, router.methods.getBudget], [input, {}]);
  test("gets the answer as the verb gave it", async () => {
    expect(await budget({ account: "main" })).toMatchObject({ account: "main", budget_usdt: "50", open_positions: 1 });
  });
  test("says where the person is for whom it asks, and nothing where there is none", async () => {
    state.froms.splice(0);
    await forSomebodyAt("203.0.113.5", () => budget({ account: "main" }));
    await inTrace(`00-${"a".repeat(32)}-${"b".repeat(16)}-01`, () => budget({ account: "main" }), "2001:db8::5");
    await budget({ account: "main" });
    expect(state.froms).toEqual(["203.0.113.5", "2001:db8::5", undefined]);
  });
  test("is alone believed in that: whoever has a person's token says nothing so", async () => {
    state.froms.splice(0);
    const person = await tokens.mint("s12", "s04", { id: "mallory", role: "admin" });
    const headers = { [FROM_HEADER]: "203.0.113.5" };
    const call = budget({ account: "main" }, { ...remote, headers, token: async () => person });
    expect(await call.catch((error: Problem) => error.code)).toBe("FORBIDDEN");
    expect(state.froms).toEqual([]);
  });
  test("gets the callee's own code back", async () => {
    const call = callRemote(remote, [router, router.methods.cancelOrder], [{ intent_id: "i" }, {}]);
    expect(await call.catch((error: Problem) => error.code)).toBe("ALREADY_FILLED");
  });
  test("knows that nobody was there", async () => {
    const call = budget({}, { ...remote, url: "http://127.0.0.1:1" });
    expect(await call.catch((error: Problem) => error.code)).toBe("UNAVAILABLE");
  });
  test("gives up at its deadline, and so does the callee", async () => {
    const call = callRemote(remote, [router, router.methods.setKill], [{ ...slow, reason: "slow" }, { timeoutMs: 50 }]);
    expect(await call.catch((error: Problem) => error.code)).toBe("TIMEOUT");
    await Bun.sleep(20);
    expect(state.aborted).toBe(true);
  });
  test("is refused without a good token", async () => {
    const call = budget({}, { ...remote, token: async () => "nonsense" });
    expect(await call.catch((error: Problem) => error.code)).toBe("UNAUTHENTICATED");
  });
});

for (const useBinaryFormat of [false, true]) {
  describe(`a stock Connect client, ${useBinaryFormat ? "binary" : "JSON"}`, () => {
    const stock = createClient(
      RouterService,
      createConnectTransport({
        baseUrl: "http://placeholder",
        useBinaryFormat,
        fetch: (async (input: RequestInfo | URL, init?: RequestInit) => {
          const headers = new Headers(init?.headers);
          headers.set("authorization", `Bearer ${await token()}`);
          return fetch(String(input).replace("http://placeholder", server.url.origin), { ...init, headers });
        }) as typeof fetch,
      }),
    );
    test("is answered", async () => {
      const answer = await stock.getBudget({ account: "main" });
      expect([answer.budgetUsdt, answer.openPositions]).toEqual(["50", 1]);
    });
    test("may leave out what has a default", async () => {
      expect((await stock.getBudget({})).account).toBe("main");
    });
    test("gets a refusal as a ConnectError with our code beside", async () => {
      const error = await stock.cancelOrder({ intentId: "i" }).catch((e: unknown) => ConnectError.from(e));
      expect((error as ConnectError).code).toBe(Code.FailedPrecondition);
      expect((error as ConnectError).metadata.get("chimera-code")).toBe("ALREADY_FILLED");
    });
    test("is told what is wrong with its message", async () => {
      const error = await stock.cancelOrder({}).catch((e: unknown) => ConnectError.from(e));
      expect((error as ConnectError).code).toBe(Code.InvalidArgument);
    });
  });
}
