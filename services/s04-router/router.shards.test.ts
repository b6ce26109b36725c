import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { orders } from "../../shared/collections/orders.ts";
import { dec } from "../../shared/domain/money.ts";
import { Intent } from "../../shared/domain/order.ts";
import { all, instrumentOf } from "./kept.ts";
import { Shards } from "./shards.fixture.ts";
import { budgetTogether, killTogether } from "./together.ts";
import { entry, faultsOf, type RouterWorld } from "./world.fixture.ts";

let shards: Shards;
beforeEach(async () => {
  shards = new Shards(4);
  await shards.start();
});
afterEach(() => shards.close());

const buy = (instrument: string, over = {}) => entry({ instrument, ...over });
const placeEverywhere = async (over = {}): Promise<void> => {
  for (const instrument of shards.instruments) await shards.ownerOf(instrument).place(buy(instrument, over));
  await shards.pass(1_000);
};
/** The account stream was away, and every shard asks for what it missed. */
async function gap(): Promise<void> {
  void shards.exchange.hear({ kind: "gap", instrument: "FUT", from_ts: 0, ts: shards.clock.now() });
  await shards.pass(5_000);
}
const everyAlert = (): string[] => shards.worlds.flatMap((world) => world.alerts);
const faults = (): string[] =>
  shards.instruments.flatMap((instrument) => faultsOf(shards.ownerOf(instrument), instrument));
const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "none",
    (error) => error.code,
  );

describe("routers that split the instruments", () => {
  test("each place what is theirs, once, and note nothing of the others'", async () => {
    await placeEverywhere();
    expect(faults()).toEqual([]);
    expect(shards.exchange.fills).toHaveLength(4);
    for (const world of shards.worlds) {
      const own = (await all(world.store, orders, {})).map(({ value }) => value.instrument);
      expect([...new Set(own)].map((one) => shards.ownerOf(one) === world)).toEqual([true]);
    }
    expect(everyAlert()).toEqual([]);
  });

  test("take over a stranger's position within the one budget, each for its own instruments alone", async () => {
    const [instrument, other] = shards.instruments as [string, string];
    const owner = shards.ownerOf(instrument);
    const bought = { fill_id: "801", order_id: "901", side: "BUY" as const, price: "60000", qty: "0.01" };
    const fee = { fee: "0.1", fee_asset: "USDT", maker: false };
    shards.exchange.positions.set(instrument, dec("0.01"));
    shards.exchange.fills.push({ ...bought, ...fee, instrument, client_order_id: "none", ts: shards.clock.now() });
    const ask = { run_id: "r1", account: "main", orphans: "KEEP" } as const;
    const answer = await owner.finish(owner.router.holdingRepair.repair({ ...ask, instrument }));
    expect(answer).toMatchObject({ done: "ADOPTED", after: "0.01" });
    await shards.pass(15_000);
    expect(await shards.reserved()).toBeCloseTo(await shards.atRisk(), 4);
    expect(await shards.atRisk()).toBeGreaterThan(0);
    expect(faultsOf(owner, instrument)).toEqual([]);
    const stranger = owner.router.holdingRepair.repair({ ...ask, instrument: other });
    expect(await refusal(owner.finish(stranger))).toBe("NOT_OWNER");
  });

  test("refuse what another one answers for, and send nothing", async () => {
    const [first] = shards.worlds as [RouterWorld];
    const others = shards.instruments.filter((one) => shards.ownerOf(one) !== first);
    for (const one of others) expect(await refusal(first.place(buy(one)))).toBe("NOT_OWNER");
    expect(shards.exchange.journal).toEqual([]);
  });

  test("meet the exchange after a gap and after a start, and leave the others' orders and positions alone", async () => {
    await placeEverywhere();
    const standing = shards.exchange.live().length;
    const [first] = shards.worlds as [RouterWorld];
    await gap();
    first.boot();
    await first.start();
    await shards.pass(30_000);
    expect(everyAlert()).toEqual([]);
    expect(shards.exchange.live()).toHaveLength(standing);
    expect(faults()).toEqual([]);
  });

  test("each find what happened to their own in a gap", async () => {
    await placeEverywhere();
    const { hear } = shards.exchange;
    shards.exchange.hear = () => undefined;
    const stops = shards.exchange.live().filter((order) => order.type === "STOP_MARKET");
    for (const stop of stops) shards.exchange.trigger(stop.client_order_id);
    await shards.pass(1_000);
    shards.exchange.hear = hear;
    await gap();
    await shards.pass(5_000);
    expect(shards.worlds.flatMap(({ router }) => router.book.holdings().map((held) => held.qty))).toEqual([
      "0",
      "0",
      "0",
      "0",
    ]);
    expect(faults()).toEqual([]);
  });

  test("start again, one of them, from its own file, while the others trade on", async () => {
    const [one, another] = shards.instruments as [string, string];
    await shards.ownerOf(one).place(buy(one));
    const world = shards.ownerOf(one);
    world.crashed = true;
    expect((await shards.ownerOf(another).place(buy(another))).status).toBe("FILLED");
    world.boot();
    await world.start();
    await shards.pass(5_000);
    expect(world.router.book.holding(one)?.qty).toBe("0.01");
    expect(world.router.book.holding(another)).toBeUndefined();
    expect(faults()).toEqual([]);
  });
});

describe("what is asked of all of them", () => {
  test("the kill switch stops entries everywhere, and is stored when it is stored everywhere", async () => {
    await placeEverywhere({ type: "LIMIT", price: "59950" });
    expect(shards.exchange.live()).toHaveLength(4);
    const order = { enabled: true, mode: "CANCEL", epoch: 3, reason: "test", actor: "me" } as const;
    const answers = await Promise.all([
      Promise.all(shards.worlds.map(({ router }) => router.kill.set(order))),
      shards.pass(2_000),
    ]);
    expect(killTogether(answers[0])).toEqual({ epoch: 3, outstanding: [] });
    expect(killTogether([{ epoch: 2, outstanding: ["a"] }, ...answers[0]])).toEqual({ epoch: 2, outstanding: ["a"] });
    expect(shards.exchange.live()).toEqual([]);
    for (const one of shards.instruments)
      expect(await refusal(shards.ownerOf(one).place(buy(one)))).toBe("KILL_SWITCH");
  });

  test("the budget adds up to the account's, to the last unit", async () => {
    await placeEverywhere();
    const together = budgetTogether(shards.worlds.map(({ router }) => router.budget()));
    expect(together).toMatchObject({ account: "main", budget_usdt: "50", reserved_usdt: "0", open_positions: 4 });
    expect(Number(together.used_usdt)).toBeCloseTo(await shards.atRisk(), 12);
    expect(Number(together.used_usdt)).toBeCloseTo(await shards.reserved(), 5);
  });

  test("an order or intent is found by whichever id, among the documents of all", async () => {
    const instrument = shards.instruments[2] as string;
    const { store } = shards.ownerOf(instrument);
    const intent = Intent.parse(buy(instrument));
    const { client_order_ids, order_ids } = await shards.ownerOf(instrument).place(intent);
    expect(await instrumentOf({ intent_id: intent.intent_id }, store)).toBe(instrument);
    expect(await instrumentOf({ client_order_id: client_order_ids[0] as string }, store)).toBe(instrument);
    expect(await instrumentOf({ order_id: order_ids[0] as string }, store)).toBe(instrument);
    for (const ids of [{ intent_id: "no" }, { client_order_id: "no" }, { order_id: "no" }, {}]) {
      expect(await instrumentOf(ids, store)).toBeUndefined();
    }
  });
});
