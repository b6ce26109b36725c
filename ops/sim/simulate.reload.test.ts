/** Config in force is changed a thousand times while a market runs: whatever is made is made by one revision, and once. */
import { describe, expect, test } from "bun:test";
import { seededRandom } from "../../shared/adapters/random.ts";
import { type IntentRecord, intents, orders } from "../../shared/collections/orders.ts";
import { decisionsMade, signalsSeen } from "../../shared/collections/signals.ts";
import { trades } from "../../shared/collections/trades.ts";
import { armOf } from "../../shared/domain/arms.ts";
import { positionRulesOf } from "../../shared/domain/bundle.ts";
import type { Decision, Signal } from "../../shared/domain/decision.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { entryIntentId, signalId } from "../../shared/keys.ts";
import type { ServiceId } from "../../shared/kit/ports.ts";
import { signals as signalStream } from "../../shared/streams.ts";
import type { Plan } from "../../shared/trading/execution/plan.ts";
import { AgentsMarket } from "../venue/agents.ts";
import { readAll } from "./pages.ts";
import { whileRunning } from "./requests.ts";
import { ConfigDesk, INSTRUMENTS, SLOT_MS, STRATEGIES } from "./revisions.fixture.ts";
import { openSimulation, type Simulation } from "./simulate.ts";

const LISTINGS = defaultListings().filter(({ instrument }) => INSTRUMENTS.includes(instrument));
const START = Date.UTC(2026, 0, 1);
/** By then factors are known and the first reconciliation is done. */
const WARM_MS = 30_000;

async function opened(seed: string, canCrash = false) {
  const desk = new ConfigDesk();
  const sim = await openSimulation({
    ...{ seed, startsAt: START, canCrash, services: (all) => desk.services(all) },
    market: async (clock, random) => new AgentsMarket({ clock, random, listings: LISTINGS }),
  });
  const heard: Signal[] = [];
  const listen = { group: "test", consumer: "test" };
  sim.world.bus.subscribe(signalStream, { ...listen, handle: ({ event }) => void heard.push(event) });
  await sim.advance(WARM_MS);
  return { desk, sim, heard };
}

/** What does not come from the revision that it names; nothing is left out that a revision decides. */
function faultsOfDecision(desk: ConfigDesk, decision: Decision, signal: Signal): string[] {
  const bundle = desk.bundle(decision.config_rev);
  const { effect, rule_id } = bundle.rules[0]!;
  const { execution, sizing, risk } = bundle.flags;
  const limits = desk.bundle(decision.limits_rev ?? decision.config_rev).flags.risk;
  const row = bundle.instruments.find(({ instrument }) => instrument === decision.instrument);
  /** Guards after the one that ended it were not asked. */
  const limitOf = (name: string, otherwise: unknown) =>
    decision.guards.find((guard) => guard.name === name)?.limit ?? otherwise;
  const isOpen = decision.decision.action === "open";
  const [intent] = decision.intents;
  const asked = decision.sizing?.steps.join("; ") ?? "";
  const spot = decision.instrument.startsWith("SPOT:");
  const wanted: [string, unknown, unknown][] = [
    ["revision of its signal", decision.config_rev, signal.config_rev],
    ["revision of its features", signal.features.config_rev, signal.config_rev],
    ["arm", decision.arm, signal.arm],
    ["spread", limitOf("spread_bps", row?.spread_bps_max), row?.spread_bps_max],
    ["age of features", limitOf("features_age_ms", risk.features_age_ms_max), risk.features_age_ms_max],
    ["limit of the account", limitOf("losses_in_row", limits.losses_in_row_max), limits.losses_in_row_max],
    [
      "rules",
      decision.rules.map((rule) => rule.rule_id),
      isOpen ? [rule_id] : decision.rules.map((rule) => rule.rule_id),
    ],
    ["intents", decision.intents.length, isOpen ? 1 : 0],
  ];
  if (isOpen) {
    const [first, , stop] = [sizing.margin_usdt, "", `(${sizing.stop_atrs.NORMAL} × `];
    wanted.push(
      ["multipliers", [decision.decision.sl_mult, decision.decision.tp_mult], [effect.sl_mult, effect.tp_mult]],
      ["size", decision.decision.size_mult, effect.size_mult],
      ["adds", decision.decision.max_adds, effect.max_adds_override],
      ["margin", spot || asked.includes(`notional = ${Number(first)}`), true],
      ["stop", asked.includes(stop) && asked.includes(`, ${sizing.loss_cap_usdt} /`), true],
      [
        "entry",
        [intent?.config_rev, intent?.intent_id],
        [decision.config_rev, entryIntentId(decision.signal_id, "entry")],
      ],
      ["validity", (intent?.valid_until ?? 0) - decision.ts, execution.entry_valid_ms],
    );
  }
  return told(`decision ${decision.signal_id} of ${decision.config_rev}`, wanted);
}

function faultsOfIntent(desk: ConfigDesk, { intent, plan, decision }: IntentRecord): string[] {
  const bundle = desk.bundle(intent.config_rev as number);
  const { style, maker_wait_ms } = plan as Plan;
  return told(`intent ${intent.intent_id} of ${intent.config_rev}`, [
    ["revision of its decision", intent.kind === "ENTRY" ? decision?.config_rev : intent.config_rev, intent.config_rev],
    ["time to post", maker_wait_ms, style === "MAKER" ? bundle.flags.execution.maker_wait_ms : maker_wait_ms],
  ]);
}

function faultsOfTrade(desk: ConfigDesk, trade: Trade, decision: Decision | undefined): string[] {
  const bundle = desk.bundle(trade.config_rev);
  const { execution } = bundle.flags;
  const strategy = bundle.strategies.find(({ strategy_id }) => strategy_id === trade.strategy_id);
  const spot = trade.instrument.startsWith("SPOT:");
  return told(`trade ${trade.trade_id} of ${trade.config_rev}`, [
    ["revision of its decision", decision?.config_rev, trade.config_rev],
    ["rules", trade.params.rules, strategy && positionRulesOf(bundle, strategy)],
    ["fee", trade.params.taker_fee, spot ? execution.spot_taker_fee : execution.taker_fee],
    ["adds", trade.params.max_adds, decision?.decision.max_adds],
  ]);
}

const told = (what: string, wanted: [string, unknown, unknown][]): string[] =>
  wanted.flatMap(([name, is, should]) =>
    Bun.deepEquals(is, should) ? [] : [`${what}: ${name} is ${JSON.stringify(is)}, not ${JSON.stringify(should)}`],
  );

/** Whether the arm that it names is that of its moment, and its revision that arm's. */
function faultsOfArm(desk: ConfigDesk, { signal_id, arm, config_rev, instrument, trigger }: Signal): string[] {
  if (!arm) return [];
  const [stable, canary] = desk.arms.get(arm.promotion_id) ?? [];
  const wide = { promotion_id: arm.promotion_id, slot_ms: SLOT_MS, until: Number.MAX_SAFE_INTEGER, traffic_pct: 50 };
  const couldBe = armOf(wide, instrument, trigger.exch_ts) === "CANARY" || arm.name === "STABLE";
  return told(`signal ${signal_id}`, [
    ["revision", config_rev, arm.name === "CANARY" ? canary : stable],
    ["arm", couldBe, true],
  ]);
}

async function madeIn({ world }: Simulation) {
  const [seen, made, asked, sent, opened] = await Promise.all([
    readAll(world.store("s02"), signalsSeen),
    readAll(world.store("s03"), decisionsMade),
    readAll(world.store("s04"), intents),
    readAll(world.store("s04"), orders),
    readAll(world.store("s06"), trades),
  ]);
  return { seen, made, asked, sent, opened };
}
type Made = Awaited<ReturnType<typeof madeIn>>;

/** Of everything that was made, what does not come from one revision alone. */
function mixtures(desk: ConfigDesk, { made, asked, sent, opened }: Made, heard: readonly Signal[]): string[] {
  const signalOf = new Map(heard.map((signal) => [signal.signal_id, signal]));
  const decisionOf = new Map(made.map((decision) => [decision.signal_id, decision]));
  const known = new Set(asked.map(({ intent_id }) => intent_id));
  return [
    ...heard.flatMap((signal) => faultsOfArm(desk, signal)),
    ...made.flatMap((decision) => {
      const signal = signalOf.get(decision.signal_id);
      return signal ? faultsOfDecision(desk, decision, signal) : [`decision ${decision.signal_id} without a signal`];
    }),
    ...asked.flatMap((record) => faultsOfIntent(desk, record)),
    ...sent.filter(({ intent_id }) => !known.has(intent_id)).map(({ client_order_id }) => `order ${client_order_id}`),
    ...opened.flatMap((trade) => faultsOfTrade(desk, trade, decisionOf.get(trade.signal_id ?? ""))),
  ];
}

/** Every strategy looks at every second's close on every instrument. */
function moments(fromTs: number, toTs: number): string[] {
  const ids: string[] = [];
  for (let ts = Math.ceil(fromTs / 1_000) * 1_000; ts <= toTs; ts += 1_000) {
    for (const instrument of INSTRUMENTS) for (const id of STRATEGIES) ids.push(signalId(id, instrument, ts));
  }
  return ids.toSorted();
}
const idsOf = (heard: readonly Signal[], fromTs: number, toTs: number): string[] =>
  heard
    .filter(({ trigger }) => trigger.exch_ts >= fromTs && trigger.exch_ts <= toTs)
    .map(({ signal_id }) => signal_id)
    .toSorted();

describe("a thousand promotions and rollbacks under load", () => {
  const CHANGES = 1_000;
  const UNDISTURBED_MS = 5_500;
  const GAP_MS_MAX = 250;

  test("mix no two revisions, and nothing is missed or made twice", async () => {
    const { desk, sim, heard } = await opened("reload");
    const random = seededRandom("changes");
    const begin = sim.clock.now();
    await sim.advance(UNDISTURBED_MS);
    const from = sim.clock.now();
    expect(idsOf(heard, begin, from)).toEqual(moments(begin, from));
    for (let nth = 1; nth <= CHANGES; nth++) {
      await sim.advance(1 + random.int(GAP_MS_MAX));
      await whileRunning(sim.clock, desk.change(random, nth));
    }
    const to = sim.clock.now();
    await sim.advance(10_000);
    const made = await madeIn(sim);
    expect(mixtures(desk, made, heard)).toEqual([]);

    // Each moment of an undisturbed run once, and of each one decision, though its revision came and went.
    expect(idsOf(heard, from, to)).toEqual(moments(from, to));
    expect(new Set(heard.map(({ signal_id }) => signal_id)).size).toBe(heard.length);
    const decided = new Set(made.made.map(({ signal_id }) => signal_id));
    expect(heard.filter(({ signal_id }) => !decided.has(signal_id))).toEqual([]);
    expect(made.made).toHaveLength(heard.length);
    expect(made.seen).toHaveLength(heard.length);

    // It was under load, and in all states.
    const arms = Map.groupBy(heard, ({ arm }) => arm?.name ?? "none");
    for (const name of ["none", "STABLE", "CANARY"] as const)
      expect([name, (arms.get(name)?.length ?? 0) > 50]).toEqual([name, true]);
    expect(new Set(made.opened.map(({ config_rev }) => config_rev)).size).toBeGreaterThan(30);
    expect(made.asked.some(({ plan }) => (plan as Plan).style === "MAKER")).toBe(true);
    expect((await sim.summary()).invariants.violated).toEqual([]);
    expect(sim.world.errors).toEqual([]);
  }, 300_000);
});

describe("services that die in the middle of changes", () => {
  const CHANGES = 150;
  const GAP_MS_MAX = 700;
  const DOWN_MS_MAX = 1_500;
  const MORTAL: readonly ServiceId[] = ["s02", "s03", "s10"];

  test("find what is in force when they are back: nothing is mixed, nothing made twice, and all that was heard is decided", async () => {
    const { desk, sim, heard } = await opened("reload and die", true);
    const random = seededRandom("deaths");
    for (let nth = 1; nth <= CHANGES; nth++) {
      await sim.advance(1 + random.int(GAP_MS_MAX));
      // One that dies in the middle of it may have changed it or not, and says neither.
      void desk.change(random, nth).catch(() => {});
      if (random.int(5) > 0) continue;
      await sim.advance(random.int(4));
      sim.kill([MORTAL[random.int(MORTAL.length)] as ServiceId], random.int(DOWN_MS_MAX));
    }
    await sim.advance(20_000);
    const made = await madeIn(sim);
    expect(mixtures(desk, made, heard)).toEqual([]);
    expect(new Set(heard.map(({ signal_id }) => signal_id)).size).toBe(heard.length);
    const entries = made.asked.filter(({ intent }) => intent.kind === "ENTRY");
    const decided = new Map(made.made.map((decision) => [decision.signal_id, decision]));
    for (const { intent, decision } of entries)
      expect(decided.get(intent.signal_id ?? "")).toEqual(decision as Decision);
    expect(entries.length).toBeGreaterThan(20);
    expect((await sim.summary()).invariants.violated).toEqual([]);
  }, 300_000);
});
