/** Whether a data folder may be started: no standby's, no replaced site's, none that was restored but in part. */
import type { Clock } from "../../shared/kit/ports.ts";
import { halfRestored } from "../backup/half-restored.ts";
import { openTarget } from "../backup/open-target.ts";
import { readBackupSettings } from "../run/backup-settings.ts";
import type { Env } from "../run/process-settings.ts";
import { notYetASite } from "./promote.ts";
import { replacedBy, siteOf } from "./site.ts";

/** A place of backups that is away does not hold up the start: the exchange refuses a revoked key anyway. */
const ASK_MS_MAX = 5_000;

/** Throws an Error that says why not. Nobody is asked where no backups are made. */
export async function mustMayStart(data: string, env: Env, clock: Clock): Promise<void> {
  const standby = notYetASite(data);
  if (standby !== undefined) throw new Error(standby);
  const half = halfRestored(data);
  if (half !== undefined) {
    throw new Error(
      `The restore of ${half} did not come to its end: ./chimera restore ${half} --data ${data} does it.`,
    );
  }
  if (readBackupSettings(env).backupTo === undefined) return;
  const { target, place } = openTarget(undefined, env, clock);
  const asked = replacedBy(target, siteOf(data)).catch(() => undefined);
  const words = await Promise.race([asked, clock.sleep(ASK_MS_MAX).then(() => undefined)]);
  if (words === undefined) return;
  throw new Error(`Another site has taken over, as ${place} says: ${words} This one trades no more; let it follow.`);
}
