/** Measuring: blocks as long as labels overlap, intervals that hold on noise whose labels do, and words about little. */
import { expect, test } from "bun:test";
import { seededRandom } from "../../adapters/random.ts";
import { aucInterval } from "../stats/auc.ts";
import { atOnce } from "../stats/in-parts.ts";
import { sigmoid } from "../stats/log-loss.ts";
import { normalQuantile } from "../stats/normal.ts";
import { measure, notesOn, overlapOf, partOf, type Told } from "./measure.ts";

const HOUR_MS = 3_600_000;
const spans = (starts: readonly number[], length: number) =>
  starts.map((from_ts) => ({ from_ts, to_ts: from_ts + length }));

test("rows hang together as far as labels reach", () => {
  const hourly = Array.from({ length: 200 }, (_, i) => i);
  // Each touches itself and the ten after it; the last ones fewer.
  expect(overlapOf(spans(hourly, 10))).toBe(11);
  // Without any overlap the plain choice, the cube root.
  expect(overlapOf(spans(hourly, 0.5))).toBe(6);
  expect(overlapOf(spans([0, 1, 2], 100))).toBe(2);
  expect(overlapOf(spans([0], 5))).toBe(1);
});

test("a part says from when to when, how many of each kind and how many were not traded", () => {
  const rows = spans([5, 6, 9], 4).map((span, i) => ({ ...span, positive: i > 0, counterfactual: i === 2 }));
  expect(partOf(rows)).toEqual({
    ...{ from_ts: 5, to_ts: 9, until: 13, rows: 3, positives: 2, negatives: 1, counterfactual: 1 },
  });
  expect(partOf([])).toMatchObject({ rows: 0, positives: 0, from_ts: 0 });
});

/** A score that wanders by itself, and labels that tell whether the price is higher a day later: one knows nothing of the other. */
function overlappingNoise(seed: string, count: number): Told[] {
  const random = seededRandom(seed);
  const normal = () => normalQuantile(random.next() || 0.5);
  const returns = Array.from({ length: count + 24 }, normal);
  const stays = 0.5 ** (1 / 24);
  let score = normal();
  return Array.from({ length: count }, (_, i) => {
    score = stays * score + Math.sqrt(1 - stays * stays) * normal();
    const from_ts = i * HOUR_MS;
    const positive = returns.slice(i + 1, i + 25).reduce((sum, each) => sum + each, 0) > 0;
    return { from_ts, to_ts: from_ts + 24 * HOUR_MS, p: sigmoid(score), positive, counterfactual: false };
  });
}

test("on noise with overlapping labels skill is claimed far less often than by rows drawn singly, though the tail is short", () => {
  const RUNS = 14;
  let [claimed, singly] = [0, 0];
  for (let run = 0; run < RUNS; run++) {
    const told = overlappingNoise(`run ${run}`, 240);
    const { figures, interval } = atOnce(measure(told, seededRandom(run)));
    expect(interval.block).toBeGreaterThan(20);
    if (figures.auc_low! > 0.5 || figures.auc_high! < 0.5) claimed++;
    const scored = told.map(({ p, positive }) => ({ score: p, positive }));
    const { low, high } = aucInterval(scored, { chance: seededRandom(run), resamples: 100, method: "percentile" });
    if (low! > 0.5 || high! < 0.5) singly++;
  }
  expect(claimed).toBeLessThanOrEqual(5);
  expect(singly).toBeGreaterThanOrEqual(9);
});

test("each warning is given where it belongs, and none where all is well", () => {
  const part = partOf([]);
  const [train, tail] = [
    { ...part, rows: 900, positives: 400, negatives: 500 },
    { ...part, from_ts: 0, until: 24 * 30 * HOUR_MS, rows: 300, positives: 100, negatives: 200 },
  ];
  const figures = {
    auc: 0.6,
    auc_low: 0.55,
    auc_high: 0.65,
    brier: 0.2,
    brier_skill: 0.1,
    calibration_error: 0,
    log_loss: 0.5,
  };
  const well = { figures, reliability: [], train, tail, inputs: 10, label_horizon: 24 };
  expect(notesOn(well)).toEqual([]);
  const rows: [Partial<typeof well>, string][] = [
    [{ label_horizon: 36, tail: { ...tail, until: 24 * 4 * HOUR_MS } }, "only 2.7 label horizons long"],
    [{ inputs: 41 }, "400 positives for 41 inputs"],
    [{ figures: { ...figures, auc_low: 0.45 } }, "it may be luck"],
    [{ figures: { ...figures, auc_low: 0.3, auc_high: 0.45 } }, "turned round in the tail"],
    [{ figures: { ...figures, auc_low: null, auc_high: null } as never }, "too little in the tail for an interval"],
    [{ figures: { ...figures, brier_skill: -0.01 } }, "a better Brier score"],
  ];
  for (const [change, said] of rows) {
    const notes = notesOn({ ...well, ...change });
    expect([notes.length, notes[0]]).toEqual([1, expect.stringContaining(said)]);
  }
  const thin = { from: 0, to: 0.1, count: 3, mean_p: 0.05, share: 0, is_thin: true };
  expect(notesOn({ ...well, reliability: [thin, { ...thin, count: 0 }] as never })).toEqual([
    "Bins of the reliability curve with fewer than 10 rows: 1.",
  ]);
});
