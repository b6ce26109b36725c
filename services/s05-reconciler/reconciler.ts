/** Makes runs one after the other, keeps each, tells it, and knows when the next is due. */
import { emit, put } from "../../shared/changes.ts";
import { reconciliations } from "../../shared/collections/reconciliation.ts";
import { refuse } from "../../shared/errors.ts";
import { digest } from "../../shared/keys.ts";
import { type AccountEvent, type Reconciliation, reconResults } from "../../shared/streams.ts";
import { Investigator } from "./evidence.ts";
import { reconcile } from "./run.ts";
import { Strangers } from "./strangers.ts";
import { Timetable, type Waits } from "./timetable.ts";
import type { Order, Ports } from "./types.ts";

/** One run takes two looks and what lies between. */
const RUN_MS = 3_000;

export interface Told {
  run(run: Reconciliation): void;
}

export class Reconciler {
  /** True once a whole run has been made since the start. */
  isReconciled = false;
  private readonly ports: Ports;
  private readonly told: Told;
  private readonly strangers: Strangers;
  private readonly investigator: Investigator;
  private readonly timetable = new Timetable();
  private underWay: Promise<unknown> = Promise.resolve();
  /** Runs that have not begun yet. */
  private readonly waiting = new Map<string, Promise<Reconciliation>>();
  /** The last whole run that was made, and changed what it found. */
  private last: Reconciliation | undefined;

  constructor(ports: Ports, told: Told) {
    this.ports = ports;
    this.told = told;
    this.strangers = new Strangers(ports.settings.installationTag);
    this.investigator = new Investigator(ports, this.strangers);
  }

  async load(): Promise<void> {
    const { items } = await this.ports.store.query(reconciliations, {
      where: { mode: "ALL", status: "DONE", dry_run: false, account: this.ports.account },
      sort: { field: "started_at", order: "desc" },
      limit: 1,
    });
    this.last = items[0]?.value;
  }

  hear(event: AccountEvent): void {
    const now = this.ports.clock.now();
    if (event.kind === "gap") this.timetable.heard("GAP", now);
    if (event.kind !== "execution" || event.account !== this.ports.account) return;
    if (this.strangers.hear(event)) this.timetable.heard("OUTSIDE", now);
  }

  newsLost(): void {
    this.timetable.heard("GAP", this.ports.clock.now());
  }

  /** Makes the run that is due, if one is. */
  async tick(): Promise<void> {
    const cause = this.timetable.due(this.ports.clock.now(), this.waits());
    if (cause === undefined) return;
    const { orphan_policy, time_window_h } = this.ports.flags();
    await this.run({ mode: "ALL", cause, dry_run: false, orphan_policy, time_window_h, actor: "s05" });
  }

  /** After the one under way; whoever asks for the same before it begins shares it. Too many of them are refused. */
  run(order: Order): Promise<Reconciliation> {
    const { actor: _actor, cause: _cause, ...same } = order;
    const key = JSON.stringify(same);
    const shared = this.waiting.get(key);
    if (shared) return shared;
    const { waitingMax } = this.ports.settings;
    if (this.waiting.size > waitingMax) {
      refuse("WRONG_STATE", `${this.waiting.size} reconciliations wait already.`, { retryAfterMs: RUN_MS });
    }
    const begin = () => {
      this.waiting.delete(key);
      return this.make(order);
    };
    const work = this.underWay.then(begin, begin);
    this.waiting.set(key, work);
    this.underWay = work;
    return work;
  }

  private async make(order: Order): Promise<Reconciliation> {
    const { ports, strangers, investigator } = this;
    const now = ports.clock.now();
    const run_id = `recon-${Math.floor(now)}-${digest(String(now), JSON.stringify(order)).slice(0, 8)}`;
    const { run, isWaiting } = await reconcile({ ports, strangers, investigator }, order, {
      run_id,
      before: this.last,
    });
    const isWhole = order.mode === "ALL" && !order.dry_run;
    try {
      await this.keep(run, order);
    } catch (error) {
      if (isWhole) this.timetable.ended({ ...run, status: "FAILED", isWaiting }, this.waits());
      throw error;
    }
    if (isWhole) this.timetable.ended({ ...run, isWaiting }, this.waits());
    if (isWhole && run.status === "DONE") {
      this.last = run;
      this.isReconciled = true;
    }
    this.told.run(run);
    return run;
  }

  private async keep(run: Reconciliation, { actor, dry_run }: Order): Promise<void> {
    const { ports } = this;
    const { run_id, status, summary, message } = run;
    const outcome = `${status}${dry_run ? " (dry run)" : ""}${message === undefined ? "" : `: ${message}`}`;
    const entry = { actor, what: "reconcile", ref: run_id, after: summary, outcome };
    await ports.store.commit([put(reconciliations, run, null), emit(reconResults, run), ports.audit(entry)]);
    if (status === "FAILED") {
      ports.alert("WARN", "RECONCILIATION_FAILED", `The books could not be compared: ${message}`, "tried again soon");
    }
  }

  private waits(): Waits {
    return { ...this.ports.settings, everyMs: this.ports.flags().every_ms };
  }
}
