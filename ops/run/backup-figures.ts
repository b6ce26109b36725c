/** How old the newest backup is, told in metrics by a process that knows where backups go. */
import { Gauge, type Registry } from "prom-client";
import type { Clock } from "../../shared/kit/ports.ts";
import { readBackupSettings } from "./backup-settings.ts";
import type { Env } from "./process-settings.ts";

/** A bucket is not asked at every scrape, nor more often than one is made. */
const LOOK_MS_MAX = 300_000;

/** Epoch ms of the newest backup; undefined: there is none. */
type Newest = () => Promise<number | undefined>;

/** Of three that are due two may fail. */
const LATE_TIMES = 3;
const HOUR_MS = 3_600_000;

/** Nothing is told where no backups are wanted, or before the place has answered: a scrape does not wait for it. */
export function tellBackups(registry: Registry, clock: Clock, { newest, everyMs = HOUR_MS }: WantedBackups): void {
  const since = clock.now();
  const lookMs = Math.min(LOOK_MS_MAX, everyMs);
  let lookedAt = Number.NEGATIVE_INFINITY;
  let known: number | undefined;
  const look = (ask: Newest) => {
    if (clock.mono() - lookedAt < lookMs) return;
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
  const wanted = (name: string, help: string, value: number) =>
    new Gauge({
      ...{ name, help, labelNames: ["of"], registers: [registry] },
      collect() {
        if (newest) this.set({ of: "backups" }, value / 1_000);
      },
    });
  wanted(
    "chimera_backup_age_max_seconds",
    "How old the newest backup may become before it is late, seconds: three times `CHIMERA_BACKUP_EVERY_MS`, or three hours",
    LATE_TIMES * everyMs,
  );
  wanted(
    "chimera_backup_wanted_timestamp_seconds",
    "Since when this process knows that backups are wanted, seconds since 1970 in UTC",
    since,
  );
}

export interface WantedBackups {
  /** None where no backups are wanted. */
  readonly newest?: Newest | undefined;
  /** How often one is made. */
  readonly everyMs?: number | undefined;
}

/** As the environment says; nothing where it names no place for backups. */
export function wantedBackups(env: Env, clock: Clock): WantedBackups {
  if (env.CHIMERA_BACKUP_TO === undefined) return {};
  const newest = async () => {
    const { newestIn } = await import("../backup/newest.ts");
    return newestIn(env, clock);
  };
  return { newest, everyMs: readBackupSettings(env).backupEveryMs };
}
