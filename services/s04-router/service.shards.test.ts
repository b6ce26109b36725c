import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { routerKillCopy } from "../../shared/collections/orders.ts";
import { exchange, router } from "../../shared/contracts.ts";
import { Bundle } from "../../shared/domain/bundle.ts";
import { budgetName } from "../../shared/keys.ts";
import { answers, type Client, defineService } from "../../shared/kit/service.ts";
import { shardOf } from "../../shared/kit/shard.ts";
import { accountEvents, alerts, ticker } from "../../shared/streams.ts";
import { BARE, configNeighbour } from "../../shared/testing/neighbours.ts";
import { ReplicatedWorld } from "../../shared/testing/replicas.ts";
import { FakeExchange, listingOf } from "./exchange.fixture.ts";
import s04 from "./service.ts";

const COUNT = 4;
const PLACES = ["s04-1", "s04-2"];
const SYMBOLS = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT", "ADAUSDT", "BNBUSDT", "DOTUSDT", "LTCUSDT", "UNIUSDT"];
const START = Date.UTC(2026, 0, 5, 12);
/** One of each shard. */
const INSTRUMENTS = Array.from(
  { length: COUNT },
  (_, shard) => SYMBOLS.map((symbol) => `FUT:${symbol}`).find((one) => shardOf(one, COUNT) === shard) as string,
);
const bundle = Bundle.parse({
  format: 1,
  bundle_id: "b",
  rev: 4,
  factors: [],
  strategies: [],
  instruments: INSTRUMENTS.map((instrument) => ({ instrument })),
});
const s10 = configNeighbour({ rev: 4, activated_at: START, bundle });
const clock = new VirtualClock(START);
const fake = new FakeExchange(clock);
fake.listings = INSTRUMENTS.map((instrument) => listingOf(instrument.slice("FUT:".length)));
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
let gateway: Client<typeof router>;
const s12 = defineService({
  ...BARE,
  ...{ id: "s12", name: "s12-gateway", title: "Gateway", port: 8092 },
  calls: { router },
  setup(ctx) {
    gateway = ctx.calls.router;
    return {};
  },
});
const all = new ReplicatedWorld({ clock, whole: [s01, s10, s12], split: [s04], count: COUNT });

async function quote(): Promise<void> {
  for (const instrument of INSTRUMENTS) {
    const stamp = { instrument, exch_ts: clock.now(), ts: clock.now() };
    const { bid, ask } = fake;
    await all.world.bus.publish(
      ticker,
      { ...stamp, seq: 1, bid, ask, bid_qty: "5", ask_qty: "5" },
      { key: instrument },
    );
  }
}
const ask: ReplicatedWorld["ask"] = async (...question) => {
  await quote();
  return all.ask(...question);
};
const intent = (intent_id: string, instrument: string, over = {}) => ({
  intent: { intent_id, instrument, kind: "ENTRY", side: "BUY", qty: "0.01", exec: { policy: "MARKET" }, ...over },
});

beforeAll(() => all.start());
afterAll(() => all.stop());

describe("two replicas of the router, two shards each", () => {
  test("hold the shards between them", () => {
    const held = [...all.replicas.values()].map(({ keeper }) => keeper.held.length);
    expect(held).toEqual([2, 2]);
  });

  test("an order asked of either is placed once, by the holder of its instrument, into its own file", async () => {
    for (const [shard, instrument] of INSTRUMENTS.entries()) {
      const answers = [];
      for (const place of PLACES) {
        answers.push(await ask(place, "POST /orders", { body: intent(`o${shard}`, instrument) }));
      }
      expect(answers[0]).toMatchObject({ status: 200, body: { status: "FILLED" } });
      expect(answers[1]).toEqual(answers[0] as never);
    }
    expect(fake.fills.map((fill) => fill.instrument).sort()).toEqual([...INSTRUMENTS].sort());
    expect(all.world.errors).toEqual([]);
  });

  test("an id that was used on one instrument is refused on another, whose holder has never heard of it", async () => {
    for (const place of PLACES) {
      const answer = await ask(place, "POST /orders", { body: intent("o0", INSTRUMENTS[1] as string) });
      expect(answer).toMatchObject({ status: 422, body: { code: "KEY_REUSED" } });
    }
  });

  test("either tells of all of them", async () => {
    for (const place of PLACES) {
      for (const shard of INSTRUMENTS.keys()) {
        const answer = await ask(place, `GET /intents/o${shard}`);
        expect(answer.body).toMatchObject({ intent: { state: "DONE" }, fills: [{ qty: "0.01" }] });
      }
      const fills = (await ask(place, "GET /fills")).body.items as unknown[];
      expect(fills).toHaveLength(COUNT);
      expect((await ask(place, "GET /budget")).body).toMatchObject({ budget_usdt: "50", open_positions: COUNT });
      expect((await ask(place, "GET /orders/nope")).status).toBe(404);
      expect((await ask(place, "POST /cancel", { body: { order_id: "nope" } })).status).toBe(404);
    }
  });

  test("either cancels what is another one's", async () => {
    const body = intent("resting", INSTRUMENTS[3] as string, { type: "LIMIT", price: "59950" });
    expect((await ask("s04-1", "POST /orders", { body })).body).toMatchObject({ status: "ACCEPTED" });
    for (const place of PLACES) {
      const answer = await ask(place, "POST /cancel", { body: { intent_id: "resting" } });
      expect(answer).toMatchObject({ status: 200, body: { result: "CANCELED" } });
    }
  });

  test("the kill switch is on when every shard has stored it, and nothing rests anywhere", async () => {
    for (const [shard, instrument] of INSTRUMENTS.entries()) {
      await ask("s04-1", "POST /orders", { body: intent(`k${shard}`, instrument, { type: "LIMIT", price: "59950" }) });
    }
    const order = { enabled: true, mode: "CANCEL", epoch: 1, reason: "test", actor: "ann" } as const;
    expect(await all.finish(gateway.setKill(order))).toEqual({ epoch: 1, outstanding: [] });
    expect(fake.live().filter((o) => o.type === "LIMIT")).toEqual([]);
    for (const shard of INSTRUMENTS.keys()) {
      const kept = await all.storeOf("s04", shard).get(routerKillCopy, "kill");
      expect(kept?.value).toMatchObject({ enabled: true, epoch: 1 });
      const refused = await ask("s04-2", "POST /orders", { body: intent(`n${shard}`, INSTRUMENTS[shard] as string) });
      expect(refused.body.code).toBe("KILL_SWITCH");
    }
    const off = { ...order, enabled: false, epoch: 2 };
    expect(await all.finish(gateway.setKill(off))).toEqual({ epoch: 2, outstanding: [] });
  });

  test("one gone, the other goes on with all that both had", async () => {
    await all.stopReplica("s04-2");
    await all.pass(15_000);
    expect(all.replicas.get("s04-1")?.keeper.held).toHaveLength(COUNT);
    expect((await ask("s04-1", "GET /budget")).body).toMatchObject({ open_positions: COUNT });
    for (const [shard, instrument] of INSTRUMENTS.entries()) {
      const close = intent(`x${shard}`, instrument, { kind: "EXIT", side: "SELL", qty: "0.01" });
      expect((await ask("s04-1", "POST /orders", { body: close })).body).toMatchObject({ status: "FILLED" });
    }
    await all.pass(15_000);
    expect((await ask("s04-1", "GET /budget")).body).toMatchObject({ used_usdt: "0", reserved_usdt: "0" });
    expect(await all.world.quota.used(budgetName("main"))).toBe(0);
    expect(await all.world.bus.read(alerts, { limit: 10 })).toEqual([]);
    expect(all.world.errors).toEqual([]);
  });
});
