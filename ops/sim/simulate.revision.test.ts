import { describe, expect, test } from "bun:test";
import { NewSimulation } from "../../services/s10-config/simulation-types.ts";
import { instrumentRegistry } from "../../shared/collections/exchange.ts";
import { decisionsMade, signalsSeen } from "../../shared/collections/signals.ts";
import type { BundleView } from "../../shared/domain/bundle.ts";
import type { Decision } from "../../shared/domain/decision.ts";
import type { Simulation } from "../../shared/domain/simulation.ts";
import { createWeigher } from "../../shared/simulation/weigher.ts";
import { compileBundle } from "../../shared/trading/decision/compiled.ts";
import { Desk, FUT, SPOT } from "./desk.fixture.ts";
import { readAll } from "./pages.ts";

const MINUTES = 3;

/** The whole system has traded the shipped bundle for some minutes, recording; a changed one lies beside it. */
async function traded(): Promise<Desk> {
  const env = { CHIMERA_S01_RECORD_FRAMES: "true" };
  const desk = await Desk.open({ seed: "revision", strategies: true, instruments: [FUT, SPOT], env });
  await desk.sim.advance(MINUTES * 60_000);
  const active = (await desk.answered(desk.verb("s10", "getActive", {}))) as { bundle: object };
  const { rules, ...rest } = active.bundle as { rules: object[] };
  const never = {
    rule_id: "no-shorts",
    priority: 1,
    when: { f: "side", op: "==", v: -1 },
    effect: { skip_entry: true },
  };
  const draft = { ...rest, rev: 2, rules: [never, ...rules] };
  expect(await desk.answered(desk.verb("s10", "draftBundle", draft))).toMatchObject({ status: "DRAFT" });
  return desk;
}

async function simulated(desk: Desk, asked: object): Promise<Simulation> {
  const input = NewSimulation.parse({ bundle_id: "shipped", ...asked });
  const accepted = await desk.answered(desk.verb("s10", "simulateBundle", input));
  expect(accepted).toMatchObject({ status: "QUEUED" });
  for (let i = 0; i < 600; i++) {
    await desk.sim.advance(500);
    const found = (await desk.answered(desk.verb("s10", "getSimulation", accepted))) as Simulation;
    if (found.status !== "QUEUED" && found.status !== "RUNNING") return found;
  }
  throw new Error(`${JSON.stringify(accepted)} does not end`);
}

async function canceled(desk: Desk, asked: object): Promise<unknown> {
  const input = NewSimulation.parse({ bundle_id: "shipped", ...asked });
  const accepted = await desk.answered(desk.verb("s10", "simulateBundle", input));
  for (;;) {
    await desk.sim.advance(250);
    const { status } = (await desk.answered(desk.verb("s10", "getSimulation", accepted))) as Simulation;
    if (status !== "QUEUED") break;
  }
  const told = await desk.answered(desk.verb("s10", "cancelSimulation", accepted));
  await desk.sim.advance(3_000);
  expect(await desk.answered(desk.verb("s10", "getSimulation", accepted))).toEqual(told);
  return told;
}

/** Each as the revision in force would have sized it for an account at rest. */
async function weighedAsLive(desk: Desk, decisions: readonly Decision[]) {
  const active = (await desk.answered(desk.verb("s10", "getActive", {}))) as BundleView;
  const { world } = desk.sim;
  const listings = await readAll(world.store("s01"), instrumentRegistry);
  const weigh = createWeigher(compileBundle(active), new Map(listings.map((each) => [each.instrument, each])));
  const signals = new Map((await readAll(world.store("s02"), signalsSeen)).map((each) => [each.signal_id, each]));
  return decisions.map(({ signal_id }) => {
    const weighing = weigh({ signal: signals.get(signal_id)!, labels: {} });
    return weighing.unweighable ?? weighing.decision?.sizing;
  });
}

describe("a changed bundle over what the whole system has seen", () => {
  test("by labels and by replay: shorts are gone, all else stays as it was", async () => {
    const desk = await traded();
    const now = desk.sim.clock.now();
    const window = { from_ts: now - MINUTES * 60_000, to_ts: now };
    const sensitivity = { epsilon: 0.1, topk: 5, n_eval: 200 };
    const { status, error, summary, sensitivity_analysis } = await simulated(desk, { rev: 2, window, sensitivity });
    expect([status, error]).toEqual(["DONE", undefined]);
    const decisions = await readAll(desk.sim.world.store("s03"), decisionsMade);
    expect(summary!.signals).toBeGreaterThan(20);
    expect(summary!.not_weighed).toBe(0);
    // At rest the desk opens all that it opened in truth, and what only its account kept it from.
    const opened = decisions.filter(({ decision, ts }) => decision.action === "open" && ts >= window.from_ts);
    expect(opened.length).toBeGreaterThan(0);
    expect(summary!.both_open + summary!.only_active).toBeGreaterThanOrEqual(opened.length);
    const whole = opened.filter(({ health }) => (health?.level ?? "GREEN") === "GREEN");
    expect(whole.length).toBeGreaterThan(0);
    expect(await weighedAsLive(desk, whole)).toEqual(whole.map(({ sizing }) => sizing));
    const shorts = opened.filter(({ decision }) => decision.side === "SELL").length;
    expect(summary!.only_active).toBeGreaterThanOrEqual(shorts);
    expect(summary!.only_candidate).toBe(0);
    expect(summary!.rules).toContainEqual({ rule_id: "no-shorts", active: 0, candidate: expect.any(Number) });
    expect(sensitivity_analysis!.factors.length).toBe(5);

    const replayed = await simulated(desk, { rev: 2, window, method: "REPLAY" });
    expect([replayed.status, replayed.error]).toEqual(["DONE", undefined]);
    const { active, candidate } = replayed.replay!;
    expect(active.summary.signals).toBeGreaterThan(20);
    // Both look at the same moments, and pay for what they trade.
    expect(candidate.summary.signals).toBe(active.summary.signals);
    expect(active.summary.trades + active.summary.open_trades).toBeGreaterThan(0);
    expect(Number(active.summary.fees_usdt)).toBeGreaterThan(0);
    expect(active.curve.length).toBeGreaterThan(1);
    expect(await canceled(desk, { rev: 2, window, method: "REPLAY" })).toMatchObject({ status: "CANCELED" });
    expect(desk.sim.world.errors).toEqual([]);
  }, 300_000);
});
