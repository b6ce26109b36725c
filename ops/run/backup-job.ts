/** Backups by schedule, beside an installation that `up` runs: each in a process of its own, one at a time. */
import { join } from "node:path";
import type { Blobs, Cancel, Clock } from "../../shared/kit/ports.ts";
import { endSchedule } from "../backup/status.ts";
import { ROOT } from "../build.ts";
import { readBackupSettings } from "./backup-settings.ts";
import type { Env } from "./process-settings.ts";

export interface BackupJob {
  blobs: Pick<Blobs, "get" | "put">;
  clock: Pick<Clock, "every">;
  env: Env;
  data: string;
  /** Told of one that failed, with what it said. */
  failed(words: string): void;
}

/** Undefined where no schedule is set. Throws an Error for one without a place or a key. */
export function backUpBySchedule({ blobs, clock, env, data, failed }: BackupJob): Cancel | undefined {
  const { backupTo, backupEveryMs, backupKeyFile } = readBackupSettings(env);
  if (backupEveryMs === undefined) {
    endSchedule(blobs).catch((error: Error) => failed(`that none is due any more could not be kept: ${error.message}`));
    return undefined;
  }
  if (backupTo === undefined || backupKeyFile === undefined) {
    throw new Error("CHIMERA_BACKUP_EVERY_MS wants CHIMERA_BACKUP_TO and CHIMERA_BACKUP_KEY_FILE too.");
  }
  let child: Bun.Subprocess<"ignore", "ignore", "pipe"> | undefined;
  let isEnded = false;
  const cancel = clock.every(backupEveryMs, async () => {
    const command = [process.execPath, join(ROOT, "ops/cli/main.ts"), "backup", "--prune", "--by-up", "--json"];
    child = Bun.spawn(["nice", "-n", "10", ...command, "--data", data], {
      ...{ env: { ...env }, stdin: "ignore", stdout: "ignore", stderr: "pipe" },
    });
    const said = await new Response(child.stderr).text();
    if ((await child.exited) !== 0 && !isEnded) failed(lastWords(said));
    child = undefined;
  });
  return () => {
    isEnded = true;
    cancel();
    // Half of one is harmless: its pieces are used by the next.
    child?.kill();
  };
}

const lastWords = (said: string): string =>
  said
    .trim()
    .split("\n")
    .at(-1)
    ?.replace(/^chimera: /, "") || "it said nothing";
