/** Two revisions in force: each signal is decided by its own, within the limits of the one for all. */
import { describe, expect, test } from "bun:test";
import type { ActiveConfig } from "../../shared/domain/arms.ts";
import { type BundleView, sizingOf } from "../../shared/domain/bundle.ts";
import type { Decision, Signal } from "../../shared/domain/decision.ts";
import { NOON, signalWith, strategyWith, viewWith } from "../../shared/trading/decision/decision.fixture.ts";
import { closedTrade, engineWith, storeRevision } from "./strategy.fixture.ts";

const ALL = { f: "side", op: "in", v: [1, -1] };
/** Told from all others by each of its figures. */
const revision = (rev: number, change: object = {}): BundleView => ({
  ...viewWith({
    rev,
    ...strategyWith({ sizing: { atr: "atr_14_5s", margin_usdt: String(20 + 3 * rev) } }),
    rules: [{ rule_id: `rule-${rev}`, when: ALL, effect: { size_mult: 1 - rev / 100, sl_mult: 1 + rev / 100 } }],
    ...change,
  }),
  hash: `h${rev} ${JSON.stringify(change)}`,
});
const pair = (stable: BundleView, view: BundleView): ActiveConfig => ({
  ...stable,
  canary: { promotion_id: "p", traffic_pct: 50, slot_ms: 1_000, until: NOON + 1e9, view },
});
const signalOf = (rev: number, i: number, name?: "STABLE" | "CANARY"): Signal => ({
  ...{ ...signalWith(), signal_id: `signal-${i}`, config_rev: rev },
  ...(name && { arm: { promotion_id: "p", name } }),
});

function expectAllOf(rev: number, { decision, rules, sizing, intents, config_rev }: Decision): void {
  const view = revision(rev);
  expect(config_rev).toBe(rev);
  expect(rules.map(({ rule_id }) => rule_id)).toEqual([`rule-${rev}`]);
  expect([decision.size_mult, decision.sl_mult]).toEqual([1 - rev / 100, 1 + rev / 100]);
  const { margin_usdt } = sizingOf(view.bundle, view.bundle.strategies[0]!);
  // Rounded down to a step of 3 USDT.
  const left = Number(margin_usdt) * (1 - rev / 100) - Number(sizing?.margin_usdt);
  expect(left >= 0 && left < 3.01).toBe(true);
  expect(intents.map((intent) => intent.config_rev)).toEqual([rev]);
}

describe("a signal", () => {
  test("is decided by the revision it names, and its arm goes into the decision", async () => {
    const { strategist, surroundings, inquiries, clock } = await engineWith({ view: revision(7) });
    surroundings.swap(pair(revision(7), revision(9)));
    await strategist.onSignal(signalOf(7, 1, "STABLE"), 1);
    const first = await inquiries.story("signal-1");
    expectAllOf(7, first);
    expect(first.arm).toEqual({ promotion_id: "p", name: "STABLE" });
    const other = await engineWith({ view: revision(7) });
    other.surroundings.swap(pair(revision(7), revision(9)));
    await other.strategist.onSignal(signalOf(9, 2, "CANARY"), 1);
    const second = await other.inquiries.story("signal-2");
    expectAllOf(9, second);
    expect([second.arm, second.limits_rev]).toEqual([{ promotion_id: "p", name: "CANARY" }, 7]);
    await clock.run(NOON + 50);
  });

  test("of a revision that has been replaced meanwhile is decided by that one all the same", async () => {
    const { strategist, surroundings, inquiries, stores } = await engineWith({ view: revision(7) });
    for (let rev = 8; rev < 30; rev += 1) surroundings.swap(pair(revision(rev), revision(++rev)));
    await storeRevision(stores, revision(7));
    await strategist.onSignal(signalOf(7, 1), 1);
    expectAllOf(7, await inquiries.story("signal-1"));
  });

  test("of one that nobody knows, or that does not compile, is skipped with its arm, and never decided by another", async () => {
    const { strategist, inquiries, stores, asked } = await engineWith({ view: revision(7) });
    await strategist.onSignal(signalOf(50, 1, "CANARY"), 1);
    const { config_rev, arm, decision, rules } = await inquiries.story("signal-1");
    expect([config_rev, arm?.name, decision.reason, rules]).toEqual([50, "CANARY", "unknown_revision", []]);
    const { bundle, ...view } = revision(45);
    await storeRevision(stores, { ...view, bundle: { ...bundle, strategies: "none" } as never });
    await strategist.onSignal(signalOf(45, 2), 1);
    expect((await inquiries.story("signal-2")).decision.reason).toBe("unknown_revision");
    expect(asked).toEqual([]);
  });
});

test("what another revision would do with a signal is no arm's decision", async () => {
  const { strategist, surroundings } = await engineWith({ view: revision(7) });
  surroundings.swap(pair(revision(7), revision(9)));
  const rehearsed = await strategist.rehearse(signalOf(9, 1, "CANARY"), surroundings.current()!, NOON);
  expect([rehearsed.config_rev, rehearsed.arm]).toEqual([7, undefined]);
});

test("a pair of which one does not compile changes nothing", async () => {
  const { surroundings, strategist, inquiries } = await engineWith({ view: revision(7) });
  const broken = revision(9);
  const rule = { ...broken.bundle.rules[0]!, when: { f: "obi_5", op: "in", v: 3 } };
  const bundle = { ...broken.bundle, rules: [rule] } as never;
  expect(() => surroundings.swap(pair(revision(8), { ...broken, hash: "broken", bundle }))).toThrow();
  expect(surroundings.current()?.rev).toBe(7);
  await strategist.onSignal(signalOf(7, 1), 1);
  expectAllOf(7, await inquiries.story("signal-1"));
});

test("both arms' strategies count: they are watched and can be paused", async () => {
  const { surroundings } = await engineWith({ view: revision(7) });
  const more = strategyWith({ strategy_id: "new" });
  surroundings.swap(pair(revision(7), revision(9, more)));
  expect(surroundings.strategies().map(({ strategy }) => strategy.strategy_id)).toEqual(["lean", "new"]);
});

test("limits of the account and weights of health are those of the revision for all, whichever arm asks", async () => {
  const limits = (daily_loss_usdt_max: string, yellow_size_mult: number) => ({
    flags: { risk: { daily_loss_usdt_max }, health: { yellow_size_mult } },
  });
  const [strict, loose] = [limits("5", 0.5), limits("500", 1)];
  for (const [ofAll, ofCanary, opens] of [
    [strict, loose, false],
    [loose, strict, true],
  ] as const) {
    const { strategist, surroundings, inquiries, book } = await engineWith({ view: revision(7, ofAll) });
    surroundings.swap(pair(revision(7, ofAll), revision(9, ofCanary)));
    book.onTrade(closedTrade("t", "-6"));
    await strategist.onSignal(signalOf(9, 1, "CANARY"), 1);
    const { decision, guards, limits_rev } = await inquiries.story("signal-1");
    expect([decision.action === "open", limits_rev]).toEqual([opens, 7]);
    expect(guards.find(({ name }) => name === "daily_loss_usdt")?.limit).toBe(opens ? -500 : -5);
  }
});

test.each([
  ["strategy_enabled", strategyWith({ enabled: false })],
  ["strategy_enabled", { strategies: [] }],
  [
    "instrument_enabled",
    { instruments: [{ instrument: "SPOT:BTCUSDT" }, { instrument: "FUT:BTCUSDT", enabled: false }] },
  ],
  ["instrument_enabled", { instruments: [{ instrument: "SPOT:BTCUSDT" }] }],
] as const)(
  "what was switched off (%s) is off for signals on their way too, by the newest of their arm",
  async (guard, off) => {
    const { strategist, surroundings, inquiries, stores, asked } = await engineWith({ view: revision(7) });
    await storeRevision(stores, revision(7));
    surroundings.swap(revision(8, off));
    await strategist.onSignal(signalOf(7, 1), 1);
    expect((await inquiries.story("signal-1")).decision.reason).toBe(guard);
    // A canary goes by its own, and by that for all once it is over.
    surroundings.swap(pair(revision(8, off), revision(9)));
    surroundings.swap(revision(8, off));
    await strategist.onSignal(signalOf(9, 2, "CANARY"), 1);
    expect((await inquiries.story("signal-2")).decision.reason).toBe(guard);
    expect(asked).toEqual([]);
    surroundings.swap(pair(revision(8, off), revision(9)));
    await strategist.onSignal(signalOf(9, 3, "CANARY"), 1);
    expect((await inquiries.story("signal-3")).decision.action).toBe("open");
  },
);

test("nobody trades by a draft: a real decision is made by what is in force, a rehearsal by any revision", async () => {
  const { inquiries, surroundings, stores, asked } = await engineWith({ view: revision(7) });
  await storeRevision(stores, revision(11));
  const by = (config_rev: number, dry_run: boolean) =>
    inquiries.decide({ instrument: "FUT:BTCUSDT", features: signalWith().features.values, config_rev, dry_run });
  expect(await by(11, true)).toMatchObject({ config_rev: 11 });
  await expect(by(11, false)).rejects.toThrow("Revision 11 is not in force: it can only be rehearsed (dry_run)");
  expect(asked).toEqual([]);
  surroundings.swap(pair(revision(7), revision(11)));
  await by(11, false);
  expect(asked.map(({ intent }) => intent.config_rev)).toEqual([11]);
});
