/** One training under way in this process, part by part: reads, chooses λ, fits, measures. Begun anew it ends the same. */
import type { Training, TrainingData } from "../../shared/domain/training.ts";
import { asProblem } from "../../shared/errors.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { type Outcome, type Trained, type TrainStep, train } from "../../shared/trading/model/train.ts";
import { type ChosenInputs, RowMaker } from "../../shared/trading/model/training-rows.ts";
import { seededChance } from "../../shared/trading/stats/seeded-chance.ts";
import { TrainingReader } from "./training-data.ts";

const HOUR_MS = 3_600_000;
/** Of the whole, what reading takes and what choosing λ has come to at its end. */
const READ_SHARE = 0.3;
const FOLDS_SHARE = 0.85;
const FITTED_SHARE = 0.95;
const MISSING_TOLD = 3;
/** Signals that are made rows at a time. */
const ROWS_AT_ONCE = 1_000;

type Failure = NonNullable<Training["failure"]>;

/** Where it stands; `ended` once there is a model to keep, or a reason why there is none. */
export interface RunState {
  readonly stage: Training["stage"];
  readonly progress: number;
  readonly data?: TrainingData;
  readonly ended?: { readonly trained: Trained } | { readonly failure: Failure };
}

export class TrainingRun {
  readonly training_id: string;
  private readonly training: Training;
  private readonly reader: TrainingReader;
  private readonly total: number;
  private chosen: ChosenInputs = { features: [], dropped: [] };
  private made: RowMaker | undefined;
  private work: Generator<TrainStep, Outcome, unknown> | undefined;
  private state: RunState = { stage: "READING", progress: 0 };

  /** `total`: labels to be read, as far as is known. */
  constructor(store: Pick<Store, "get" | "query" | "count">, training: Training, total: number) {
    const { training_id, request, created_at } = training;
    this.training_id = training_id;
    this.training = training;
    this.total = total;
    this.reader = new TrainingReader(store, request, created_at);
  }

  /** Does a part of some milliseconds. What stores throw goes through, and the part may be tried again. */
  async part(): Promise<RunState> {
    if (this.state.ended) return this.state;
    if (this.work) this.state = this.further();
    else if (this.made) this.state = this.makeRows(this.made);
    else if (!(await this.reader.page())) this.state = this.allRead();
    else {
      const share = Math.min(1, this.reader.counts.labels / Math.max(1, this.total));
      this.state = { stage: "READING", progress: READ_SHARE * share };
    }
    return this.state;
  }

  private allRead(): RunState {
    const { features } = this.training.request;
    this.chosen = features ? { features, dropped: [] } : this.reader.census.choose();
    this.made = new RowMaker(this.chosen.features);
    if (this.chosen.features.length > 0) return { stage: "READING", progress: READ_SHARE };
    const data = this.dataOf(this.made);
    return this.failed(data, { code: "NO_INPUTS", detail: noInputs(data) });
  }

  private makeRows(made: RowMaker): RunState {
    for (const signal of this.reader.signals.splice(0, ROWS_AT_ONCE)) made.add(signal);
    if (this.reader.signals.length > 0) return this.state;
    const { label_horizon, tail_share, folds, embargo_h, l2, calibration, seed } = this.training.request;
    this.work = train(made.rows, {
      ...{ features: this.chosen.features, label_horizon, tail_share, folds, l2, calibration },
      ...{ embargo_ms: embargo_h * HOUR_MS, chance: seededChance(seed) },
    });
    return { stage: "FOLDS", progress: READ_SHARE, data: this.dataOf(made) };
  }

  private further(): RunState {
    const { data } = this.state;
    try {
      const { done, value } = this.work!.next();
      if (!done) return value === undefined ? this.state : { ...this.state, ...placeOf(value) };
      if (value.kind === "trained") {
        return { ...this.state, stage: "KEEPING", progress: FITTED_SHARE, ended: { trained: value } };
      }
      const { shortages } = value;
      const detail = [tooLittle(shortages), ...this.leftOut(data!)].join(" ");
      return this.failed(data!, { code: "TOO_LITTLE_DATA", detail, shortages });
    } catch (error) {
      const { code, message } = asProblem(error);
      // What breaks on these data would break again.
      const failure = { code, detail: message };
      const failed = this.failed(data!, failure);
      if (code !== "INTERNAL") return failed;
      this.state = failed;
      throw error;
    }
  }

  private failed(data: TrainingData, failure: Failure): RunState {
    return { ...this.state, data, ended: { failure } };
  }

  private dataOf(made: RowMaker): TrainingData {
    const { features, dropped } = this.chosen;
    return {
      ...this.reader.counts,
      ...{ without_value: made.left_out, usable: made.rows.length },
      ...{ features: [...features], dropped: [...dropped], hash: made.hash() },
    };
  }

  /** Where labels went that could not be used, in words. */
  private leftOut({ labels, later, without_signal, without_value }: TrainingData): string[] {
    const lost: string[] = [];
    if (later > 0) lost.push(`${later} came later than the training was asked for`);
    if (without_signal > 0) lost.push(`of ${without_signal} the signal is gone`);
    if (without_value > 0) {
      const worst = (this.made?.missing() ?? []).slice(0, MISSING_TOLD);
      const each = worst.map(({ feature, count }) => `${feature} in ${count}`).join(", ");
      lost.push(`in ${without_value} an input has no value (${each})`);
    }
    return [`${labels} labels were found${lost.length > 0 ? `; ${lost.join("; ")}` : ""}.`];
  }
}

const placeOf = ({ stage, done }: NonNullable<TrainStep>): Pick<RunState, "stage" | "progress"> =>
  stage === "FOLDS"
    ? { stage, progress: READ_SHARE + (FOLDS_SHARE - READ_SHARE) * done }
    : { stage, progress: FOLDS_SHARE + (FITTED_SHARE - FOLDS_SHARE) * done };

const noInputs = ({ labels }: TrainingData): string =>
  labels === 0
    ? "There is no label yet of what was asked for: labels come some hours after signals."
    : `Of ${labels} labelled signals none has a factor with a value nearly always that varies; name the features.`;

function tooLittle(shortages: NonNullable<Failure["shortages"]>): string {
  const PARTS = { train: "to learn from", tail: "in the tail" } as const;
  const each = shortages.map(({ part, kind, there, needed }) => `${there} ${kind} ${PARTS[part]}, ${needed} needed`);
  return `There is too little data: ${each.join("; ")}.`;
}
