import { afterEach, describe, expect, test } from "bun:test";
import { fills, intents, orders } from "../../shared/collections/orders.ts";
import { Intent } from "../../shared/domain/order.ts";
import { asProblem } from "../../shared/errors.ts";
import { STORE_TROUBLES } from "../../shared/testing/store-faults.ts";
import { all } from "./kept.ts";
import { EXIT, entry, FUT, faultsOf, RouterWorld, SPOT } from "./world.fixture.ts";

let world: RouterWorld;
afterEach(() => world.close());

async function opened(): Promise<RouterWorld> {
  world = new RouterWorld();
  await world.start();
  await world.place(entry());
  await world.pass(2_000);
  return world;
}

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "done",
    (error) => asProblem(error).code,
  );

/** What the store has of every order is what the exchange has of it. */
async function booksOf(of: RouterWorld): Promise<string[]> {
  const kept = await all(of.store, orders, {});
  const missing = of.exchange.journal.filter((id) => !kept.some(({ value }) => value.client_order_id === id));
  const booked = (await all(of.store, fills, {})).map(({ value }) => value.fill_id).sort();
  const traded = of.exchange.fills.map(({ fill_id }) => fill_id).sort();
  return [
    ...missing.map((id) => `${id} was sent and is not stored`),
    ...(JSON.stringify(booked) === JSON.stringify(traded) ? [] : [`booked ${booked}, traded ${traded}`]),
    ...faultsOf(of),
  ];
}

describe.each([...STORE_TROUBLES])("while the store is %s", (trouble) => {
  test("entries are refused, exits go on, and then the store has all of it, once", async () => {
    await opened();
    world.faults.trouble = trouble;
    const refused = codeOf(world.router.admission.place(Intent.parse(entry({ instrument: SPOT }))));
    await world.pass(1_500);
    expect(await refused).toBe("UNAVAILABLE");
    const intent = { ...EXIT, intent_id: "out" };
    expect(await world.place(intent)).toMatchObject({ status: "FILLED" });
    // Asked again, it is known.
    expect(await world.place(intent)).toMatchObject({ status: "FILLED" });
    await world.pass(10_000);
    expect(world.alerts.filter((alert) => alert.startsWith("STORE_AWAY"))).toHaveLength(1);
    expect(world.router.book.holding(FUT)?.qty).toBe("0");
    world.faults.trouble = undefined;
    await world.pass(8_000);
    expect(world.alerts.filter((alert) => alert.startsWith("STORE_BACK"))).toHaveLength(1);
    expect(await booksOf(world)).toEqual([]);
    expect((await world.store.get(intents, "out"))?.value).toMatchObject({
      state: "DONE",
      answer: { status: "FILLED" },
    });
    expect(await world.journal.read()).toEqual([]);
    expect(await world.place(entry())).toMatchObject({ status: "FILLED" });
  });
});

test("an exit that was carried out before the store went away is not sent again: the exchange knows it", async () => {
  await opened();
  const intent = { ...EXIT, intent_id: "half", qty: "0.004" };
  await world.place(intent);
  await world.pass(1_000);
  const sent = world.exchange.journal.length;
  world.boot();
  await world.start();
  world.faults.trouble = "down";
  expect(await codeOf(world.place(intent))).toBe("UNAVAILABLE");
  world.faults.trouble = undefined;
  await world.pass(5_000);
  expect(await world.place(intent)).toMatchObject({ status: "FILLED" });
  expect(world.exchange.journal.length).toBe(sent);
  expect(world.router.book.holding(FUT)?.qty).toBe("0.006");
});

test.each([1, 2, 3, 4, 5, 6])(
  "killed at its %i. step while the store is away, it goes on by the journal, and tells the store when it is back",
  async (call) => {
    await opened();
    world.faults.trouble = "down";
    await world.place({ ...EXIT, intent_id: "some", qty: "0.003" });
    world.dieAt({ call, after: true });
    void codeOf(world.router.admission.place(Intent.parse({ ...EXIT, intent_id: "more", qty: "0.003" })));
    await world.pass(500);
    world.boot();
    await world.start();
    await codeOf(world.place({ ...EXIT, intent_id: "more", qty: "0.003" }));
    await world.pass(40_000);
    expect(world.router.book.holding(FUT)?.qty).toBe("0.004");
    world.faults.trouble = undefined;
    await world.pass(5_000);
    expect(await booksOf(world)).toEqual([]);
    expect(world.router.book.holding(FUT)?.qty).toBe("0.004");
  },
);

test("an entry that the store took and gave no answer about is ended unsent", async () => {
  await opened();
  await world.place({ ...EXIT, intent_id: "out" });
  await world.pass(1_000);
  const sent = world.exchange.journal.length;
  world.faults.trouble = "deaf";
  expect(await codeOf(world.place(entry({ intent_id: "doubt" })))).toBe("UNAVAILABLE");
  world.faults.trouble = undefined;
  await world.pass(5_000);
  expect((await world.store.get(intents, "doubt"))?.value).toMatchObject({
    state: "DONE",
    answer: { status: "CANCELED" },
  });
  expect(world.exchange.journal.length).toBe(sent);
  expect(await booksOf(world)).toEqual([]);
});
