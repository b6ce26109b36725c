/** What a model learns from: labelled signals made into rows of inputs, and which factors are inputs where nobody said. */
import { createHash } from "node:crypto";
import type { FeatureValues } from "../../domain/decision.ts";
import { MODEL_FEATURES_MAX } from "../../domain/model.ts";
import { inputsOf } from "../decision/model.ts";
import { parseFactor, SIDE_FACTOR } from "../factors/registry.ts";

/** A signal as it was seen, and what came of it. */
export interface LabelledSignal {
  readonly signal_id: string;
  /** The span of its label: from the signal, exchange time, to the horizon. */
  readonly from_ts: number;
  readonly to_ts: number;
  /** 1 to buy, −1 to sell. */
  readonly side: 1 | -1;
  readonly positive: boolean;
  readonly counterfactual: boolean;
  readonly values: FeatureValues;
}

export interface TrainingRow extends Omit<LabelledSignal, "values" | "side"> {
  /** In the order of the features, each a 32-bit float, as the model is given them when it is asked. */
  readonly inputs: readonly number[];
}

export interface ChosenInputs {
  readonly features: readonly string[];
  readonly dropped: { feature: string; why: string }[];
}

/** A factor that is missing more often would cost the model its say too often. */
const COVERAGE_MIN = 0.9;

/** Their level tells the time and the instrument, not whether an entry is good. */
const PRICES: ReadonlySet<string> = new Set([
  ...["mid", "microprice", "last", "close", "vwap", "ema", "bb_mid", "donchian_high", "donchian_low", "swing_turn"],
]);

/** Counts, as signals are read, which factors they carry, and says which of them make good inputs. */
export class InputCensus {
  readonly #seen = new Map<string, { count: number; first: number; varies: boolean }>();
  readonly #sides = new Set<number>();
  #signals = 0;

  add({ values, side }: Pick<LabelledSignal, "values" | "side">): void {
    this.#signals += 1;
    this.#sides.add(side);
    for (const [id, value] of Object.entries(values)) {
      const single = Math.fround(value ?? Number.NaN);
      if (!Number.isFinite(single)) continue;
      const so = this.#seen.get(id);
      if (so === undefined) this.#seen.set(id, { count: 1, first: single, varies: false });
      else {
        so.count += 1;
        so.varies ||= single !== so.first;
      }
    }
  }

  /**
   * Every factor with a value nearly always, in alphabetical order, then the side: without prices, without those that
   * never vary, and at most as many as a model may have, those with the most values first.
   */
  choose(): ChosenInputs {
    const dropped: ChosenInputs["dropped"] = [];
    const kept: { id: string; count: number }[] = [];
    for (const [id, { count, varies }] of [...this.#seen].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      const why = whyNot(id, { share: count / this.#signals, varies });
      if (why === undefined) kept.push({ id, count });
      else dropped.push({ feature: id, why });
    }
    const room = MODEL_FEATURES_MAX - 1;
    const most = kept.toSorted((a, b) => b.count - a.count || (a.id < b.id ? -1 : 1));
    for (const { id } of most.slice(room)) dropped.push({ feature: id, why: `beyond ${MODEL_FEATURES_MAX} inputs` });
    const taken = new Set(most.slice(0, room).map(({ id }) => id));
    const factors = kept.filter(({ id }) => taken.has(id)).map(({ id }) => id);
    if (this.#sides.size > 1) return { features: [...factors, SIDE_FACTOR], dropped };
    return { features: factors, dropped: [...dropped, { feature: SIDE_FACTOR, why: "never varies" }] };
  }
}

function whyNot(id: string, { share, varies }: { share: number; varies: boolean }): string | undefined {
  const factor = parseFactor(id);
  if (factor === undefined) return "no factor any more";
  if (PRICES.has(factor.family.family)) return "a price";
  if (share < COVERAGE_MIN) return `a value in ${Math.floor(share * 100)} % of the signals`;
  return varies ? undefined : "never varies";
}

/** Makes rows of signals, one after another, and tells how often which input had no value. */
export class RowMaker {
  /** Signals in which an input has no value are left out, as the model will have no say about such. */
  readonly rows: TrainingRow[] = [];
  readonly #features: string[];
  readonly #missing = new Map<string, number>();
  readonly #hash = createHash("sha256");
  #left_out = 0;

  constructor(features: readonly string[]) {
    this.#features = [...features];
    this.#hash.update(JSON.stringify(features));
  }

  add({ values, side, ...signal }: LabelledSignal): void {
    const inputs = inputsOf({ features: this.#features }, values, side)?.map(Math.fround);
    if (inputs === undefined) {
      this.#tally(values);
      return;
    }
    this.rows.push({ ...signal, inputs });
    const { signal_id, from_ts, to_ts, positive, counterfactual } = signal;
    this.#hash.update(JSON.stringify([signal_id, from_ts, to_ts, positive, counterfactual]));
    this.#hash.update(Float32Array.from(inputs));
  }

  #tally(values: FeatureValues): void {
    this.#left_out += 1;
    for (const id of this.#features) {
      if (id === SIDE_FACTOR || Number.isFinite(Math.fround(values[id] ?? Number.NaN))) continue;
      this.#missing.set(id, (this.#missing.get(id) ?? 0) + 1);
    }
  }

  get left_out(): number {
    return this.#left_out;
  }

  /** How often each input had no value, those that lacked most first; none that never did. */
  missing(): { feature: string; count: number }[] {
    return [...this.#missing]
      .map(([feature, count]) => ({ feature, count }))
      .toSorted((a, b) => b.count - a.count || (a.feature < b.feature ? -1 : 1));
  }

  /** Of all that a model learns from: the same rows in the same order have the same one. Once, at the end. */
  hash(): string {
    return this.#hash.digest("hex");
  }
}
