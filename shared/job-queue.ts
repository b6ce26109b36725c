/** Long work that people ask for: kept from the start, done part by part, oldest first, going on after a restart. */
import { put } from "./changes.ts";
import { asProblem, refuse } from "./errors.ts";
import { digest } from "./keys.ts";
import type { Clock, Collection, Op, Row, Store } from "./kit/ports.ts";
import { newestFirst, type Place, pageOf } from "./paging.ts";

/** While what a part needs cannot be reached. */
const WAIT_MS = 15_000;
const STATES_OPEN = ["RUNNING", "QUEUED"] as const;

type State = "QUEUED" | "RUNNING" | "DONE" | "FAILED" | "CANCELED";

/** What every job has, whatever it is about, beside its id, its state and who asked for it. */
interface Job {
  /** What keeps it from going on just now. */
  waiting_for?: string | undefined;
  created_at: number;
}
type JobOf<I extends string, S extends string, W extends string> = Job & Record<I | W, string> & Record<S, State>;

export interface JobPorts {
  readonly store: Pick<Store, "get" | "query" | "count" | "commit">;
  readonly clock: Clock;
  audit(entry: { actor: string; what: string; ref: string; outcome: string }): Op;
}

export interface JobKind<J, I extends string = "job_id", S extends string = "state", W extends string = "actor"> {
  readonly collection: Collection<J>;
  /** In the audit log: `labels.backfill`. */
  readonly what: string;
  /** To people: `backfill`. */
  readonly noun: string;
  /** Head of its jobs' ids. */
  readonly prefix: string;
  /** So many may be waiting or under way. */
  readonly openMax: number;
  /** The fields of its id, its state and who asked: `job_id`, `state`, `actor`, unless it calls them otherwise. */
  readonly fields?: readonly [I, S, W?];
}

export class JobQueue<
  J extends JobOf<I, S, W>,
  I extends string = "job_id",
  S extends string = "state",
  W extends string = "actor",
> {
  private readonly ports: JobPorts;
  private readonly kind: JobKind<J, I, S, W>;
  private readonly id: I;
  private readonly state: S;
  private readonly who: W;
  /** Whether the store may hold a job that is not over; at the start it may. */
  private mayBeWaiting = true;
  private notBefore = 0;

  constructor(ports: JobPorts, kind: JobKind<J, I, S, W>) {
    this.ports = ports;
    this.kind = kind;
    const [id, state, who = "actor" as W] = kind.fields ?? (["job_id", "state"] as [I, S]);
    this.id = id;
    this.state = state;
    this.who = who;
  }

  /** Throws WRONG_STATE while too many wait. */
  async mustHaveRoom(): Promise<void> {
    const { collection, noun, openMax } = this.kind;
    const waiting = await this.ports.store.count(collection, { [this.state]: { in: STATES_OPEN } });
    if (waiting >= openMax) refuse("WRONG_STATE", `${waiting} ${noun}s wait already.`, { retryAfterMs: WAIT_MS });
  }

  /** What a job begins with that was asked for now. */
  opening(request: object, actor: string) {
    const created_at = this.ports.clock.now();
    const hash = digest(String(created_at), actor, JSON.stringify(request)).slice(0, 8);
    const job_id = `${this.kind.prefix}-${Math.floor(created_at)}-${hash}`;
    const named = { [this.id]: job_id, [this.state]: "QUEUED", [this.who]: actor };
    return { ...(named as Record<I | W, string> & Record<S, "QUEUED">), created_at };
  }

  async add(job: J): Promise<J> {
    await this.ports.store.commit([put(this.kind.collection, job, null), this.audit(job, job[this.who], "accepted")]);
    this.mayBeWaiting = true;
    return job;
  }

  /** What has been written stays. A job that is over is refused. */
  async cancel(job_id: string, actor: string): Promise<J> {
    const { store, clock } = this.ports;
    for (;;) {
      const row = await this.row(job_id);
      const state: State = row.value[this.state];
      if (state === "CANCELED") return row.value;
      if (state === "DONE" || state === "FAILED") refuse("WRONG_STATE", `${job_id} is ${state.toLowerCase()} already.`);
      const { waiting_for: _before, ...rest } = row.value;
      const job = { ...rest, [this.state]: "CANCELED", ended_at: clock.now() } as unknown as J;
      try {
        await store.commit([put(this.kind.collection, job, row.rev), this.audit(job, actor, "canceled")]);
        return job;
      } catch (error) {
        // A part of it was written meanwhile.
        if (asProblem(error).code !== "CONFLICT") throw error;
      }
    }
  }

  async row(job_id: string): Promise<Row<J>> {
    const { collection, noun } = this.kind;
    return (await this.ports.store.get(collection, job_id)) ?? refuse("NOT_FOUND", `There is no ${noun} ${job_id}.`);
  }

  /** Newest first. */
  async list({ state, ...asked }: Place & { state?: State | undefined }) {
    const query = newestFirst(asked, "created_at", { [this.state]: state });
    return pageOf(await this.ports.store.query(this.kind.collection, query));
  }

  /**
   * Has `part` do a part of the oldest job that is not over (or of `first`, unless it is), and write it with the row's
   * revision; false when there is nothing to do now. What `part` throws is what the job waits for.
   */
  async step(part: (row: Row<J>) => Promise<void>, first?: string): Promise<boolean> {
    const { store, clock } = this.ports;
    if (!this.mayBeWaiting || clock.now() < this.notBefore) return false;
    const preferred = first === undefined ? undefined : await store.get(this.kind.collection, first);
    if (preferred && this.isOpen(preferred.value)) return this.part(preferred, part);
    for (const state of STATES_OPEN) {
      const sort = { field: "created_at", order: "asc" } as const;
      const row = (await store.query(this.kind.collection, { where: { [this.state]: state }, sort, limit: 1 }))
        .items[0];
      if (row) return this.part(row, part);
    }
    this.mayBeWaiting = false;
    return false;
  }

  isOpen(job: J): boolean {
    return STATES_OPEN.some((open) => open === job[this.state]);
  }

  private async part(row: Row<J>, work: (row: Row<J>) => Promise<void>): Promise<boolean> {
    try {
      await work(row);
      return true;
    } catch (error) {
      const problem = asProblem(error);
      // It was cancelled meanwhile.
      if (problem.code === "CONFLICT") return true;
      const { store, clock } = this.ports;
      this.notBefore = clock.now() + WAIT_MS;
      const waiting_for = problem.message;
      if (row.value.waiting_for !== waiting_for) {
        await store.commit([put(this.kind.collection, { ...row.value, waiting_for }, row.rev)]);
      }
      if (problem.code === "INTERNAL") throw error;
      return false;
    }
  }

  private audit(job: J, actor: string, outcome: string): Op {
    return this.ports.audit({ actor, what: this.kind.what, ref: job[this.id], outcome });
  }
}
