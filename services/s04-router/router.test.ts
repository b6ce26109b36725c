import { afterEach, describe, expect, test } from "bun:test";
import { Intent } from "../../shared/domain/order.ts";
import { entry, FUT, faultsOf, RouterWorld } from "./world.fixture.ts";

let world: RouterWorld;
afterEach(() => world.close());

async function open(settings: Record<string, unknown> = {}): Promise<RouterWorld> {
  world = new RouterWorld(settings);
  await world.start();
  return world;
}
const refusal = (work: Promise<unknown>): Promise<{ code: string; status: number }> =>
  work.then(
    () => expect.unreachable("was not refused"),
    (error) => error,
  );

describe("a market entry", () => {
  test("fills, is answered with its fill, and gets its stop and target", async () => {
    await open();
    const answer = await world.place(entry());
    expect(answer).toMatchObject({ status: "FILLED", filled_qty: "0.01", avg_price: "60000.1" });
    expect(answer.fills[0]).toMatchObject({ mid_at_send: 60000.05, maker: false, fee_usdt: "0.3000005" });
    expect(answer.fills[0]?.slippage_bps).toBeCloseTo(0.0083, 3);
    await world.pass(1_000);
    expect(world.exchange.live().map((o) => [o.type, o.qty, o.stop_price])).toEqual([
      ["STOP_MARKET", "0.01", "59900"],
      ["TAKE_PROFIT_MARKET", "0.01", "60200"],
    ]);
    expect(faultsOf(world)).toEqual([]);
  });

  test("a repeat gets the first answer and sends nothing; another body is KEY_REUSED", async () => {
    await open();
    const intent = entry();
    const first = await world.place(intent);
    await world.pass(500);
    expect(await world.place(intent)).toEqual(first);
    expect((await refusal(world.place({ ...intent, qty: "0.02" }))).code).toBe("KEY_REUSED");
    expect(world.exchange.journal.length).toBe(3);
  });

  test("the same intent asked twice at once is STILL_RUNNING", async () => {
    await open();
    const intent = Intent.parse(entry());
    const first = world.router.admission.place(intent);
    expect((await refusal(world.router.admission.place(intent))).code).toBe("STILL_RUNNING");
    expect((await world.finish(first)).status).toBe("FILLED");
  });
});

describe("protection", () => {
  test("when the stop fills, the position is flat and the target is cancelled", async () => {
    await open();
    await world.place(entry());
    await world.pass(500);
    const stop = world.exchange.live().find((o) => o.type === "STOP_MARKET")!;
    world.exchange.bid = "59890";
    world.exchange.trigger(stop.client_order_id);
    await world.pass(1_000);
    expect(world.exchange.live()).toEqual([]);
    expect(world.router.book.holding(FUT)?.qty).toBe("0");
    expect(faultsOf(world)).toEqual([]);
  });

  test("a stop that would trigger at once closes the position", async () => {
    await open();
    world.exchange.faults.push("none", { refuse: "-2021 Order would immediately trigger." });
    await world.place(entry());
    await world.pass(3_000);
    expect(world.router.book.holding(FUT)?.qty).toBe("0");
    expect(faultsOf(world)).toEqual([]);
    expect(world.alerts.some((a) => a.startsWith("CLOSED_BY_ROUTER"))).toBe(true);
  });

  test("a stop that is refused for two seconds closes the position", async () => {
    await open();
    const refuse = { refuse: "-1111 bad" };
    world.exchange.faults.push("none", ...Array.from({ length: 10 }, () => refuse));
    await world.place(entry());
    await world.pass(2_100);
    world.exchange.faults.length = 0;
    await world.pass(3_000);
    expect(world.router.book.holding(FUT)?.qty).toBe("0");
    expect(faultsOf(world)).toEqual([]);
  });

  test("a stop moves by placing the new one before the old one goes", async () => {
    await open();
    await world.place(entry());
    await world.pass(500);
    const moved = world.place(
      entry({
        intent_id: "m1",
        kind: "SL",
        side: "SELL",
        stop_price: "59950",
        qty: undefined,
        stop_loss: undefined,
        take_profit: undefined,
      }),
    );
    let stopsMin = 9;
    world.clock.every(1, () => {
      stopsMin = Math.min(stopsMin, world.exchange.live().filter((o) => o.type === "STOP_MARKET").length);
    });
    await moved;
    await world.pass(500);
    expect(stopsMin).toBe(1);
    expect(world.exchange.live().map((o) => o.stop_price)).toEqual(["60200", "59950"]);
    expect(faultsOf(world)).toEqual([]);
  });
});

describe("maker, then taker", () => {
  const maker = () => entry({ exec: { policy: "MAKER_THEN_TAKER" } });

  test("filled in time, no taker follows", async () => {
    await open();
    const answer = await world.place(maker());
    expect(answer.status).toBe("WORKING");
    world.exchange.fill(answer.client_order_ids[0]!, "0.01");
    await world.pass(3_000);
    expect(world.router.book.intent(answer.intent_id)?.answer).toMatchObject({ status: "FILLED", avg_price: "60000" });
    expect(faultsOf(world)).toEqual([]);
  });

  test("unfilled, it is cancelled and a taker takes all", async () => {
    await open();
    const answer = await world.place(maker());
    await world.pass(3_000);
    const now = world.router.book.intent(answer.intent_id)?.answer;
    expect(now).toMatchObject({ status: "FILLED", avg_price: "60000.1" });
    expect(now?.client_order_ids.length).toBe(2);
    expect(faultsOf(world)).toEqual([]);
  });

  test("above 70 % filled, the rest is left", async () => {
    await open();
    const answer = await world.place(maker());
    world.exchange.fill(answer.client_order_ids[0]!, "0.008");
    await world.pass(3_000);
    expect(world.router.book.intent(answer.intent_id)?.answer).toMatchObject({
      status: "PARTIALLY_FILLED",
      filled_qty: "0.008",
    });
    expect(faultsOf(world)).toEqual([]);
  });

  test("a fill that races the cancel is not taken twice", async () => {
    await open();
    const answer = await world.place(maker());
    await world.pass(1_205 - 300);
    world.clock.after(15, () => world.exchange.fill(answer.client_order_ids[0]!, "0.006"));
    await world.pass(3_000);
    expect(world.router.book.intent(answer.intent_id)?.answer.filled_qty).toBe("0.01");
    expect(faultsOf(world)).toEqual([]);
  });

  test("a fill is protected at once, long before the maker ends, and protection grows", async () => {
    await open();
    const answer = await world.place(maker());
    world.exchange.fill(answer.client_order_ids[0]!, "0.002");
    await world.pass(100);
    expect(world.exchange.live().find((o) => o.type === "STOP_MARKET")?.qty).toBe("0.002");
    world.exchange.fill(answer.client_order_ids[0]!, "0.003");
    await world.pass(400);
    expect(
      world.exchange
        .live()
        .filter((o) => o.type === "STOP_MARKET")
        .map((o) => o.qty),
    ).toEqual(["0.005"]);
  });
});

describe("an unknown outcome", () => {
  test("accepted and filled, answer lost: found by asking, never sent again", async () => {
    await open();
    world.exchange.eventMs = 1e9;
    world.exchange.faults.push("lost_answer");
    const answer = await world.place(entry());
    expect(answer.status).toBe("UNKNOWN");
    expect((await refusal(world.place(entry()))).code).toBe("ORDER_UNKNOWN");
    await world.pass(3_000);
    expect(world.router.book.intent(answer.intent_id)?.answer.status).toBe("FILLED");
    expect(faultsOf(world)).toEqual([]);
  });

  test("never accepted: stays UNKNOWN for the lag window, then ends without a second order", async () => {
    await open();
    world.exchange.faults.push("lost_request");
    const answer = await world.place(entry());
    await world.pass(29_000);
    expect(world.router.book.intent(answer.intent_id)?.answer.status).toBe("UNKNOWN");
    await world.pass(12_000);
    expect(world.router.book.intent(answer.intent_id)?.answer).toMatchObject({
      status: "CANCELED",
      message: "never arrived at the exchange",
    });
    expect(world.exchange.journal).toEqual([]);
    expect(faultsOf(world)).toEqual([]);
  });

  test("'no such order' for a while after an accepted order proves nothing", async () => {
    await open();
    world.exchange.eventMs = 1e9;
    world.exchange.faults.push("lost_answer");
    world.exchange.forgetfulUntil = world.clock.now() + 20_000;
    const answer = await world.place(entry());
    await world.pass(40_000);
    expect(world.router.book.intent(answer.intent_id)?.answer.status).toBe("FILLED");
    expect(faultsOf(world)).toEqual([]);
  });

  test("events told twice, and before the answer, count once", async () => {
    await open();
    world.exchange.eventCopies = 2;
    world.exchange.eventMs = 0;
    world.exchange.answerMs = 400;
    const answer = await world.place(entry());
    await world.pass(1_000);
    expect(world.router.book.fillsOf(answer.intent_id).length).toBe(1);
    expect(faultsOf(world)).toEqual([]);
  });

  test("a refusal is final and releases its reservation", async () => {
    await open();
    world.exchange.faults.push({ refuse: "-2019 Margin is insufficient." });
    expect(await world.place(entry())).toMatchObject({ status: "REJECTED", message: "-2019 Margin is insufficient." });
    expect(faultsOf(world)).toEqual([]);
  });
});

describe("exits", () => {
  const exit = (over = {}) =>
    entry({ kind: "EXIT", side: "SELL", qty: undefined, stop_loss: undefined, take_profit: undefined, ...over });

  test("close everything, and nothing protective stays", async () => {
    await open();
    await world.place(entry());
    await world.pass(500);
    expect((await world.place(exit())).status).toBe("FILLED");
    await world.pass(1_000);
    expect(world.exchange.live()).toEqual([]);
    expect(faultsOf(world)).toEqual([]);
  });

  test("in part, the protection shrinks to what is left", async () => {
    await open();
    await world.place(entry());
    await world.pass(500);
    await world.place(exit({ qty: "0.004" }));
    await world.pass(1_000);
    expect(world.exchange.live().map((o) => o.qty)).toEqual(["0.006", "0.006"]);
    expect(faultsOf(world)).toEqual([]);
  });

  test("without a position are NO_POSITION", async () => {
    await open();
    expect((await refusal(world.place(exit()))).code).toBe("NO_POSITION");
  });
});

describe("the kill switch", () => {
  const kill = (over = {}) => ({
    enabled: true,
    mode: "CANCEL" as const,
    epoch: 1,
    reason: "test",
    actor: "me",
    ...over,
  });

  test("on: entries are refused, a resting one is cancelled, exits pass, and it holds across a restart", async () => {
    await open();
    const resting = await world.place(entry({ type: "LIMIT", price: "59950" }));
    expect(resting.status).toBe("ACCEPTED");
    expect(await world.finish(world.router.kill.set(kill()))).toEqual({ epoch: 1, outstanding: [] });
    expect(world.exchange.live()).toEqual([]);
    expect((await refusal(world.place(entry()))).code).toBe("KILL_SWITCH");
    world.boot();
    await world.start();
    expect((await refusal(world.place(entry()))).code).toBe("KILL_SWITCH");
    await world.finish(world.router.kill.set(kill({ enabled: false, epoch: 2 })));
    expect((await world.place(entry())).status).toBe("FILLED");
    expect((await refusal(world.finish(world.router.kill.set(kill())))).code).toBe("CONFLICT");
  });

  test("an entry in flight is outstanding until it is resolved", async () => {
    await open();
    world.exchange.faults.push("lost_request");
    const lost = await world.place(entry());
    const answer = await world.finish(world.router.kill.set(kill()));
    expect(answer.outstanding).toEqual(lost.client_order_ids);
    await world.pass(45_000);
    expect((await world.finish(world.router.kill.set(kill()))).outstanding).toEqual([]);
  });

  test("a maker that runs out under HALT is not followed by a taker", async () => {
    await open();
    await world.place(entry({ exec: { policy: "MAKER_THEN_TAKER" } }));
    await world.finish(world.router.kill.set(kill({ mode: "HALT" })));
    await world.pass(3_000);
    expect(world.exchange.journal.length).toBe(1);
    expect(faultsOf(world)).toEqual([]);
  });
});
