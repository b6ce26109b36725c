/** Tells people that a backup failed, or that none has come for long: by what its maker left among the blobs. */
import { BackupStatus } from "../../shared/backup-status.ts";
import { BACKUP_STATUS } from "../../shared/keys.ts";
import { every } from "../../shared/kit/service.ts";
import type { Part, Ports } from "./parts.ts";

const LOOK_MS = 60_000;
/** A late one may be a long one; three that did not come are none. */
const LATE_TIMES = 3;

export function backupPart({ blobs, clock, alert, log }: Pick<Ports, "blobs" | "clock" | "alert" | "log">): Part {
  let toldFailure: number | undefined;
  let toldOld: number | undefined;

  async function look(): Promise<void> {
    const body = await blobs.get(BACKUP_STATUS);
    if (!body) return;
    const { success, data } = BackupStatus.safeParse(jsonIn(body));
    if (!success) {
      log.warn("what the backups came to cannot be read", { key: BACKUP_STATUS });
      return;
    }
    const { failed_at, error = "no reason was given", succeeded_at = 0, every_ms } = data;
    if (failed_at !== undefined && failed_at !== toldFailure) {
      toldFailure = failed_at;
      alert("ERROR", "BACKUP_FAILED", `A backup failed: ${error}`, "tried again when the next is due");
    }
    if (every_ms === undefined || toldOld === succeeded_at) return;
    const age = clock.now() - succeeded_at;
    if (age < LATE_TIMES * every_ms) return;
    toldOld = succeeded_at;
    const since = succeeded_at === 0 ? "ever" : `since ${new Date(succeeded_at).toISOString()}`;
    alert("ERROR", "BACKUP_OLD", `No backup has come to its end ${since}, and one is due every ${every_ms} ms`);
  }
  return { jobs: [every(LOOK_MS, "look-at-backups", look)] };
}

function jsonIn(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
