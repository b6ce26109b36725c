/** Backfills that people ask for: kept from the start, done in batches, going on after a restart where they were. */
import { put } from "../../shared/changes.ts";
import { LABELS, type LabelJob, labelJobs } from "../../shared/collections/labels.ts";
import { signalsSeen } from "../../shared/collections/signals.ts";
import type { Signal } from "../../shared/domain/decision.ts";
import { type JobPorts, JobQueue } from "../../shared/job-queue.ts";
import type { Row } from "../../shared/kit/ports.ts";
import { horizonMs } from "../../shared/trading/labels/outcome.ts";
import type { Found, LabelWriter, Tally } from "./label-writer.ts";
import type { Labeller } from "./labeller.ts";
import { BATCH } from "./sweep.ts";
import type { BackfillRequest, Ports } from "./types.ts";

const SPAN_MS = 7 * 24 * 3_600_000;
const ERRORS_MAX = 1_000;

/** Signals that come next, and where to go on after them; at the end nowhere. */
interface Some {
  readonly signals: readonly (Signal | string)[];
  readonly cursor: string | undefined;
}

export class Jobs {
  readonly queue: JobQueue<LabelJob>;
  private readonly ports: Ports;
  private readonly labeller: Labeller;
  private readonly writer: LabelWriter;

  constructor(ports: Ports & JobPorts, labeller: Labeller, writer: LabelWriter) {
    const about = { collection: labelJobs, what: "labels.backfill", noun: "backfill", prefix: "label" };
    // Beside those that wait one is under way.
    this.queue = new JobQueue(ports, { ...about, openMax: ports.settings.jobsWaitingMax + 1 });
    this.ports = ports;
    this.labeller = labeller;
    this.writer = writer;
  }

  async accept(request: BackfillRequest, actor: string): Promise<LabelJob> {
    const { horizon_h, signal_ids, force, ...span } = request;
    const { store, clock, settings } = this.ports;
    await this.queue.mustHaveRoom();
    const now = clock.now();
    const to_ts = Math.min(span.to_ts ?? now, now - horizonMs(horizon_h) - settings.settleMs);
    const from_ts = span.from_ts ?? (signal_ids ? 0 : Math.max(0, to_ts - SPAN_MS));
    const total = signal_ids
      ? new Set(signal_ids).size
      : await store.count(signalsSeen, { ts: { gte: from_ts, lte: to_ts } });
    return this.queue.add({
      ...this.queue.opening(request, actor),
      ...{ horizon_h, from_ts, to_ts, ...(signal_ids && { signal_ids: [...new Set(signal_ids)] }), force },
      ...{ total, done: 0, updated: 0, skipped: 0, without_side: 0, failed: 0, errors: [] },
    });
  }

  /** Does a batch of the oldest job that is not over; false when there is nothing to do now. */
  step(): Promise<boolean> {
    return this.queue.step((row) => this.batch(row));
  }

  private async batch(row: Row<LabelJob>): Promise<void> {
    const { clock } = this.ports;
    const { waiting_for: _before, ...job } = row.value;
    const { signals, cursor } = await this.next(job);
    const found: Found[] = [];
    const already: Tally = { updated: 0, skipped: 0, without_side: 0, failed: 0, errors: [] };
    for (const signal of signals) await this.look(signal, { job, found, already });
    const why = { horizonH: job.horizon_h, cause: "ASKED", job_id: job.job_id } as const;
    const begun: LabelJob = { ...job, state: "RUNNING", started_at: job.started_at ?? clock.now() };
    await this.writer.keep(found, why, (tally) => {
      const counted = counting(begun, [already, tally], signals.length);
      const { cursor: _before, ...rest } = counted;
      const now: LabelJob =
        cursor === undefined ? { ...rest, state: "DONE", ended_at: clock.now() } : { ...rest, cursor };
      return [put(labelJobs, now, row.rev)];
    });
  }

  private async next(job: LabelJob): Promise<Some> {
    if (job.signal_ids) {
      const end = job.done + BATCH;
      const isLast = end >= job.signal_ids.length;
      const ids = job.signal_ids.slice(job.done, end);
      const signals = ids.map(async (id) => (await this.ports.store.get(signalsSeen, id))?.value ?? id);
      return { signals: await Promise.all(signals), cursor: isLast ? undefined : String(end) };
    }
    const page = await this.ports.store.query(signalsSeen, {
      where: { ts: { gte: job.from_ts, lte: job.to_ts } },
      sort: { field: "ts", order: "asc" },
      limit: BATCH,
      ...(job.cursor !== undefined && { cursor: job.cursor }),
    });
    return { signals: page.items.map(({ value }) => value), cursor: page.next_cursor };
  }

  /** An id stands for a signal that nobody knows. */
  private async look(signal: Signal | string, to: { job: LabelJob; found: Found[]; already: Tally }): Promise<void> {
    const { job, found, already } = to;
    const fail = (signal_id: string, code: string, detail: string) => {
      already.failed += 1;
      already.errors.push({ signal_id, code, detail });
    };
    if (typeof signal === "string") return fail(signal, "NOT_FOUND", "there is no such signal");
    const { clock, settings, store } = this.ports;
    const dueAt = signal.trigger.exch_ts + horizonMs(job.horizon_h) + settings.settleMs;
    if (dueAt > clock.now()) return fail(signal.signal_id, "NOT_DUE", `not before ${new Date(dueAt).toISOString()}`);
    if (!job.force && (await store.get(LABELS[job.horizon_h], signal.signal_id))) {
      already.skipped += 1;
      return;
    }
    found.push({ signal, finding: await this.labeller.look(signal, job.horizon_h) });
  }
}

function counting(job: LabelJob, tallies: readonly Tally[], looked: number): LabelJob {
  const sum = (field: "updated" | "skipped" | "without_side" | "failed") =>
    tallies.reduce((total, tally) => total + tally[field], job[field]);
  return {
    ...job,
    done: job.done + looked,
    updated: sum("updated"),
    skipped: sum("skipped"),
    without_side: sum("without_side"),
    failed: sum("failed"),
    errors: [...job.errors, ...tallies.flatMap(({ errors }) => errors)].slice(0, ERRORS_MAX),
  };
}
