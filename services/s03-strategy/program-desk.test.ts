/** Strategies as programs in the engine: asked behind the guards, remembered per instrument, never in the way. */
import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { modelBlob, models } from "../../shared/collections/models.ts";
import { intents } from "../../shared/collections/orders.ts";
import { programs } from "../../shared/collections/programs.ts";
import { strategyMarks } from "../../shared/collections/signals.ts";
import type { ProgramUse } from "../../shared/domain/program.ts";
import { Problem } from "../../shared/errors.ts";
import { NOON, strategyWith, viewWith } from "../../shared/trading/decision/decision.fixture.ts";
import { ProgramDesk } from "./program-desk.ts";
import { answerTo, engineWith, type Stores, signalNumber, storesOn, write } from "./strategy.fixture.ts";

/** Counts what it was asked, and quotes both sides in turn. */
const QUOTES = `export default {
  start: () => ({ asked: 0 }),
  decide(state, { bid, ask }) {
    const asked = state.asked + 1;
    const buys = asked % 2 === 1;
    const price = buys ? bid - 1.23 : ask + 1.23;
    return { state: { asked }, intents: [{ side: buys ? "BUY" : "SELL", price, rest_ms: 2000, why: "turn " + asked }] };
  },
};`;

async function registered(stores: Stores, source: string): Promise<ProgramUse> {
  const hash = createHash("sha256").update(source).digest("hex");
  await write(stores, programs, { program_id: "quotes", hash, source, author: "ann", created_at: NOON });
  return { program_id: "quotes", hash };
}
const viewOf = (program: ProgramUse) => viewWith(strategyWith({ long: undefined, short: undefined, program }));

async function engineOf(source: string, stores = storesOn()) {
  const program = await registered(stores, source);
  return engineWith({ stores, view: viewOf(program) });
}

test("its wish becomes an entry that rests at its price, on the tick, sized and protected by the bundle's rules", async () => {
  const { strategist, asked, inquiries } = await engineOf(QUOTES);
  await strategist.onSignal(signalNumber(1), 1);
  expect(asked[0]!.intent).toMatchObject({
    side: "BUY",
    type: "LIMIT",
    price: "59998.7",
    exec: { policy: "LIMIT_ONLY" },
    valid_until: NOON + 2_000,
  });
  const { program, sizing, decision } = await inquiries.story("signal-1");
  expect(program).toMatchObject({ state: { asked: 1 }, wish: { side: "BUY", why: "turn 1" } });
  expect(sizing?.steps[0]).toBe("entry = limit = 59998.7");
  expect(Number(sizing?.stop_price)).toBeLessThan(59_998.7);
  expect(decision).toMatchObject({ action: "open", reason: "open" });
});

test("it goes on in the state it left off in, after a restart too", async () => {
  const stores = storesOn();
  const first = await engineOf(QUOTES, stores);
  await first.strategist.onSignal(signalNumber(1), 1);
  await first.clock.run(NOON + 100);
  const second = await engineOf(QUOTES, stores);
  await second.strategist.onSignal(signalNumber(2), 1);
  expect(second.asked[0]!.intent).toMatchObject({ side: "SELL", price: "60001.4" });
});

test("a rehearsal leaves no trace in its memory, and a guard that fails asks it nothing", async () => {
  const { strategist, surroundings, inquiries, pauses } = await engineOf(QUOTES);
  const compiled = surroundings.current()!;
  for (let i = 0; i < 3; i += 1) {
    expect((await strategist.rehearse(signalNumber(9), compiled, NOON)).program?.state).toEqual({ asked: 1 });
  }
  await pauses.pause({ strategy_id: "lean" }, { actor: "ann", reason: "lunch" });
  await strategist.onSignal(signalNumber(1), 1);
  expect((await inquiries.story("signal-1")).program).toBeUndefined();
  await pauses.resume({ strategy_id: "lean" }, "ann");
  await strategist.onSignal(signalNumber(2), 1);
  expect((await inquiries.story("signal-2")).program?.state).toEqual({ asked: 1 });
});

test("a crash before its state was written takes nothing of it: what S4 acted on is remembered, and once", async () => {
  const stores = storesOn();
  const first = await engineOf(QUOTES, stores);
  // Nothing of it gets to disk.
  first.store.commit = () => Promise.reject(new Error("gone"));
  await first.strategist.onSignal(signalNumber(1), 1);
  const { intent, decision } = first.asked[0]!;
  const record = { intent_id: intent.intent_id, account: "main", instrument: intent.instrument, intent, decision };
  const times = { created_at: NOON, updated_at: NOON };
  await write(stores, intents, { ...record, state: "DONE", answer: answerTo(intent), ...times } as never);
  const opened = storesOn();
  const second = await engineOf(QUOTES, (owner) => (owner === "s03" ? opened(owner) : stores(owner)));
  second.store.get = (async (collection: never, key: string) => stores("s03").get(collection, key)) as never;
  await second.clock.run(NOON + 1_000);
  await second.strategist.onSignal(signalNumber(1), 1);
  await second.strategist.onSignal(signalNumber(2), 1);
  expect(second.asked.map((one) => [one.intent.signal_id, one.intent.side])).toEqual([["signal-2", "SELL"]]);
});

test("its state is on record before its signal counts as heard", async () => {
  const source = "export default { start: () => 0, decide: (n) => ({ state: n + 1, intents: [] }) };";
  const stores = storesOn();
  const { strategist, store } = await engineOf(source, stores);
  await strategist.onSignal(signalNumber(1), 1);
  const { hash } = await registered(stores, source);
  const kept = await store.get(strategyMarks, `program/lean/FUT:BTCUSDT/${hash}`);
  expect(kept?.value.value).toEqual({ state: 1 });
});

test("one that could not even begin is begun again, not asked about nothing for ever", async () => {
  const stores = storesOn();
  const use = await registered(stores, QUOTES);
  let slow = true;
  const desk = new ProgramDesk({
    ...{ store: stores("s03"), clock: { now: () => NOON }, troubled: () => {} },
    runner: {
      load: () => ({
        start() {
          if (slow) throw new Problem("TIMEOUT", "a busy machine");
          return { asked: 0 };
        },
        decide: (state) => ({ state, intents: [] }),
      }),
    },
  });
  const about = { strategy_id: "lean", instrument: "FUT:BTCUSDT" } as const;
  await desk.prepare(use, about);
  const ask = () => desk.asker(use, about)({} as never);
  desk.keep({ program: { ...use, ...ask() }, ...about });
  slow = false;
  expect(ask()).toEqual({ state: { asked: 0 } });
});

test("a wish without a price does not rest: it is valid no longer than any other entry", async () => {
  const wish = "{ side: 'BUY', rest_ms: 3600000 }";
  const { strategist, asked } = await engineOf(
    `export default { start: () => 0, decide: (n) => ({ state: n, intents: [${wish}] }) };`,
  );
  await strategist.onSignal(signalNumber(1), 1);
  expect(asked[0]!.intent).toMatchObject({ type: "MARKET", valid_until: NOON + 5_000 });
});

test.each([1e-11, 1e-7, 1, 1e9, 1e12, 1e13, 1e21, 1e300])("a price of %d is no more than a skip", async (price) => {
  for (const side of ["BUY", "SELL"]) {
    const { strategist, inquiries, asked } = await engineOf(
      `export default { start: () => 0, decide: (n) => ({ state: n, intents: [{ side: "${side}", price: ${price} }] }) };`,
    );
    await strategist.onSignal(signalNumber(1), 1);
    expect([asked, (await inquiries.story("signal-1")).decision.action]).toEqual([[], "skip"]);
  }
});

test("a model's word about one side is not taken for the other, when the program has changed its mind meanwhile", async () => {
  const stores = storesOn();
  const program = await registered(stores, QUOTES);
  const hash = "a".repeat(64);
  const model = { model_id: "base", hash, cutoffs: [{ p_min: 0.5, size_mult: 1 }], deadline_ms: 25 };
  const card = {
    model_id: "base",
    hash,
    features: ["side"],
    reference: [0],
    label_horizon: 24,
    bytes: 1,
    author: "ann",
  };
  await write(stores, models, { ...card, created_at: NOON } as never);
  const sides: number[] = [];
  const view = viewWith(strategyWith({ long: undefined, short: undefined, program, model }));
  const engine = await engineWith({
    ...{ stores, view },
    inference: (clock) => ({
      load: async () => ({
        async run(rows) {
          sides.push(rows[0]![0]!);
          await clock.sleep(5);
          return rows.map(([side]) => (side! > 0 ? 0.9 : 0.1));
        },
        release: async () => {},
      }),
    }),
  });
  await engine.blobs.put(modelBlob(hash), new Uint8Array(1));
  engine.models.follow([model]);
  await engine.models.settled();
  const deciding = engine.strategist.onSignal(signalNumber(1), 1);
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  const about = { strategy_id: "lean", instrument: "FUT:BTCUSDT" } as const;
  engine.programs.keep({ program: { ...program, state: { asked: 1 } }, ...about });
  for (let ms = 1; ms <= 20; ms += 1) await engine.clock.run(NOON + ms);
  await deciding;
  expect([sides, engine.asked]).toEqual([[1, -1], []]);
  const { decision, model: said } = await engine.inquiries.story("signal-1");
  expect([decision, said]).toMatchObject([{ action: "skip", side: "SELL", reason: "model" }, { p: 0.1 }]);
});

test("another program under the same strategy begins anew", async () => {
  const stores = storesOn();
  const first = await engineOf(QUOTES, stores);
  await first.strategist.onSignal(signalNumber(1), 1);
  await first.clock.run(NOON + 100);
  const second = await engineOf(`${QUOTES} // another one`, stores);
  await second.strategist.onSignal(signalNumber(2), 1);
  expect(second.asked[0]!.intent.side).toBe("BUY");
});

test("two arms with two programs remember each for itself", async () => {
  const stores = storesOn();
  const source = "export default { start: () => 0, decide: (n) => ({ state: n + 1, intents: [] }) };";
  const stable = viewOf(await registered(stores, source));
  const other = viewOf(await registered(stores, `${source} // another one`));
  const canary = { promotion_id: "p", traffic_pct: 50, slot_ms: 1_000, until: NOON, view: { ...other, rev: 8 } };
  const { strategist, surroundings, inquiries } = await engineWith({ stores, view: stable });
  surroundings.swap({ ...stable, canary });
  for (let i = 1; i <= 6; i += 1) await strategist.onSignal({ ...signalNumber(i), config_rev: 7 + (i % 2) }, 1);
  const asked = async (i: number) => (await inquiries.story(`signal-${i}`)).program?.state;
  expect([await asked(5), await asked(6)]).toEqual([3, 3]);
});

test.each([
  ["throws", 'decide() { throw new Error("odd"); }', "broken", "odd"],
  ["answers nonsense", "decide: (state) => ({ state, intents: [{ side: 'UP' }] })", "broken", "intents.0.side"],
  [
    "wishes for two",
    "decide: (state) => ({ state, intents: [{ side: 'BUY' }, { side: 'SELL' }] })",
    "broken",
    "intents",
  ],
  ["remembers too much", "decide: () => ({ state: 'x'.repeat(9000), intents: [] })", "broken", "over 8000 characters"],
  ["goes on for ever", "decide() { for (;;) {} }", "slow", "timed out"],
])("one that %s decides nothing, says so, and is asked again the next time", async (_what, decide, trouble, why) => {
  const { strategist, inquiries, told, asked } = await engineOf(`export default { start: () => 0, ${decide} };`);
  await strategist.onSignal(signalNumber(1), 1);
  await strategist.onSignal(signalNumber(2), 1);
  expect(asked).toEqual([]);
  for (const id of ["signal-1", "signal-2"]) {
    const { decision, program } = await inquiries.story(id);
    expect(decision).toMatchObject({ action: "skip", reason: `program_${trouble}` });
    expect(program).toMatchObject({ state: 0, trouble });
    expect(program?.detail).toContain(why);
  }
  expect(told.filter((line) => line === `program quotes ${trouble}`)).toHaveLength(1);
});

test("one that nobody registered is missing, and found once it is", async () => {
  const stores = storesOn();
  const hash = createHash("sha256").update(QUOTES).digest("hex");
  const { strategist, inquiries, told } = await engineWith({ stores, view: viewOf({ program_id: "quotes", hash }) });
  await strategist.onSignal(signalNumber(1), 1);
  expect((await inquiries.story("signal-1")).decision.reason).toBe("program_missing");
  expect(told).toContain("program quotes missing");
  await registered(stores, QUOTES);
  await strategist.onSignal(signalNumber(2), 1);
  expect((await inquiries.story("signal-2")).program?.state).toEqual({ asked: 1 });
});

test("rules weigh a wish as they weigh a condition's entry, and may end it", async () => {
  const stores = storesOn();
  const program = await registered(stores, QUOTES);
  const rules = [{ rule_id: "no-longs", when: { f: "side", op: "==", v: 1 }, effect: { skip_entry: true } }];
  const view = viewWith({ ...strategyWith({ long: undefined, short: undefined, program }), rules });
  const { strategist, inquiries } = await engineWith({ stores, view });
  await strategist.onSignal(signalNumber(1), 1);
  await strategist.onSignal(signalNumber(2), 1);
  const reasonOf = async (id: string) => (await inquiries.story(id)).decision.reason;
  expect([await reasonOf("signal-1"), await reasonOf("signal-2")]).toEqual(["no-longs", "open"]);
});
