/** Signals in, decisions kept and told, entries placed once: with repeats, refusals, silence and restarts. */
import { describe, expect, test } from "bun:test";
import { intents } from "../../shared/collections/orders.ts";
import { killState } from "../../shared/collections/people.ts";
import { decisionOutcomes, decisionsMade } from "../../shared/collections/signals.ts";
import { Problem } from "../../shared/errors.ts";
import type { HealthEffects } from "../../shared/streams.ts";
import { NOON, signalWith, strategyWith, viewWith } from "../../shared/trading/decision/decision.fixture.ts";
import { answerTo, closedTrade, engineWith, signalNumber, storeRevision, write } from "./strategy.fixture.ts";

const unavailable = new Problem("UNAVAILABLE", "away");

describe("a signal", () => {
  test("becomes a decision, an entry at the router, a record with its lineage and a notice", async () => {
    const { strategist, clock, asked, store, told } = await engineWith();
    await strategist.onSignal(signalWith(), 1);
    expect(asked).toHaveLength(1);
    expect(asked[0]!.intent.intent_id).toBe("0123456789abcdef:entry");
    expect(asked[0]!.decision.latency_us).toBe(5_000);
    expect(await store.get(decisionsMade, "0123456789abcdef")).toBeUndefined();
    await clock.run(NOON + 50);
    expect((await store.get(decisionsMade, "0123456789abcdef"))?.value).toEqual(asked[0]!.decision);
    const parents = await store.traverse("decisions/0123456789abcdef", "parents", 1);
    expect(parents.map((one) => one.ref)).toContain("signals/0123456789abcdef");
    const [notice] = await store.outbox.read(10);
    expect(notice).toMatchObject({
      family: "sig:events",
      key: "FUT:BTCUSDT",
      event: { signal_id: "0123456789abcdef" },
    });
    expect(told).toEqual(["open", "placed WORKING"]);
  });

  test("heard twice is decided once, before and after it is written", async () => {
    const { strategist, clock, asked } = await engineWith();
    await strategist.onSignal(signalWith(), 1);
    await strategist.onSignal(signalWith(), 2);
    await clock.run(NOON + 50);
    await strategist.onSignal(signalWith(), 3);
    expect(asked).toHaveLength(1);
  });

  test("handed out again after a crash is not decided anew: the decision that S4 acted on stands", async () => {
    const before = await engineWith();
    await before.strategist.onSignal(signalWith(), 1);
    const { intent, decision } = before.asked[0]!;
    const answer = answerTo(intent);
    // The crash came before the decision was written, and before the signal was acknowledged.
    const record = { intent_id: intent.intent_id, account: "main", instrument: intent.instrument, intent, decision };
    await write(before.stores, intents, {
      ...record,
      state: "RUNNING",
      answer,
      created_at: NOON,
      updated_at: NOON,
    } as never);
    const after = await engineWith({ stores: before.stores });
    await after.clock.run(NOON + 60_000);
    const { strategist, clock, asked, store } = after;
    await strategist.onSignal(signalWith(), 1);
    await clock.run(clock.now() + 50);
    expect(asked).toEqual([]);
    expect((await store.get(decisionsMade, "0123456789abcdef"))?.value).toEqual(decision);
  });

  test("while an entry is on its way, others on the instrument are skipped, at the very same moment too", async () => {
    const { strategist, asked, told } = await engineWith();
    await Promise.all([strategist.onSignal(signalNumber(1), 1), strategist.onSignal(signalNumber(2), 1)]);
    expect(asked).toHaveLength(1);
    expect(told).toContain("position_open");
  });

  test("is decided under its own revision, even when another is in force", async () => {
    const { strategist, surroundings, stores, asked } = await engineWith();
    surroundings.swap({ ...viewWith({ note: "newer" }), rev: 8 });
    await strategist.onSignal(signalWith(), 1);
    expect(asked[0]?.intent.config_rev).toBe(7);
    const older = { ...viewWith({ note: "older" }), rev: 3 };
    await storeRevision(stores, older);
    await strategist.onSignal(signalNumber(2, { config_rev: 3 }), 1);
    const pending = surroundings.revision(3);
    expect((await pending)?.bundle.note).toBe("older");
  });

  test("of a revision that nobody knows is skipped, and says so", async () => {
    const { strategist, asked, told, writer } = await engineWith();
    await strategist.onSignal(signalNumber(1, { config_rev: 99 }), 1);
    expect([asked, told]).toEqual([[], ["unknown_revision"]]);
    expect(writer.unwritten("signal-1")).toMatchObject({ config_rev: 99, decision: { action: "skip" } });
  });
});

test("a signal acknowledged before its decision was written, and then a crash: written from what S4 acted on", async () => {
  const before = await engineWith();
  await before.strategist.onSignal(signalWith(), 1);
  const { intent, decision } = before.asked[0]!;
  const record = { intent_id: intent.intent_id, account: "main", instrument: intent.instrument, intent, decision };
  const rest = { state: "DONE", answer: answerTo(intent), created_at: NOON, updated_at: NOON };
  await write(before.stores, intents, { ...record, ...rest } as never);
  const { strategist, clock, store, asked } = await engineWith({ stores: before.stores });
  await strategist.recover((instrument) => instrument !== intent.instrument);
  await clock.run(NOON + 50);
  expect(await store.get(decisionsMade, "0123456789abcdef")).toBeUndefined();
  await strategist.recover(() => true);
  await clock.run(NOON + 100);
  expect((await store.get(decisionsMade, "0123456789abcdef"))?.value).toEqual(decision);
  expect(asked).toEqual([]);
});

describe("a signal that is told again", () => {
  test("as if for the first time, soon or much later, is not decided anew", async () => {
    const { strategist, clock, asked, told } = await engineWith();
    await strategist.onSignal(signalWith(), 1);
    await clock.run(NOON + 1_000);
    await strategist.onSignal(signalWith(), 1);
    await clock.run(NOON + 600_000);
    await strategist.onSignal(signalWith(), 1);
    expect([asked.length, told.filter((line) => line === "open").length]).toEqual([1, 1]);
  });
});

describe("placing", () => {
  test("asks again while the router is away and the entry valid, always with the same intent", async () => {
    const { strategist, clock, asked, told } = await engineWith({
      router: ({ intent }, tries) => (tries < 3 ? unavailable : answerTo(intent, { status: "ACCEPTED" })),
    });
    await strategist.onSignal(signalWith(), 1);
    await clock.run(NOON + 1_000);
    expect(new Set(asked.map((one) => one.intent.intent_id)).size).toBe(1);
    expect([asked.length, told.at(-1)]).toEqual([3, "placed ACCEPTED"]);
  });

  test("never asks past valid_until, and records why nothing came of it", async () => {
    const { strategist, clock, asked, store, book } = await engineWith({ router: () => unavailable });
    await strategist.onSignal(signalWith(), 1);
    await clock.run(NOON + 20_000);
    expect(asked).toHaveLength(25); // 5 000 ms of validity / 200 ms
    const outcome = await store.get(decisionOutcomes, "0123456789abcdef");
    expect(outcome?.value).toMatchObject({ code: "UNAVAILABLE", tries: 25, ts: NOON + 4_800 });
    expect(book.state(clock.now(), viewWith().bundle.flags.risk).open).toEqual([]);
  });

  test("a refusal is final and frees the instrument", async () => {
    const { strategist, asked, book } = await engineWith({ router: () => new Problem("BUDGET", "no room") });
    await strategist.onSignal(signalNumber(1), 1);
    await strategist.settle();
    expect(book.state(NOON, viewWith().bundle.flags.risk).open).toEqual([]);
    await strategist.onSignal(signalNumber(2), 1);
    expect(asked.map((one) => one.intent.signal_id)).toEqual(["signal-1", "signal-2"]);
  });

  test("the router's kill switch stops the next entry at once, until the state reads off", async () => {
    const { strategist, surroundings, told } = await engineWith({ router: () => new Problem("KILL_SWITCH", "on") });
    await strategist.onSignal(signalNumber(1), 1);
    await strategist.settle();
    await strategist.onSignal(signalNumber(2), 1);
    expect(told.at(-1)).toBe("kill_switch");
    await surroundings.readKill();
    expect(surroundings.kill).toBe(false);
  });
});

describe("what stops entries", () => {
  test("the kill state: on when it says so, on when unreadable, off when nobody ever switched it", async () => {
    const { surroundings, stores } = await engineWith();
    expect(surroundings.kill).toBe(false);
    const on = { id: "kill", enabled: true, mode: "HALT", epoch: 1, reason: "", actor: "ann", ts: NOON } as const;
    await write(stores, killState, on);
    await surroundings.readKill();
    expect(surroundings.kill).toBe(true);
    await write(stores, killState, { ...on, enabled: false, epoch: 2 });
    await surroundings.readKill();
    expect(surroundings.kill).toBe(false);
    await stores("s12").close();
    await expect(surroundings.readKill()).rejects.toThrow();
    expect(surroundings.kill).toBe(true);
  });

  test("a bus that takes no more risk, with its reason", async () => {
    const { strategist, told, writer } = await engineWith({ bus: "the bus is away" });
    await strategist.onSignal(signalWith(), 1);
    expect(told).toEqual(["bus"]);
    expect(writer.unwritten(signalWith().signal_id)?.guards.at(-1)).toMatchObject({ value: "the bus is away" });
  });

  test("a store that has taken no decision for five seconds, until it does", async () => {
    const { strategist, clock, asked, writer, store } = await engineWith();
    const { commit } = store;
    store.commit = () => Promise.reject(unavailable);
    await strategist.onSignal(signalNumber(1), 1);
    expect(asked).toHaveLength(1);
    await clock.run(clock.now() + 6_000);
    expect(writer.behind()).toContain("wait for the store");
    store.commit = commit.bind(store);
    await clock.run(clock.now() + 2_000);
    expect(writer.behind()).toBeUndefined();
  });

  test("a budget that was not told for ten seconds", async () => {
    const { surroundings } = await engineWith();
    expect(surroundings.budget(NOON + 10_000)).toBeDefined();
    expect(surroundings.budget(NOON + 10_001)).toBeUndefined();
  });

  test("a paused strategy, across a restart, with an audit entry", async () => {
    const { pauses, strategist, told, stores, store } = await engineWith();
    await pauses.pause({ strategy_id: "lean" }, { actor: "ann", reason: "news" });
    await pauses.pause({ strategy_id: "lean" }, { actor: "bob", reason: "again" });
    await strategist.onSignal(signalWith(), 1);
    expect(told).toEqual(["strategy_paused"]);
    const audits = (await store.outbox.read(10)).filter((one) => one.family === "ops:events");
    expect(audits.map((one) => one.event)).toMatchObject([{ actor: "ann", what: "strategy.pause", ref: "lean" }]);
    const again = await engineWith({ stores });
    await again.pauses.load();
    expect([...again.pauses.paused()]).toEqual(["lean"]);
    await again.pauses.resume({ strategy_id: "lean" }, "ann");
    await again.pauses.resume({ strategy_id: "lean" }, "ann");
    await again.strategist.onSignal(signalNumber(2), 1);
    expect(again.told[0]).toBe("open");
  });

  test("a limit of the account is told once, until it is passed again", async () => {
    const { strategist, book, told } = await engineWith();
    for (let i = 0; i < 8; i += 1) book.onTrade(closedTrade(`t${i}`, "-1", { closed_at: NOON - 100 + i }));
    await strategist.onSignal(signalNumber(1), 1);
    await strategist.onSignal(signalNumber(2), 1);
    expect(told.filter((one) => one === "losses_in_row")).toHaveLength(2);
    expect(told.filter((one) => one === "limit losses_in_row")).toHaveLength(1);
    book.onTrade(closedTrade("win", "1", { closed_at: NOON }));
    await strategist.onSignal(signalNumber(3), 1);
    expect(told).toContain("open");
  });
});

describe("health", () => {
  test("stops entries as it was last heard, across a restart", async () => {
    const { surroundings, stores } = await engineWith();
    await surroundings.health.hear({ level: "RED", reasons: [], ts: NOON });
    const again = await engineWith({ stores });
    expect(again.surroundings.health.level).toBe("GREEN");
    await again.surroundings.health.load();
    await again.strategist.onSignal(signalWith(), 1);
    expect([again.surroundings.health.level, again.told]).toEqual(["RED", ["health"]]);
  });

  test("told again from before counts for nothing", async () => {
    const { surroundings } = await engineWith();
    await surroundings.health.hear({ level: "RED", reasons: [], ts: NOON });
    await surroundings.health.hear({ level: "GREEN", reasons: [], ts: NOON - 1 });
    expect(surroundings.health.level).toBe("RED");
  });

  test("turns models off: none is asked, until it lets them speak again", async () => {
    const use = { model_id: "base", hash: "a".repeat(64), cutoffs: [{ p_min: 0.5, size_mult: 1.2 }], deadline_ms: 25 };
    const view = viewWith(strategyWith({ model: use }));
    const { surroundings, strategist, told } = await engineWith({ view });
    const say = (effects: HealthEffects, ts: number) =>
      surroundings.health.hear({ level: "GREEN", reasons: [], effects, ts });
    await say({ models_off: "Brier is surely over 0.28" }, NOON);
    const off = await strategist.rehearse(signalWith(), surroundings.current()!, NOON);
    expect(off.model).toMatchObject({ p: null, trouble: "off", size_mult: 1 });
    expect([off.decision.reason, off.health?.effects, told]).toEqual([
      "open",
      ["models off: Brier is surely over 0.28"],
      [],
    ]);
    await say({}, NOON + 1);
    const back = await strategist.rehearse(signalWith(), surroundings.current()!, NOON);
    expect([back.model?.trouble, back.health?.effects, told]).toEqual(["missing", [], ["model base missing"]]);
  });
});

describe("write-behind", () => {
  test("keeps what the store refuses, and writes it when the store is back", async () => {
    const { strategist, store, clock, told } = await engineWith();
    const commit = store.commit.bind(store);
    store.commit = () => Promise.reject(new Error("disk full"));
    await strategist.onSignal(signalWith(), 1);
    await clock.run(NOON + 500);
    expect(told).toContain("trouble: disk full");
    store.commit = commit;
    await clock.run(NOON + 2_000);
    expect(await store.get(decisionsMade, "0123456789abcdef")).toBeDefined();
  });
});
