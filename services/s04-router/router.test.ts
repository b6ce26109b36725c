import { afterEach, describe, expect, test } from "bun:test";
import { Intent } from "../../shared/domain/order.ts";
import { entry, FUT, faultsOf, MAKER, RouterWorld, SPOT } from "./world.fixture.ts";

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

describe("maker, then taker", () => {
  const maker = () => entry({ exec: MAKER });

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

describe("odd ends", () => {
  test("what is too small to sell is left as dust by its exit, so that the instrument is free again", async () => {
    await open();
    await world.place(
      entry({ instrument: SPOT, qty: "0.0002", stop_loss: { price: "59000" }, take_profit: undefined }),
    );
    await world.pass(500);
    world.exchange.bid = "20000";
    await world.pass(1_000);
    expect(world.router.book.holding(SPOT)).toMatchObject({ qty: "0", dust: "0.0002", reserved_usdt: "0" });
  });

  test("a fill that is told of two orders counts once", async () => {
    await open();
    await world.place(entry());
    await world.pass(500);
    const [fill] = world.exchange.fills;
    const stop = world.router.book.protective(FUT).find((order) => order.kind === "SL")!;
    const { fill_id, price, qty, fee, fee_asset, maker } = fill!;
    await world.router.accounts.hear({
      kind: "execution",
      account: "main",
      instrument: FUT,
      client_order_id: stop.client_order_id,
      order_id: fill!.order_id,
      status: "NEW",
      side: "SELL",
      type: "STOP_MARKET",
      filled_qty: "0",
      fill: { fill_id, price, qty, fee, fee_asset, maker },
      exch_ts: 0,
      ts: 0,
    });
    expect(world.router.book.holding(FUT)?.qty).toBe(qty);
    expect(world.alerts.some((alert) => alert.startsWith("FILL_OF_TWO_ORDERS"))).toBe(true);
  });
});
