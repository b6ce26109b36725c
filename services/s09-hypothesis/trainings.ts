/** Trainings that people ask for: kept from the start, done part by part; after a restart begun anew, to the same end. */
import { put } from "../../shared/changes.ts";
import { LABELS } from "../../shared/collections/labels.ts";
import { modelKey } from "../../shared/collections/models.ts";
import { modelCurves, trainings } from "../../shared/collections/trainings.ts";
import { canonicalHash } from "../../shared/domain/canonical.ts";
import type { ModelCurves, NewTraining, Training } from "../../shared/domain/training.ts";
import { refuse } from "../../shared/errors.ts";
import { JobQueue } from "../../shared/job-queue.ts";
import type { Row } from "../../shared/kit/ports.ts";
import { newestFirst, pageOf } from "../../shared/paging.ts";
import { refuseUnknown } from "./models.ts";
import { labelsAsked } from "./training-data.ts";
import { Finishing } from "./training-end.ts";
import { type RunState, TrainingRun } from "./training-run.ts";
import type { TrainingPorts, TrainingsAnswer, TrainingsRequest } from "./training-types.ts";

/** What fits in memory beside everything else, with some two hundred factors each. */
export const LABELS_MAX = 50_000;
/** Between two parts others of the process have their turn. */
const BREATH_MS = 1;
/** Progress is written down in steps of this. */
const TOLD_STEP = 0.05;
const STATUSES_OPEN = ["RUNNING", "QUEUED"] as const;
const KIND = {
  ...{ collection: trainings, what: "model.train", noun: "training", prefix: "training", openMax: 20 },
  fields: ["training_id", "status"],
} as const;

export class Trainings {
  readonly queue: JobQueue<Training, "training_id", "status">;
  private readonly ports: TrainingPorts;
  private readonly end: Finishing;
  private run: TrainingRun | undefined;

  constructor(ports: TrainingPorts) {
    this.ports = ports;
    this.queue = new JobQueue(ports, KIND);
    this.end = new Finishing(ports);
  }

  /** The same request as of one that is not over yet answers that one. */
  async accept(request: NewTraining, actor: string): Promise<Training> {
    const { store } = this.ports;
    if (request.features) refuseUnknown(request.features);
    const open = await store.query(trainings, { where: { status: { in: STATUSES_OPEN } }, limit: KIND.openMax });
    const wish = canonicalHash(request);
    const same = open.items.find(({ value }) => canonicalHash(value.request) === wish);
    if (same) return same.value;
    await this.queue.mustHaveRoom();
    const count = await store.count(LABELS[request.label_horizon], labelsAsked(request));
    if (count > LABELS_MAX) {
      const detail = `${count} labels are more than the ${LABELS_MAX} that one training may read`;
      refuse("INVALID", `${detail}: say a shorter window, or fewer strategies or instruments.`);
    }
    const { model_id } = request;
    const opening = this.queue.opening(request, actor);
    return this.queue.add({ ...opening, model_id, stage: "WAITING", progress: 0, request });
  }

  async list({ model_id, status, ...asked }: TrainingsRequest): Promise<TrainingsAnswer> {
    return pageOf(await this.ports.store.query(trainings, newestFirst(asked, "created_at", { model_id, status })));
  }

  async curves({ model_id, hash }: { model_id: string; hash: string }): Promise<ModelCurves> {
    const row = await this.ports.store.get(modelCurves, modelKey(model_id, hash));
    return row?.value ?? refuse("NOT_FOUND", `No model ${model_id} with that hash was trained here.`);
  }

  /** Does a part of the oldest training that is not over; false when there is nothing to do now. */
  async step(): Promise<boolean> {
    const isDone = await this.queue.step((row) => this.part(row));
    if (!isDone) await this.forgetWhatIsOver();
    return isDone;
  }

  /** What throws is waited out, and the same part tried again. */
  private async part(row: Row<Training>): Promise<void> {
    await this.ports.clock.sleep(BREATH_MS);
    const run = await this.runOf(row.value);
    const state = await run.part();
    if (isWorthTelling(row.value, state)) await this.tell(row, state);
    else if (state.ended) await this.end.keep(row, state);
  }

  /** What it has read is much. */
  private async forgetWhatIsOver(): Promise<void> {
    if (!this.run) return;
    const { status } = (await this.queue.row(this.run.training_id)).value;
    if (!STATUSES_OPEN.some((open) => open === status)) this.run = undefined;
  }

  private async runOf(training: Training): Promise<TrainingRun> {
    if (this.run?.training_id === training.training_id) return this.run;
    const { store } = this.ports;
    const { request } = training;
    const total = await store.count(LABELS[request.label_horizon], labelsAsked(request));
    this.run = new TrainingRun(store, training, total);
    return this.run;
  }

  private async tell(row: Row<Training>, { stage, progress, data }: RunState): Promise<void> {
    const { store, clock } = this.ports;
    const { waiting_for: _before, ...rest } = row.value;
    const training: Training = {
      ...{ ...rest, status: "RUNNING", stage, progress, started_at: rest.started_at ?? clock.now() },
      ...(data && { data }),
    };
    await store.commit([put(trainings, training, row.rev)]);
  }
}

const isWorthTelling = (told: Training, { stage, progress }: RunState): boolean =>
  told.status === "QUEUED" ||
  told.stage !== stage ||
  told.waiting_for !== undefined ||
  progress >= told.progress + TOLD_STEP ||
  progress < told.progress;
