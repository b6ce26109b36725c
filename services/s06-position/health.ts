/** Whether trades may be enlarged now: health as last told, S11 alive, no kill switch, no pause; unknown counts as no. */
import { put } from "../../shared/changes.ts";
import { killState } from "../../shared/collections/people.ts";
import { strategyPauses } from "../../shared/collections/signals.ts";
import { positionMarks } from "../../shared/collections/trades.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import { pauseKey } from "../../shared/keys.ts";
import { type HealthEvent, HealthLevel } from "../../shared/streams.ts";
import type { Ports } from "./types.ts";

const MARK = "health";
const KILL_KEY = "kill";

export class AddGate {
  private readonly ports: Ports;
  /** Undefined: never heard of. */
  private level: HealthLevel | undefined;
  private toldAt = Number.NEGATIVE_INFINITY;

  constructor(ports: Ports) {
    this.ports = ports;
  }

  async load(): Promise<void> {
    const row = await this.ports.store.get(positionMarks, MARK);
    if (!row) return;
    this.level = HealthLevel.parse(row.value.value);
    this.toldAt = row.value.ts;
  }

  /** S11 tells it again and again; kept, so that a restart need not wait. An older one counts for nothing. */
  async hear({ level, ts }: HealthEvent): Promise<void> {
    if (ts < this.toldAt) return;
    this.level = level;
    this.toldAt = ts;
    await this.ports.store.commit([put(positionMarks, { id: MARK, value: level, ts })]);
  }

  /** Why the trade may not be enlarged; nothing: it may. What cannot be read counts against it. */
  async closed(trade: Trade): Promise<string | undefined> {
    const { store, clock, settings, noEntries } = this.ports;
    const isSilent = clock.now() - this.toldAt > settings.healthAgeMsMax;
    if (this.level !== undefined && isSilent) return "S11 is away, which counts as ORANGE";
    if (this.level !== "GREEN") return this.level ? `health is ${this.level}` : "the health level is not known";
    const away = noEntries();
    if (away !== undefined) return away;
    const disabled = this.disabled(trade);
    if (disabled !== undefined) return disabled;
    try {
      if ((await store.get(killState, KILL_KEY))?.value.enabled) return "the kill switch is on";
      for (const key of [trade.strategy_id, pauseKey(trade.strategy_id, trade.instrument)]) {
        if (await store.get(strategyPauses, key)) return `${key} is paused`;
      }
    } catch (error) {
      return `what must allow it cannot be read: ${String(error)}`;
    }
    return undefined;
  }

  private disabled({ instrument, strategy_id }: Trade): string | undefined {
    const { instruments, strategies } = this.ports.config().bundle;
    if (!instruments.some((row) => row.instrument === instrument && row.enabled)) return `${instrument} is not enabled`;
    const strategy = strategies.find((each) => each.strategy_id === strategy_id);
    return strategy?.enabled === false ? `${strategy_id} is not enabled` : undefined;
  }
}
