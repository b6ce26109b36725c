/** The table of health as the router keeps it: each row there and back, at once, and across a restart. */
import { afterEach, describe, expect, test } from "bun:test";
import { executionPlans } from "../../shared/collections/execution.ts";
import { Problem } from "../../shared/errors.ts";
import type { HealthEffects, HealthEvent, HealthLevel } from "../../shared/streams.ts";
import { planOf } from "../../shared/trading/execution/answers.ts";
import { entry, FUT, faultsOf, RouterWorld } from "./world.fixture.ts";

/** Its way is left to the router: 600 USDT go in three slices, a maker first. */
const LEFT = { policy: "MAKER_THEN_TAKER" } as const;
const SLICED = { policy: "MARKET", twap: { slices: 3, interval_ms: 1_000, jitter: 0 } } as const;
const SILENT_MS = 90_000;

let world: RouterWorld;
afterEach(() => world.close());
async function open(): Promise<void> {
  world = new RouterWorld();
  await world.start();
}
const tell = (level: HealthLevel, effects?: HealthEffects) =>
  world.finish(world.router.reaction.hear({ level, reasons: [], ts: world.clock.now(), ...(effects && { effects }) }));
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => (error instanceof Problem ? `${error.code}: ${error.message}` : String(error)),
  );
const runs = (id: string) => world.router.book.intent(id)!;
/** Places an entry, lets its plan be seen, and closes what it bought. */
async function planned(): Promise<{ style: string; slices: number; why: string }> {
  const { intent_id } = await world.place(entry({ exec: LEFT }));
  const { style, slices, why } = planOf(runs(intent_id));
  await world.pass(30_000);
  await world.place({
    ...entry({ kind: "EXIT", side: "SELL", qty: undefined, exec: { policy: "MARKET" } }),
    stop_loss: undefined,
    take_profit: undefined,
  });
  await world.pass(2_000);
  return { style, slices: slices?.length ?? 1, why };
}

describe("no entries", () => {
  test.each([
    ["RED", undefined, "WRONG_STATE: health is RED: no entries"],
    ["GREEN", { no_entries: "costs are off for 14 days" }, "WRONG_STATE: costs are off for 14 days: no entries"],
  ] as const)("in %s with %j, and again after it", async (level, effects, words) => {
    await open();
    await tell(level, effects);
    expect(await refusal(world.place(entry()))).toBe(words);
    world.boot();
    await world.start();
    expect(await refusal(world.place(entry()))).toBe(words);
    await tell("GREEN");
    expect((await world.place(entry())).status).toBe("FILLED");
    await world.pass(1_000);
    expect(faultsOf(world)).toEqual([]);
  });

  test("one in slices ends at once with what it has, protected, and says why; exits go on", async () => {
    await open();
    const { intent_id } = await world.place(entry({ exec: SLICED }));
    await world.pass(200);
    await tell("RED");
    await world.pass(100);
    expect(runs(intent_id)).toMatchObject({ state: "DONE", answer: { filled_qty: "0.004" } });
    expect(planOf(runs(intent_id)).cancel_reason).toBe("health is RED");
    const plan = (await world.store.get(executionPlans, intent_id))?.value;
    expect(plan?.slices.map((slice) => slice.state)).toEqual(["DONE", "DROPPED", "DROPPED"]);
    await tell("GREEN");
    await world.pass(5_000);
    expect(runs(intent_id).answer.filled_qty).toBe("0.004");
    expect(faultsOf(world)).toEqual([]);
    await tell("RED");
    const exit = { kind: "EXIT", side: "SELL", qty: undefined, stop_loss: undefined, take_profit: undefined } as const;
    expect((await world.place(entry(exit))).status).toBe("FILLED");
    await world.pass(1_000);
    expect(faultsOf(world)).toEqual([]);
  });

  test("one that rests at the exchange is withdrawn in RED, and left alone in YELLOW and ORANGE", async () => {
    await open();
    const { intent_id } = await world.place(entry({ type: "LIMIT", price: "59950", exec: { policy: "LIMIT_ONLY" } }));
    for (const level of ["YELLOW", "ORANGE"] as const) {
      await tell(level);
      await world.pass(500);
      expect(world.exchange.live().map(({ type }) => type)).toEqual(["LIMIT"]);
    }
    await tell("RED");
    await world.pass(500);
    expect(world.exchange.live()).toEqual([]);
    expect(runs(intent_id)).toMatchObject({ state: "DONE", answer: { filled_qty: "0" } });
    expect(faultsOf(world)).toEqual([]);
  });

  test.each([1, 2, 3])(
    "a router that dies at its %s. step after hearing RED ends them when it is back",
    async (call) => {
      await open();
      const resting = { type: "LIMIT", price: "59950", exec: { policy: "LIMIT_ONLY" } } as const;
      const { intent_id } = await world.place(entry(resting));
      world.dieAt({ call, after: true });
      const event: HealthEvent = { level: "RED", reasons: [], ts: world.clock.now() };
      void world.router.reaction.hear(event);
      await world.pass(500);
      world.boot();
      await world.start();
      await world.pass(1_000);
      expect([runs(intent_id).state, world.exchange.live()]).toEqual(["DONE", []]);
      expect(faultsOf(world)).toEqual([]);
    },
  );
});

describe("slices and makers", () => {
  test("ORANGE makes the slices finer, and the plan says why; GREEN makes them as before", async () => {
    await open();
    expect(await planned()).toMatchObject({ style: "MAKER", slices: 3 });
    await tell("ORANGE");
    const finer = await planned();
    expect(finer).toMatchObject({ style: "MAKER", slices: 6 });
    expect(finer.why).toEndWith("6 slices (health is ORANGE)");
    const newest = { sort: { field: "created_at", order: "desc" }, limit: 5 } as const;
    const kept = (await world.store.query(executionPlans, newest)).items.map(({ value }) => value.why);
    expect(kept.some((why) => why.endsWith("6 slices (health is ORANGE)"))).toBe(true);
    await tell("GREEN");
    expect(await planned()).toMatchObject({ style: "MAKER", slices: 3 });
  });

  test("silence counts as ORANGE: finer slices and no adds, until S11 speaks again", async () => {
    await open();
    await tell("GREEN");
    await world.pass(SILENT_MS + 1_000);
    expect((await planned()).slices).toBe(6);
    await world.place(entry());
    await world.pass(500);
    const trade_id = world.router.book.holding(FUT)?.trade_id as string;
    const more = () => world.place(entry({ kind: "ADD", qty: "0.001", trade_id }));
    expect(await refusal(more())).toContain("health is ORANGE: no adds");
    await tell("GREEN");
    expect((await more()).status).toBe("FILLED");
  });

  test("careful routing: finer slices, and nothing posted at more than half the spread limit", async () => {
    await open();
    world.exchange.ask = "60012";
    world.quote();
    expect((await planned()).style).toBe("MAKER");
    await tell("GREEN", { careful_routing: "slippage is off" });
    const careful = await planned();
    expect([careful.slices, careful.why.includes("bps (careful: slippage is off)")]).toEqual([6, true]);
    expect(world.exchange.live()).toEqual([]);
    await tell("GREEN");
    expect((await planned()).slices).toBe(3);
  });

  test("takers only while S11 says so; then a fresh try that counts no post of before, also across a restart", async () => {
    await open();
    const posts = () => [...world.exchange.orders.values()].filter(({ type }) => type === "LIMIT_MAKER").length;
    await planned();
    const posted = posts();
    expect(posted).toBeGreaterThan(0);
    await tell("GREEN", { takers_only: "40 % of posts were filled" });
    expect((await planned()).why).toStartWith("takers only: 40 % of posts were filled");
    world.boot();
    await world.start();
    expect((await planned()).why).toStartWith("takers only");
    expect(posts()).toBe(posted);
    await tell("GREEN");
    expect((await planned()).why).toStartWith("maker ");
    expect(posts()).toBeGreaterThan(posted);
  });
});
