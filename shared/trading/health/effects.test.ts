import { describe, expect, test } from "bun:test";
import { decideEffects, type EffectState, initialEffects, SPOT_SIZE, TAKERS_ONLY_MS } from "./effects.ts";
import type { Reading } from "./judge-readings.ts";
import { RECOVERY_MS } from "./settle.ts";

const reading = (name: string, value: number, sample: number): Reading => ({ name, value, sample });
/** The effects after each of these moments. */
function told(moments: [now: number, readings: Reading[], models_of?: string][]) {
  let state: EffectState = initialEffects(0);
  return moments.map(([now, readings, models_of = ""]) => {
    const decided = decideEffects(state, { readings, models_of }, now);
    state = decided.state;
    return decided.effects;
  });
}

describe("makers", () => {
  const posts = (ratio: number, sample = 30) => [reading("maker_fill_ratio", ratio, sample)];
  test("rest for an hour below the orange limit, then are tried afresh", () => {
    const [at, yellow, resting, before, fresh, again] = told([
      [0, posts(0.5)],
      [1, posts(0.44)],
      [2, posts(1, 0)],
      [TAKERS_ONLY_MS, posts(0.2)],
      [TAKERS_ONLY_MS + 1, posts(0, 0)],
      [TAKERS_ONLY_MS + 60_000, posts(0.3)],
    ]);
    expect(at).toEqual({});
    expect(yellow).toEqual({ takers_only: "maker_fill_ratio 0.44 is under 0.45" });
    expect([resting, before]).toEqual([yellow, yellow]);
    expect(fresh).toEqual({});
    expect(again).toEqual({ takers_only: "maker_fill_ratio 0.3 is under 0.35" });
  });
  test("only posts made after the rest count for the next", () => {
    const { state } = decideEffects(initialEffects(0), { readings: posts(0.1), models_of: "" }, 7);
    expect(state.posts_from).toBe(7 + TAKERS_ONLY_MS);
  });
  test("go on while there are too few posts to tell", () => {
    expect(told([[0, posts(0, 29)]])).toEqual([{}]);
  });
});

describe("spot size", () => {
  const short = (share: number, sample = 30) => [reading("spot_balance_short_share", share, sample)];
  test("is smaller at once by how often the balance was too small, and whole only after a minute", () => {
    const sizes = told([
      [0, short(0.03)],
      [1, short(0.04)],
      [2, short(0.07)],
      [3, short(0.2)],
      [4, short(0)],
      [3 + RECOVERY_MS, short(0)],
      [4 + RECOVERY_MS, short(0)],
    ]).map(({ spot_size }) => spot_size?.mult ?? 1);
    const { YELLOW, ORANGE, RED } = SPOT_SIZE;
    expect(sizes).toEqual([1, YELLOW, ORANGE, RED, RED, RED, 1]);
  });
  test("stays as it is while there are too few orders to tell", () => {
    const sizes = told([
      [0, short(1, 29)],
      [1, short(0.2)],
      [10 * RECOVERY_MS, short(0, 29)],
    ]).map(({ spot_size }) => spot_size?.mult ?? 1);
    expect(sizes).toEqual([1, SPOT_SIZE.RED, SPOT_SIZE.RED]);
  });
});

describe("models", () => {
  const measured = (auc: number, brier: number, sample = 300) => [
    reading("model_auc", auc, sample),
    reading("model_brier", brier, sample),
  ];
  test("have no say while one of their figures is surely beyond its orange limit", () => {
    const off = told([
      [0, measured(0.56, 0.24)],
      [1, measured(0.54, 0.2)],
      [2, measured(0.7, 0.2)],
      [2 + RECOVERY_MS, measured(0.7, 0.2)],
      [3 + RECOVERY_MS, measured(0.7, 0.26)],
    ]).map(({ models_off }) => models_off);
    const low = "model_auc 0.54 is under 0.55";
    expect(off).toEqual([undefined, low, low, undefined, "model_brier 0.26 is over 0.25"]);
  });
  test("that are others than before have their say until something is known of them", () => {
    const off = told([
      [0, measured(0.4, 0.2), "old"],
      [1, measured(0, 1, 10), "new"],
      [2, measured(0, 1, 10), "new"],
    ]).map(({ models_off }) => models_off);
    expect(off).toEqual(["model_auc 0.4 is under 0.5", undefined, undefined]);
  });
  test("keep it while there are too few labels to tell", () => {
    expect(told([[0, measured(0.1, 0.9, 299)]])).toEqual([{}]);
  });
});
