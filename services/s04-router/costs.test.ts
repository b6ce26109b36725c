import { afterEach, describe, expect, test } from "bun:test";
import { put } from "../../shared/changes.ts";
import { costCurves } from "../../shared/collections/execution.ts";
import { fills, orders } from "../../shared/collections/orders.ts";
import type { Fill, Order } from "../../shared/domain/order.ts";
import { entry, FUT, MAKER, RouterWorld, START } from "./world.fixture.ts";

let world: RouterWorld;
afterEach(() => world.close());

async function open(): Promise<RouterWorld> {
  world = new RouterWorld();
  await world.start();
  return world;
}

const order = (nth: number, over: Partial<Order> = {}): Order => ({
  client_order_id: `chim-${nth}`,
  account: "main",
  instrument: FUT,
  intent_id: `i${nth}`,
  leg: "e0",
  kind: "ENTRY",
  side: "BUY",
  type: "LIMIT_MAKER",
  qty: "0.01",
  price: "60000",
  reduce_only: false,
  status: "CANCELED",
  order_id: String(nth),
  filled_qty: "0",
  created_at: START + nth,
  updated_at: START + nth,
  ...over,
});
/** A taker's fill of this notional, at 60 000, that cost so much. */
const fill = (nth: number, notional: number, slippage_bps: number, over: Partial<Fill> = {}): Fill => ({
  fill_id: String(nth),
  account: "main",
  instrument: FUT,
  intent_id: `i${nth}`,
  client_order_id: `chim-${nth}`,
  order_id: String(nth),
  kind: "ENTRY",
  side: "BUY",
  price: "60000",
  qty: (notional / 60_000).toFixed(6),
  fee: "0",
  fee_asset: "USDT",
  fee_usdt: "0",
  maker: false,
  mid_at_send: 60_000,
  slippage_bps,
  ts: START + nth,
  ...over,
});
const curve = (notional: number) => 0.4 + 1.5 * Math.sqrt(notional / 1_000);

describe("a cost curve", () => {
  test("is refitted from our own takers' fills, kept, and weighed by the next plan, also after a restart", async () => {
    await open();
    const takers = Array.from({ length: 60 }, (_, nth) =>
      fill(nth, 100 * (1 + (nth % 20)), curve(100 * (1 + (nth % 20)))),
    );
    const others = [
      fill(900, 1_000, 90, { maker: true }),
      fill(901, 1_000, 90, { kind: "SL" }),
      fill(902, 1_000, 90, { client_order_id: "autoclose-1" }),
    ];
    await world.store.commit([...takers, ...others].map((each) => put(fills, each)));
    await world.router.costs.refit(FUT);
    const kept = (await world.store.get(costCurves, FUT))?.value;
    expect(kept).toMatchObject({ instrument: FUT, fills: 60, maker_posts: 0, from_ts: START });
    expect(kept?.base_bps).toBeCloseTo(0.4, 1);
    expect(kept?.slope_bps).toBeCloseTo(1.5, 1);
    world.boot();
    await world.start();
    expect(world.router.costs.view(FUT).curve?.slope_bps).toBeCloseTo(1.5, 1);
    const { intent_id } = await world.place(entry({ exec: MAKER }));
    const plan = world.router.book.intent(intent_id)?.plan as { expected: { taker_bps: number } };
    // 600 USDT: 5 bps fee and 0.4 + 1.5·sqrt(0.6)
    expect(plan.expected.taker_bps).toBeCloseTo(6.56, 1);
  });

  test("counts an order in several fills once: by its whole value, at what it paid on average", async () => {
    await open();
    const parts = Array.from({ length: 60 }, (_, nth) => fill(nth, 500, nth % 2 === 0 ? 1 : 3));
    const one = parts.map((each, nth) => ({ ...each, client_order_id: `chim-${nth >> 1}` }));
    await world.store.commit(one.map((each) => put(fills, each)));
    await world.router.costs.refit(FUT);
    expect((await world.store.get(costCurves, FUT))?.value).toMatchObject({ base_bps: 2, slope_bps: 0, error_bps: 0 });
  });

  test("is not made of too few; the share of posts that were filled is known sooner", async () => {
    await open();
    const posts = Array.from({ length: 40 }, (_, nth) => order(nth, { filled_qty: nth % 4 === 0 ? "0.01" : "0" }));
    await world.store.commit([...posts.map((each) => put(orders, each)), put(fills, fill(1, 1_000, 5))]);
    await world.router.costs.refit(FUT);
    const kept = (await world.store.get(costCurves, FUT))?.value;
    expect(kept).toMatchObject({ fills: 0, maker_posts: 40, maker_fill_share: 0.25 });
    expect(world.router.costs.view(FUT)).toMatchObject({ curve: undefined, fillShare: 0.25 });
  });

  test("comes by itself after enough takers, and every hour after that", async () => {
    await open();
    const { costs } = world.router;
    const takers = Array.from({ length: 29 }, (_, nth) => order(nth, { type: "MARKET", filled_qty: "0.01" }));
    await world.store.commit(Array.from({ length: 30 }, (_, nth) => put(fills, fill(nth, 100 + nth, 2))));
    await costs.ended(FUT, takers);
    expect(await world.store.get(costCurves, FUT)).toBeUndefined();
    await costs.ended(FUT, takers.slice(0, 1));
    const first = (await world.store.get(costCurves, FUT))?.value.fitted_at;
    expect(first).toBe(world.clock.now());
    await world.pass(1_000);
    await costs.refitAll();
    expect((await world.store.get(costCurves, FUT))?.value.fitted_at).toBe(first as number);
    await costs.ended(FUT, takers.slice(0, 1));
    await costs.refitAll();
    expect((await world.store.get(costCurves, FUT))?.value.fitted_at).toBe(world.clock.now());
  });
});

describe("posts that nobody takes", () => {
  const posts = (count: number, filled: number) =>
    Array.from({ length: count }, (_, nth) => order(nth, { filled_qty: nth < filled ? "0.01" : "0" }));

  test("bring an hour of takers only, kept over a restart, then a fresh try", async () => {
    await open();
    const { costs } = world.router;
    await costs.ended(FUT, posts(29, 13));
    expect(costs.view(FUT).takersOnly).toBeUndefined();
    await costs.ended(FUT, posts(1, 0));
    expect(costs.view(FUT).takersOnly).toBeDefined();
    expect(world.alerts.filter((alert) => alert.startsWith("MAKERS_REST")).length).toBe(1);
    const answer = await world.place(entry({ exec: MAKER }));
    expect(world.router.book.ownOrders(answer.intent_id).map((each) => each.type)).toEqual(["MARKET"]);
    world.boot();
    await world.start();
    expect(world.router.costs.view(FUT).takersOnly).toBeDefined();
    await world.pass(3_600_000);
    expect(world.router.costs.view(FUT).takersOnly).toBeUndefined();
    await world.router.costs.ended(FUT, posts(29, 0));
    expect(world.router.costs.view(FUT).takersOnly).toBeUndefined();
  });

  test("do not when enough of them are filled, by value", async () => {
    await open();
    await world.router.costs.ended(FUT, posts(30, 14));
    expect(world.router.costs.view(FUT).takersOnly).toBeUndefined();
  });

  test("that were never told of before a restart count after it", async () => {
    await open();
    await world.store.commit(posts(30, 0).map((each) => put(orders, each)));
    world.boot();
    await world.start();
    await world.router.costs.ended(FUT, posts(1, 0));
    expect(world.router.costs.view(FUT).takersOnly).toBeDefined();
  });
});
