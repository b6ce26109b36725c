/** Experiments on record: accepted and queued, listed, read with their result, canceled. */
import { put } from "../../shared/changes.ts";
import {
  type ExperimentDetail,
  experimentDetails,
  experiments,
  hypotheses,
  TRADES_A_PAGE,
  tradesBlob,
  trials,
} from "../../shared/collections/experiments.ts";
import type { Experiment, ExperimentDesign, ExperimentRow } from "../../shared/domain/experiment.ts";
import { Trade } from "../../shared/domain/trade.ts";
import { asProblem, refuse } from "../../shared/errors.ts";
import type { Blobs, Clock, Op, Random, Row, Store } from "../../shared/kit/ports.ts";
import { newestFirst, pageOf, placeOf, whereOf } from "../../shared/paging.ts";
import type { ExperimentsQuery, ExperimentTradesQuery, RunExperiment, TrialsQuery } from "./experiment-types.ts";
import { unendedWith } from "./hypothesis-family.ts";
import { bundleInWords, resolveDesign } from "./resolve-design.ts";

export interface ExperimentPorts {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly random: Random;
  audit(entry: { actor: string; what: string; ref: string; outcome: string; after?: unknown }): Op;
}

const WAITING_MAX = 50;
const WAIT_MS = 60_000;
const OPEN = ["QUEUED", "RUNNING"] as const;
export const isOpen = ({ status }: Pick<ExperimentRow, "status">): boolean =>
  status === "QUEUED" || status === "RUNNING";

export class Experiments {
  private readonly ports: ExperimentPorts;
  /** Told of each that was accepted or canceled. */
  private readonly changed: (exp_id: string) => void;

  constructor(ports: ExperimentPorts, changed: (exp_id: string) => void) {
    this.ports = ports;
    this.changed = changed;
  }

  /** Checks all that can be checked without the data, copies the bundle, and queues it. */
  async accept({ hypothesis_id, title, note, ...request }: RunExperiment, author: string): Promise<ExperimentRow> {
    const { store, clock, random, audit } = this.ports;
    const waiting = await store.count(experiments, { status: { in: OPEN } });
    if (waiting >= WAITING_MAX) {
      refuse("WRONG_STATE", `${waiting} experiments wait already.`, { retryAfterMs: WAIT_MS });
    }
    const hypothesis = hypothesis_id === undefined ? undefined : await this.hypothesis(hypothesis_id);
    const asked = hypothesis?.value.design ?? (request.design as ExperimentDesign);
    const { design } = await resolveDesign(store, asked);
    const now = clock.now();
    const exp_id = `exp-${Math.floor(now).toString(36)}-${Buffer.from(random.bytes(4)).toString("hex")}`;
    const { bundle, ...rest } = design;
    const row: ExperimentRow = {
      ...{ exp_id, ...(hypothesis_id !== undefined && { hypothesis_id }), ...(note !== undefined && { note }) },
      title: title ?? hypothesis?.value.title ?? `${design.method} of ${bundle.bundle_id} rev ${bundle.rev}`,
      ...{ design: rest, bundle: bundleInWords(asked.bundle, bundle), status: "QUEUED" },
      ...{ progress: { done: 0, total: 0, stage: "waiting its turn" }, author, created_at: now },
    };
    const entry = {
      actor: author,
      what: "experiment.run",
      ref: exp_id,
      outcome: "accepted",
      after: { title: row.title },
    };
    const ops = [put(experiments, row, null), put(experimentDetails, { exp_id, design }, null), audit(entry)];
    if (hypothesis) {
      const { value, rev } = hypothesis;
      ops.push(put(hypotheses, { ...value, experiments: [...value.experiments, exp_id], updated_at: now }, rev));
    }
    await store.commit(ops, { sync: "full" });
    this.changed(exp_id);
    return row;
  }

  private async hypothesis(id: string) {
    return (await this.ports.store.get(hypotheses, id)) ?? refuse("NOT_FOUND", `There is no hypothesis ${id}.`);
  }

  async list({ status, hypothesis_id, ...asked }: ExperimentsQuery) {
    const query = newestFirst(asked, "created_at", { status, hypothesis_id });
    return pageOf(await this.ports.store.query(experiments, query));
  }

  async row(exp_id: string): Promise<Row<ExperimentRow>> {
    return (
      (await this.ports.store.get(experiments, exp_id)) ?? refuse("NOT_FOUND", `There is no experiment ${exp_id}.`)
    );
  }

  private async detail(exp_id: string): Promise<ExperimentDetail> {
    const row = await this.ports.store.get(experimentDetails, exp_id);
    return row?.value ?? refuse("NOT_FOUND", `There is no experiment ${exp_id}.`);
  }

  /** Whole: with its bundle, and once it is done with its result. */
  async read(exp_id: string): Promise<Experiment> {
    const { value } = await this.row(exp_id);
    const { bundle: _bundle, summary: _summary, out_of_sample: _out, significance: _significance, ...rest } = value;
    const { design, result } = await this.detail(exp_id);
    return { ...rest, design, ...(result && { result }) };
  }

  async trials({ exp_id, sort, role, ...asked }: TrialsQuery) {
    await this.row(exp_id);
    const order = sort === "trial" ? "asc" : "desc";
    const query = { where: whereOf({ exp_id, role }), sort: { field: sort, order }, ...placeOf(asked) } as const;
    return pageOf(await this.ports.store.query(trials, query));
  }

  /** Of its best run, in order of opening. Empty until that has run. */
  async trades({ exp_id, cursor = "0" }: ExperimentTradesQuery) {
    const { trade_pages = 0 } = await this.detail(exp_id);
    if (!/^\d{1,6}$/.test(cursor)) refuse("INVALID", "That is no cursor of this list.");
    const page = Number(cursor);
    const body = page < trade_pages ? await this.ports.blobs.get(tradesBlob(exp_id, page)) : undefined;
    if (body === undefined) return { items: [] };
    const items = Trade.array()
      .max(TRADES_A_PAGE)
      .parse(JSON.parse(new TextDecoder().decode(body)));
    return { items, ...(page + 1 < trade_pages && { next_cursor: String(page + 1) }) };
  }

  /** What was tried stays. One that is over is refused. */
  async cancel(exp_id: string, actor: string): Promise<ExperimentRow> {
    const { store, clock, audit } = this.ports;
    for (;;) {
      const { value, rev } = await this.row(exp_id);
      if (value.status === "CANCELED") return value;
      if (!isOpen(value)) refuse("WRONG_STATE", `${exp_id} is over already: ${value.status}.`);
      const row: ExperimentRow = { ...value, status: "CANCELED", ended_at: clock.now() };
      const entry = { actor, what: "experiment.cancel", ref: exp_id, outcome: "canceled" };
      try {
        await store.commit([put(experiments, row, rev), ...(await unendedWith(store, row, clock.now())), audit(entry)]);
        this.changed(exp_id);
        return row;
      } catch (error) {
        // Its progress was written meanwhile.
        if (asProblem(error).code !== "CONFLICT") throw error;
      }
    }
  }
}
