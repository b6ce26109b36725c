/**
 * Promotions on the agents market, from draft to end: a bad revision hurts only its share and is taken back by itself
 * within its guardrail; a good one goes from canary to ramp to all by itself.
 */
import { expect, test } from "bun:test";
import { configActive, promotions } from "../shared/collections/config.ts";
import { intents } from "../shared/collections/orders.ts";
import { decisionsMade, signalsSeen } from "../shared/collections/signals.ts";
import { trades } from "../shared/collections/trades.ts";
import { armOf } from "../shared/domain/arms.ts";
import type { Decision } from "../shared/domain/decision.ts";
import type { Promotion } from "../shared/domain/promotion.ts";
import { defaultListings } from "../shared/engine/listing.ts";
import { createTokens } from "../shared/kit/auth.ts";
import { alerts } from "../shared/streams.ts";
import { readAll } from "./sim/pages.ts";
import { whileRunning } from "./sim/requests.ts";
import { openSimulation, type Simulation } from "./sim/simulate.ts";
import { AgentsMarket } from "./venue/agents.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const SLOT_MS = 5_000;
const DRAWDOWN_MAX = 8;
const DURATION_H = 0.025;
const PCT = 40;

const FUTURES = ["FUT:BTCUSDT", "FUT:ETHUSDT"];
/** With the book, against it: the same moments, the other side. */
const leaning = (isWith: boolean) => {
  const [more, less] = [
    { f: "obi_5", op: ">", v: 0 },
    { f: "obi_5", op: "<", v: 0 },
  ];
  return isWith ? { long: more, short: less } : { long: less, short: more };
};
const strategy = (isWith: boolean, sizing: object = {}) => ({
  ...{ strategy_id: "lean", instruments: FUTURES, triggers: [{ kind: "bar", timeframe: "5s" }], ...leaning(isWith) },
  sizing: { atr: "atr_14_5s", take_profit_roe: 0.01, ...sizing },
  position: { stages: [], stagnate_ms: 5_000, stagnate_roe: 0.5 },
});

async function bundle(): Promise<Record<string, unknown>> {
  const path = new URL("../services/s10-config/default-bundle.yaml", import.meta.url);
  const shipped = Bun.YAML.parse(await Bun.file(path).text()) as { flags: Record<string, object> };
  const risk = { ...shipped.flags.risk, losses_in_row_max: 1_000, cooldown_after_stop_ms: 0 };
  const promotion = { steps_required: true, trades_min: 5, drawdown_usdt_max: String(DRAWDOWN_MAX), entries_min: 50 };
  return { ...shipped, strategies: [strategy(true)], rules: [], flags: { ...shipped.flags, risk, promotion } };
}

const opened = async (): Promise<Simulation> =>
  openSimulation({
    seed: "promotions",
    market: async (clock, random) => new AgentsMarket({ clock, random, listings: defaultListings() }),
    bundleText: JSON.stringify(await bundle()),
    env: {
      CHIMERA_S10_ARM_SLOT_MS: String(SLOT_MS),
      CHIMERA_S10_JUDGE_MS: String(SECOND_MS),
      CHIMERA_S10_DURATION_LEAST_H: String(DURATION_H),
    },
  });

interface Answer extends Promotion {
  rev: number;
  bundle: object;
}
function desk({ world, clock, services }: Simulation) {
  let asked = 0;
  async function ask(what: string, body?: object): Promise<Answer> {
    const [method, path] = what.split(" ") as [string, string];
    const ada = { id: "ada", role: "admin", second: "single" } as const;
    const token = await createTokens(world.serviceKey, clock).mint("s12", "s10", ada);
    const key = { "idempotency-key": String(++asked), "content-type": "application/json" };
    const headers = { authorization: `Bearer ${token}`, ...key };
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const answering = services.hosted.get("s10")!.fetch(new Request(`http://s10${path}`, init));
    const response = await whileRunning(clock, answering);
    const answer = (await response.json()) as Answer;
    expect([what, response.status, response.ok ? "" : answer]).toEqual([
      what,
      response.status < 300 ? response.status : 200,
      "",
    ]);
    return answer;
  }
  return {
    ask,
    /** Drafted, simulated, staged. */
    async staged(change: object): Promise<{ bundle_id: string; to_rev: number }> {
      const active = await ask("GET /active");
      const to_rev = active.rev + 1 + asked;
      await ask("POST /bundles", { ...active.bundle, ...change, rev: to_rev });
      await ask("POST /simulate", { bundle_id: "shipped", rev: to_rev });
      await ask("POST /bundles/shipped/stage", { rev: to_rev });
      return { bundle_id: "shipped", to_rev };
    },
  };
}

/** Plays on until the newest promotion is so, or for so long. */
async function until(
  simulation: Simulation,
  holds: (newest: Promotion) => boolean,
  mostMs: number,
): Promise<Promotion> {
  const newest = async () => {
    const query = { sort: { field: "created_at", order: "desc" }, limit: 1 } as const;
    return (await simulation.world.store("s10").query(promotions, query)).items[0]!.value;
  };
  const end = simulation.clock.now() + mostMs;
  while (!holds(await newest()) && simulation.clock.now() < end) await simulation.advance(SECOND_MS);
  return newest();
}

const isOver = ({ status }: Promotion) => status !== "PENDING" && status !== "ACTIVE";
const marked = async ({ world }: Simulation, { promotion_id }: Promotion) =>
  (await readAll(world.store("s02"), signalsSeen)).filter(({ arm }) => arm?.promotion_id === promotion_id);
const decided = async ({ world }: Simulation, before: number) =>
  (await readAll(world.store("s03"), decisionsMade))
    .filter(({ ts }) => ts < before)
    .toSorted((a, b) => a.ts - b.ts || (a.signal_id < b.signal_id ? -1 : 1));

/** Every trigger belongs to the arm that its slot says, and is decided by that arm's revision. */
async function expectSplit(simulation: Simulation, promotion: Promotion): Promise<void> {
  const { promotion_id, traffic_pct = 0, rev, from_rev, until = 0 } = promotion;
  const split = { promotion_id, traffic_pct, slot_ms: SLOT_MS, until };
  const signals = await marked(simulation, promotion);
  const named = signals.map(({ instrument, trigger, config_rev }) => [
    armOf(split, instrument, trigger.exch_ts),
    config_rev,
  ]);
  expect(signals.map(({ arm, config_rev }) => [arm?.name, config_rev])).toEqual(named);
  expect(new Set(named.map(String))).toEqual(new Set([`CANARY,${rev}`, `STABLE,${from_rev}`]));
  const decisions = await readAll(simulation.world.store("s03"), decisionsMade);
  const by = new Map(decisions.map((decision) => [decision.signal_id, decision]));
  const counted = signals.filter(({ signal_id }) => by.has(signal_id));
  expect(counted.map(({ signal_id }) => by.get(signal_id)?.config_rev)).toEqual(
    counted.map(({ config_rev }) => config_rev),
  );
}

/** Until the first entry of the canary nothing in the market differs from a run without it. */
async function expectUntouched(simulation: Simulation, promotion: Promotion): Promise<void> {
  const all = await decided(simulation, Number.POSITIVE_INFINITY);
  const first = all.find(({ config_rev, decision }) => config_rev === promotion.rev && decision.action === "open")!;
  const without = await opened();
  await without.advance(first.ts - without.clock.now() + 1);
  const others = await decided(without, first.ts);
  const mine = all.filter(({ ts, config_rev }) => ts < first.ts && config_rev !== promotion.rev);
  const said = ({ signal_id, decision, config_rev, features }: Decision) => ({
    signal_id,
    decision,
    config_rev,
    features,
  });
  const moments = new Set(mine.map(({ signal_id }) => signal_id));
  expect(mine.length).toBeGreaterThan(20);
  expect(mine.map(said)).toEqual(others.filter(({ signal_id }) => moments.has(signal_id)).map(said));
}

async function expectTakenBack(simulation: Simulation, over: Promotion): Promise<void> {
  const { world } = simulation;
  expect(over.reason).toStartWith("drawdown: fell ");
  const closed = (await readAll(world.store("s06"), trades)).filter(({ config_rev }) => config_rev === over.rev);
  const worst = Math.max(...closed.map(({ pnl_usdt }) => -Number(pnl_usdt)));
  const fallen = Number(over.canary?.drawdown_usdt);
  expect(fallen).toBeGreaterThan(DRAWDOWN_MAX);
  // Judged once a second, with at most a trade of each instrument in one.
  expect(fallen).toBeLessThanOrEqual(DRAWDOWN_MAX + FUTURES.length * worst);
  const asked = (await readAll(world.store("s04"), intents)).filter(({ intent }) => intent.config_rev === over.rev);
  const late = asked.filter(({ created_at }) => created_at > over.ended_at!);
  expect(late.filter(({ intent }) => intent.kind === "ENTRY")).toEqual([]);
  // What was open went on by its own stop, target and patience.
  expect(new Set(closed.map(({ status }) => status))).toEqual(new Set(["CLOSED"]));
  const { rev, canary } = (await world.store("s10").get(configActive, "active"))!.value;
  expect({ rev, canary }).toEqual({ rev: over.from_rev, canary: undefined });
  const told = await world.bus.read(alerts, { limit: 1_000 });
  expect(told.filter(({ event }) => event.code === "PROMOTION_TAKEN_BACK")).toHaveLength(1);
}

test("a bad revision hurts its share alone and is taken back; a good one reaches all, by itself", async () => {
  const simulation = await opened();
  const { ask, staged } = desk(simulation);
  await simulation.advance(2 * MINUTE_MS);

  const bad = await staged({ strategies: [strategy(false, { margin_usdt: "60", loss_cap_usdt: "4" })] });
  await ask("POST /promote", { ...bad, mode: "CANARY", traffic_pct: PCT, duration_h: 1 });
  const lost = await until(simulation, isOver, 6 * MINUTE_MS);
  expect(lost).toMatchObject({ status: "ROLLED_BACK", mode: "CANARY", rev: bad.to_rev });
  await simulation.advance(20 * SECOND_MS);
  await expectSplit(simulation, lost);
  await expectTakenBack(simulation, lost);
  await expectUntouched(simulation, lost);

  const good = await staged({ strategies: [strategy(true, { take_profit_roe: 0.012 })] });
  const terms = { mode: "CANARY", traffic_pct: PCT, duration_h: DURATION_H, afterwards: "FULL" };
  await ask("POST /promote", { ...good, ...terms });
  await until(simulation, (newest) => newest.mode === "FULL" && isOver(newest), 8 * MINUTE_MS);
  const steps = (await readAll(simulation.world.store("s10"), promotions)).filter(({ rev }) => rev === good.to_rev);
  const inOrder = steps.toSorted((a, b) => a.created_at - b.created_at);
  expect(inOrder.map(({ mode, status }) => `${mode} ${status}`)).toEqual(["CANARY DONE", "RAMP DONE", "FULL DONE"]);
  for (const step of inOrder.slice(0, 2)) await expectSplit(simulation, step);
  await simulation.advance(20 * SECOND_MS);
  const newest = (await decided(simulation, Number.POSITIVE_INFINITY)).at(-1);
  expect(newest).toMatchObject({ config_rev: good.to_rev });
  expect(newest).not.toHaveProperty("arm");

  const { invariants, errors } = await simulation.summary();
  expect({ violated: invariants.violated, errors }).toEqual({ violated: [], errors: [] });
}, 300_000);
