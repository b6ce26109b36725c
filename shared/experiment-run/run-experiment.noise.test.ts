/** No skill is found in noise: hypotheses about random walks are confirmed no more often than stated; an edge is found. */
import { describe, expect, test } from "bun:test";
import { backtest } from "../backtest/backtest.ts";
import type { Hypothesis } from "../domain/experiment.ts";
import { checkDesign } from "../experiment/check-design.ts";
import { summaryOf } from "../experiment/run-summary.ts";
import { designOf, partOf } from "../experiment/runs.fixture.ts";
import type { TrialAnswer, TrialRequest } from "../experiment/trial-request.ts";
import { basisOf, DISCOVERY_RATE, judgedFamily } from "../experiment/verdict.ts";
import { digest } from "../keys.ts";
import { seededChance } from "../trading/stats/seeded-chance.ts";
import { runExperiment } from "./run-experiment.ts";
import { runTrial } from "./run-trial.ts";
import { designOver, groundOver, market } from "./walks.fixture.ts";

const SECONDS = 90;
/** A thousand take minutes with the whole engine: `WALKS=1000 bun test run-experiment.noise` runs them. */
const WALKS = Number(process.env.WALKS ?? 20);

const clock = { now: () => 0, mono: () => 0 };
const parts = { exp_id: "exp-noise", clock, workers: 1, resamples: 20, signal: new AbortController().signal };

/** As on record, untested, with what an experiment said of it and no doubt about look-ahead. */
function hypothesis(i: number, tested: Partial<Hypothesis>): Hypothesis {
  const id = `walk-${i}`;
  return {
    ...{ hypothesis_id: id, title: id, statement: id, family: "noise", design: designOf(), p_value: null },
    ...{
      adjusted_p: null,
      status: "UNDECIDED",
      trials: 1,
      experiments: [],
      author: "ann",
      created_at: 0,
      updated_at: 0,
    },
    ...{ ...tested, lookahead_passed: true },
  };
}

const confirmed = (family: readonly Hypothesis[]): number =>
  judgedFamily(family).filter(({ status }) => status === "CONFIRMED").length;

/** Each a family of its own. */
const confirmedAlone = (all: readonly Hypothesis[]): number => all.reduce((sum, each) => sum + confirmed([each]), 0);

async function overEngine(seed: string, change: object = {}, pull = 0) {
  const checked = checkDesign(designOver(SECONDS, change));
  const ground = groundOver(checked, market(seededChance(seed), SECONDS, pull));
  const ports = { engine: backtest, ask: () => Promise.reject(new Error("no model")), programs: new Map() };
  const duty = { isAborted: () => false, progress() {} };
  return runExperiment(checked, { ...parts, runTrial: (request) => runTrial(ground, request, { ...ports, ...duty }) });
}

describe("in a thousand random walks", () => {
  /** Returns without a mean, of as many periods as there are days: what a strategy without skill and costs leaves. */
  const lucky = async (request: TrialRequest): Promise<TrialAnswer> => {
    const key = JSON.stringify([request.params, request.windows]);
    const run = partOf(request.windows[0]!.from, 60, { seed: digest(key) as never });
    return { summary: summaryOf(run, 86_400_000), hash: digest(key), parts: [run], assumed: [] };
  };
  const design = (i: number, change: object) => designOf({ checks: false, benchmark: "none", seed: i, ...change });

  test("as many hypotheses tested once are confirmed as stated, and next to none as one family", async () => {
    const all: Hypothesis[] = [];
    for (let i = 0; i < 1_000; i++) {
      const from = 86_400_000 * (1_000 + i);
      const checked = checkDesign(design(i, { window: { from, to: from + 60 * 86_400_000 } }));
      all.push(hypothesis(i, basisOf(await runExperiment(checked, { ...parts, runTrial: lucky }))));
    }
    expect(confirmedAlone(all) / 1_000).toBeWithin(0.02, DISCOVERY_RATE + 0.015);
    expect(confirmed(all)).toBeLessThanOrEqual(1);
  }, 300_000);

  test("the best of twenty tries each is confirmed no more often either", async () => {
    const all: Hypothesis[] = [];
    const params = [{ path: "strategies.rsi-dip.long.allOf.0.v", min: 1, max: 99 }];
    for (let i = 0; i < 150; i++) {
      const from = 86_400_000 * (1_000 + i);
      const search = { trials_max: 20, trades_min: 0 };
      const window = { from, to: from + 60 * 86_400_000 };
      const checked = checkDesign(design(i, { window, method: "RANDOM", params, search }));
      all.push(hypothesis(i, basisOf(await runExperiment(checked, { ...parts, runTrial: lucky }))));
    }
    expect(confirmedAlone(all) / all.length).toBeLessThanOrEqual(DISCOVERY_RATE + 0.02);
    expect(confirmed(all)).toBe(0);
  }, 300_000);
});

describe("with the whole engine", () => {
  test("a strategy on random walks is confirmed no more often than stated", async () => {
    const all: Hypothesis[] = [];
    for (let i = 0; i < WALKS; i++) all.push(hypothesis(i, basisOf(await overEngine(`walk ${i}`))));
    const judged = all.filter(({ p_value }) => p_value !== null);
    if (WALKS > 100)
      console.log(
        `${judged.length} of ${WALKS} judged, ${confirmedAlone(all)} confirmed alone, ${confirmed(all)} together`,
      );
    expect(judged.length).toBeGreaterThan(0.6 * WALKS);
    expect(confirmedAlone(all) / WALKS).toBeLessThanOrEqual(DISCOVERY_RATE);
    expect(confirmed(all)).toBe(0);
  }, 900_000);

  test("an edge that was planted is found, with the future out of sight, and beside many that are none", async () => {
    const found = await overEngine("edge", { checks: true }, 0.5);
    expect(found.lookahead).toMatchObject({ passed: true });
    expect(found.significance.p_value!).toBeLessThan(5e-4);
    const noise = Array.from({ length: 99 }, (_, i) => hypothesis(i, { p_value: (i + 1) / 100, net_usdt: "1" }));
    const [edge] = judgedFamily([hypothesis(1_000, basisOf(found)), ...noise]);
    expect(edge).toMatchObject({ status: "CONFIRMED" });
  }, 300_000);
});
