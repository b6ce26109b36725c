/** The split of triggers: its share over many slots, one arm within a slot, and its end. */
import { expect, test } from "bun:test";
import { armOf, type Split } from "./arms.ts";

const T = 1_700_000_000_000;
const HOUR_MS = 3_600_000;
const split: Split = { promotion_id: "p", traffic_pct: 20, slot_ms: HOUR_MS, until: T + 10_000 * HOUR_MS };
const slots = (count: number, from = T) => Array.from({ length: count }, (_, i) => from + i * HOUR_MS);

test("a share of the slots is the canary's, and all of a slot is of one arm", () => {
  const arms = slots(5_000).map((ts) => armOf(split, "FUT:BTCUSDT", ts));
  const share = arms.filter((arm) => arm === "CANARY").length / arms.length;
  expect(Math.abs(share - 0.2)).toBeLessThan(0.02);
  const first = Math.ceil(T / HOUR_MS) * HOUR_MS;
  for (const ts of slots(50, first)) {
    expect(armOf(split, "FUT:BTCUSDT", ts + HOUR_MS - 1)).toBe(armOf(split, "FUT:BTCUSDT", ts));
  }
});

test("from its end on nothing is the canary's, though nobody has said that it is over", () => {
  const ended = { ...split, until: T + 2_000 * HOUR_MS };
  const arms = (from: number) => slots(2_000, from).map((ts) => armOf(ended, "FUT:BTCUSDT", ts));
  expect(new Set(arms(T))).toEqual(new Set(["STABLE", "CANARY"]));
  expect(new Set(arms(ended.until))).toEqual(new Set(["STABLE"]));
});
