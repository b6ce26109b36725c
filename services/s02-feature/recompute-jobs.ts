/** Recomputations that people ask for: kept from the start, done part by part, going on after a restart where they were. */
import { put } from "../../shared/changes.ts";
import { type FeatureJob, featureHistory, featureJobs, type KeptFeatures } from "../../shared/collections/features.ts";
import { TIMEFRAME_MS } from "../../shared/domain/market.ts";
import { asProblem, refuse } from "../../shared/errors.ts";
import { digest } from "../../shared/keys.ts";
import type { Clock, Op, Row, Store } from "../../shared/kit/ports.ts";
import { barsNeeded, factorsOfWindow, recompute, type Span } from "../../shared/trading/factors/recompute.ts";
import { REGISTRY } from "./kept-features.ts";
import { type GetHistory, pastBars } from "./past-bars.ts";
import { barsOf, type Part, partAt, partsOf } from "./recompute-parts.ts";
import type { RecomputeRequest } from "./types.ts";

const SPAN_MS = 7 * 24 * 3_600_000;
const BARS_MAX = 1_000_000;
const WAITING_MAX = 20;
const ERRORS_MAX = 1_000;
/** The exchange needs a moment to close a bar. */
const SETTLE_MS = 2_000;
/** While bars cannot be asked for. */
const WAIT_MS = 15_000;
const STATES_OPEN = ["RUNNING", "QUEUED"] as const;
/** As many rows as a part may have bars. */
const ROWS_MAX = 1_000;

interface Ports {
  store: Pick<Store, "get" | "query" | "count" | "commit">;
  clock: Clock;
  getHistory: GetHistory;
  audit(entry: { actor: string; what: string; ref: string; outcome: string }): Op;
  /** The active revision: its number, factors and enabled instruments. */
  active(): { rev: number; factors: readonly string[]; instruments: readonly string[] };
}

/** What became of a part's bars. */
interface Outcome {
  rows: KeptFeatures[];
  skipped: number;
  without_bars: number;
  error?: FeatureJob["errors"][number];
}

export class RecomputeJobs {
  #ports: Ports;
  /** Whether the store may hold a job that is not over; at the start it may. */
  #mayBeWaiting = true;
  #notBefore = 0;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  async accept(request: RecomputeRequest, actor: string): Promise<FeatureJob> {
    const { store, clock, audit } = this.#ports;
    const { factors, rev } = this.#checked(request);
    const waiting = await store.count(featureJobs, { state: { in: STATES_OPEN } });
    if (waiting >= WAITING_MAX) {
      refuse("WRONG_STATE", `${waiting} recomputations wait already.`, { retryAfterMs: WAIT_MS });
    }
    const now = clock.now();
    const to_ts = Math.min(request.to_ts ?? now, now - SETTLE_MS);
    const from_ts = request.from_ts ?? to_ts - SPAN_MS;
    const asked = { symbols: [...new Set(request.symbols)], windows: [...new Set(request.windows)], from_ts, to_ts };
    const parts = partsOf(asked);
    const total = barsOf(asked);
    if (total === 0) refuse("INVALID", "No bar of these windows ends between from_ts and to_ts.");
    if (total > BARS_MAX) refuse("INVALID", `${total} bars are too many at once; ${BARS_MAX} are allowed.`);
    const job: FeatureJob = {
      job_id: `features-${Math.floor(now)}-${digest(String(now), actor, JSON.stringify(request)).slice(0, 8)}`,
      ...{ state: "QUEUED", ...asked, force: request.force, factors: [...factors], config_rev: rev },
      ...{ parts, parts_done: 0, total, done: 0, written: 0, skipped: 0, without_bars: 0, errors: [] },
      ...{ actor, created_at: now },
    };
    const entry = { actor, what: "features.recompute", ref: job.job_id, outcome: "accepted" };
    await store.commit([put(featureJobs, job, null), audit(entry)]);
    this.#mayBeWaiting = true;
    return job;
  }

  /** What has been written stays. A job that is over is refused. */
  async cancel(job_id: string, actor: string): Promise<FeatureJob> {
    const { store, clock, audit } = this.#ports;
    for (;;) {
      const row = await this.row(job_id);
      if (row.value.state === "CANCELED") return row.value;
      if (row.value.state === "DONE") refuse("WRONG_STATE", `${job_id} is done already.`);
      const job: FeatureJob = { ...row.value, state: "CANCELED", ended_at: clock.now() };
      const entry = { actor, what: "features.recompute", ref: job_id, outcome: "canceled" };
      try {
        await store.commit([put(featureJobs, job, row.rev), audit(entry)]);
        return job;
      } catch (error) {
        // A part of it was written meanwhile.
        if (asProblem(error).code !== "CONFLICT") throw error;
      }
    }
  }

  async row(job_id: string): Promise<Row<FeatureJob>> {
    return (
      (await this.#ports.store.get(featureJobs, job_id)) ?? refuse("NOT_FOUND", `There is no recomputation ${job_id}.`)
    );
  }

  /** Does a part of the oldest job that is not over; false when there is nothing to do now. */
  async step(): Promise<boolean> {
    const { store, clock } = this.#ports;
    if (!this.#mayBeWaiting || clock.now() < this.#notBefore) return false;
    for (const state of STATES_OPEN) {
      const sort = { field: "created_at", order: "asc" } as const;
      const row = (await store.query(featureJobs, { where: { state }, sort, limit: 1 })).items[0];
      if (row) return this.#part(row);
    }
    this.#mayBeWaiting = false;
    return false;
  }

  #checked({ symbols, windows }: RecomputeRequest): { factors: readonly string[]; rev: number } {
    const { factors, rev, instruments } = this.#ports.active();
    const strangers = symbols.filter((symbol) => !instruments.includes(symbol));
    if (strangers.length > 0) {
      refuse("INSTRUMENT_DISABLED", `Not enabled in the active revision: ${strangers.join(", ")}.`);
    }
    const empty = windows.filter((window) => factorsOfWindow(factors, window).length === 0);
    if (empty.length > 0) {
      const errors = [{ field: "windows", message: `no factor of ${empty.join(", ")}` }];
      refuse("INVALID", `The active revision has no factor of ${empty.join(", ")} bars.`, { errors });
    }
    return { factors, rev };
  }

  async #part(row: Row<FeatureJob>): Promise<boolean> {
    const { store, clock } = this.#ports;
    const { waiting_for: waited, ...job } = row.value;
    const part = partAt(job, job.parts_done);
    try {
      const { rows, skipped, without_bars, error } = await this.#outcome(job, part);
      const isLast = job.parts_done + 1 >= job.parts;
      const now: FeatureJob = {
        ...job,
        state: isLast ? "DONE" : "RUNNING",
        started_at: job.started_at ?? clock.now(),
        ...(isLast && { ended_at: clock.now() }),
        parts_done: job.parts_done + 1,
        done: job.done + part.bars,
        written: job.written + rows.length,
        skipped: job.skipped + skipped,
        without_bars: job.without_bars + without_bars,
        errors: [...job.errors, ...(error ? [error] : [])].slice(0, ERRORS_MAX),
      };
      await store.commit([...rows.map((one) => put(featureHistory, one)), put(featureJobs, now, row.rev)]);
      return true;
    } catch (error) {
      const problem = asProblem(error);
      // It was cancelled meanwhile.
      if (problem.code === "CONFLICT") return true;
      this.#notBefore = clock.now() + WAIT_MS;
      const waiting_for = problem.message;
      if (waited !== waiting_for) await store.commit([put(featureJobs, { ...job, waiting_for }, row.rev)]);
      if (problem.code === "INTERNAL") throw error;
      return false;
    }
  }

  async #outcome(job: FeatureJob, part: Part): Promise<Outcome> {
    const { instrument, window } = part;
    const known = await this.#known(part);
    const wanted = factorsOfWindow(job.factors, window);
    const isWhole = (ts: number) => !job.force && isComplete(known.get(ts), wanted);
    const whole = [...known.keys()].filter(isWhole).length;
    if (whole === part.bars) return { rows: [], skipped: whole, without_bars: 0 };
    const course = { instrument, window, factors: job.factors };
    const spans: Span[] = [];
    try {
      for (const { warmUp, ...of } of barsNeeded(course)) {
        const ms = TIMEFRAME_MS[of.timeframe];
        const fromTs = Math.floor(part.cellTs / ms) * ms - warmUp * ms;
        spans.push({ ...of, bars: await pastBars(this.#ports.getHistory, { ...of, fromTs, toTs: part.toTs }) });
      }
    } catch (error) {
      const { code, message, status } = asProblem(error);
      // Too many requests pass; what is wrong with the request does not.
      if (status >= 500 || status === 429 || status === 408) throw error;
      const refused = { instrument, window, code, detail: message };
      return { rows: [], skipped: 0, without_bars: part.bars, error: refused };
    }
    const moments = recompute(course, spans, part);
    const written_at = this.#ports.clock.now();
    const rows = moments
      .filter(({ ts }) => !isWhole(ts))
      .map(
        ({ ts, values }): KeptFeatures => ({
          ...{ instrument, window, ts, origin: "RECOMPUTED", registry: REGISTRY },
          // What only the live market tells stays as it was seen.
          values: { ...known.get(ts)?.values, ...values },
          ...{ config_rev: job.config_rev, written_at },
        }),
      );
    return { rows, skipped: moments.length - rows.length, without_bars: part.bars - moments.length };
  }

  async #known({ instrument, window, fromTs, toTs }: Part): Promise<Map<number, KeptFeatures>> {
    const where = { instrument, window, ts: { gt: fromTs, lte: toTs } };
    const { items } = await this.#ports.store.query(featureHistory, { where, limit: ROWS_MAX });
    return new Map(items.map(({ value }) => [value.ts, value]));
  }
}

/** Live values that were missing may be known from history; recomputed ones are all there is to know. */
const isComplete = (row: KeptFeatures | undefined, wanted: readonly string[]): boolean =>
  row !== undefined &&
  row.registry === REGISTRY &&
  wanted.every((id) => row.values[id] !== undefined && (row.values[id] !== null || row.origin === "RECOMPUTED"));
