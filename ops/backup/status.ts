/** Leaves word among the installation's blobs of how a backup went, for S11 to tell people. */
import { BackupStatus } from "../../shared/backup-status.ts";
import { BACKUP_STATUS } from "../../shared/keys.ts";
import type { Blobs } from "../../shared/kit/ports.ts";
import { note } from "../cli/terminal.ts";

type Came = { at: number; every_ms: number | undefined } & ({ ok: true } | { ok: false; error: string });

/** Never throws: where the blobs are away too, the exit code and the log still tell. */
export async function leaveWord(blobs: Pick<Blobs, "get" | "put">, came: Came): Promise<void> {
  try {
    const body = await blobs.get(BACKUP_STATUS);
    const last = body ? BackupStatus.safeParse(JSON.parse(Buffer.from(body).toString())).data : undefined;
    // One made by hand, from a terminal that knows no schedule, does not end the schedule.
    const every_ms = came.every_ms ?? last?.every_ms;
    const every = every_ms === undefined ? {} : { every_ms };
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
