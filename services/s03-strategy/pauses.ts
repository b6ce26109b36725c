/** Strategies that people paused: stored before they are told, held in memory for the tick path. */
import { put, remove } from "../../shared/changes.ts";
import { type StrategyPause, strategyPauses } from "../../shared/collections/signals.ts";
import type { Clock, Op, Store } from "../../shared/kit/ports.ts";

const PAUSES_MAX = 1_000;

interface Entry {
  actor: string;
  what: string;
  ref: string;
  outcome: string;
}
export interface PausePorts {
  store: Store;
  clock: Clock;
  audit(entry: Entry): Op;
}

export class Pauses {
  private readonly ports: PausePorts;
  private ids: ReadonlySet<string> = new Set();

  constructor(ports: PausePorts) {
    this.ports = ports;
  }

  async load(): Promise<void> {
    const page = await this.ports.store.query(strategyPauses, { limit: PAUSES_MAX });
    this.ids = new Set(page.items.map((row) => row.key));
  }

  paused(): ReadonlySet<string> {
    return this.ids;
  }

  /** A strategy that is paused already stays as it was paused first. */
  async pause(strategyId: string, actor: string, reason: string): Promise<StrategyPause> {
    const known = await this.ports.store.get(strategyPauses, strategyId);
    if (known) return known.value;
    const pause: StrategyPause = { strategy_id: strategyId, actor, reason, ts: this.ports.clock.now() };
    await this.ports.store.commit([
      put(strategyPauses, pause, null),
      this.ports.audit({ actor, what: "strategy.pause", ref: strategyId, outcome: reason }),
    ]);
    this.ids = new Set([...this.ids, strategyId]);
    return pause;
  }

  async resume(strategyId: string, actor: string): Promise<void> {
    if (!this.ids.has(strategyId)) return;
    await this.ports.store.commit([
      remove(strategyPauses, strategyId),
      this.ports.audit({ actor, what: "strategy.resume", ref: strategyId, outcome: "resumed" }),
    ]);
    this.ids = new Set([...this.ids].filter((id) => id !== strategyId));
  }
}
