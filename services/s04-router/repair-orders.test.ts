import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { put } from "../../shared/changes.ts";
import { intents, orders } from "../../shared/collections/orders.ts";
import type { RepairOrder } from "../../shared/contracts.ts";
import { type Code, Problem } from "../../shared/errors.ts";
import type { Op } from "../../shared/kit/ports.ts";
import { entry, FUT, faultsOf, RouterWorld } from "./world.fixture.ts";

let world: RouterWorld;
beforeEach(async () => {
  world = new RouterWorld();
  await world.start();
});
afterEach(() => world.close());

/** A resting entry whose every call has ended. */
async function resting(intent_id = "a:entry"): Promise<string> {
  const { client_order_ids } = await world.place(entry({ intent_id, type: "LIMIT", price: "59950" }));
  await world.pass(200);
  return client_order_ids[0]!;
}
const repair = (action: RepairOrder["action"], client_order_id: string, conditional = false) =>
  world.finish(
    world.router.orderRepair.repair({
      run_id: "r1",
      account: "main",
      instrument: FUT,
      client_order_id,
      conditional,
      action,
    }),
  );
const code = (work: Promise<unknown>): Promise<Code | undefined> =>
  work.then(
    () => undefined,
    (error) => (error instanceof Problem ? error.code : "INTERNAL"),
  );
const forget = (...rows: { collection: unknown; key: string }[]) =>
  world.store.commit(rows.map((row): Op => ({ op: "delete", ...row }) as Op));

describe("RESYNC", () => {
  test("takes the end and the fills of an order that the stream never told of, as a reconciliation", async () => {
    const id = await resting();
    world.exchange.eventCopies = 0;
    world.exchange.fill(id, "0.01");
    expect(await repair("RESYNC", id)).toEqual({
      done: "RESYNCED",
      before: "NEW, 0 of 0.01 filled",
      after: "FILLED, 0.01 of 0.01 filled",
    });
    expect(world.router.book.order(id)?.story?.at(-1)).toMatchObject({ status: "FILLED", by: "RECONCILIATION" });
    expect(world.router.book.holding(FUT)).toMatchObject({ qty: "0.01", side: "BUY" });
    expect(await repair("RESYNC", id)).toMatchObject({ done: "NONE" });
    world.exchange.eventCopies = 1;
    await world.pass(5_000);
    expect(faultsOf(world)).toEqual([]);
  });
  test("of what nobody knows is NOT_FOUND", async () => {
    expect(await code(repair("RESYNC", "chim-none"))).toBe("NOT_FOUND");
  });
});

/** The row of a resting entry is gone and its intent is over, as far as the store knows. */
async function lose(id: string): Promise<void> {
  world.boot();
  const { value } = (await world.store.get(intents, "a:entry"))!;
  await world.store.commit([put(intents, { ...value, state: "DONE", reserved_usdt: "0" })]);
  await forget({ collection: orders, key: id });
  await world.start();
}

describe("ADOPT, with a store that is older than the exchange's orders", () => {
  test("of a stop counts its number, so that no later leg gets the same client id", async () => {
    await world.place(entry({ intent_id: "a:entry" }));
    await world.pass(1_000);
    const stop = world.exchange.live().find((order) => order.type === "STOP_MARKET")!;
    const { leg } = world.router.book.order(stop.client_order_id)!;
    world.boot();
    await forget({ collection: orders, key: stop.client_order_id });
    await world.finish(world.router.start());
    expect(await repair("ADOPT", stop.client_order_id, true)).toMatchObject({ done: "ADOPTED" });
    expect(world.router.book.order(stop.client_order_id)).toMatchObject({ leg, kind: "SL", stop_price: "59900" });
    await world.pass(5_000);
    expect(faultsOf(world)).toEqual([]);
  });

  test("of an entry whose intent is over cancels it", async () => {
    const id = await resting();
    await lose(id);
    expect(await repair("ADOPT", id)).toMatchObject({ done: "ADOPTED", after: "CANCELED, 0 of 0.01 filled" });
    expect(world.exchange.live()).toEqual([]);
  });

  test("of what no intent explains, or the exchange does not have, is NOT_FOUND", async () => {
    expect(await code(repair("ADOPT", "chim-0123456789"))).toBe("NOT_FOUND");
    const id = await resting();
    await lose(id);
    world.exchange.orders.delete(id);
    expect(await code(repair("ADOPT", id))).toBe("NOT_FOUND");
  });
});

describe("CANCEL", () => {
  const stranger = (client_order_id: string) => {
    const { exchange } = world;
    const [one] = exchange.orders.values();
    exchange.orders.set(client_order_id, { ...one!, client_order_id, order_id: "901", status: "NEW" });
  };

  test("cancels what nobody knows, and a repeat finds nothing to do", async () => {
    await resting();
    stranger("web_1");
    expect(await repair("CANCEL", "web_1")).toMatchObject({ done: "CANCELED" });
    expect(world.exchange.orders.get("web_1")?.status).toBe("CANCELED");
    expect(await repair("CANCEL", "web_1")).toMatchObject({ done: "NONE" });
    expect(await repair("CANCEL", "web_2")).toMatchObject({ done: "NONE" });
  });

  test("refuses what is ours and stands as we sent it; what somebody amended goes", async () => {
    const id = await resting();
    expect(await code(repair("CANCEL", id))).toBe("CONFLICT");
    world.exchange.orders.get(id)!.price = "59960";
    expect(await repair("CANCEL", id)).toMatchObject({ done: "CANCELED", after: "CANCELED, 0 of 0.01 filled" });
    await world.pass(1_000);
    expect(faultsOf(world)).toEqual([]);
  });
});
