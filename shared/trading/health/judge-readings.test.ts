import { describe, expect, test } from "bun:test";
import { judgeReading, judgeReadings, RED_FRESH_MS, REMEMBERED_MS, THRESHOLDS } from "./judge-readings.ts";
import type { Level } from "./settle.ts";

const NOW = 1_000;

describe("every threshold is driven over its edge", () => {
  for (const t of THRESHOLDS) {
    const past = (limit: number) => limit * (t.worse === "above" ? 1.01 : 0.99);
    const rows: [number, number, Level | undefined][] = [
      [t.yellow, t.sampleMin, "GREEN"],
      [past(t.yellow), t.sampleMin, "YELLOW"],
      [t.orange, t.sampleMin, "YELLOW"],
      [past(t.orange), t.sampleMin, "ORANGE"],
      [t.red, t.sampleMin, "ORANGE"],
      [past(t.red), t.sampleMin, "RED"],
      [past(t.red), t.sampleMin - 1, undefined],
      [Number.NaN, t.sampleMin, undefined],
    ];
    for (const [value, sample, level] of rows) {
      test(`${t.name} ${value} of ${sample} is ${level ?? "nothing"}`, () => {
        expect(judgeReading({ name: t.name, value, sample }, NOW)?.level).toBe(level as Level);
      });
    }
  }
});

test("red is said while it happens, and is orange when nothing bad has been for a while", () => {
  const errors = { name: "submit_error_share", value: 0.2, sample: 50, badAt: NOW };
  expect(judgeReading(errors, NOW + RED_FRESH_MS - 1)?.level).toBe("RED");
  expect(judgeReading(errors, NOW + RED_FRESH_MS)).toEqual({
    level: "ORANGE",
    reason: "submit_error_share 0.2 is over 0.1, but not in the last 30 min",
  });
});

test("what was said with enough data stands while there is too little, and not for ever", () => {
  const [enough, short] = [50, 49].map((sample) => ({ name: "ack_p95_ms", value: sample === 50 ? 4_000 : 1, sample }));
  const level = { changes: "level" as const };
  const { said } = judgeReadings({}, [enough!], { ...level, now: NOW });
  const then = (now: number) => judgeReadings(said, [short!], { ...level, now }).verdicts;
  expect(then(NOW + REMEMBERED_MS - 1)).toEqual([
    { level: "RED", reason: "ack_p95_ms 4000ms is over 3000ms; too little has been measured since" },
  ]);
  expect(then(NOW + REMEMBERED_MS)).toEqual([]);
  expect(judgeReadings({}, [short!], { ...level, now: NOW }).verdicts).toEqual([]);
});
