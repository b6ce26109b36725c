/** What is paused, a strategy everywhere or on one instrument: stored before it is told, in memory for the tick path. */
import { done, put, remove } from "../../shared/changes.ts";
import { type StrategyPause, strategyPauses } from "../../shared/collections/signals.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import { pauseKey } from "../../shared/keys.ts";
import type { Clock, Message, Op, Store } from "../../shared/kit/ports.ts";
import type { PositionEvent } from "../../shared/streams.ts";

const PAUSES_MAX = 1_000;
/** Marks forced closes that were heard: what a person has resumed is not paused again by the same news. */
const FORCED_GROUP = "s03-forced";
const FORCED = "forced";

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
  alert(severity: "FATAL", code: string, message: string, action: string): void;
}

/** A strategy, everywhere or on one instrument. */
export interface Paused {
  strategy_id: string;
  instrument?: InstrumentId | undefined;
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

  /** What is paused already stays as it was paused first. */
  async pause(what: Paused, by: { actor: string; reason: string; ops?: readonly Op[] }): Promise<StrategyPause> {
    const { store, clock, audit } = this.ports;
    const { strategy_id, instrument } = what;
    const key = pauseKey(strategy_id, instrument);
    const known = await store.get(strategyPauses, key);
    const ops = by.ops ?? [];
    if (known) {
      if (ops.length > 0) await store.commit(ops);
      return known.value;
    }
    const { actor, reason } = by;
    const pause: StrategyPause = { strategy_id, ...(instrument && { instrument }), actor, reason, ts: clock.now() };
    const entry = { actor, what: "strategy.pause", ref: key, outcome: reason };
    await store.commit([put(strategyPauses, pause, null), audit(entry), ...ops]);
    this.ids = new Set([...this.ids, key]);
    return pause;
  }

  async resume({ strategy_id, instrument }: Paused, actor: string): Promise<void> {
    const key = pauseKey(strategy_id, instrument);
    if (!this.ids.has(key)) return;
    await this.ports.store.commit([
      remove(strategyPauses, key),
      this.ports.audit({ actor, what: "strategy.resume", ref: key, outcome: "resumed" }),
    ]);
    this.ids = new Set([...this.ids].filter((id) => id !== key));
  }

  /**
   * The exchange, or somebody at its own site, has closed a trade or a part: its strategy stops on that instrument
   * until a person resumes it.
   */
  async hearTrade({ kind, trade }: PositionEvent, message: Pick<Message, "stream" | "id">): Promise<void> {
    const isForced = trade.exit_reason === FORCED && (kind === "EXIT" || kind === "TP_PARTIAL");
    if (!isForced || (await this.ports.store.isDone(message.stream, FORCED_GROUP, message.id))) return;
    const { strategy_id, instrument, trade_id } = trade;
    const reason = `trade ${trade_id} was closed by force, or outside`;
    await this.pause({ strategy_id, instrument }, { actor: "s03", reason, ops: [done(message, FORCED_GROUP)] });
    const what = `${instrument}: ${reason}`;
    this.ports.alert("FATAL", "STRATEGY_STOPPED", what, `no entries of ${strategy_id} on ${instrument} until resumed`);
  }
}
