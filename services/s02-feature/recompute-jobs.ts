/** Recomputations that people ask for: kept from the start, done part by part, going on after a restart where they were. */
import { put } from "../../shared/changes.ts";
import { type FeatureJob, featureHistory, featureJobs, type KeptFeatures } from "../../shared/collections/features.ts";
import { TIMEFRAME_MS } from "../../shared/domain/market.ts";
import { asProblem, refuse } from "../../shared/errors.ts";
import { type JobPorts, JobQueue } from "../../shared/job-queue.ts";
import type { Row } from "../../shared/kit/ports.ts";
import { barsNeeded, factorsOfWindow, recompute, type Span } from "../../shared/trading/factors/recompute.ts";
import { REGISTRY } from "./kept-features.ts";
import { type GetHistory, pastBars } from "./past-bars.ts";
import { barsOf, type Part, partAt, partsOf } from "./recompute-parts.ts";
import type { RecomputeRequest } from "./types.ts";

const SPAN_MS = 7 * 24 * 3_600_000;
const BARS_MAX = 1_000_000;
const ERRORS_MAX = 1_000;
/** The exchange needs a moment to close a bar. */
const SETTLE_MS = 2_000;
/** As many rows as a part may have bars. */
const ROWS_MAX = 1_000;
const KIND = {
  ...{ collection: featureJobs, what: "features.recompute", noun: "recomputation", prefix: "features" },
  openMax: 20,
};

interface Ports extends JobPorts {
  getHistory: GetHistory;
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
  readonly queue: JobQueue<FeatureJob>;
  #ports: Ports;

  constructor(ports: Ports) {
    this.#ports = ports;
    this.queue = new JobQueue(ports, KIND);
  }

  async accept(request: RecomputeRequest, actor: string): Promise<FeatureJob> {
    const { factors, rev } = this.#checked(request);
    await this.queue.mustHaveRoom();
    const now = this.#ports.clock.now();
    const to_ts = Math.min(request.to_ts ?? now, now - SETTLE_MS);
    const from_ts = request.from_ts ?? to_ts - SPAN_MS;
    const asked = { symbols: [...new Set(request.symbols)], windows: [...new Set(request.windows)], from_ts, to_ts };
    const parts = partsOf(asked);
    const total = barsOf(asked);
    if (total === 0) refuse("INVALID", "No bar of these windows ends between from_ts and to_ts.");
    if (total > BARS_MAX) refuse("INVALID", `${total} bars are too many at once; ${BARS_MAX} are allowed.`);
    return this.queue.add({
      ...{ ...this.queue.opening(request, actor), ...asked },
      ...{ force: request.force, factors: [...factors], config_rev: rev },
      ...{ parts, parts_done: 0, total, done: 0, written: 0, skipped: 0, without_bars: 0, errors: [] },
    });
  }

  /** Does a part of the oldest job that is not over; false when there is nothing to do now. */
  step(): Promise<boolean> {
    return this.queue.step((row) => this.#part(row));
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

  async #part(row: Row<FeatureJob>): Promise<void> {
    const { store, clock } = this.#ports;
    const { waiting_for: _before, ...job } = row.value;
    const part = partAt(job, job.parts_done);
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
