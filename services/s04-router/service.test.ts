import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { exchange } from "../../shared/contracts.ts";
import { Bundle } from "../../shared/domain/bundle.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import { type Constellation, constellation } from "../../shared/kit/constellation.ts";
import { answers, defineService, type Role } from "../../shared/kit/service.ts";
import { accountEvents, ticker } from "../../shared/streams.ts";
import { BARE, configNeighbour } from "../../shared/testing/neighbours.ts";
import { type SimWorld, simulatedWorld } from "../../shared/testing/world.ts";
import { FakeExchange } from "./exchange.fixture.ts";
import s04 from "./service.ts";

const FUT = "FUT:BTCUSDT";
const START = Date.UTC(2026, 0, 5, 12);
const bundle = Bundle.parse({
  format: 1,
  bundle_id: "b",
  rev: 4,
  factors: [],
  strategies: [],
  instruments: [{ instrument: FUT }],
});

const s10 = configNeighbour({ rev: 4, activated_at: START, bundle });

const clock = new VirtualClock(START);
const fake = new FakeExchange(clock);
const s01 = defineService({
  ...BARE,
  ...{ id: "s01", name: "s01-exchange", title: "Exchange Connectors", port: 8081 },
  emits: [ticker, accountEvents] as never,
  setup(ctx) {
    fake.hear = (event) => ctx.publish(accountEvents, event, event.instrument);
    const names = Object.keys(exchange.methods) as (keyof typeof exchange.methods)[];
    return {
      verbs: names.map((name) =>
        answers(exchange.methods[name] as never, { name, summary: name, run: fake.calls[name] as never }),
      ),
    };
  },
});
let world: SimWorld;
let all: Constellation;

async function finish<T>(work: Promise<T>): Promise<T> {
  let done = false;
  const end = () => {
    done = true;
  };
  work.then(end, end);
  await clock.run(() => done);
  return work;
}
async function quote(): Promise<void> {
  const stamp = { instrument: FUT, exch_ts: clock.now(), ts: clock.now() };
  const { bid, ask } = fake;
  await world.bus.publish(ticker, { ...stamp, seq: 1, bid, ask, bid_qty: "5", ask_qty: "5" }, { key: FUT });
}
/** A request of a person with this role, as the gateway would pass it on. */
interface Asking {
  body?: unknown;
  role?: Role | "";
  key?: string;
}
async function ask(method: string, path: string, { body, role = "trader", key }: Asking = {}) {
  await quote();
  const tokens = createTokens(world.serviceKey, clock);
  const token = role === "" ? "" : await finish(tokens.mint("s12", "s04", { id: "ann", role }));
  const request = new Request(`http://127.0.0.1${path}`, {
    method,
    headers: {
      "content-type": "application/json",
      ...(token && { authorization: `Bearer ${token}` }),
      ...(key !== undefined && { "idempotency-key": key }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await finish(all.hosted.get("s04")!.fetch(request));
  const replayed = answer.headers.get("idempotency-replayed") === "true";
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown>, replayed };
}
const intent = (intent_id: string, over = {}) => ({
  intent: { intent_id, instrument: FUT, kind: "ENTRY", side: "BUY", qty: "0.01", exec: { policy: "MARKET" }, ...over },
});

beforeAll(async () => {
  world = simulatedWorld({ clock, net: {} as never, seed: 1, env: {}, freeze: true });
  all = await constellation([s01, s04, s10], ["s01", "s04", "s10"], world);
  await finish(all.start());
});
afterAll(() => finish(all.stop()));

describe("the router behind the kit", () => {
  test("places once by the intent's own id, over REST too", async () => {
    const first = await ask("POST", "/orders", { body: intent("a") });
    expect([first.status, first.body.status]).toEqual([200, "FILLED"]);
    expect((await ask("POST", "/orders", { body: intent("a") })).body).toEqual(first.body);
    const other = await ask("POST", "/orders", { body: intent("a", { qty: "0.02" }) });
    expect([other.status, other.body.code]).toEqual([422, "KEY_REUSED"]);
    expect((await ask("GET", "/intents/a")).body).toMatchObject({
      intent: { state: "DONE" },
      fills: [{ qty: "0.01" }],
    });
    await finish(clock.sleep(500));
    const [id] = first.body.client_order_ids as string[];
    const story = (await ask("GET", `/orders/${id}`)).body;
    expect(story).toMatchObject({ order: { client_order_id: id }, intent: { intent_id: "a" }, trade_id: "a" });
    const happened = (story.timeline as { what: string }[]).map((entry) => entry.what);
    expect(happened).toEqual(expect.arrayContaining(["INTENT", "PLAN", "SUBMIT", "FILL", "DONE", "PROTECTION"]));
    expect((await ask("GET", `/orders/${(story.order as { order_id: string }).order_id}`)).body).toEqual(story);
    const open = (await ask("GET", `/orders?open=true&instrument=${FUT}`)).body.items as { kind: string }[];
    expect(open.map((order) => order.kind)).toEqual(["SL"]);
    expect((await ask("GET", "/orders?open=false&kind=SL")).body.items).toEqual([]);
    const orders = (await ask("GET", "/orders?limit=1")).body;
    expect([(orders.items as unknown[]).length, typeof orders.next_cursor]).toEqual([1, "string"]);
  });

  test("an Idempotency-Key counts beside the ids of the body", async () => {
    const resting = { type: "LIMIT", price: "59950" };
    const first = await ask("POST", "/orders", { body: intent("k", resting), key: "key-1" });
    expect([first.status, first.replayed, first.body.status]).toEqual([200, false, "ACCEPTED"]);
    const again = await ask("POST", "/orders", { body: intent("k", resting), key: "key-1" });
    expect([again.replayed, again.body]).toEqual([true, first.body]);
    const other = await ask("POST", "/orders", { body: intent("k2", resting), key: "key-1" });
    expect([other.status, other.body.code]).toEqual([422, "KEY_REUSED"]);
    const cancel = { body: { intent_id: "k" }, key: "key-1" };
    const ended = await ask("POST", "/cancel", cancel);
    expect([ended.status, ended.body.result]).toEqual([200, "CANCELED"]);
    expect(await ask("POST", "/cancel", cancel)).toEqual({ ...ended, replayed: true });
  });

  test("a maker's plan is answered with 202", async () => {
    const answer = await ask("POST", "/orders", {
      body: intent("m", { exec: { policy: "MAKER_THEN_TAKER", twap: { slices: 1, interval_ms: 1_000 } } }),
    });
    expect([answer.status, answer.body.status]).toEqual([202, "WORKING"]);
  });

  test("a plan in slices is answered with 202, and read with its slices; what takers cost can be read too", async () => {
    const twap = { slices: 3, interval_ms: 1_000 };
    const answer = await ask("POST", "/orders", { body: intent("t", { exec: { policy: "MARKET", twap } }) });
    expect([answer.status, answer.body.status]).toEqual([202, "WORKING"]);
    const plan = (await ask("GET", "/plans/t")).body;
    expect(plan).toMatchObject({ intent_id: "t", style: "MARKET", qty: "0.01", state: "RUNNING" });
    expect((plan.slices as { qty: string }[]).map((slice) => slice.qty)).toEqual(["0.004", "0.003", "0.003"]);
    expect((await ask("GET", `/plans?limit=1&state=RUNNING&instrument=${FUT}`)).body.items).toEqual([plan]);
    const over = (await ask("GET", "/plans?state=DONE")).body.items as { intent_id: string }[];
    expect(over.map((each) => each.intent_id)).toContain("a");
    expect((await ask("GET", "/cost-curves")).body.items).toEqual([]);
  });

  const rows: [string, string, string, object, number, string][] = [
    ["no token", "POST", "/orders", { body: intent("x"), role: "" }, 401, "UNAUTHENTICATED"],
    ["a viewer places nothing", "POST", "/orders", { body: intent("x"), role: "viewer" }, 403, "FORBIDDEN"],
    ["risk places nothing", "POST", "/orders", { body: intent("x"), role: "risk" }, 403, "FORBIDDEN"],
    ["no quantity", "POST", "/orders", { body: intent("x", { qty: "NaN" }) }, 400, "INVALID"],
    ["an unknown plan", "GET", "/plans/nope", {}, 404, "NOT_FOUND"],
    ["an unknown order", "GET", "/orders/nope", {}, 404, "NOT_FOUND"],
    ["cancelling nothing", "POST", "/cancel", { body: { order_id: "nope" }, role: "risk" }, 404, "NOT_FOUND"],
    ["cancelling by two ids", "POST", "/cancel", { body: { order_id: "1", intent_id: "2" } }, 400, "INVALID"],
    ["a page without end", "GET", "/fills?limit=1000000000", {}, 400, "INVALID"],
  ];
  test.each(rows)("%s", async (_what, method, path, request, status, code) => {
    const answer = await ask(method, path, request);
    expect([answer.status, answer.body.code]).toEqual([status, code] as never);
  });

  test("is ready once its books have met the exchange", async () => {
    expect((await ask("GET", "/ready")).status).toBe(200);
    expect((await ask("GET", "/budget")).body).toMatchObject({ budget_usdt: "50" });
  });
});
