/** Whether trades may be enlarged now: health as last told, S11 alive, no kill switch, no pause; unknown counts as no. */
import { killState } from "../../shared/collections/people.ts";
import { strategyPauses } from "../../shared/collections/signals.ts";
import { positionMarks } from "../../shared/collections/trades.ts";
import { isTraded, revisionOf } from "../../shared/domain/arms.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import { HealthHeard } from "../../shared/health-heard.ts";
import { pauseKey } from "../../shared/keys.ts";
import type { HealthEvent } from "../../shared/streams.ts";
import { MANUAL } from "../../shared/trading/position/result-rules.ts";
import type { Ports } from "./types.ts";

const KILL_KEY = "kill";

export class AddGate {
  private readonly ports: Ports;
  private readonly health: HealthHeard;

  constructor(ports: Ports) {
    this.ports = ports;
    const { store, clock, settings } = ports;
    this.health = new HealthHeard({ store, clock, silentMs: settings.healthAgeMsMax }, positionMarks);
  }

  load(): Promise<void> {
    return this.health.load();
  }

  hear(event: HealthEvent): Promise<void> {
    return this.health.hear(event);
  }

  /** Why the trade may not be enlarged; nothing: it may. What cannot be read counts against it. */
  async closed(trade: Trade): Promise<string | undefined> {
    const { store, noEntries } = this.ports;
    const { health } = this;
    if (!health.isKnown) return "the health level is not known";
    if (health.level !== "GREEN") return health.words;
    if (health.noEntries !== undefined) return health.noEntries;
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

  /** By what is in force of its arm, the newest: what was switched off since is off for it too. */
  private disabled({ instrument, strategy_id, config_rev }: Trade): string | undefined {
    const active = this.ports.config();
    if (!isTraded(active, instrument, config_rev)) return `${instrument} is not enabled`;
    const { strategies } = (revisionOf(active, config_rev) ?? active).bundle;
    const strategy = strategies.find((each) => each.strategy_id === strategy_id);
    if (!strategy) return strategy_id === MANUAL ? undefined : `${strategy_id} is in no revision in force`;
    return strategy.enabled ? undefined : `${strategy_id} is not enabled`;
  }
}
