import { expect, test } from "bun:test";
import fc from "fast-check";
import { REMEMBERED_MS, type Reading, THRESHOLDS } from "./judge-readings.ts";
import { decideLevel, initialLevel, type LevelState } from "./level.ts";
import { isWorse, LEVELS, type Level, RECOVERY_MS } from "./settle.ts";

const unacked = (value: number): Reading[] => [{ name: "unacked_age_ms", value, sample: 1 }];
const [BAD, FINE] = [unacked(40_000), unacked(10)];
const JUDGED = THRESHOLDS.filter(({ changes }) => changes === "level");

test("two yellows are orange, and the reasons name both", () => {
  const readings = [
    { name: "ack_p95_ms", value: 1_300, sample: 50 },
    { name: "unacked_age_ms", value: 1_500, sample: 1 },
  ];
  const { state, reasons } = decideLevel(initialLevel(0), readings, 1);
  expect(state.level).toBe("ORANGE");
  expect(reasons).toEqual(["ack_p95_ms 1300ms is over 1200ms", "unacked_age_ms 1500ms is over 1000ms"]);
});

test("figures that change something else never change the level", () => {
  const others = THRESHOLDS.filter(({ changes }) => changes !== "level");
  const readings = others.map(({ name, worse }) => ({ name, value: worse === "above" ? 1 : 0, sample: 1_000 }));
  expect(readings).toHaveLength(4);
  expect(decideLevel(initialLevel(0), readings, 1)).toMatchObject({ state: { level: "GREEN" }, reasons: [] });
});

test("worse counts at once, better only after it has held", () => {
  let { state } = decideLevel(initialLevel(0), BAD, 0);
  expect(state).toMatchObject({ level: "RED", changed_at: 0 });
  for (const [at, level] of [
    [1_000, "RED"],
    [1_000 + RECOVERY_MS - 1, "RED"],
    [1_000 + RECOVERY_MS, "GREEN"],
  ] as const) {
    ({ state } = decideLevel(state, FINE, at));
    expect(state.level).toBe(level);
  }
  expect(state.changed_at).toBe(1_000 + RECOVERY_MS);
});

test("a relapse while recovering starts the wait again", () => {
  let { state } = decideLevel(initialLevel(0), BAD, 0);
  ({ state } = decideLevel(state, FINE, 10_000));
  ({ state } = decideLevel(state, BAD, 60_000));
  ({ state } = decideLevel(state, FINE, 70_001));
  expect(state.level).toBe("RED");
});

const limitOf = (name: string, level: Level): number => {
  const t = JUDGED.find((each) => each.name === name)!;
  const past = (limit: number) => limit * (t.worse === "above" ? 1.01 : 0.99);
  if (level === "GREEN") return t.yellow;
  return past(t[level.toLowerCase() as "yellow" | "orange" | "red"]);
};
/** Some or all of the figures, each with enough data or too little, some time after the moment before. */
const moment = fc.record({
  after: fc.nat(2 * RECOVERY_MS),
  figures: fc.uniqueArray(
    fc.record({ at: fc.nat(JUDGED.length - 1), level: fc.constantFrom(...LEVELS), isEnough: fc.boolean() }),
    { maxLength: 4, selector: ({ at }) => at },
  ),
});
const readingsOf = (figures: { at: number; level: Level; isEnough: boolean }[]): Reading[] =>
  figures.map(({ at, level, isEnough }) => {
    const { name, sampleMin } = JUDGED[at]!;
    return { name, value: limitOf(name, level), sample: isEnough ? sampleMin : sampleMin - 1 };
  });

test("whatever is measured: worse at once, better only after it held, nothing without data", () => {
  fc.assert(
    fc.property(fc.array(moment, { maxLength: 40 }), (moments) => {
      let state: LevelState = initialLevel(0);
      let now = 0;
      /** How long it has been better than the level. */
      let betterSince = Number.POSITIVE_INFINITY;
      for (const { after, figures } of moments) {
        now += after;
        const readings = readingsOf(figures);
        const before = state;
        ({ state } = decideLevel(before, readings, now));
        // The level is no better than any figure with data, at once.
        for (const { level } of figures.filter((each) => each.isEnough)) {
          expect(isWorse(level, state.level)).toBe(false);
        }
        if (isWorse(before.level, state.level)) expect(now - betterSince).toBeGreaterThanOrEqual(RECOVERY_MS);
        betterSince = isWorse(state.level, state.candidate) ? Math.min(betterSince, now) : Number.POSITIVE_INFINITY;
        if (state.level === state.candidate) betterSince = Number.POSITIVE_INFINITY;
      }
    }),
    { seed: 11, numRuns: 500 },
  );
});

test("too little data never changes a level, however good or bad it looks", () => {
  const short = fc.array(fc.record({ at: fc.nat(JUDGED.length - 1), level: fc.constantFrom(...LEVELS) }));
  const enough = fc.tuple(fc.nat(JUDGED.length - 1), fc.constantFrom(...LEVELS));
  fc.assert(
    fc.property(enough, fc.array(fc.tuple(fc.nat(10 * RECOVERY_MS), short), { maxLength: 20 }), ([at, level], then) => {
      let { state } = decideLevel(initialLevel(0), readingsOf([{ at, level, isEnough: true }]), 0);
      const reached = state.level;
      let now = 0;
      for (const [after, figures] of then) {
        now += after;
        if (now >= REMEMBERED_MS) return;
        ({ state } = decideLevel(state, readingsOf(figures.map((each) => ({ ...each, isEnough: false }))), now));
        expect(state.level).toBe(reached);
      }
    }),
    { seed: 11, numRuns: 500 },
  );
});
