/** Decisions are told to the store in batches, within 50 ms, so that no decision waits for a disk. */
import { emit, link, put } from "../../shared/changes.ts";
import {
  type DecisionOutcome,
  decisionOutcomes,
  decisionsMade,
  signalsSeen,
} from "../../shared/collections/signals.ts";
import type { Decision } from "../../shared/domain/decision.ts";
import type { Clock, Op, Store } from "../../shared/kit/ports.ts";
import { decisions } from "../../shared/streams.ts";
import { stateOps } from "./program-mark.ts";

const BATCH_MAX = 100;
/** Beyond this the oldest unwritten ones are given up: memory is finite, and S4's intents hold what was traded. */
const QUEUE_MAX = 10_000;
const RETRY_MS = 1_000;
/** What was decided may wait so long, and be so much, before no further risk is taken. */
const BEHIND_MS_MAX = 5_000;
const BEHIND_MAX = 1_000;

type Entry = { decision: Decision } | { outcome: DecisionOutcome };

export interface WriterPorts {
  store: Store;
  clock: Clock;
  waitMs: number;
  /** A batch could not be written, or entries were given up. */
  onTrouble(error: unknown, dropped: number): void;
}

export class WriteBehind {
  private readonly ports: WriterPorts;
  private readonly queue: Entry[] = [];
  private readonly pending = new Map<string, Decision>();
  private timer = false;
  /** Since when the store takes nothing. */
  private failingSince: number | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(ports: WriterPorts) {
    this.ports = ports;
  }

  add(decision: Decision): void {
    this.pending.set(decision.signal_id, decision);
    this.push({ decision });
  }

  addOutcome(outcome: DecisionOutcome): void {
    this.push({ outcome });
  }

  /** A decision that is not yet in the store. */
  unwritten(signalId: string): Decision | undefined {
    return this.pending.get(signalId);
  }

  /** Why nobody should decide for an entry now: what was decided before has not come to the store. */
  behind(): string | undefined {
    const ms = this.failingSince === undefined ? 0 : this.ports.clock.now() - this.failingSince;
    const isBehind = ms > BEHIND_MS_MAX || this.queue.length > BEHIND_MAX;
    return isBehind ? `${this.queue.length} decisions wait for the store` : undefined;
  }

  /** Resolves when all that was added is written, or throws when it cannot be. */
  flush(): Promise<void> {
    const run = this.writing.then(() => this.write());
    this.writing = run.catch(() => {});
    return run;
  }

  private push(entry: Entry): void {
    this.queue.push(entry);
    if (this.queue.length > QUEUE_MAX) {
      const [dropped] = this.queue.splice(0, 1);
      if (dropped && "decision" in dropped) this.pending.delete(dropped.decision.signal_id);
      this.ports.onTrouble(new Error("too many decisions wait for the store"), 1);
    }
    this.arm(this.ports.waitMs);
  }

  private arm(ms: number): void {
    if (this.timer) return;
    this.timer = true;
    this.ports.clock.after(ms, async () => {
      this.timer = false;
      try {
        await this.flush();
      } catch (error) {
        this.ports.onTrouble(error, 0);
        this.arm(RETRY_MS);
      }
    });
  }

  private async write(): Promise<void> {
    while (this.queue.length > 0) {
      const batch = this.queue.splice(0, BATCH_MAX);
      try {
        await this.ports.store.commit(batch.flatMap(opsOf));
      } catch (error) {
        this.queue.unshift(...batch);
        this.failingSince ??= this.ports.clock.now();
        throw error;
      }
      this.failingSince = undefined;
      for (const entry of batch) if ("decision" in entry) this.pending.delete(entry.decision.signal_id);
    }
  }
}

function opsOf(entry: Entry): Op[] {
  if ("outcome" in entry) return [put(decisionOutcomes, entry.outcome)];
  const { decision } = entry;
  return [
    put(decisionsMade, decision),
    ...stateOps(decision),
    link(`${decisionsMade.name}/${decision.signal_id}`, `${signalsSeen.name}/${decision.signal_id}`),
    emit(decisions, decision, decision.instrument),
  ];
}
