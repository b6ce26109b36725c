/** Walk-forward windows: train on the past, test on what comes next, step on. */
import { refuse } from "../../errors.ts";

/** [from_ts, to_ts), epoch ms. */
export interface Window {
  from_ts: number;
  to_ts: number;
}

export interface WalkForwardStep {
  train: Window;
  test: Window;
}

export interface WalkForwardOptions {
  readonly from_ts: number;
  readonly to_ts: number;
  readonly train_ms: number;
  readonly test_ms: number;
  /** From one test to the next; as long as a test where not said: tests then neither overlap nor leave out. */
  readonly step_ms?: number;
  /** Between training and test: at least the label's horizon, else training labels are made of prices of the test. */
  readonly gap_ms?: number;
  /** Training always begins at `from_ts` and grows; else it moves along with the length `train_ms`. */
  readonly anchored?: boolean;
}

export const WINDOWS_MAX = 10_000;

/**
 * Every step whose test ends by `to_ts`; an unfinished last one is left out. Pardo, The Evaluation and Optimization of
 * Trading Strategies, 2008, ch. 11; the gap is the purge of López de Prado 2018, ch. 7. Empty where not even one fits;
 * refuses lengths that are not positive, and more than `WINDOWS_MAX` steps, with INVALID.
 */
export function walkForward(options: WalkForwardOptions): WalkForwardStep[] {
  const { from_ts, to_ts, train_ms, test_ms, step_ms = test_ms, gap_ms = 0, anchored = false } = options;
  if (!(train_ms > 0 && test_ms > 0 && step_ms > 0)) refuse("INVALID", "Training, test and step take time.");
  if (!(gap_ms >= 0)) refuse("INVALID", `A gap is not negative: ${gap_ms}`);
  if (!(Number.isFinite(from_ts) && Number.isFinite(to_ts))) refuse("INVALID", "From when to when is to be said.");
  const first = from_ts + train_ms + gap_ms;
  const count = Math.floor((to_ts - test_ms - first) / step_ms) + 1;
  if (count > WINDOWS_MAX) refuse("INVALID", `At most ${WINDOWS_MAX} steps, not ${count}.`);
  return Array.from({ length: Math.max(0, count) }, (_, step) => {
    const begins = first + step * step_ms;
    const trained = begins - gap_ms;
    return {
      train: { from_ts: anchored ? from_ts : trained - train_ms, to_ts: trained },
      test: { from_ts: begins, to_ts: begins + test_ms },
    };
  });
}
