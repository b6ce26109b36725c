/** Simulations that people and promotions ask for: kept from the start, done part by part; after a restart begun anew. */
import { put } from "../../shared/changes.ts";
import { type BundleRecord, configBundles, simulations } from "../../shared/collections/config.ts";
import { instrumentRegistry } from "../../shared/collections/exchange.ts";
import type { BundleView } from "../../shared/domain/bundle.ts";
import { canonicalHash } from "../../shared/domain/canonical.ts";
import type { Instrument } from "../../shared/domain/instrument.ts";
import type { Simulation, SimulationRequest } from "../../shared/domain/simulation.ts";
import { asProblem, refuse } from "../../shared/errors.ts";
import { failureOf } from "../../shared/experiment-run/run-experiment.ts";
import { JobQueue } from "../../shared/job-queue.ts";
import type { Blobs, Clock, Row, Store } from "../../shared/kit/ports.ts";
import type { Log } from "../../shared/kit/service.ts";
import type { Workers } from "../../shared/kit/workers.ts";
import { newestFirst } from "../../shared/paging.ts";
import type { Ports } from "./in-force.ts";
import { LabelRun, type Pair } from "./label-run.ts";
import { ReplayRun, requireRecorded } from "./replay-run.ts";
import { bundleOf } from "./revisions.ts";
import { beginOfNewest } from "./signal-pages.ts";
import { requestOf } from "./simulation-request.ts";
import type { Simulations } from "./simulation-source.ts";
import type { Found, NewSimulation, SimulationRun, SimulationsPage, SimulationsQuery } from "./simulation-types.ts";

export interface SimulationPorts extends Ports {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly workers: Workers;
  readonly log: Pick<Log, "error">;
  /** What is in force for all; throws NOT_READY before the first. */
  current(): BundleView;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** What a promotion goes by: so many of the newest signals, no older than so long. */
const DEFAULT_SIGNALS = 2_000;
const DEFAULT_MS = 7 * DAY_MS;
const DEFAULT_SENSITIVITY = { epsilon: 0.05, topk: 5, n_eval: 500 };
/** How old a simulation may be to speak for its content. */
const FRESH_MS = DAY_MS;
/** And where it had too little to say: more signals may have come since. */
const FRESH_THIN_MS = 600_000;
const LOOKED_AT_MAX = 50;
const LIST_PART = 20;
/** Between two parts others of the process have their turn. */
const BREATH_MS = 1;
const TOLD_STEP = 0.05;
const TRIES_MAX = 3;
const KIND = {
  ...{ collection: simulations, what: "config.simulate", noun: "simulation", prefix: "sim", openMax: 20 },
  fields: ["sim_id", "status", "author"],
} as const;

export class SimulationJobs implements Simulations {
  private readonly ports: SimulationPorts;
  private readonly queue: JobQueue<Simulation, "sim_id", "status", "author">;
  /** Under way in this process. */
  private readonly runs = new Map<string, SimulationRun>();
  private readonly tries = new Map<string, number>();
  /** What a promotion waits for, which comes before what else is queued. */
  private awaited: string | undefined;
  private isStopping = false;

  constructor(ports: SimulationPorts) {
    this.ports = ports;
    this.queue = new JobQueue(ports, KIND);
  }

  /**
   * The same request as of one that is not over answers that one. INVALID and NOT_FOUND for what there is not; RULE for
   * a replay of what was not recorded; WRONG_STATE while too many wait.
   */
  async accept(asked: NewSimulation, author: string): Promise<Simulation> {
    return this.queued(asked, author, () => this.queue.mustHaveRoom());
  }

  private async queued(asked: NewSimulation, author: string, mustHaveRoom: () => Promise<void>): Promise<Simulation> {
    const { clock, blobs } = this.ports;
    const candidate = await this.candidateOf(asked);
    const active = await this.activeOf(asked);
    const request = requestOf(asked, { now: clock.now(), bundles: [active.bundle, candidate.bundle] });
    const same = await this.openLike(request, { active, candidate }, asked.window === undefined);
    if (same) return same;
    await mustHaveRoom();
    if (request.method === "REPLAY") await requireRecorded({ active, candidate }, request, blobs);
    const { bundle_id, rev, hash } = candidate;
    return this.queue.add({
      ...this.queue.opening(request, author),
      ...{ bundle_id, rev, hash, active_rev: active.rev, active_hash: active.hash, request, progress: 0 },
    });
  }

  /** Of one that was asked for without a window, only its length counts: it was another moment's. */
  private async openLike(request: SimulationRequest, { active, candidate }: Omit<Pair, "listings">, isOfNow: boolean) {
    const open = await this.ports.store.query(simulations, {
      where: { status: { in: ["RUNNING", "QUEUED"] }, hash: candidate.hash, active_hash: active.hash },
      limit: LOOKED_AT_MAX,
    });
    const wish = ({ window, rev: _rev, active_rev_ref: _ref, ...rest }: SimulationRequest) =>
      canonicalHash({ ...rest, window: isOfNow ? window.to_ts - window.from_ts : window });
    return open.items.find(({ value }) => wish(value.request) === wish(request))?.value;
  }

  async list({ bundle_id, hash, status, ...asked }: SimulationsQuery): Promise<SimulationsPage> {
    const rows: SimulationsPage["items"] = [];
    let { cursor } = asked;
    do {
      // What is left out is most of each: no more than some at a time.
      const limit = Math.min(LIST_PART, asked.limit - rows.length);
      const query = newestFirst({ ...asked, limit, cursor }, "created_at", { bundle_id, hash, status });
      const page = await this.ports.store.query(simulations, query);
      rows.push(...page.items.map(({ value }) => rowOf(value)));
      cursor = page.next_cursor;
      await this.ports.clock.sleep(0);
    } while (cursor !== undefined && rows.length < asked.limit);
    return { items: rows, ...(cursor !== undefined && { next_cursor: cursor }) };
  }

  async read(sim_id: string): Promise<Simulation> {
    return (await this.queue.row(sim_id)).value;
  }

  async get(sim_id: string): Promise<Simulation | undefined> {
    return (await this.ports.store.get(simulations, sim_id))?.value;
  }

  async cancel(sim_id: string, actor: string): Promise<Simulation> {
    const canceled = await this.queue.cancel(sim_id, actor);
    await this.drop(sim_id);
    return canceled;
  }

  /**
   * The newest that is done, of the last day (of ten minutes where a gate had too little to say), and that looked at no
   * less than a promotion's own would: all instruments, the newest signals, with sensitivity.
   */
  async latestFor(hash: string, active_hash: string): Promise<Simulation | undefined> {
    const { store, clock } = this.ports;
    const page = await store.query(simulations, {
      where: { hash, active_hash, status: "DONE", created_at: { gte: clock.now() - FRESH_MS } },
      sort: { field: "created_at", order: "desc" },
      limit: LOOKED_AT_MAX,
    });
    const thinFrom = clock.now() - FRESH_THIN_MS;
    return page.items.find(({ value }) => isWhole(value) && (value.created_at >= thinFrom || saysAll(value)))?.value;
  }

  async runDefault(asked: { bundle_id: string; rev: number; author: string }): Promise<{ sim_id: string }> {
    const { clock } = this.ports;
    const now = clock.now();
    const from_ts = await beginOfNewest(this.ports, DEFAULT_SIGNALS, now - DEFAULT_MS);
    const { bundle_id, rev, author } = asked;
    const request: NewSimulation = {
      ...{ bundle_id, rev, active_rev_ref: "CURRENT", method: "LABELS", horizons: ["12h", "24h", "36h"] },
      ...{ window: { from_ts, to_ts: now }, sensitivity: DEFAULT_SENSITIVITY },
    };
    const running = this.awaited === undefined ? undefined : await this.get(this.awaited);
    // Nobody's queue keeps a promotion from being weighed: there is one of it at a time.
    const begun = () => this.queued(request, author, async () => {});
    const { sim_id } = running && this.speaksFor(running, { bundle_id, rev }) ? running : await begun();
    this.awaited = sim_id;
    return { sim_id };
  }

  /** Whether it will tell of the revision beside what is in force by now. */
  private speaksFor(running: Simulation, { bundle_id, rev }: Pick<Simulation, "bundle_id" | "rev">): boolean {
    const isOfIt = running.bundle_id === bundle_id && running.rev === rev && this.queue.isOpen(running);
    return isOfIt && running.active_hash === this.ports.current().hash;
  }

  /** Does a part of the oldest that is not over, or of the one that is awaited; false when there is nothing to do now. */
  async step(): Promise<boolean> {
    if (this.isStopping) return false;
    const isDone = await this.queue.step((row) => this.part(row), this.awaited);
    return isDone && !this.isStopping;
  }

  /** What is under way stays in the store as it is, and is begun anew after the next start. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.all([...this.runs.keys()].map((sim_id) => this.drop(sim_id)));
  }

  private async part(row: Row<Simulation>): Promise<void> {
    const { sim_id } = row.value;
    await this.ports.clock.sleep(BREATH_MS);
    try {
      const run = this.runs.get(sim_id) ?? (await this.begin(row.value));
      const { progress, found } = await run.part();
      if (found) await this.end(row, { ...found, status: "DONE", progress: 1 });
      else await this.tell(row, progress);
    } catch (error) {
      await this.failed(row, error);
    }
  }

  private async failed(row: Row<Simulation>, error: unknown): Promise<void> {
    const { sim_id } = row.value;
    const { code } = asProblem(error);
    const now = await this.get(sim_id);
    const isOpen = now !== undefined && this.queue.isOpen(now);
    // Written to meanwhile: the queue looks again.
    if (code === "CONFLICT" && isOpen) throw error;
    await this.drop(sim_id);
    if (this.isStopping || !isOpen) return;
    const tries = (this.tries.get(sim_id) ?? 0) + 1;
    this.tries.set(sim_id, tries);
    // A thread has died, say: another may live.
    if (code === "UNAVAILABLE" && tries < TRIES_MAX) throw error;
    // Nobody's bundle is to blame: it is ours to look at.
    if (code === "INTERNAL") this.ports.log.error("a simulation failed", { sim_id, error: String(error) });
    await this.end(row, { status: "FAILED", error: failureOf(error) });
  }

  private async begin(simulation: Simulation): Promise<SimulationRun> {
    const { bundle_id, rev, active_rev, request } = simulation;
    const [active, candidate] = [await this.byRev(active_rev), await this.byRev(rev, bundle_id)];
    const listings = await this.listingsOf([active, candidate]);
    const pair = { active, candidate, listings };
    const run =
      request.method === "REPLAY"
        ? new ReplayRun(this.ports, simulation, pair)
        : new LabelRun(this.ports, simulation, pair);
    this.runs.set(simulation.sim_id, run);
    return run;
  }

  private async tell(row: Row<Simulation>, progress: number): Promise<void> {
    const { waiting_for, status, started_at, ...rest } = row.value;
    const isNews = status === "QUEUED" || waiting_for !== undefined || progress < rest.progress;
    if (!isNews && progress < rest.progress + TOLD_STEP) return;
    const { store, clock } = this.ports;
    const told: Simulation = { ...rest, status: "RUNNING", progress, started_at: started_at ?? clock.now() };
    await store.commit([put(simulations, told, row.rev)]);
  }

  private async end(row: Row<Simulation>, ending: Ending): Promise<void> {
    const { waiting_for: _before, ...rest } = row.value;
    const now = this.ports.clock.now();
    const ended: Simulation = { ...rest, ...ending, started_at: rest.started_at ?? now, ended_at: now };
    await this.ports.store.commit([put(simulations, ended, row.rev)]);
    await this.drop(rest.sim_id);
    this.tries.delete(rest.sim_id);
  }

  private async drop(sim_id: string): Promise<void> {
    const run = this.runs.get(sim_id);
    this.runs.delete(sim_id);
    if (this.awaited === sim_id && !(await this.isWanted(sim_id))) this.awaited = undefined;
    await run?.stop();
  }

  private async isWanted(sim_id: string): Promise<boolean> {
    const simulation = await this.get(sim_id);
    return simulation !== undefined && this.queue.isOpen(simulation);
  }

  private async candidateOf({ bundle_id, rev }: NewSimulation): Promise<BundleView> {
    if (rev !== undefined) return this.byRev(rev, bundle_id);
    const newest = await this.ports.store.query(configBundles, {
      where: { bundle_id },
      sort: { field: "rev", order: "desc" },
      limit: 1,
    });
    const row = newest.items[0] ?? refuse("NOT_FOUND", `There is no bundle ${bundle_id}.`);
    return viewOf(row.value);
  }

  private async activeOf({ active_rev_ref }: NewSimulation): Promise<BundleView> {
    return active_rev_ref === "CURRENT" ? this.ports.current() : this.byRev(active_rev_ref);
  }

  /** No two bundles share a revision. */
  private async byRev(rev: number, bundle_id?: string): Promise<BundleView> {
    const where = { rev, ...(bundle_id !== undefined && { bundle_id }) };
    const row = (await this.ports.store.query(configBundles, { where, limit: 1 })).items[0];
    const what = bundle_id === undefined ? "a bundle" : `a bundle ${bundle_id}`;
    if (!row) return refuse("NOT_FOUND", `There is no revision ${rev} of ${what}.`);
    return viewOf(row.value);
  }

  private async listingsOf(views: readonly BundleView[]): Promise<Instrument[]> {
    const named = new Set(views.flatMap(({ bundle }) => bundle.instruments.map(({ instrument }) => instrument)));
    const rows = await Promise.all([...named].map((each) => this.ports.store.get(instrumentRegistry, each)));
    return rows.flatMap((row) => (row ? [row.value] : []));
  }
}

const viewOf = (record: BundleRecord): BundleView => {
  const { rev, bundle_id, hash } = record;
  return { rev, bundle_id, hash, bundle: bundleOf(record) };
};

type Ending = Partial<Found> & Pick<Simulation, "status"> & Partial<Pick<Simulation, "progress" | "error">>;

const rowOf = ({ changed: _c, replay: _r, sensitivity_analysis: _s, ...row }: Simulation) => row;

const saysAll = ({ bounds_guard = [] }: Simulation): boolean =>
  bounds_guard.every(({ state }) => state !== "NOT_ENOUGH");

/** A smaller ε or a smaller sample would be easier to pass. */
function isWhole({ request, summary, created_at }: Simulation): boolean {
  const { window, instruments, sensitivity: asked } = request;
  if (!summary || !asked || instruments) return false;
  const { epsilon, topk, n_eval } = DEFAULT_SENSITIVITY;
  if (asked.epsilon < epsilon || asked.topk < topk || asked.n_eval < n_eval) return false;
  const isNew = window.to_ts >= created_at - HOUR_MS;
  const isLong = summary.signals >= DEFAULT_SIGNALS || window.to_ts - window.from_ts >= DEFAULT_MS;
  return isNew && isLong;
}
