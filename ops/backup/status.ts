/** Leaves word among the installation's blobs of how a backup went, for S11 to tell people. */
import { BackupStatus } from "../../shared/backup-status.ts";
import { BACKUP_STATUS } from "../../shared/keys.ts";
import type { Blobs } from "../../shared/kit/ports.ts";
import { note } from "../cli/terminal.ts";

type Came = { at: number; every_ms: number | undefined; by_up: boolean } & (
  | { ok: true }
  | { ok: false; error: string }
);

/** Never throws: where the blobs are away too, the exit code and the log still tell. */
export async function leaveWord(blobs: Pick<Blobs, "get" | "put">, came: Came): Promise<void> {
  try {
    const last = await lastWord(blobs);
    // One made by hand, from a terminal that knows no schedule, does not end the schedule.
    const { every_ms, by_up } = came.every_ms === undefined ? (last ?? {}) : came;
    const every = every_ms === undefined ? {} : { every_ms, ...(by_up && { by_up }) };
    const next: BackupStatus = came.ok
      ? { succeeded_at: came.at, ...every }
      : {
          ...(last?.succeeded_at && { succeeded_at: last.succeeded_at }),
          failed_at: came.at,
          error: came.error,
          ...every,
        };
    await blobs.put(BACKUP_STATUS, Buffer.from(JSON.stringify(next)));
  } catch (error) {
    note(`How the backup went could not be kept among the blobs: ${(error as Error).message}`);
  }
}

/** `up` is started without a schedule: where it had one, none is due any more. */
export async function endSchedule(blobs: Pick<Blobs, "get" | "put">): Promise<void> {
  const last = await lastWord(blobs);
  if (!last?.by_up) return;
  const { every_ms: _every, by_up: _by, ...came } = last;
  await blobs.put(BACKUP_STATUS, Buffer.from(JSON.stringify(came)));
}

async function lastWord(blobs: Pick<Blobs, "get">): Promise<BackupStatus | undefined> {
  const body = await blobs.get(BACKUP_STATUS);
  return body ? BackupStatus.safeParse(JSON.parse(Buffer.from(body).toString())).data : undefined;
}
