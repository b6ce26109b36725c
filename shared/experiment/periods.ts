/** The length of the periods that returns are told by: as long as leaves enough of them to say something. */
import type { TestWindow } from "../domain/experiment.ts";
import { DAY_MS } from "../trading/stats/equity-curve.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** So many of a length are enough for it. */
const ENOUGH = 60;

/** A day, an hour or a minute. */
export function periodOf(span_ms: number): number {
  if (span_ms >= ENOUGH * DAY_MS) return DAY_MS;
  return span_ms >= ENOUGH * HOUR_MS ? HOUR_MS : MINUTE_MS;
}

/** Between two points of equity, so that a drawdown within a period is seen too. */
export const sampleOf = (period_ms: number): number => (period_ms === DAY_MS ? HOUR_MS : MINUTE_MS);

export const lengthOf = (windows: readonly TestWindow[]): number =>
  windows.reduce((sum, { from, to }) => sum + to - from, 0);
