import { afterEach, describe, expect, test } from "bun:test";
import { entry, FUT, faultsOf, RouterWorld, SPOT } from "./world.fixture.ts";

let world: RouterWorld;
afterEach(() => world.close());

async function open(settings: Record<string, unknown> = {}): Promise<RouterWorld> {
  world = new RouterWorld(settings);
  await world.start();
  return world;
}

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

const buy = (over = {}) =>
  entry({
    instrument: SPOT,
    stop_loss: undefined,
    take_profit: undefined,
    exec: { policy: "OCO", oco: { take_profit: "60200", stop: "59900" } },
    ...over,
  });

test("a stop that has moved on while an add was filling stays where it is", async () => {
  await open();
  await world.place(entry());
  await world.pass(500);
  const price = "59999";
  const add = { intent_id: "s:ADD:1", kind: "ADD", type: "LIMIT", price, qty: "0.004" } as const;
  await world.place(entry({ ...add, stop_loss: { price: "59910" }, take_profit: undefined }));
  await world.pass(100);
  const resting = world.exchange.live().find((order) => order.price === price)!;
  world.exchange.fill(resting.client_order_id, "0.002");
  await world.pass(500);
  expect(world.router.book.holding(FUT)?.stop_price).toBe("59910");
  const move = { intent_id: "s:SL:2", kind: "SL", side: "SELL", instrument: FUT, stop_price: "59950" } as const;
  await world.place(move);
  await world.pass(500);
  world.exchange.fill(resting.client_order_id, "0.002");
  await world.pass(1_000);
  expect(world.router.book.holding(FUT)).toMatchObject({ qty: "0.014", stop_price: "59950" });
  const stops = world.exchange.live().filter((order) => order.type === "STOP_MARKET");
  expect(stops.map((stop) => [stop.stop_price, stop.qty])).toEqual([["59950", "0.014"]]);
});

describe("spot", () => {
  const pair = () => world.exchange.live().map((o) => [o.type, o.qty, o.stop_price ?? o.price]);

  test("an entry gets its pair, net of the base fee and in whole steps; one leg filled ends the other", async () => {
    await open();
    world.exchange.feeAsset = "BTC";
    await world.place(buy());
    await world.pass(1_000);
    // 0.01 less 0.1 % is 0.00999
    expect(pair()).toEqual([
      ["LIMIT_MAKER", "0.00999", "60200"],
      ["STOP_MARKET", "0.00999", "59900"],
    ]);
    expect(world.router.book.holding(SPOT)?.guard).toBe(false);
    world.exchange.feeAsset = "USDT";
    world.exchange.fill(world.exchange.live()[0]!.client_order_id, "0.00999");
    await world.pass(1_000);
    expect(world.exchange.live()).toEqual([]);
    expect(faultsOf(world, SPOT)).toEqual([]);
  });

  test("a pair that is refused leaves the guard, which sells at the stop, also after a restart", async () => {
    await open();
    world.exchange.faults.push("none", ...Array.from({ length: 50 }, () => ({ refuse: "-2015 no" })));
    await world.place(buy());
    await world.pass(1_000);
    expect(world.router.book.holding(SPOT)).toMatchObject({ guard: true, qty: "0.01" });
    world.boot();
    await world.start();
    world.exchange.faults.length = 0;
    world.exchange.faults.push({ refuse: "-2015 no" });
    world.exchange.bid = "59899";
    await world.pass(3_000);
    expect(world.router.book.holding(SPOT)?.qty).toBe("0");
    expect(faultsOf(world, SPOT)).toEqual([]);
  });

  test("an exit takes the pair away first and sells once", async () => {
    await open();
    await world.place(buy());
    await world.pass(500);
    const exit = {
      intent_id: "s:EXIT:1",
      kind: "EXIT",
      side: "SELL",
      instrument: SPOT,
      exec: { policy: "MARKET" },
    } as const;
    expect((await world.place(exit)).status).toBe("FILLED");
    await world.pass(1_000);
    expect(world.exchange.live()).toEqual([]);
    expect(faultsOf(world, SPOT)).toEqual([]);
  });

  test("a stop moves with the guard armed in between", async () => {
    await open();
    await world.place(buy());
    await world.pass(500);
    const move = { intent_id: "s:SL:1", kind: "SL", side: "SELL", instrument: SPOT, stop_price: "59950" } as const;
    await world.place(move);
    await world.pass(1_000);
    expect(pair()).toEqual([
      ["LIMIT_MAKER", "0.01", "60200"],
      ["STOP_MARKET", "0.01", "59950"],
    ]);
    expect(world.router.book.holding(SPOT)?.guard).toBe(false);
    expect(faultsOf(world, SPOT)).toEqual([]);
  });
});

describe("a spot pair that is moved", () => {
  const move = { intent_id: "s:SL:1", kind: "SL", side: "SELL", instrument: SPOT, stop_price: "59950" } as const;
  const refusals = (count: number) => Array.from({ length: count }, () => ({ refuse: "-2010 rejected" }));
  const held = () => world.router.book.holding(SPOT);

  test("and cannot be placed again for two seconds is sold, guarded all the while", async () => {
    await open();
    await world.place(buy());
    await world.pass(500);
    // Cancels are taken; whatever is placed is not.
    world.exchange.faults.push(...refusals(20));
    await world.place(move);
    await world.pass(1_500);
    expect(held()).toMatchObject({ guard: true, qty: "0.01", stop_price: "59950" });
    world.exchange.faults.length = 0;
    await world.pass(3_000);
    expect(held()?.qty).toBe("0");
    expect(world.alerts.some((alert) => alert.includes("no new pair could be placed in time"))).toBe(true);
    expect(faultsOf(world, SPOT)).toEqual([]);
  });

  test("and is placed after a refusal or two is kept", async () => {
    await open();
    await world.place(buy());
    await world.pass(500);
    world.exchange.faults.push(...refusals(2));
    await world.place(move);
    await world.pass(5_000);
    expect(held()).toMatchObject({ guard: false, qty: "0.01" });
    expect(world.exchange.live().map((o) => o.stop_price ?? o.price)).toEqual(["60200", "59950"]);
    expect(faultsOf(world, SPOT)).toEqual([]);
  });
});

describe("spot, when things go wrong", () => {
  const WRONG_SIDE = { refuse: "-2010 The relationship of the prices for the orders is not correct." };
  test.each([
    ["its target", "60201", "target"],
    ["its stop", "59899", "stop"],
  ])("a pair that comes when the market has passed %s closes at once", async (_what, bid, level) => {
    await open();
    world.exchange.faults.push("none", WRONG_SIDE);
    world.exchange.bid = bid;
    await world.pass(1_000);
    await world.place(buy());
    await world.pass(1_000);
    expect(world.router.book.holding(SPOT)?.qty).toBe("0");
    const exits = world.router.book.allOrders(SPOT).filter((order) => order.kind === "EXIT");
    expect(exits.map((exit) => world.router.book.intent(exit.intent_id)?.intent.tags)).toEqual([[level]]);
    expect(faultsOf(world, SPOT)).toEqual([]);
  });

  test("a triggered stop whose limit the market has passed by is taken back and sold by market", async () => {
    await open();
    await world.place(buy());
    await world.pass(500);
    const [tp, sl] = world.exchange.live();
    world.exchange.end(tp!.client_order_id, "EXPIRED");
    world.exchange.fill(sl!.client_order_id, "0.004");
    await world.pass(100);
    expect(world.router.book.holding(SPOT)).toMatchObject({ qty: "0.006", guard: true });
    world.exchange.bid = "59200";
    await world.pass(1_500);
    expect(world.router.book.holding(SPOT)?.qty).toBe("0");
    expect(world.exchange.live()).toEqual([]);
    expect(faultsOf(world, SPOT)).toEqual([]);
  });

  test.each([
    ["lost_request", "never arrived: the guard sells", 2],
    ["lost_answer", "was taken: the guard finds nothing left to sell", 1],
  ] as const)("the stop is reached while an exit's outcome is unknown (%s), which %s", async (fault, _what, sales) => {
    await open();
    await world.place(buy());
    await world.pass(500);
    world.exchange.faults.push(fault);
    // Once the pair has let go of the balance, nothing is heard any more.
    world.clock.after(45, () => {
      world.exchange.eventCopies = 0;
      world.exchange.forgetfulUntil = world.clock.now() + 20_000;
    });
    await world.place({
      intent_id: "s:EXIT:1",
      kind: "EXIT",
      side: "SELL",
      instrument: SPOT,
      exec: { policy: "MARKET" },
    });
    await world.pass(1_000);
    world.exchange.bid = "59890";
    await world.pass(10_000);
    const sold = world.exchange.fills.filter((fill) => fill.side === "SELL");
    expect(sold.map((fill) => fill.qty)).toEqual(["0.01"]);
    await world.pass(60_000);
    expect(world.router.book.holding(SPOT)?.qty).toBe("0");
    expect(world.router.book.allOrders(SPOT).filter((order) => order.kind === "EXIT")).toHaveLength(sales);
    expect(faultsOf(world, SPOT)).toEqual([]);
  });
});
