/** Ends a training: its file must say what the fit says, then model, curves and result go on record in one commit. */
import { put } from "../../shared/changes.ts";
import { modelKey, models } from "../../shared/collections/models.ts";
import { modelCurves, trainings } from "../../shared/collections/trainings.ts";
import type { Training, TrainingResult } from "../../shared/domain/training.ts";
import { asProblem } from "../../shared/errors.ts";
import type { Op, Row } from "../../shared/kit/ports.ts";
import type { Trained } from "../../shared/trading/model/train.ts";
import { probability, trainedOnnx } from "../../shared/trading/model/trained-model.ts";
import { hashOfModel } from "./models.ts";
import type { RunState } from "./training-run.ts";
import type { TrainingPorts } from "./training-types.ts";

/** A file that is further off than this from the model that was measured is another model. */
export const ONNX_OFF_MAX = 1e-6;
const BATCH = 1_000;

type Failure = NonNullable<Training["failure"]>;

export class Finishing {
  private readonly ports: TrainingPorts;
  constructor(ports: TrainingPorts) {
    this.ports = ports;
  }

  /** `state` has ended. Throws CONFLICT where the training was cancelled meanwhile. */
  async keep(row: Row<Training>, { ended, data }: RunState): Promise<void> {
    if (!ended) return;
    const training: Training = { ...row.value, ...(data && { data }) };
    if ("failure" in ended) return this.fail({ ...row, value: training }, ended.failure);
    const { trained } = ended;
    const file = trainedOnnx(trained.model);
    const onnx_off = await this.offBy(file, trained);
    if (!(onnx_off <= ONNX_OFF_MAX)) {
      const detail = `Its file is off by ${onnx_off} from the model, more than ${ONNX_OFF_MAX}: scale its inputs.`;
      return this.fail({ ...row, value: training }, { code: "ONNX_DIFFERS", detail });
    }
    const result = resultOf(training, trained, { hash: hashOfModel(file), onnx_off });
    const { request, training_id, actor } = training;
    const { model_id, label_horizon, note } = request;
    const about = {
      ...{ model_id, label_horizon, features: result.features, reference: [...trained.reference] },
      ...{ window: { from_ts: trained.train.from_ts, to_ts: trained.train.until }, metrics: metricsOf(trained) },
      ...(note !== undefined && { note }),
      training_id,
    };
    try {
      await this.ports.models.keep(file, about, {
        author: actor,
        also: await this.records(row, training, trained, result),
      });
    } catch (error) {
      const failure = await this.lasting(about, result.hash, error);
      if (failure === undefined) throw error;
      await this.fail({ ...row, value: training }, failure);
    }
  }

  /** Why trying again would not help; undefined where it would. */
  private async lasting(
    { model_id, features }: { model_id: string; features: readonly string[] },
    hash: string,
    error: unknown,
  ): Promise<Failure | undefined> {
    const { code, message } = asProblem(error);
    if (code === "RULE") return { code, detail: message };
    if (code !== "CONFLICT") return undefined;
    const known = (await this.ports.store.get(models, modelKey(model_id, hash)))?.value;
    const isOther = known !== undefined && known.features.join() !== features.join();
    return isOther ? { code, detail: message } : undefined;
  }

  private async records(
    row: Row<Training>,
    training: Training,
    trained: Trained,
    result: TrainingResult,
  ): Promise<Op[]> {
    const { store, clock } = this.ports;
    const { training_id, model_id, request } = training;
    const { label_horizon, calibration, seed } = request;
    const { hash, notes } = result;
    const { waiting_for: _before, ...rest } = training;
    const now = clock.now();
    const done: Training = {
      ...{ ...rest, status: "DONE", stage: "OVER", progress: 1, result },
      ...{ started_at: rest.started_at ?? now, ended_at: now },
    };
    const { train, tail, purged, l2, figures, interval, reliability, roc, histogram, folds, l2_tried, weights } =
      trained;
    const curves = {
      ...{ model_id, hash, training_id, label_horizon, calibration, l2, seed, train, tail, purged, figures, interval },
      ...{ reliability, roc, histogram, folds, l2_tried, weights, notes, created_at: now },
    };
    const known = await store.get(modelCurves, modelKey(model_id, hash));
    return [put(trainings, done, row.rev), ...(known ? [] : [put(modelCurves, curves, null)])];
  }

  private async fail({ rev, value }: Row<Training>, failure: Failure): Promise<void> {
    const { store, clock } = this.ports;
    const { waiting_for: _before, ...rest } = value;
    const now = clock.now();
    const training: Training = {
      ...{ ...rest, status: "FAILED", stage: "OVER", failure, started_at: rest.started_at ?? now, ended_at: now },
    };
    await store.commit([put(trainings, training, rev)]);
  }

  private async offBy(file: Uint8Array, { model, tail_rows }: Trained): Promise<number> {
    const loaded = await this.ports.inference.load(file, model.weights.length);
    try {
      let off = 0;
      for (let from = 0; from < tail_rows.length; from += BATCH) {
        const some = tail_rows.slice(from, from + BATCH);
        const said = await loaded.run(some.map(({ inputs }) => inputs));
        for (const [i, p] of said.entries()) off = Math.max(off, Math.abs(p - probability(model, some[i]!.inputs)));
      }
      return off;
    } finally {
      await loaded.release();
    }
  }
}

function resultOf(
  { data }: Training,
  { l2, train, tail, purged, figures, notes }: Trained,
  file: Pick<TrainingResult, "hash" | "onnx_off">,
): TrainingResult {
  return { ...file, features: data?.features ?? [], l2, train, tail, purged, figures, notes };
}

/** Those that can be told, of the tail; and of how many rows. */
function metricsOf({ figures, train, tail }: Trained): Record<string, number> {
  const told = Object.entries(figures).filter((entry): entry is [string, number] => entry[1] !== null);
  const counts = { samples: tail.rows, positives: tail.positives, train_samples: train.rows };
  return { ...Object.fromEntries(told), ...counts, train_positives: train.positives };
}
