/** Two replicas of the strategy engine, which split the instruments and share what they know of the account. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { put } from "../../shared/changes.ts";
import { instrumentRegistry } from "../../shared/collections/exchange.ts";
import { decisionsMade, signalsSeen, strategyPauses } from "../../shared/collections/signals.ts";
import { router } from "../../shared/contracts.ts";
import type { Signal } from "../../shared/domain/decision.ts";
import type { Intent } from "../../shared/domain/order.ts";
import { answers, defineService } from "../../shared/kit/service.ts";
import { shardOf } from "../../shared/kit/shard.ts";
import { features, orderResults, positionEvents, signals } from "../../shared/streams.ts";
import { BARE, configNeighbour } from "../../shared/testing/neighbours.ts";
import { ReplicatedWorld } from "../../shared/testing/replicas.ts";
import {
  featuresWith,
  listingOf,
  NOON,
  strategyWith,
  viewWith,
} from "../../shared/trading/decision/decision.fixture.ts";
import s03 from "./service.ts";
import { answerTo, closedTrade, signalNumber, tradeWith } from "./strategy.fixture.ts";

const COUNT = 2;
const SYMBOLS = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT", "ADAUSDT"];
/** One of each shard. */
const [ONE, OTHER] = [0, 1].map((shard) =>
  SYMBOLS.map((symbol) => `FUT:${symbol}`).find((instrument) => shardOf(instrument, COUNT) === shard),
) as [string, string];
const INSTRUMENTS = [ONE, OTHER];
const { bundle, rev } = viewWith({
  ...strategyWith({ instruments: INSTRUMENTS }),
  instruments: INSTRUMENTS.map((instrument) => ({ instrument })),
  flags: { risk: { entries_per_market_max: 1 } },
});
const placed: Intent[] = [];
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
const clock = new VirtualClock(NOON);
const all = new ReplicatedWorld({ clock, whole: [s10, s04], split: [s03], count: COUNT });
const { world } = all;
const PLACES = ["s03-1", "s03-2"];

const signalOf = (n: number, instrument: string): Signal => {
  const ts = clock.now();
  return signalNumber(n, { instrument, features: featuresWith({}, { instrument, ts }), ts });
};
/** As S2 tells of it; answers what the shard's own file says was decided. */
async function reasonFor(n: number, instrument: string): Promise<string | undefined> {
  const signal = signalOf(n, instrument);
  await world.store("s02").commit([put(signalsSeen, signal)]);
  await world.bus.publish(signals, signal, { key: instrument });
  await all.pass(200);
  const kept = INSTRUMENTS.map((_, shard) => all.storeOf("s03", shard).get(decisionsMade, `signal-${n}`));
  const [own, other] = (await Promise.all(kept)).map((row) => row?.value.decision.reason);
  expect(instrument === ONE ? other : own).toBeUndefined();
  return instrument === ONE ? own : other;
}

beforeAll(async () => {
  for (const instrument of INSTRUMENTS)
    await world.store("s01").commit([put(instrumentRegistry, listingOf(instrument))]);
  await all.start();
});
afterAll(() => all.stop());

describe("two shards of the strategy engine", () => {
  test("decide each signal once, by the holder of its instrument", async () => {
    expect(await reasonFor(1, ONE)).toBe("open");
    expect(placed.map((intent) => intent.intent_id)).toEqual(["signal-1:entry"]);
  });

  test("count each other's entries and trades against the account's limits", async () => {
    const [intent] = placed as [Intent];
    const told = { intent, answer: answerTo(intent), orders: [], fills: [], ts: clock.now() };
    await world.bus.publish(orderResults, told, { key: ONE });
    await all.pass(100);
    expect(await reasonFor(2, OTHER)).toBe("entries_per_market");
    const event = { kind: "ENTRY", trade: tradeWith({ instrument: ONE }), detail: "", ts: clock.now() } as const;
    await world.bus.publish(positionEvents, event, { key: ONE });
    await all.pass(100);
    expect(await reasonFor(3, OTHER)).toBe("entries_per_market");
    const trade = closedTrade("trade-1", "1", { instrument: ONE, updated_at: clock.now() });
    await world.bus.publish(positionEvents, { ...event, kind: "EXIT", trade }, { key: ONE });
    await all.pass(100);
    expect(await reasonFor(4, OTHER)).toBe("open");
  });

  test("are asked at either door for all of it", async () => {
    for (const place of PLACES) {
      expect((await all.ask(place, "GET /decisions/signal-1")).body).toMatchObject({ decision: { action: "open" } });
      const { items } = (await all.ask(place, "GET /decisions")).body as { items: { signal_id: string }[] };
      expect(items.map((one) => one.signal_id)).toEqual(["signal-4", "signal-3", "signal-2", "signal-1"]);
      for (const n of [1, 4]) {
        const dry = await all.ask(place, "POST /decide", { body: { signal_id: `signal-${n}` } });
        expect(dry).toMatchObject({ status: 200, body: { dry_run: true, signal_id: `signal-${n}` } });
      }
      const body = { instrument: ONE, features: featuresWith().values };
      expect((await all.ask(place, "POST /decide", { body })).body).toMatchObject({ instrument: ONE, dry_run: true });
      expect((await all.ask(place, "POST /decide", { body: { signal_id: "none" } })).status).toBe(404);
    }
  });

  test("rehearse a batch at either door, each question at the shard that hears of its instrument", async () => {
    for (const instrument of INSTRUMENTS) {
      await world.bus.publish(features, featuresWith({}, { instrument, ts: clock.now() }), { key: instrument });
    }
    await all.pass(100);
    const body = { items: [{ instrument: ONE }, { instrument: "FUT:DOGEUSDT" }, { instrument: OTHER }] };
    for (const place of PLACES) {
      const { items } = (await all.ask(place, "POST /decide/batch", { body })).body as { items: unknown[] };
      expect(items).toMatchObject([
        { ok: true, decision: { instrument: ONE, guards: expect.any(Array) } },
        { ok: false, code: "NOT_FOUND" },
        { ok: true, decision: { instrument: OTHER } },
      ]);
    }
  });

  test("pause a strategy together, and keep it over a change of holders", async () => {
    const asked = { body: { reason: "news" }, role: "risk" } as const;
    const paused = await all.ask("s03-1", "POST /strategies/lean/pause", asked);
    expect(paused).toMatchObject({ status: 200, body: { paused: true, reason: "news" } });
    expect((await all.ask("s03-2", "POST /strategies/lean/pause", asked)).body).toEqual(paused.body);
    for (const shard of [0, 1]) {
      expect((await all.storeOf("s03", shard).get(strategyPauses, "lean"))?.value).toMatchObject({ reason: "news" });
    }
    await all.stopReplica("s03-2");
    await all.pass(15_000);
    expect(await reasonFor(5, ONE)).toBe("strategy_paused");
    expect(await reasonFor(6, OTHER)).toBe("strategy_paused");
    expect(await all.ask("s03-1", "POST /strategies/lean/resume", { body: {} })).toMatchObject({ status: 200 });
    expect(await reasonFor(7, ONE)).not.toBe("strategy_paused");
    expect(await reasonFor(8, OTHER)).not.toBe("strategy_paused");
    expect(world.errors).toEqual([]);
  });
});
