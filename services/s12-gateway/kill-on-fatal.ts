/**
 * Turns the kill switch on by itself on a FATAL alert whose code the active bundle names in `kill_on_fatal`.
 *
 * Once for each time that it is told: one that was told before a person turned the switch off is settled by that, also
 * when it is heard again or late. Told anew after that, it turns it on again. Where it is on already there is nothing
 * to do, whatever its mode. A person turns it off as ever.
 */
import { emit } from "../../shared/changes.ts";
import { configActive, configBundles } from "../../shared/collections/config.ts";
import { Bundle } from "../../shared/domain/bundle.ts";
import { digest } from "../../shared/keys.ts";
import type { Clock, Store } from "../../shared/kit/ports.ts";
import type { Principal } from "../../shared/kit/service.ts";
import { type Alert, alerts } from "../../shared/streams.ts";
import type { Kill } from "./kill.ts";

const AUTOMATIC: Principal = { kind: "service", id: "automatic", role: "admin" };
const REASON_LENGTH_MAX = 200;

export interface KillOnFatalParts {
  store: Pick<Store, "get">;
  clock: Pick<Clock, "now">;
  kill: Pick<Kill, "set" | "current" | "isKept">;
}

export function createKillOnFatal({ store, clock, kill }: KillOnFatalParts) {
  /** As last read: in a store that is away the codes of before count. */
  let known: readonly string[] | undefined;

  async function codes(): Promise<readonly string[]> {
    try {
      const active = (await store.get(configActive, "active"))?.value;
      const record = active && (await store.get(configBundles, `${active.bundle_id}@${active.rev}`))?.value;
      if (record) known = Bundle.parse(record.bundle).flags.health.kill_on_fatal;
    } catch (error) {
      if (known === undefined) throw error;
    }
    return known ?? [];
  }

  return {
    async hear({ severity, code, source, message, ts }: Readonly<Alert>): Promise<void> {
      if (severity !== "FATAL" || !(await codes()).includes(code)) return;
      const now = kill.current();
      // What is on in memory alone is stored when the message comes again.
      if (now.enabled && kill.isKept()) return;
      // Turned off in what is still to come, by a clock that ran ahead, it settles nothing.
      const isSettled = now.epoch > 0 && ts <= now.ts && now.ts <= clock.now();
      if (!now.enabled && isSettled) return;
      const reason = `FATAL ${code} of ${source}: ${message}`.slice(0, REASON_LENGTH_MAX);
      await kill.set({ enable: true, mode: "CANCEL", reason }, AUTOMATIC, [emit(alerts, told(reason, code))]);
    },
  };

  function told(message: string, code: string): Alert {
    return {
      alert_id: digest("alert", "s12", "KILL_BY_FATAL", code).slice(0, 16),
      severity: "ERROR",
      source: "s12",
      code: "KILL_BY_FATAL",
      message: `The kill switch is on by itself: ${message}`,
      action_taken: "entries stop, those that rest are cancelled; a person turns it off",
      ts: clock.now(),
    };
  }
}
