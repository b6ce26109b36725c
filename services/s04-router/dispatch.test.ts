import { afterEach, describe, expect, test } from "bun:test";
import { put, remove } from "../../shared/changes.ts";
import { holdings, orders } from "../../shared/collections/orders.ts";
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

  test("sent again by books that forgot it: a duplicate is an order to ask about, not one that was refused", async () => {
    await open();
    await world.place(entry());
    await world.pass(1_000);
    const stop = world.exchange.live().find((order) => order.type === "STOP_MARKET")!;
    const { leg } = world.router.book.order(stop.client_order_id)!;
    const holding = { ...world.router.book.holding(FUT)!, next_leg: Number(leg.slice(2)) };
    const sent = world.exchange.journal.length;
    world.boot();
    await world.store.commit([put(holdings, holding), remove(orders, stop.client_order_id)]);
    await world.start();
    await world.pass(10_000);
    expect(world.exchange.journal.length).toBe(sent);
    expect(world.router.book.order(stop.client_order_id)).toMatchObject({ status: "NEW" });
    expect(faultsOf(world)).toEqual([]);
  });

  test("a refusal is final and releases its reservation", async () => {
    await open();
    world.exchange.faults.push({ refuse: "-1116 Invalid orderType." });
    expect(await world.place(entry())).toMatchObject({ status: "REJECTED", message: "-1116 Invalid orderType." });
    expect(faultsOf(world)).toEqual([]);
  });
});

test.each([
  ["an exit is asked from what is kept for exits, and it is sent again", true],
  ["an entry waits for what is not kept for exits", false],
])("never accepted, in a minute whose weight is used up: about %s", async (_, isExit) => {
  await open();
  if (isExit) await world.place(entry());
  await world.pass(1_000);
  world.exchange.faults.push("lost_request");
  world.exchange.isKeptForExits = true;
  const exit = { kind: "EXIT" as const, side: "SELL" as const, qty: undefined, stop_loss: undefined };
  const answer = await world.place(
    entry({ intent_id: "lost", ...(isExit && { ...exit, take_profit: undefined, exec: { policy: "MARKET" } }) }),
  );
  expect(answer.status).toBe("UNKNOWN");
  await world.pass(45_000);
  expect(world.router.book.intent("lost")?.answer.status).toBe(isExit ? "FILLED" : "UNKNOWN");
  expect(world.exchange.positions.get(FUT) ?? 0n).toBe(0n as never);
  world.exchange.isKeptForExits = false;
  await world.pass(45_000);
  expect(world.router.book.intent("lost")?.state).toBe("DONE");
  expect(faultsOf(world)).toEqual([]);
});
