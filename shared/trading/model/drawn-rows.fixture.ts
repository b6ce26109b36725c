/** Rows for training tests, drawn from a logistic truth that is known. */
import { seededRandom } from "../../adapters/random.ts";
import { sigmoid } from "../stats/log-loss.ts";
import { normalQuantile } from "../stats/normal.ts";
import type { TrainingRow } from "./training-rows.ts";

export const HOUR_MS = 3_600_000;
export const BEGIN = Date.UTC(2026, 0, 5);

export interface Truth {
  readonly weights: readonly number[];
  readonly bias: number;
}

export interface Wish {
  readonly seed: string;
  readonly count: number;
  readonly truth: Truth;
  /** Between two rows; labels last for 12 hours. */
  readonly every_h?: number;
  /** Mean and deviation of each input; 0 and 1 unless said otherwise. */
  readonly scales?: readonly (readonly [number, number])[];
}

export const truly = ({ weights, bias }: Truth, inputs: readonly number[]): number =>
  sigmoid(weights.reduce((z, w, j) => z + w * inputs[j]!, bias));

export function drawnRows({ seed, count, truth, every_h = 13, scales }: Wish): TrainingRow[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, i) => {
    const inputs = truth.weights.map((_w, j) => {
      const [mean, deviation] = scales?.[j] ?? [0, 1];
      return Math.fround(mean + deviation * normalQuantile(random.next() || 0.5));
    });
    const from_ts = BEGIN + i * every_h * HOUR_MS;
    return {
      ...{ signal_id: `signal-${i}`, from_ts, to_ts: from_ts + 12 * HOUR_MS, inputs },
      ...{ positive: random.next() < truly(truth, inputs), counterfactual: i % 3 === 0 },
    };
  });
}
