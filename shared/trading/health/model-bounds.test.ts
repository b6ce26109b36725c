import { expect, test } from "bun:test";
import { atOnce } from "../stats/in-parts.ts";
import { seededChance } from "../stats/seeded-chance.ts";
import { modelBounds, type Said } from "./model-bounds.ts";

const HOUR = 3_600_000;
/** Labels of 12 hours every 13: what was said holds with this much skill, or is turned round. */
function said(count: number, skill: number): Said[] {
  const chance = seededChance(5);
  return Array.from({ length: count }, (_, nth) => {
    const p = chance.next();
    const positive = chance.next() < 0.5 + skill * (p - 0.5);
    return { p, positive, from_ts: nth * 13 * HOUR, to_ts: nth * 13 * HOUR + 12 * HOUR };
  });
}
const bounds = (rows: Said[]) => atOnce(modelBounds(rows, seededChance(1)));

test("a model that knows something may be good, one that knows nothing or the wrong thing surely is not", () => {
  expect(bounds(said(400, 1)).auc_high).toBeGreaterThan(0.8);
  expect(bounds(said(2_000, 0)).auc_high).toBeLessThan(0.55);
  expect(bounds(said(400, -1)).auc_high).toBeLessThan(0.3);
});
test("the Brier score's lower end is below the score, and high where it is surely bad", () => {
  expect(bounds(said(400, 1)).brier_low).toBeLessThan(0.18);
  expect(bounds(said(2_000, -1)).brier_low).toBeGreaterThan(0.45);
});
test("where nothing is known there is nothing to tell", () => {
  expect(bounds([])).toEqual({ auc_high: null, brier_low: null });
  expect(bounds(said(50, 1).map((row) => ({ ...row, positive: true }))).auc_high).toBeNull();
});
