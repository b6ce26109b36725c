/** Experiments over workers: the same result however many there are, whatever was kept and whoever died on the way. */
import { describe, expect, test } from "bun:test";
import { VirtualClock } from "../adapters/virtual-clock.ts";
import type { Trial } from "../domain/experiment.ts";
import { Problem } from "../errors.ts";
import { checkDesign } from "../experiment/check-design.ts";
import type { Found } from "../experiment/experiment.ts";
import { answerTo, designOf, type Landscape } from "../experiment/runs.fixture.ts";
import type { TrialAnswer, TrialRequest } from "../experiment/trial-request.ts";
import { seededChance } from "../trading/stats/seeded-chance.ts";
import { type ExperimentParts, type ExperimentProgress, type KeptTrial, runExperiment } from "./run-experiment.ts";

const ROE = "strategies.rsi-dip.position.break_even_roe";
const peak: Landscape = (set) => 0.004 - 0.4 * Math.abs(Number(set[ROE] ?? 0.05) - 0.03);
const design = designOf({
  ...{ method: "WALK_FORWARD", folds: { count: 3 }, params: [{ path: ROE, min: 0.01, max: 0.1 }] },
  search: { kind: "genetic", trials_max: 12, population: 6, trades_min: 0 },
});
const checked = checkDesign(design);

/** Runs take a chance's time; `shelf` is what outlives a crash. */
async function run(
  change: Partial<ExperimentParts> & { seed?: number; shelf?: Map<number, KeptTrial>; made?: Trial[] },
) {
  const { seed = 1, shelf = new Map(), made = [], ...parts } = change;
  const clock = new VirtualClock(0);
  const chance = seededChance(seed);
  const work = runExperiment(checked, {
    ...{ exp_id: "exp-test", clock, workers: 1, resamples: 50, signal: new AbortController().signal },
    async runTrial(request, signal) {
      await clock.sleep(1 + Math.floor(1_000 * chance.next()), signal);
      return answerTo(request, peak);
    },
    kept: (trial) => shelf.get(trial),
    onTrial(trial, answer) {
      made.push(trial);
      const detail = answer?.parts && { parts: answer.parts, decided: answer.decided!, assumed: answer.assumed };
      shelf.set(trial.trial, JSON.parse(JSON.stringify({ trial, ...(detail && { detail }) })));
    },
    ...parts,
  });
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  work.then(end, end);
  await clock.run(() => isOver);
  return work;
}

let alone: Found;
describe("an experiment over workers", () => {
  test("has the same result for any number of them, and any order of answers", async () => {
    alone = await run({});
    expect(alone.out_of_sample).toBeDefined();
    for (const workers of [2, 3, 8]) expect(await run({ workers, seed: workers })).toEqual(alone);
  });

  test("killed anywhere goes on with what was kept, and ends with the same result", async () => {
    for (const after of [0, 5, 17, 37, 40, 50]) {
      const shelf = new Map<number, KeptTrial>();
      const made: Trial[] = [];
      const crash = new AbortController();
      const dying = run({
        ...{ workers: 2, shelf, signal: crash.signal },
        onTrial(trial, answer) {
          if (made.length >= after) return crash.abort(new Error("killed"));
          made.push(trial);
          const detail = answer?.parts && { parts: answer.parts, decided: answer.decided!, assumed: answer.assumed };
          shelf.set(trial.trial, JSON.parse(JSON.stringify({ trial, ...(detail && { detail }) })));
        },
      });
      await expect(dying).rejects.toThrow("killed");
      const again: Trial[] = [];
      expect(await run({ workers: 3, shelf, made: again })).toEqual(alone);
      const both = [...made, ...again].map(({ trial }) => trial);
      expect(new Set(both).size).toBe(both.length);
    }
  }, 300_000);

  test("tells progress that ends with all of them, and the best so far", async () => {
    const told: ExperimentProgress[] = [];
    await run({ workers: 3, onProgress: (progress) => told.push(progress) });
    expect(told.at(-1)).toMatchObject({ done: told.at(-1)!.total });
    expect(told.every(({ done }, i) => i === 0 || done >= told[i - 1]!.done)).toBe(true);
    expect(new Set(told.map(({ stage }) => stage)).size).toBe(5);
  });

  test("begins a run again when what ran it died, and gives up after some times", async () => {
    const deaths = new Map<number, number>();
    const dying =
      (deadly: number) =>
      async (request: TrialRequest): Promise<TrialAnswer> => {
        const count = (deaths.get(request.trial) ?? 0) + 1;
        deaths.set(request.trial, count);
        if (request.trial === 4 && count <= deadly) throw new Problem("UNAVAILABLE", "The thread died.");
        return answerTo(request, peak);
      };
    expect(await run({ workers: 2, runTrial: dying(2) })).toEqual(alone);
    expect(deaths.get(4)).toBe(3);
    deaths.clear();
    const made: Trial[] = [];
    await run({ workers: 2, runTrial: dying(9), made });
    expect(made.find(({ trial }) => trial === 4)).toMatchObject({ status: "FAILED", message: "The thread died." });
  });

  test("keeps a run that fails as such, with the words of what went wrong, and goes on", async () => {
    const made: Trial[] = [];
    const runTrial = async (request: TrialRequest): Promise<TrialAnswer> => {
      if (request.role === "train" && request.trial % 3 === 0) {
        throw new Problem("INVALID", "It does not fit", { errors: [{ field: ROE, message: "is odd" }] });
      }
      return answerTo(request, peak);
    };
    const found = await run({ runTrial, made });
    expect(made[0]).toMatchObject({ status: "FAILED", score: null, message: `It does not fit; ${ROE}: is odd` });
    expect(found.hash).not.toBe(alone.hash);
  });

  test("ends when a trial cannot be kept, and starts no other", async () => {
    let begun = 0;
    const runTrial = async (request: TrialRequest): Promise<TrialAnswer> => {
      begun++;
      return answerTo(request, peak);
    };
    const full = run({ workers: 2, runTrial, onTrial: () => Promise.reject(new Error("the disk is full")) });
    await expect(full).rejects.toThrow("the disk is full");
    expect(begun).toBeLessThanOrEqual(2);
  });
});
