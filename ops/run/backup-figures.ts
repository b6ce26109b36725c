/** How old the newest backup is, told in metrics by a process that knows where backups go. */
import { Gauge, type Registry } from "prom-client";
import type { Clock } from "../../shared/kit/ports.ts";
import type { Env } from "./process-settings.ts";

/** A bucket is not asked at every scrape. */
const LOOK_MS = 300_000;

/** Epoch ms of the newest backup; undefined: there is none. */
type Newest = () => Promise<number | undefined>;

/** Nothing is told where no backups are wanted, or before the place has answered: a scrape does not wait for it. */
export function tellBackups(registry: Registry, clock: Clock, newest: Newest | undefined): void {
  let lookedAt = Number.NEGATIVE_INFINITY;
  let known: number | undefined;
  const look = (ask: Newest) => {
    if (clock.mono() - lookedAt < LOOK_MS) return;
    lookedAt = clock.mono();
    // What was known stays: it grows older meanwhile, as it should.
    ask().then(
      (found) => {
        known = found;
      },
      () => {},
    );
  };
  new Gauge({
    name: "chimera_backup_newest_timestamp_seconds",
    help: "When the newest backup was made, seconds since 1970 in UTC; 0: backups are wanted, and there is none",
    labelNames: ["of"],
    registers: [registry],
    collect() {
      if (!newest) return;
      look(newest);
      if (known !== undefined) this.set({ of: "backups" }, known / 1_000);
    },
  });
}

/** Undefined where the environment names no place for backups. */
export function newestBackup(env: Env, clock: Clock): Newest | undefined {
  if (env.CHIMERA_BACKUP_TO === undefined) return undefined;
  return async () => {
    const { newestIn } = await import("../backup/newest.ts");
    return newestIn(env, clock);
  };
}
