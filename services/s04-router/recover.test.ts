import { describe, expect, test } from "bun:test";
import { put, remove } from "../../shared/changes.ts";
import { fills, holdings, intents, orders } from "../../shared/collections/orders.ts";
import { dec, zero } from "../../shared/domain/money.ts";
import { Intent, type Order } from "../../shared/domain/order.ts";
import type { Collection } from "../../shared/kit/ports.ts";
import { entry, FUT, faultsOf, MAKER, RouterWorld, SPOT } from "./world.fixture.ts";

/** More port calls than any scenario makes before it is quiet. */
const CALLS_MAX = 30;

type Scenario = (world: RouterWorld) => Promise<void>;

const scenarios: Record<string, Scenario> = {
  async "a market entry"(world) {
    world.router.admission.place(Intent.parse(entry({ intent_id: "c:entry" }))).catch(() => undefined);
    await world.pass(1_000);
  },
  async "a maker entry that a taker completes"(world) {
    const intent = Intent.parse(entry({ intent_id: "c:entry", exec: MAKER }));
    world.router.admission.place(intent).catch(() => undefined);
    await world.pass(300);
    const resting = world.exchange.live().find((o) => o.type === "LIMIT_MAKER");
    if (resting) world.exchange.fill(resting.client_order_id, "0.004");
    await world.pass(3_000);
  },
  async "an entry and its exit"(world) {
    world.router.admission.place(Intent.parse(entry({ intent_id: "c:entry" }))).catch(() => undefined);
    await world.pass(600);
    const close = { intent_id: "c:EXIT:1", kind: "EXIT", side: "SELL", instrument: FUT, exec: { policy: "MARKET" } };
    world.router.admission.place(Intent.parse(close)).catch(() => undefined);
    await world.pass(1_000);
  },
  async "an entry whose stop is moved"(world) {
    world.router.admission.place(Intent.parse(entry({ intent_id: "c:entry" }))).catch(() => undefined);
    await world.pass(600);
    const move = { intent_id: "c:SL:1", kind: "SL", side: "SELL", instrument: FUT, stop_price: "59950" };
    world.router.admission.place(Intent.parse(move)).catch(() => undefined);
    await world.pass(1_000);
  },
};

async function crashed(
  scenario: Scenario,
  call: number,
  after: boolean,
): Promise<{ world: RouterWorld; died: boolean }> {
  const world = new RouterWorld();
  await world.start();
  world.boot({ call, after });
  const starting = world.router.start();
  starting.catch(() => undefined);
  await world.pass(200);
  await scenario(world);
  const died = world.crashed;
  world.boot();
  await world.start();
  await world.pass(120_000);
  return { world, died };
}

describe("kill -9 at every port call, then a start", () => {
  for (const [name, scenario] of Object.entries(scenarios)) {
    for (const after of [false, true]) {
      test(`${name}, ${after ? "after" : "before"} the call took effect`, async () => {
        let deaths = 0;
        for (let call = 1; call <= CALLS_MAX; call++) {
          const { world, died } = await crashed(scenario, call, after);
          const faults = faultsOf(world);
          world.close();
          expect({ call, faults }).toEqual({ call, faults: [] });
          if (died) deaths += 1;
          else break;
        }
        expect(deaths).toBeGreaterThan(7);
      }, 300_000);
    }
  }
});

test("an order that never arrived ends after a restart too, though finished orders have traded since", async () => {
  const world = new RouterWorld();
  await world.start();
  world.exchange.faults.push("none", "lost_request");
  await world.place(entry());
  await world.pass(300);
  await world.place({ intent_id: "x:EXIT:1", kind: "EXIT", side: "SELL", instrument: FUT, exec: { policy: "MARKET" } });
  await world.pass(300);
  expect(world.router.book.allOrders(FUT).map((order) => order.status)).toContain("UNKNOWN");
  world.boot();
  await world.start();
  await world.pass(60_000);
  expect(world.router.book.allOrders(FUT).map((order) => order.status)).not.toContain("UNKNOWN");
  expect(faultsOf(world)).toEqual([]);
  world.close();
});

test("a liquidation while the account stream was away is booked when it is back, to the last fill", async () => {
  const world = new RouterWorld();
  await world.start();
  await world.place(entry());
  await world.pass(500);
  const { exchange } = world;
  exchange.positions.set(FUT, 0n);
  const [opening] = exchange.fills;
  const fill = {
    ...opening!,
    fill_id: "9001",
    order_id: "9000",
    side: "SELL" as const,
    client_order_id: "autoclose-1",
  };
  exchange.fills.push(fill);
  void world.router.accounts.hear({ kind: "gap", instrument: "FUT", from_ts: 0, ts: 0 });
  await world.pass(15_000);
  expect(world.router.book.holding(FUT)).toMatchObject({ qty: "0", reserved_usdt: "0" });
  expect(exchange.live()).toEqual([]);
  expect(world.alerts.some((alert) => alert.startsWith("CLOSED_OUTSIDE"))).toBe(true);
  world.close();
});

test("a position that differs is told when it still does at the next look, not while a fill may be on its way", async () => {
  const world = new RouterWorld();
  await world.start();
  await world.place(entry());
  await world.pass(500);
  const differs = () => world.alerts.filter((alert) => alert.startsWith("POSITION_DIFFERS"));
  const whole = world.exchange.positions.get(FUT)!;
  const look = () => void world.router.accounts.hear({ kind: "gap", instrument: "FUT", from_ts: 0, ts: 0 });
  world.exchange.positions.set(FUT, whole / 2n);
  look();
  await world.pass(5_000);
  world.exchange.positions.set(FUT, whole);
  await world.pass(30_000);
  expect(differs()).toEqual([]);
  world.exchange.positions.set(FUT, whole / 2n);
  look();
  await world.pass(25_000);
  expect(differs().length).toBeGreaterThan(0);
  world.close();
});

describe("asked before its books are loaded, as while a shard starts", () => {
  const close = {
    intent_id: "c:EXIT:1",
    kind: "EXIT",
    side: "SELL",
    instrument: FUT,
    exec: { policy: "MARKET" },
  } as const;

  test("an exit is put off, not refused for good: what is held is not known yet", async () => {
    const world = new RouterWorld();
    await world.start();
    await world.place(entry({ intent_id: "c:entry" }));
    world.boot();
    await expect(world.place(close)).rejects.toMatchObject({ code: "NOT_READY" });
    const { listings } = world.exchange;
    world.exchange.listings = [];
    await world.start();
    await expect(world.place(close)).rejects.toMatchObject({ code: "NOT_READY" });
    world.exchange.listings = listings;
    await world.finish(world.router.catchUp());
    expect((await world.place(close)).status).toBe("FILLED");
    world.close();
  });

  test("the kill switch answers when what is in flight is known, and not before", async () => {
    const world = new RouterWorld();
    await world.start();
    const on = { enabled: true, mode: "CANCEL", epoch: 1, reason: "test", actor: "ann" } as const;
    await world.place(entry({ intent_id: "c:entry", exec: MAKER }));
    world.boot();
    await expect(world.finish(world.router.kill.set(on))).rejects.toMatchObject({ code: "NOT_READY" });
    await world.start();
    expect(await world.finish(world.router.kill.set(on))).toEqual({ epoch: 1, outstanding: [] });
    expect(world.exchange.live().filter((order) => order.type === "LIMIT_MAKER")).toEqual([]);
    world.close();
  });

  test("a cancel takes no order for unsent that the one before may have sent", async () => {
    const world = new RouterWorld();
    await world.start();
    Object.assign(world.exchange, { answerMs: 1_000, eventCopies: 0 });
    const intent = entry({ intent_id: "c:entry" });
    world.router.admission.place(Intent.parse(intent)).catch(() => undefined);
    await world.pass(700);
    expect(world.exchange.journal.length).toBe(1);
    world.boot();
    Object.assign(world.exchange, { answerMs: 20, eventCopies: 1 });
    const cancel = world.router.cancellation.cancel({ intent_id: "c:entry", cascade: true });
    await expect(world.finish(cancel)).rejects.toMatchObject({ code: "NOT_READY" });
    await world.start();
    await world.pass(60_000);
    expect(faultsOf(world)).toEqual([]);
    world.close();
  });
});

test("of many gaps told while the books meet the exchange, one more meeting takes care", async () => {
  const world = new RouterWorld();
  await world.start();
  let asked = 0;
  const { getPositions } = world.exchange.calls;
  Object.assign(world.exchange.calls, {
    getPositions: ((request) => {
      asked++;
      return getPositions(request);
    }) satisfies typeof getPositions,
  });
  world.boot();
  const starting = world.router.start();
  await world.pass(5);
  const gaps = ["SPOT", "FUT", "SPOT", "FUT"].map((instrument) =>
    world.router.accounts.hear({ kind: "gap", instrument, from_ts: 0, ts: 0 }),
  );
  await world.finish(Promise.all([starting, ...gaps]));
  expect(asked).toBe(2);
  world.close();
});

test("of several orders in flight on one instrument when it died, none is sent again while the books are loaded", async () => {
  const world = new RouterWorld();
  await world.start();
  Object.assign(world.exchange, { answerMs: 1_000, eventCopies: 0 });
  const ids = ["a:entry", "b:entry", "c:entry"];
  for (const intent_id of ids)
    world.router.admission.place(Intent.parse(entry({ intent_id, qty: "0.003" }))).catch(() => undefined);
  await world.pass(700);
  expect(world.exchange.journal.length).toBe(ids.length);
  Object.assign(world.exchange, { answerMs: 20, eventCopies: 1 });
  world.boot();
  await world.start();
  await world.pass(60_000);
  expect(faultsOf(world)).toEqual([]);
  world.close();
});

describe("the sweep for what the stream has lost", () => {
  async function unheard(world: RouterWorld): Promise<void> {
    await world.pass(61_000);
    await world.finish(world.router.recovery.sweep());
    await world.pass(2_000);
  }

  test("the end of a resting order", async () => {
    const world = new RouterWorld();
    await world.start();
    const { client_order_ids } = await world.place(entry({ intent_id: "r", type: "LIMIT", price: "59950" }));
    await world.pass(200);
    world.exchange.eventCopies = 0;
    world.exchange.end(client_order_ids[0]!, "EXPIRED");
    await unheard(world);
    expect(world.router.book.intent("r")).toMatchObject({ state: "DONE", answer: { status: "EXPIRED" } });
    expect(world.router.book.order(client_order_ids[0]!)?.story?.at(-1)).toMatchObject({ by: "QUERY" });
    expect(faultsOf(world)).toEqual([]);
    world.close();
  });

  test("a stop that traded: the position is flat and its target goes", async () => {
    const world = new RouterWorld();
    await world.start();
    await world.place(entry());
    await world.pass(1_000);
    world.exchange.eventCopies = 0;
    const stop = world.exchange.live().find((order) => order.type === "STOP_MARKET");
    world.exchange.trigger(stop!.client_order_id);
    await unheard(world);
    await world.pass(5_000);
    expect(world.router.book.holding(FUT)?.qty).toBe("0");
    expect(world.exchange.live()).toEqual([]);
    expect(faultsOf(world)).toEqual([]);
    world.close();
  });

  test("a resting entry past its valid_until goes by itself", async () => {
    const world = new RouterWorld();
    await world.start();
    const valid_until = world.clock.now() + 4_000;
    await world.place(entry({ type: "LIMIT", price: "59950", valid_until }));
    await world.pass(3_900);
    expect(world.exchange.live().length).toBe(1);
    await world.pass(500);
    expect(world.exchange.live()).toEqual([]);
    expect(faultsOf(world)).toEqual([]);
    world.close();
  });
});

test("a leg that had left before the store was restored is taken from the exchange, not sent again", async () => {
  const world = new RouterWorld();
  await world.start();
  await world.place(entry({ instrument: SPOT }));
  await world.pass(1_000);
  world.exchange.faults.push({ refuse: "-2010 Account has insufficient balance for requested action." });
  const EXIT = {
    intent_id: "x:EXIT:1",
    kind: "EXIT",
    side: "SELL",
    instrument: SPOT,
    exec: { policy: "MARKET" },
  } as const;
  world.router.admission.place(Intent.parse(EXIT)).catch(() => undefined);
  const rejected = () => world.router.book.ownOrders(EXIT.intent_id)[0]?.status === "REJECTED";
  await world.clock.run(rejected);
  const { store } = world;
  const rows = async (of: Collection) => (await store.query(of, { limit: 500 })).items.map((row) => row.value);
  const kept = [intents, orders, fills, holdings] as unknown as Collection[];
  const copy = await Promise.all(kept.map(rows));
  await world.pass(3_000);
  expect(world.router.book.ownOrders(EXIT.intent_id).map((order) => order.status)).toEqual(["REJECTED", "FILLED"]);
  const lost = (await rows(orders as never)) as Order[];
  const gone = lost.filter(
    (order) => !(copy[1] as Order[]).some((row) => row.client_order_id === order.client_order_id),
  );
  await store.commit([
    ...gone.map((order) => remove(orders, order.client_order_id)),
    ...(await rows(fills as never)).map((fill) => remove(fills, fills.key(fill as never))),
    ...copy.flatMap((values, at) => values.map((value) => put(kept[at] as Collection, value))),
  ]);
  // The real one tells of no positions on spot: without a row the sale cannot be taken for a stranger's.
  world.exchange.positions.set(SPOT, dec("0.01"));
  world.boot();
  await world.start();
  await world.pass(5_000);
  world.exchange.positions.set(SPOT, zero);
  expect(world.exchange.journal.length).toBe(new Set(world.exchange.journal).size);
  expect(world.router.book.ownOrders(EXIT.intent_id).map((order) => order.status)).toEqual(["REJECTED", "FILLED"]);
  expect(faultsOf(world, SPOT)).toEqual([]);
  world.close();
});

test("with one call in five failing the breaker keeps entries out for its time, and exits pass", async () => {
  const world = new RouterWorld();
  await world.start();
  await world.place(entry());
  await world.pass(1_000);
  world.exchange.reachable = false;
  for (let call = 0; call < 12; call++) await world.finish(world.router.recovery.gap());
  world.exchange.reachable = true;
  await world.finish(world.router.catchUp());
  expect(world.alerts.some((alert) => alert.startsWith("BREAKER_OPEN"))).toBe(true);
  await expect(world.place(entry())).rejects.toMatchObject({ code: "UNAVAILABLE" });
  const exit = { intent_id: "x", kind: "EXIT", side: "SELL", instrument: FUT, exec: { policy: "MARKET" } } as const;
  expect((await world.place(exit)).status).toBe("FILLED");
  await world.pass(301_000);
  expect((await world.place(entry())).status).toBe("FILLED");
  const breaker = world.alerts.filter((alert) => alert.startsWith("BREAKER_")).map((alert) => alert.split(" ")[0]);
  expect(breaker).toEqual(["BREAKER_OPEN", "BREAKER_CLOSED"]);
  world.close();
});

test("a start asks for open orders where something is open, and not for those of all: that is dear", async () => {
  const world = new RouterWorld();
  await world.start();
  world.exchange.askedOpen.length = 0;
  world.router.admission.place(Intent.parse(entry({ intent_id: "open:entry" }))).catch(() => undefined);
  await world.pass(1_000);
  world.boot();
  await world.start();
  expect(world.exchange.askedOpen).toEqual([FUT]);
  world.close();
});

test("books that know of nothing ask for everything at a start, and tell what an emptied store left behind", async () => {
  const world = new RouterWorld();
  await world.start();
  expect(world.exchange.askedOpen).toEqual(["all"]);
  const resting = entry({ intent_id: "left:entry", type: "LIMIT", price: "59950" });
  const { client_order_ids } = await world.place(resting);
  await world.pass(1_000);
  expect(world.exchange.live().length).toBe(1);
  const { store } = world;
  for (const of of [intents, orders, fills, holdings] as unknown as Collection[]) {
    const { items } = await store.query(of, { limit: 500 });
    await store.commit(items.map((row) => remove(of, row.key)));
  }
  world.boot();
  await world.start();
  expect(world.alerts.filter((alert) => alert.startsWith("ORDER_UNEXPLAINED"))).toEqual([
    expect.stringContaining(client_order_ids[0] as string),
  ]);
  world.close();
});
