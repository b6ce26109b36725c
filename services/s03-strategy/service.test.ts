/** The strategy engine hosted as it runs: signals over the bus, questions over REST, beside the two services it asks. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { instrumentRegistry } from "../../shared/collections/exchange.ts";
import { decisionsMade } from "../../shared/collections/signals.ts";
import { router } from "../../shared/contracts.ts";
import type { Decision } from "../../shared/domain/decision.ts";
import type { Intent } from "../../shared/domain/order.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import { type Constellation, constellation } from "../../shared/kit/constellation.ts";
import { answers, defineService, type Role } from "../../shared/kit/service.ts";
import {
  decisions,
  features,
  type HealthEffects,
  type HealthLevel,
  healthEvents,
  orderResults,
  positionEvents,
  signals,
} from "../../shared/streams.ts";
import { BARE, configNeighbour } from "../../shared/testing/neighbours.ts";
import { type SimWorld, simulatedWorld } from "../../shared/testing/world.ts";
import { featuresWith, listingOf, NOON, signalWith, viewWith } from "../../shared/trading/decision/decision.fixture.ts";
import s03 from "./service.ts";
import { answerTo, closedTrade, signalNumber, tradeWith } from "./strategy.fixture.ts";

const FUT = "FUT:BTCUSDT";
const placed: Intent[] = [];
const { bundle, rev } = viewWith();
/** The two services that S3 asks, as small as they can be. */
const s10 = configNeighbour({ rev, activated_at: NOON, bundle });
const s04 = defineService({
  ...BARE,
  ...{ id: "s04", name: "s04-router", title: "Order Router", port: 8084 },
  setup: () => ({
    verbs: [
      answers(router.methods.placeOrder, {
        ...{ name: "placeOrder", summary: "Takes every intent" },
        run({ intent }) {
          placed.push(intent);
          return answerTo(intent);
        },
      }),
      answers(router.methods.getBudget, {
        ...{ name: "getBudget", summary: "A budget of 50 USDT" },
        run: ({ account }) => ({ account, budget_usdt: "50", used_usdt: "0", reserved_usdt: "0", open_positions: 0 }),
      }),
    ],
  }),
});

const clock = new VirtualClock(NOON - 1_000);
const heard: Decision[] = [];
let world: SimWorld;
let running: Constellation;
let now = NOON;
/** Lets time pass, so that what was published is heard and what was decided is written. */
const pass = async (ms: number) => {
  now += ms;
  await clock.run(now);
};
const net = { fetch: () => Promise.reject(new Error("no net")), connect: () => ({ send() {}, close() {} }) };

beforeAll(async () => {
  world = simulatedWorld({ clock, net, seed: 3, freeze: true });
  const row = { op: "put", collection: instrumentRegistry as never, value: listingOf(FUT) } as const;
  await world.store("s01").commit([row]);
  running = await constellation([s10, s04, s03], ["s10", "s04", "s03"], world);
  await running.start();
  world.bus.subscribe(decisions, { group: "test", consumer: "test", handle: ({ event }) => void heard.push(event) });
  await pass(0);
});
afterAll(async () => {
  const stopping = running.stop();
  await pass(20_000);
  await stopping;
});

const tokens = createTokens(new Uint8Array(32).fill(7), clock);
async function ask(what: string, { role = "viewer", body, key }: { role?: Role; body?: unknown; key?: string } = {}) {
  const [method, path] = what.split(" ") as [string, string];
  const token = await tokens.mint("s12", "s03", { id: "ann", role });
  const headers = {
    authorization: `Bearer ${token}`,
    ...(body !== undefined && { "content-type": "application/json" }),
    ...(key !== undefined && { "idempotency-key": key }),
  };
  const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
  const response = await running.hosted.get("s03")!.fetch(new Request(`http://s03${path}`, init));
  return { status: response.status, body: (await response.json()) as Record<string, never> };
}
const fresh = (n: number) => signalNumber(n, { features: featuresWith({}, { ts: now }), ts: now });
const reasonOf = (id: string) => heard.find((one) => one.signal_id === id)?.decision.reason;
async function reasonFor(n: number): Promise<string | undefined> {
  await world.bus.publish(signals, fresh(n), { key: FUT });
  await pass(100);
  return reasonOf(`signal-${n}`);
}

describe("the strategy engine", () => {
  test("turns a signal into an intent at the router, a stored decision and a notice", async () => {
    expect(await reasonFor(1)).toBe("open");
    expect(placed.map((one) => one.intent_id)).toEqual(["signal-1:entry"]);
    expect((await world.store("s03").get(decisionsMade, "signal-1"))?.value).toEqual(heard[0]!);
    expect(world.errors).toEqual([]);
  });

  test("skips while the entry, then its trade, is open; and opens again once it is closed", async () => {
    expect(await reasonFor(2)).toBe("position_open");
    const intent = placed[0]!;
    const result = {
      intent,
      answer: answerTo(intent, { status: "FILLED", filled_qty: "0.006" }),
      orders: [],
      fills: [],
    };
    await world.bus.publish(orderResults, { ...result, ts: now }, { key: FUT });
    const event = { kind: "ENTRY", trade: tradeWith(), detail: "", ts: now } as const;
    await world.bus.publish(positionEvents, event, { key: FUT });
    await pass(100);
    expect(await reasonFor(3)).toBe("position_open");
    const exit = { ...event, kind: "EXIT", trade: closedTrade("trade-1", "1", { updated_at: now }) } as const;
    await world.bus.publish(positionEvents, exit, { key: FUT });
    await pass(100);
    expect(await reasonFor(4)).toBe("open");
    const canceled = { ...result, intent: placed[1]!, answer: answerTo(placed[1]!, { status: "EXPIRED" }) };
    await world.bus.publish(orderResults, { ...canceled, ts: now }, { key: FUT });
  });
});

describe("health", () => {
  test("in RED ends entries, until it is better", async () => {
    await world.bus.publish(healthEvents, { level: "RED", reasons: [], ts: now });
    await pass(100);
    expect(await reasonFor(5)).toBe("health");
    await world.bus.publish(healthEvents, { level: "GREEN", reasons: [], ts: now });
    await pass(100);
  });

  test("shows the health that each decision was made at, and follows its effects there and back", async () => {
    async function rehearsed(level: HealthLevel, effects?: HealthEffects) {
      await world.bus.publish(healthEvents, { level, reasons: [], ts: now, ...(effects && { effects }) });
      await pass(100);
      await world.bus.publish(features, featuresWith({}, { ts: now }), { key: FUT });
      const { body } = await ask("POST /decide", { body: { instrument: FUT } });
      const { decision, health } = body as unknown as Decision;
      return [decision.reason, decision.size_mult, decision.max_adds, health] as unknown[];
    }
    const green: unknown[] = ["open", 1, undefined, { level: "GREEN", effects: [] }];
    expect(await rehearsed("GREEN")).toEqual(green);
    const smaller = (mult: number) => [`size × ${mult}`, "no adds"];
    expect(await rehearsed("YELLOW")).toEqual(["open", 0.8, 0, { level: "YELLOW", effects: smaller(0.8) }]);
    expect(await rehearsed("ORANGE")).toEqual(["open", 0.5, 0, { level: "ORANGE", effects: smaller(0.5) }]);
    expect((await rehearsed("RED"))[0]).toBe("health");
    expect(await rehearsed("GREEN", { no_entries: "costs are off" })).toEqual([
      ...["health_no_entries", 1, undefined],
      { level: "GREEN", effects: ["no entries: costs are off"] },
    ]);
    expect(await rehearsed("GREEN", { spot_size: { mult: 0.5, why: "balances lack" } })).toEqual(green);
    expect(await rehearsed("GREEN")).toEqual(green);
    await pass(90_001);
    await world.bus.publish(features, featuresWith({}, { ts: now }), { key: FUT });
    const silent = (await ask("POST /decide", { body: { instrument: FUT } })).body as unknown as Decision;
    expect(silent.health).toEqual({
      level: "ORANGE",
      effects: ["S11 is silent, which counts as ORANGE", ...smaller(0.5)],
    });
    expect(await rehearsed("GREEN")).toEqual(green);
    await pass(20_000);
  });
});

describe("people", () => {
  test("pause and resume a strategy as traders", async () => {
    expect((await ask("POST /strategies/lean/pause", { body: {} })).status).toBe(403);
    expect((await ask("POST /strategies/gone/pause", { role: "trader", body: {} })).status).toBe(404);
    const paused = await ask("POST /strategies/lean/pause", { role: "trader", body: { reason: "news" } });
    expect(paused).toMatchObject({ status: 200, body: { paused: true, actor: "ann", reason: "news" } });
    expect(await reasonFor(6)).toBe("strategy_paused");
    const resumed = await ask("POST /strategies/lean/resume", { role: "trader", body: {} });
    expect(resumed).toMatchObject({ status: 200, body: { paused: false } });
  });

  test("decides for people: dry unless a trader says otherwise, with a key", async () => {
    const body = { instrument: FUT };
    expect((await ask("POST /decide", { body })).body.code).toBe("STALE_FEATURES" as never);
    await world.bus.publish(features, featuresWith({}, { ts: now }), { key: FUT });
    const before = placed.length;
    const dry = await ask("POST /decide", { body });
    expect(dry).toMatchObject({ status: 200, body: { dry_run: true, decision: { action: "open" } } });
    expect(placed).toHaveLength(before);
    const real = { ...body, dry_run: false };
    expect((await ask("POST /decide", { body: real, key: "a" })).status).toBe(403);
    expect((await ask("POST /decide", { role: "trader", body: real })).status).toBe(400);
    const first = await ask("POST /decide", { role: "trader", body: real, key: "b" });
    expect(first).toMatchObject({ status: 200, body: { dry_run: false, orders: [{ status: "WORKING" }] } });
    expect(await ask("POST /decide", { role: "trader", body: real, key: "b" })).toEqual(first);
    expect(placed).toHaveLength(before + 1);
  });

  test("shows its decisions", async () => {
    const list = await ask("GET /decisions?action=skip&limit=50");
    expect(list.status).toBe(200);
    const story = await ask(`GET /decisions/signal-1`);
    expect(story.body).toMatchObject({ signal_id: "signal-1", guards: expect.any(Array) } as never);
    expect((await ask("GET /decisions/gone")).status).toBe(404);
    expect((await ask("GET /decisions?limit=0")).status).toBe(400);
  });

  test("decides under the revision of the signal, or says that nobody knows it", async () => {
    await world.bus.publish(signals, { ...signalWith(), signal_id: "signal-99", config_rev: 99 }, { key: FUT });
    await pass(100);
    expect(reasonOf("signal-99")).toBe("unknown_revision");
    expect(heard.filter((one) => one.signal_id !== "signal-99").every((one) => one.config_rev === rev)).toBe(true);
  });
});

describe("a trade that was closed by force", () => {
  test("stops a strategy on the instrument whose trade was closed by force, once, until a person resumes it", async () => {
    const trade = closedTrade("trade-9", "1", { updated_at: now, strategy_id: "lean", exit_reason: "forced" });
    const event = { kind: "EXIT" as const, detail: "", trade, ts: now };
    await world.bus.publish(positionEvents, event, { key: FUT, id: "forced-1" });
    await pass(100);
    expect(await reasonFor(20)).toBe("strategy_paused");
    const body = { instrument: FUT };
    expect((await ask("POST /strategies/lean/resume", { role: "trader", body: {} })).body).toMatchObject({
      paused: false,
    });
    expect(await reasonFor(21)).toBe("strategy_paused");
    await ask("POST /strategies/lean/resume", { role: "trader", body });
    await world.bus.publish(positionEvents, event, { key: FUT, id: "forced-1", again: true });
    await pass(100);
    expect(await reasonFor(22)).not.toBe("strategy_paused");
  });
});
