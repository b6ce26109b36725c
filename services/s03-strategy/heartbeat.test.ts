/** Silence of features is told once, by instrument, and so is its end. */
import { expect, test } from "bun:test";
import { createHeartbeat } from "./heartbeat.ts";

const LIMIT = 10_000;
function beatOf(instruments: string[]) {
  const heard = new Map<string, number>();
  const told: string[] = [];
  const time = { now: 1_000_000 };
  const beat = createHeartbeat({
    heardAt: (instrument) => heard.get(instrument),
    watched: () => instruments,
    now: () => time.now,
    silentMs: LIMIT,
    alert: (severity, code, message) => void told.push(`${severity} ${code} ${message}`),
  });
  const after = (ms: number, ...fresh: string[]) => {
    time.now += ms;
    for (const instrument of fresh) heard.set(instrument, time.now);
    beat();
    return told.splice(0);
  };
  return { after, instruments };
}

test("an instrument falls silent, is told once, comes back, is told once", () => {
  const { after } = beatOf(["A", "B"]);
  expect(after(0, "A", "B")).toEqual([]);
  expect(after(LIMIT, "B")).toEqual([]);
  expect(after(1, "B")).toEqual(["WARN FEATURES_SILENT No features for over 10000 ms: A."]);
  expect(after(60_000, "B")).toEqual([]);
  expect(after(5_000, "A", "B")).toEqual(["INFO FEATURES_BACK Features come again: A."]);
  expect(after(5_000)).toEqual([]);
});

test("one that never came is silent after the same time, from when it was wanted", () => {
  const { after, instruments } = beatOf(["A"]);
  expect(after(0)).toEqual([]);
  expect(after(LIMIT + 1, "A")).toEqual([]);
  instruments.push("B");
  expect(after(1, "A")).toEqual([]);
  expect(after(LIMIT + 1, "A")).toEqual(["WARN FEATURES_SILENT No features for over 10000 ms: B."]);
});

test("one that is no longer traded is forgotten", () => {
  const { after, instruments } = beatOf(["A"]);
  after(0);
  expect(after(LIMIT + 1)).toHaveLength(1);
  instruments.pop();
  expect(after(1)).toEqual([]);
  instruments.push("A");
  expect(after(1, "A")).toEqual([]);
});
