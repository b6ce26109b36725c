/** When the newest backup was made, asked of the place where backups lie; it takes no key to know that. */
import type { Clock } from "../../shared/kit/ports.ts";
import { readBackupSettings } from "../run/backup-settings.ts";
import type { Env } from "../run/process-settings.ts";
import { MANIFESTS, timeOfId } from "./manifest.ts";
import { roomAt } from "./open-target.ts";

const PAGE = 1_000;

/** Epoch ms; 0 where there is none. Throws where no place is named or it does not answer. */
export async function newestIn(env: Env, clock: Clock): Promise<number> {
  const settings = readBackupSettings(env);
  if (settings.backupTo === undefined) throw new Error("CHIMERA_BACKUP_TO names no place.");
  const room = roomAt(settings.backupTo, settings, clock);
  let newest = 0;
  let cursor: string | undefined;
  do {
    const page = await room.list(MANIFESTS, { limit: PAGE, ...(cursor !== undefined && { cursor }) });
    for (const { key } of page.items) newest = Math.max(newest, timeOfId(key.slice(MANIFESTS.length)) || 0);
    cursor = page.next_cursor;
  } while (cursor !== undefined);
  return newest;
}
