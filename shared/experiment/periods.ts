/** The length of the periods that returns are told by: as long as leaves enough of them to say something. */
import type { TestWindow } from "../domain/experiment.ts";
import { DAY_MS } from "../trading/stats/equity-curve.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
/** So many of a length are enough for it. */
const ENOUGH = 60;
const LENGTHS = [DAY_MS, HOUR_MS, MINUTE_MS, 10 * SECOND_MS] as const;

/** A day, an hour, a minute, ten seconds or one. */
export const periodOf = (span_ms: number): number => LENGTHS.find((length) => span_ms >= ENOUGH * length) ?? SECOND_MS;

/** Between two points of equity: of a day an hour, so that a drawdown within it is seen too. */
export const sampleOf = (period_ms: number): number => Math.min(period_ms, Math.max(MINUTE_MS, period_ms / 24));

export const lengthOf = (windows: readonly TestWindow[]): number =>
  windows.reduce((sum, { from, to }) => sum + to - from, 0);
