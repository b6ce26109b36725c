import { describe, expect, test } from "bun:test";
import { decideLevel, initialLevel, type Level, RECOVERY_MS, type Reading, THRESHOLDS } from "./level.ts";

const after = (readings: Reading[], level: Level = "GREEN") =>
  decideLevel({ level, candidate: level, since: 0 }, readings, 1_000).state.level;

describe("every threshold is driven over its edge", () => {
  for (const t of THRESHOLDS) {
    const past = (limit: number) => limit * (t.worse === "above" ? 1.01 : 0.99);
    const rows: [number, number, Level][] = [
      [t.yellow, t.sampleMin, "GREEN"],
      [past(t.yellow), t.sampleMin, "YELLOW"],
      [t.orange, t.sampleMin, "YELLOW"],
      [past(t.orange), t.sampleMin, "ORANGE"],
      [t.red, t.sampleMin, "ORANGE"],
      [past(t.red), t.sampleMin, "RED"],
      [past(t.red), t.sampleMin - 1, "GREEN"],
      [Number.NaN, t.sampleMin, "GREEN"],
    ];
    for (const [value, sample, level] of rows) {
      test(`${t.name} ${value} of ${sample} is ${level}`, () => {
        expect(after([{ name: t.name, value, sample }])).toBe(level);
      });
    }
  }
});

test("two yellows are orange, and the reasons name both", () => {
  const readings = [
    { name: "ack_p95_ms", value: 1_300, sample: 50 },
    { name: "unacked_age_ms", value: 1_500, sample: 1 },
  ];
  const { state, reasons } = decideLevel(initialLevel(0), readings, 1);
  expect(state.level).toBe("ORANGE");
  expect(reasons).toEqual(["ack_p95_ms 1300ms is over 1200ms", "unacked_age_ms 1500ms is over 1000ms"]);
});

test("worse counts at once, better only after it has held", () => {
  const bad = [{ name: "unacked_age_ms", value: 40_000, sample: 1 }];
  let { state } = decideLevel(initialLevel(0), bad, 0);
  expect(state.level).toBe("RED");
  ({ state } = decideLevel(state, [], 1_000));
  expect(state.level).toBe("RED");
  ({ state } = decideLevel(state, [], 1_000 + RECOVERY_MS - 1));
  expect(state.level).toBe("RED");
  ({ state } = decideLevel(state, [], 1_000 + RECOVERY_MS));
  expect(state.level).toBe("GREEN");
});

test("a relapse while recovering starts the wait again", () => {
  let { state } = decideLevel(initialLevel(0), [{ name: "unacked_age_ms", value: 40_000, sample: 1 }], 0);
  ({ state } = decideLevel(state, [], 10_000));
  ({ state } = decideLevel(state, [{ name: "unacked_age_ms", value: 40_000, sample: 1 }], 60_000));
  ({ state } = decideLevel(state, [], 70_001));
  expect(state.level).toBe("RED");
});
