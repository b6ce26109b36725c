import { expect, test } from "bun:test";
import { Intent } from "../../shared/domain/order.ts";
import { Lanes } from "./lanes.ts";
import type { ExchangeCalls } from "./types.ts";
import { entry, FUT, faultsOf, RouterWorld } from "./world.fixture.ts";

test("so many at once per key, in the order they came; other keys are free", async () => {
  const lanes = new Lanes(2);
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const work = (name: string) => () => {
    begun.push(name);
    return new Promise<void>((resolve) => ends.push(resolve));
  };
  const all = ["a1", "a2", "a3", "a4"].map((name) => lanes.run("a", work(name)));
  all.push(lanes.run("b", work("b1")));
  expect(begun).toEqual(["a1", "a2", "b1"]);
  ends[0]!();
  await all[0];
  await Promise.resolve();
  expect(begun).toEqual(["a1", "a2", "b1", "a3"]);
  for (let end = 1; end < 5; end++) {
    ends[end]!();
    await Bun.sleep(0);
  }
  await Promise.all(all);
  expect(begun.at(-1)).toBe("a4");
});

test("what fails leaves its place too", async () => {
  const lanes = new Lanes(1);
  await expect(lanes.run("a", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(lanes.enter("a")).toBeUndefined();
  expect(lanes.enter("a")).toBeInstanceOf(Promise);
});

/** The most calls of a kind that were under way at once. */
function watch(world: RouterWorld, name: keyof ExchangeCalls): () => number {
  let [now, most] = [0, 0];
  const call = world.exchange.calls[name] as (input: unknown) => Promise<unknown>;
  const counted = async (input: unknown) => {
    now += 1;
    most = Math.max(most, now);
    try {
      return await call(input);
    } finally {
      now -= 1;
    }
  };
  Object.assign(world.exchange.calls, { [name]: counted });
  return () => most;
}

test("thirty entries at once on one instrument: few leave and few are asked about at a time, an exit waits for none", async () => {
  const world = new RouterWorld();
  const submits = watch(world, "submitOrder");
  const asks = watch(world, "queryOrder");
  world.boot();
  await world.start();
  await world.place(entry({ intent_id: "held:entry" }));
  await world.pass(3_000);
  const book = world.router.book;
  Object.assign(world.exchange, { answerMs: 1_000, eventCopies: 0 });
  world.exchange.faults.push(...Array.from({ length: 30 }, () => "lost_answer" as const));
  const many = Array.from({ length: 30 }, (_, number) =>
    entry({
      intent_id: `m${number}`,
      kind: "ADD",
      qty: "0.001",
      type: "LIMIT",
      price: "59950",
      trade_id: "held:entry",
    }),
  );
  const placing = Promise.all(
    many.map((intent) => world.router.admission.place(Intent.parse(intent)).catch(() => undefined)),
  );
  await world.pass(500);
  const exec = { policy: "MARKET" } as const;
  const exit = Intent.parse({ intent_id: "x", instrument: FUT, kind: "EXIT", side: "SELL", qty: "0.002", exec });
  void world.router.admission.place(exit).catch(() => undefined);
  await world.pass(200);
  expect(book.ordersOf("x").map((order) => order.status)).toEqual(["SENT"]);
  await world.finish(placing);
  Object.assign(world.exchange, { answerMs: 20, eventCopies: 1 });
  await world.pass(60_000);
  // Eight entries and the exit.
  expect([submits(), asks()]).toEqual([9, 4]);
  expect(book.allOrders().filter((order) => order.status === "UNKNOWN")).toEqual([]);
  expect(faultsOf(world).filter((fault) => fault.includes("twice"))).toEqual([]);
  world.close();
});
