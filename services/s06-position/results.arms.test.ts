/** Trades of two revisions: each keeps the rules that it was opened with, whatever is in force by then. */
import { expect, test } from "bun:test";
import type { PositionRules } from "../../shared/domain/bundle.ts";
import { FUT, revisionWith, SPOT, World } from "./world.fixture.ts";

let world: World;

const rules = (break_even_roe: number, taker_fee: number) => ({
  ...{ position: { break_even_roe }, execution: { taker_fee, entry_valid_ms: Math.round(break_even_roe * 100_000) } },
});
const canaryOf = (view: ReturnType<typeof revisionWith>) => ({
  ...{ promotion_id: "p", traffic_pct: 10, slot_ms: 1_000, until: 0 },
  view,
});
async function begun(): Promise<World> {
  world = new World();
  world.active = { ...revisionWith(1, rules(0.03, 0.0003)), canary: canaryOf(revisionWith(2, rules(0.07, 0.0007))) };
  return world.start();
}
const paramsOf = (instrument = FUT) => {
  const trade = world.positions.book.open(instrument)!;
  const { rules: kept, taker_fee } = trade.params as { rules: PositionRules; taker_fee: number };
  return [trade.config_rev, kept.break_even_roe, taker_fee];
};

test("a trade opens with the rules of its entry's revision, and keeps them when that is gone", async () => {
  await begun();
  await world.open({ config_rev: 2 });
  expect(paramsOf()).toEqual([2, 0.07, 0.0007]);
  world.active = revisionWith(3, rules(0.09, 0.0009));
  await world.hear(
    world.result({ config_rev: 2, kind: "EXIT", side: "SELL" }, [
      { price: "101", qty: "0.5", side: "SELL", kind: "EXIT" },
    ]),
  );
  expect(paramsOf()).toEqual([2, 0.07, 0.0007]);
  expect(world.positions.caretaker.addTimes({ config_rev: 1 } as never).valid_until - world.clock.now()).toBe(9_000);
});

test("one of a revision that was replaced before its fill was heard still has that one's", async () => {
  await begun();
  world.active = revisionWith(3, rules(0.09, 0.0009));
  world.kept.set(2, revisionWith(2, rules(0.07, 0.0007)));
  await world.open({ config_rev: 2 });
  expect(paramsOf()).toEqual([2, 0.07, 0.0007]);
});

test("a trade by hand, which names none, has what is in force for all", async () => {
  await begun();
  await world.open();
  expect(paramsOf()).toEqual([1, 0.03, 0.0003]);
});

test("an instrument that a canary alone trades must be listed, and its trades may grow while it is in force", async () => {
  const adding = { adds_max: 2, add_roe: 0.05, add_share: 0.5, stages: [], lock_steps_roe: [0.6, 0.8] };
  const wide = revisionWith(2, { position: adding });
  await begun();
  world.active = { ...world.active, canary: canaryOf(wide) };
  await world.health("GREEN");
  await world.open({ config_rev: 2 });
  const narrow = revisionWith(1, rules(0.03, 0.0003), [SPOT]);
  world.active = { ...narrow, canary: canaryOf(wide) };
  world.busTrouble = "the bus is away";
  await world.price("100.3");
  const trade = world.positions.book.open(FUT)!;
  // Asked about the instrument after the bus.
  expect(await world.positions.caretaker.mayAdd(trade)).toBe("the bus is away");
  world.busTrouble = undefined;
  expect(await world.positions.caretaker.mayAdd(trade)).toMatchObject({ qty: "0.5" });
  world.active = { ...narrow, canary: canaryOf(revisionWith(2, {}, ["FUT:NEWUSDT"])) };
  expect(world.positions.prices.isComplete).toBe(false);
  world.active = narrow;
  const words = await world.positions.caretaker.mayAdd(trade);
  expect([words, world.positions.prices.isComplete]).toEqual([`${FUT} is not enabled`, true]);
});

test("a trade grows no more once no revision in force has its strategy, by hand it may", async () => {
  const adding = { adds_max: 2, add_roe: 0.05, add_share: 0.5, stages: [], lock_steps_roe: [0.6, 0.8] };
  await begun();
  const stable = revisionWith(1, { position: adding });
  const view = revisionWith(2, { position: adding });
  const strategy = { strategy_id: "trial", title: "Trial", enabled: true, instruments: [FUT] } as never;
  const wide = { ...view, bundle: { ...view.bundle, strategies: [strategy] } };
  world.active = { ...stable, canary: canaryOf(wide) };
  await world.health("GREEN");
  await world.open({ config_rev: 2, strategy_id: "trial" });
  await world.price("100.3");
  const trade = world.positions.book.open(FUT)!;
  expect(await world.positions.caretaker.mayAdd(trade)).toMatchObject({ qty: "0.5" });
  world.active = stable;
  expect(await world.positions.caretaker.mayAdd(trade)).toBe("trial is in no revision in force");
  expect(await world.positions.caretaker.mayAdd({ ...trade, strategy_id: "manual" })).toMatchObject({ qty: "0.5" });
});
