/** Trainings that people ask for: kept from the start, done part by part; after a restart begun anew, to the same end. */
import { put } from "../../shared/changes.ts";
import { LABELS } from "../../shared/collections/labels.ts";
import { modelKey } from "../../shared/collections/models.ts";
import { modelCurves, trainings } from "../../shared/collections/trainings.ts";
import { canonicalHash } from "../../shared/domain/canonical.ts";
import type { ModelCurves, NewTraining, Training } from "../../shared/domain/training.ts";
import { asProblem, refuse } from "../../shared/errors.ts";
import { digest } from "../../shared/keys.ts";
import type { Row } from "../../shared/kit/ports.ts";
import { newestFirst, pageOf } from "../../shared/paging.ts";
import { refuseUnknown } from "./models.ts";
import { labelsAsked } from "./training-data.ts";
import { Finishing } from "./training-end.ts";
import { type RunState, TrainingRun } from "./training-run.ts";
import type { TrainingPorts, TrainingsAnswer, TrainingsRequest } from "./training-types.ts";

const WAITING_MAX = 20;
/** What fits in memory beside everything else, with some two hundred factors each. */
export const LABELS_MAX = 50_000;
/** While stores or files cannot be reached. */
const WAIT_MS = 15_000;
/** Between two parts others of the process have their turn. */
const BREATH_MS = 1;
/** Progress is written down in steps of this. */
const TOLD_STEP = 0.05;
const STATUSES_OPEN = ["RUNNING", "QUEUED"] as const;
const WHAT = "model.train";

export class Trainings {
  private readonly ports: TrainingPorts;
  private readonly end: Finishing;
  /** Whether the store may hold a training that is not over; at the start it may. */
  private mayBeWaiting = true;
  private notBefore = 0;
  private run: TrainingRun | undefined;

  constructor(ports: TrainingPorts) {
    this.ports = ports;
    this.end = new Finishing(ports);
  }

  /** The same request as of one that is not over yet answers that one. */
  async accept(request: NewTraining, actor: string): Promise<Training> {
    const { store, clock, audit } = this.ports;
    if (request.features) refuseUnknown(request.features);
    const open = await store.query(trainings, { where: { status: { in: STATUSES_OPEN } }, limit: WAITING_MAX });
    const wish = canonicalHash(request);
    const same = open.items.find(({ value }) => canonicalHash(value.request) === wish);
    if (same) return same.value;
    if (open.items.length >= WAITING_MAX) {
      refuse("WRONG_STATE", `${open.items.length} trainings wait already.`, { retryAfterMs: WAIT_MS });
    }
    const count = await store.count(LABELS[request.label_horizon], labelsAsked(request));
    if (count > LABELS_MAX) {
      const detail = `${count} labels are more than the ${LABELS_MAX} that one training may read`;
      refuse("INVALID", `${detail}: say a shorter window, or fewer strategies or instruments.`);
    }
    const now = clock.now();
    const training: Training = {
      training_id: `training-${Math.floor(now)}-${digest(String(now), actor, wish).slice(0, 8)}`,
      ...{ model_id: request.model_id, status: "QUEUED", stage: "WAITING", progress: 0, request },
      ...{ actor, created_at: now },
    };
    const entry = audit({ actor, what: WHAT, ref: training.training_id, outcome: "accepted", after: request });
    await store.commit([put(trainings, training, null), entry]);
    this.mayBeWaiting = true;
    return training;
  }

  /** Nothing of it is kept. One that is over is refused. */
  async cancel(training_id: string, actor: string): Promise<Training> {
    const { store, clock, audit } = this.ports;
    for (;;) {
      const row = await this.row(training_id);
      const { status } = row.value;
      if (status === "CANCELED") return row.value;
      if (status === "DONE" || status === "FAILED") refuse("WRONG_STATE", `${training_id} is over: ${status}.`);
      const { waiting_for: _before, ...rest } = row.value;
      const training: Training = { ...rest, status: "CANCELED", stage: "OVER", ended_at: clock.now() };
      const entry = audit({ actor, what: WHAT, ref: training_id, outcome: "canceled" });
      try {
        await store.commit([put(trainings, training, row.rev), entry]);
        return training;
      } catch (error) {
        // Its progress was written meanwhile.
        if (asProblem(error).code !== "CONFLICT") throw error;
      }
    }
  }

  async row(training_id: string): Promise<Row<Training>> {
    const row = await this.ports.store.get(trainings, training_id);
    return row ?? refuse("NOT_FOUND", `There is no training ${training_id}.`);
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
    const { store, clock } = this.ports;
    if (!this.mayBeWaiting || clock.now() < this.notBefore) return false;
    await clock.sleep(BREATH_MS);
    for (const status of STATUSES_OPEN) {
      const sort = { field: "created_at", order: "asc" } as const;
      const row = (await store.query(trainings, { where: { status }, sort, limit: 1 })).items[0];
      if (row) return this.part(row);
    }
    this.mayBeWaiting = false;
    this.run = undefined;
    return false;
  }

  private async part(row: Row<Training>): Promise<boolean> {
    try {
      const run = await this.runOf(row.value);
      const state = await run.part();
      if (isWorthTelling(row.value, state)) await this.tell(row, state);
      else if (state.ended) await this.end.keep(row, state);
      return true;
    } catch (error) {
      return this.troubled(row, error);
    }
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

  private async troubled(row: Row<Training>, error: unknown): Promise<boolean> {
    const { store, clock } = this.ports;
    const problem = asProblem(error);
    // It was cancelled meanwhile, or its model was put on record by somebody else: the next part will see.
    if (problem.code === "CONFLICT") return true;
    this.notBefore = clock.now() + WAIT_MS;
    const waiting_for = problem.message;
    if (row.value.waiting_for !== waiting_for) {
      await store.commit([put(trainings, { ...row.value, waiting_for }, row.rev)]);
    }
    if (problem.code === "INTERNAL") throw error;
    return false;
  }
}

const isWorthTelling = (told: Training, { stage, progress }: RunState): boolean =>
  told.status === "QUEUED" ||
  told.stage !== stage ||
  told.waiting_for !== undefined ||
  progress >= told.progress + TOLD_STEP ||
  progress < told.progress;
