import { afterEach, describe, expect, test } from "bun:test";
import type { z } from "@hono/zod-openapi";
import { executionPlans } from "../../shared/collections/execution.ts";
import { Intent } from "../../shared/domain/order.ts";
import { entry, FUT, faultsOf, RouterWorld, SPOT } from "./world.fixture.ts";

let world: RouterWorld;
afterEach(() => world.close());

async function open(settings: Record<string, unknown> = {}): Promise<RouterWorld> {
  world = new RouterWorld(settings);
  await world.start();
  return world;
}
const THREE = { slices: 3, interval_ms: 1_000, jitter: 0 };
const sliced = (over: Partial<z.input<typeof Intent>> = {}) =>
  entry({ exec: { policy: "MARKET", twap: THREE }, ...over });
const exit = (over: Partial<z.input<typeof Intent>> = {}) =>
  entry({ kind: "EXIT", side: "SELL", qty: undefined, stop_loss: undefined, take_profit: undefined, ...over });
const filledOf = (id: string) => world.router.book.intent(id)?.answer.filled_qty;
const planOf = async (id: string) => (await world.store.get(executionPlans, id))?.value;
const stops = () => world.exchange.live().filter((order) => order.type === "STOP_MARKET");

describe("an entry in slices", () => {
  test("sends them in their time, is protected from the first on, and sums exactly", async () => {
    await open();
    const answer = await world.place(sliced());
    expect(answer).toMatchObject({ status: "WORKING", filled_qty: "0.004" });
    await world.pass(500);
    expect(stops().map((order) => order.qty)).toEqual(["0.004"]);
    expect((await planOf(answer.intent_id))?.slices.map((slice) => slice.state)).toEqual([
      "DONE",
      "WAITING",
      "WAITING",
    ]);
    await world.pass(1_000);
    expect(filledOf(answer.intent_id)).toBe("0.007");
    await world.pass(3_000);
    expect(world.router.book.intent(answer.intent_id)?.answer).toMatchObject({ status: "FILLED", filled_qty: "0.01" });
    expect(stops().map((order) => order.qty)).toEqual(["0.01"]);
    const plan = await planOf(answer.intent_id);
    expect(plan).toMatchObject({ state: "DONE", style: "MARKET", qty: "0.01" });
    expect(plan?.slices.map(({ qty, filled_qty }) => [qty, filled_qty])).toEqual([
      ["0.004", "0.004"],
      ["0.003", "0.003"],
      ["0.003", "0.003"],
    ]);
    expect(new Set(plan?.slices.flatMap((slice) => slice.client_order_ids)).size).toBe(3);
    expect(faultsOf(world)).toEqual([]);
  });

  test("comes by notional where nobody says how, each slice posted, then taken", async () => {
    await open();
    const answer = await world.place(entry({ exec: { policy: "MAKER_THEN_TAKER" } }));
    await world.pass(12_000);
    const orders = world.router.book.ownOrders(answer.intent_id);
    expect(orders.map((order) => [order.leg, order.type])).toEqual([
      ["e0.0", "LIMIT_MAKER"],
      ["e0.1", "MARKET"],
      ["e1.0", "LIMIT_MAKER"],
      ["e1.1", "MARKET"],
      ["e2.0", "LIMIT_MAKER"],
      ["e2.1", "MARKET"],
    ]);
    expect(filledOf(answer.intent_id)).toBe("0.01");
    expect(faultsOf(world)).toEqual([]);
  });

  test("survives a restart between slices, and one so long that its deadline has passed", async () => {
    await open();
    const answer = await world.place(sliced());
    await world.pass(300);
    world.boot();
    await world.start();
    await world.pass(4_000);
    expect(filledOf(answer.intent_id)).toBe("0.01");
    world.close();
    await open();
    const late = await world.place(sliced());
    await world.pass(300);
    world.boot({ call: 0, after: false });
    await world.pass(60_000);
    world.boot();
    await world.start();
    await world.pass(4_000);
    expect(filledOf(late.intent_id)).toBe("0.004");
    expect(world.router.book.intent(late.intent_id)?.state).toBe("DONE");
    expect(faultsOf(world)).toEqual([]);
  });
});

describe("an entry in slices that something comes between", () => {
  test("dies at any port call on its way, and still buys each slice at most once and all of them together", async () => {
    let calls = 0;
    for (let call = 1; ; call++) {
      for (const after of [false, true]) {
        const current = await open();
        current.dieAt({ call, after });
        const asked = current.router.admission.place(Intent.parse(sliced({ intent_id: "twap" })));
        asked.catch(() => undefined);
        await current.pass(3_500);
        const died = current.crashed;
        current.boot();
        await current.start();
        await current.pass(60_000);
        expect(faultsOf(current)).toEqual([]);
        current.close();
        if (!died) calls = call;
      }
      if (calls > 0) break;
    }
    expect(calls).toBeGreaterThan(15);
    await open();
  });

  test("that has begun in time goes on past its valid_until", async () => {
    await open();
    const answer = await world.place(sliced({ valid_until: world.clock.now() + 500 }));
    await world.pass(5_000);
    expect(world.router.book.intent(answer.intent_id)).toMatchObject({ state: "DONE", answer: { status: "FILLED" } });
    expect(faultsOf(world)).toEqual([]);
  });

  test("waits while the spread is wide against its hourly mean, and goes on when it is not", async () => {
    await open();
    await world.pass(61_000);
    const answer = await world.place(sliced());
    world.exchange.ask = "60030";
    world.quote();
    await world.pass(4_000);
    expect(filledOf(answer.intent_id)).toBe("0.004");
    world.exchange.ask = "60000.1";
    await world.pass(4_000);
    expect(filledOf(answer.intent_id)).toBe("0.01");
    expect(faultsOf(world)).toEqual([]);
  });

  test("ends under the kill switch and on a cancel: what is filled stays protected, the rest is released", async () => {
    for (const how of ["kill", "cancel"] as const) {
      await open();
      const { intent_id } = await world.place(sliced());
      const kill = { enabled: true, epoch: 1, mode: "HALT", reason: "test", actor: "t" } as const;
      if (how === "kill") await world.finish(world.router.kill.set(kill as never));
      else await world.finish(world.router.cancellation.cancel({ intent_id, cascade: true }));
      await world.pass(5_000);
      expect(filledOf(intent_id)).toBe("0.004");
      expect(stops().map((order) => order.qty)).toEqual(["0.004"]);
      expect((await planOf(intent_id))?.slices.map((slice) => slice.state)).toEqual(["DONE", "DROPPED", "DROPPED"]);
      const { used_usdt, reserved_usdt } = world.router.budget();
      expect([Number(used_usdt) > 0.6 && Number(used_usdt) < 0.7, reserved_usdt]).toEqual([true, "0"]);
      expect(faultsOf(world)).toEqual([]);
      if (how === "kill") world.close();
    }
  });

  test("its stop moved meanwhile stays moved when the next slice fills", async () => {
    await open();
    await world.place(sliced());
    await world.pass(200);
    const move = { kind: "SL", type: "STOP_MARKET", stop_price: "59990", exec: undefined } as const;
    await world.place(exit({ ...move, intent_id: "move" }));
    await world.pass(5_000);
    expect(stops().map((order) => [order.qty, order.stop_price])).toEqual([["0.01", "59990"]]);
    expect(faultsOf(world)).toEqual([]);
  });
});

test("an entry in slices ends with whatever lets no entry in", async () => {
  await open();
  const answer = await world.place(sliced());
  await world.pass(500);
  world.busTrouble = "nobody listens";
  await world.pass(5_000);
  expect(world.router.book.intent(answer.intent_id)).toMatchObject({
    state: "DONE",
    answer: { filled_qty: "0.004" },
  });
  expect(faultsOf(world)).toEqual([]);
});

describe("an exit in slices", () => {
  test("keeps the stop until it is flat", async () => {
    await open();
    await world.place(entry());
    await world.pass(500);
    const answer = await world.place(exit({ exec: { policy: "MARKET", twap: THREE } }));
    await world.pass(500);
    expect(stops().map((order) => order.qty)).toEqual(["0.006"]);
    await world.pass(3_000);
    expect(filledOf(answer.intent_id)).toBe("0.01");
    expect(world.exchange.live()).toEqual([]);
    expect(faultsOf(world)).toEqual([]);
  });

  test("ends when its stop has closed the rest", async () => {
    await open();
    await world.place(entry());
    await world.pass(500);
    const answer = await world.place(exit({ exec: { policy: "MARKET", twap: { ...THREE, interval_ms: 5_000 } } }));
    await world.pass(500);
    world.exchange.trigger(stops()[0]!.client_order_id);
    await world.pass(1_000);
    expect(world.router.book.intent(answer.intent_id)).toMatchObject({
      state: "DONE",
      answer: { filled_qty: "0.004" },
    });
    expect(faultsOf(world)).toEqual([]);
  });

  test("on spot closes the rest at once when the guard's stop is reached", async () => {
    await open();
    const buy = { instrument: SPOT, stop_loss: { price: "59900" }, take_profit: { price: "60200" } };
    await world.place(entry(buy));
    await world.pass(1_000);
    await world.place(exit({ instrument: SPOT, exec: { policy: "MARKET", twap: { ...THREE, interval_ms: 30_000 } } }));
    await world.pass(1_000);
    expect(world.router.book.holding(SPOT)?.qty).toBe("0.00666");
    world.exchange.bid = "59890";
    world.exchange.ask = "59890.1";
    await world.pass(2_000);
    expect(world.router.book.holding(SPOT)?.qty).toBe("0");
    expect(faultsOf(world, SPOT)).toEqual([]);
  });
});

describe("an exit that rests at its price", () => {
  test("leaves it when the stop is reached: on spot by the guard", async () => {
    await open();
    const buy = { instrument: SPOT, stop_loss: { price: "59900" }, take_profit: { price: "60200" } };
    await world.place(entry(buy));
    await world.pass(1_000);
    const resting = { type: "LIMIT", price: "60150" } as const;
    await world.place(exit({ instrument: SPOT, exec: { policy: "LIMIT_ONLY" }, ...resting }));
    await world.pass(1_000);
    expect(world.router.book.holding(SPOT)).toMatchObject({ qty: "0.01", guard: true });
    world.exchange.bid = "59890";
    world.exchange.ask = "59890.1";
    await world.pass(2_000);
    expect(world.router.book.holding(SPOT)?.qty).toBe("0");
    expect(faultsOf(world, SPOT)).toEqual([]);
  });

  test("leaves it when no stop can be placed", async () => {
    await open();
    await world.place(entry());
    await world.pass(500);
    await world.place(exit({ exec: { policy: "LIMIT_ONLY" }, type: "LIMIT", price: "60150" }));
    const refusal = { refuse: "-2021 Order would immediately trigger." };
    world.exchange.faults.push(...Array.from({ length: 20 }, () => refusal));
    const [stop] = stops();
    await world.finish(
      world.exchange.calls.cancelOrder({
        account: "main",
        instrument: FUT,
        client_order_id: stop!.client_order_id,
      }),
    );
    await world.pass(500);
    world.exchange.faults.length = 0;
    await world.pass(8_000);
    expect(world.router.book.holding(FUT)?.qty).toBe("0");
    expect(faultsOf(world)).toEqual([]);
  });
});

describe("too little balance", () => {
  const short = { refuse: "-2019 Margin is insufficient." };

  test("the entry shrinks until the exchange takes it; what it bought is protected, the rest released", async () => {
    await open();
    world.exchange.faults.push(short, short);
    const { intent_id } = await world.place(entry());
    await world.pass(3_000);
    expect(filledOf(intent_id)).toBe("0.004");
    expect(stops().map((order) => order.qty)).toEqual(["0.004"]);
    expect(faultsOf(world)).toEqual([]);
  });

  test("never taken, it gives up after five smaller ones and says so", async () => {
    await open();
    world.exchange.faults.push(...Array.from({ length: 20 }, () => short));
    const { intent_id } = await world.place(entry());
    await world.pass(20_000);
    const orders = world.router.book.ownOrders(intent_id);
    expect(orders.map((order) => order.qty)).toEqual(["0.01", "0.006", "0.004", "0.003", "0.002", "0.001"]);
    expect(world.router.book.intent(intent_id)?.answer.status).toBe("REJECTED");
    expect(world.alerts.filter((alert) => alert.startsWith("BALANCE_SHORT")).length).toBe(1);
    expect(world.router.budget().reserved_usdt).toBe("0");
  });

  test("a spot exit whose balance the pair still has asks for all of it again", async () => {
    await open();
    await world.place(entry({ instrument: SPOT }));
    await world.pass(1_000);
    world.exchange.faults.push({ refuse: "-2010 Account has insufficient balance for requested action." });
    const { intent_id } = await world.place(exit({ instrument: SPOT }));
    await world.pass(2_000);
    expect(world.router.book.ownOrders(intent_id).map((order) => order.qty)).toEqual(["0.01", "0.01"]);
    expect(world.router.book.holding(SPOT)?.qty).toBe("0");
    expect(faultsOf(world, SPOT)).toEqual([]);
  });
});

describe("an add", () => {
  const add = (over: Partial<z.input<typeof Intent>> = {}) =>
    entry({ kind: "ADD", qty: "0.005", stop_loss: undefined, take_profit: undefined, ...over });
  const refusal = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => "taken",
      (error) => error.code,
    );

  test("belongs to the same trade: its average, its worst case beside the first, one stop over all", async () => {
    await open();
    const { intent_id } = await world.place(entry({ trade_id: "t" }));
    await world.pass(500);
    const before = Number(world.router.budget().used_usdt);
    world.exchange.bid = "60099.9";
    world.exchange.ask = "60100";
    world.quote();
    await world.place(add({ trade_id: "t" }));
    await world.pass(1_500);
    const holding = world.router.book.holding(FUT);
    expect(holding).toMatchObject({ qty: "0.015", trade_id: "t", entry_intent_id: intent_id, stop_price: "59900" });
    expect(Number(holding?.avg_entry)).toBeCloseTo(60_033.4, 3);
    expect(stops().map((order) => [order.qty, order.stop_price])).toEqual([["0.015", "59900"]]);
    // 200 USDT to the stop and both fees, for 0.005 BTC
    expect(Number(world.router.budget().used_usdt) - before).toBeCloseTo(1.3, 3);
    await world.place(exit());
    await world.pass(1_000);
    expect(world.router.budget()).toMatchObject({ used_usdt: "0", reserved_usdt: "0" });
  });

  test("tightens the stop, never loosens it", async () => {
    await open();
    await world.place(entry());
    await world.pass(500);
    await world.place(add({ stop_loss: { price: "59800" } }));
    await world.pass(1_000);
    expect(world.router.book.holding(FUT)?.stop_price).toBe("59900");
    await world.place(add({ stop_loss: { price: "59950" } }));
    await world.pass(1_000);
    expect(world.router.book.holding(FUT)?.stop_price).toBe("59950");
    expect(stops().map((order) => [order.qty, order.stop_price])).toEqual([["0.02", "59950"]]);
  });

  test("is refused without a trade, for another one, in any health but GREEN, by kill, budget and limits", async () => {
    await open();
    expect(await refusal(world.place(add()))).toBe("NO_POSITION");
    await world.place(entry({ trade_id: "t" }));
    await world.pass(500);
    expect(await refusal(world.place(add({ trade_id: "other" })))).toBe("RULE");
    for (const level of ["YELLOW", "ORANGE", "RED"] as const) {
      await world.router.reaction.hear({ level, reasons: [], ts: world.clock.now() });
      expect(await refusal(world.place(add()))).toBe("WRONG_STATE");
    }
    await world.router.reaction.hear({ level: "GREEN", reasons: [], ts: world.clock.now() });
    expect(await refusal(world.place(add({ qty: "1" })))).toBe("BUDGET");
    // 0.034 BTC together are 2040 USDT, above the 2000 of the shipped limits
    expect(await refusal(world.place(add({ qty: "0.024" })))).toBe("RULE");
    const kill = { enabled: true, epoch: 1, mode: "HALT", reason: "test", actor: "t" } as const;
    await world.finish(world.router.kill.set(kill as never));
    expect(await refusal(world.place(add()))).toBe("KILL_SWITCH");
  });
});
