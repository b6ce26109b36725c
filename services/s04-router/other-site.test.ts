import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { SubmitOrder } from "../../shared/contracts.ts";
import { clientOrderId } from "../../shared/keys.ts";
import { EXIT, entry, FUT, MAKER, RouterWorld } from "./world.fixture.ts";

const TAG = "chim";
let world: RouterWorld;
beforeEach(async () => {
  world = new RouterWorld();
  await world.start();
  await world.pass(20_000);
});
afterEach(() => world.close());

const isSeen = () => world.alerts.some((alert) => alert.startsWith("OTHER_SITE"));
const elsewhere = (intent_id: string, over: Partial<SubmitOrder> = {}) =>
  world.exchange.calls.submitOrder({
    ...{ account: "main", instrument: FUT, client_order_id: clientOrderId(TAG, intent_id, "e0"), side: "BUY" },
    ...{ type: "MARKET", qty: "0.01", reduce_only: false, entry: true, leverage: 20, margin: "ISOLATED" },
    ...over,
  } as SubmitOrder);
const codeOf = (intent_id: string) =>
  world.place(entry({ intent_id })).then(
    ({ status }) => status as string,
    (error) => error.code as string,
  );

describe("another site", () => {
  test("is told by an order with our tag that is not in the books, and nothing is entered any more", async () => {
    await world.finish(elsewhere("a:entry"));
    await world.pass(3_000);
    expect(isSeen()).toBe(true);
    expect(await codeOf("b:entry")).toBe("UNAVAILABLE");
  });

  for (const first of ["here", "there"]) {
    test(`is told by an order under an id of ours that the exchange has numbered otherwise, sent ${first} first`, async () => {
      if (first === "there") {
        const sending = elsewhere("a:entry");
        expect(await codeOf("a:entry")).not.toBe("UNAVAILABLE");
        await world.finish(sending);
      } else {
        expect(await codeOf("a:entry")).toBe("FILLED");
        await world.finish(elsewhere("a:entry"));
      }
      await world.pass(3_000);
      expect(isSeen()).toBe(true);
      expect(await codeOf("b:entry")).toBe("UNAVAILABLE");
    });
  }

  test("is told of again by a process that starts while the other one goes on", async () => {
    await world.finish(elsewhere("a:entry"));
    await world.pass(3_000);
    world.boot();
    await world.start();
    await world.pass(12_000);
    world.alerts.length = 0;
    await world.finish(elsewhere("b:entry"));
    await world.pass(3_000);
    expect(isSeen()).toBe(true);
  });

  test("is seen as soon as the store can tell, where it was away", async () => {
    await world.place(entry());
    await world.pass(1_000);
    world.faults.trouble = "readonly";
    await world.place({ ...EXIT, intent_id: "x:EXIT:1" }).catch(() => undefined);
    expect(world.router.steady.away()).toBeDefined();
    await world.finish(elsewhere("a:entry"));
    await world.pass(10_000);
    expect(isSeen()).toBe(false);
    world.faults.trouble = undefined;
    await world.pass(10_000);
    expect(isSeen()).toBe(true);
  });
});

describe("no other site", () => {
  test("is what was traded by all kinds of orders, each event told three times", async () => {
    world.exchange.eventCopies = 3;
    await world.place(entry({ exec: MAKER }));
    await world.pass(5_000);
    const stop = world.exchange.live().find(({ type }) => type === "STOP_MARKET");
    world.exchange.trigger(stop?.client_order_id ?? "");
    await world.pass(5_000);
    await world.place(entry());
    await world.pass(5_000);
    expect(isSeen()).toBe(false);
  });

  test("is a cancelled order, or one without our tag", async () => {
    await world.finish(elsewhere("a:entry", { type: "LIMIT", price: "50000", client_order_id: "web_1" }));
    await world.pass(3_000);
    expect(isSeen()).toBe(false);
  });

  test("is what the process before this one sent, told of right after the start", async () => {
    world.boot();
    await world.start();
    await world.finish(elsewhere("a:entry"));
    await world.pass(5_000);
    expect(isSeen()).toBe(false);
  });
});
