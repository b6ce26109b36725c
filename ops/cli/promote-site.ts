/** `promote-site`: makes a standby the site that trades, once the other site's exchange key is revoked. */
import { userInfo } from "node:os";
import { join } from "node:path";
import { wallClock } from "../../shared/adapters/clock.ts";
import { fetchNet } from "../../shared/adapters/net.ts";
import { openTarget } from "../backup/open-target.ts";
import { vaultBy } from "../backup/vault.ts";
import { readBackupSettings } from "../run/backup-settings.ts";
import { claim, runningPid } from "../run/folder.ts";
import { type Promoted, promoteSite } from "../standby/promote.ts";
import { standbyFolder, stateOf } from "../standby/standby-folder.ts";
import type { Command } from "./command.ts";
import { readOptions } from "./options.ts";
import { bold, dim, green, note, print, yellow } from "./terminal.ts";

const usage = `Usage: ./chimera promote-site --data DIR [--old-key-revoked-i-checked TAG] [--json]

Makes the standby in DIR the site that trades. First revoke the other site's exchange key, at the exchange's page:
this asks the exchange by that key, several times over some seconds, and refuses while it still works. Then the newest
backup that is here whole is put into the stores and checked, this site's own key is put in force, and the other site
is told, at the place of the backups, that it was replaced. Enable this site's key at the exchange, and start it:
./chimera up.

At the start it asks the exchange for all that happened since the backup. Nothing is entered before an operator turns
the kill switch off and, live, arms it.

  --data DIR  the standby's folder
  --old-key-revoked-i-checked TAG
              promotes though the exchange was not, or could not be asked: you have seen for yourself that the key is
              gone. TAG is the installation's four characters; it is written into the audit log with your name.
              If the old key works after all, two sites trade: docs/guide/standby-site.md says what then
  --json      one JSON object

It refuses as well while the standby follows (./chimera down --data DIR), where no own key is set, and where the old
key was never seen to work from this machine (./chimera standby rehearse): a key that is bound to other addresses is
refused in the same words as one that is revoked.`;

async function run(args: string[]): Promise<number> {
  const { values } = readOptions(args, {
    data: { type: "string" },
    "old-key-revoked-i-checked": { type: "string" },
    json: { type: "boolean", default: false },
  });
  if (values.data === undefined) throw new Error("Name the standby's folder with --data DIR.");
  const folder = standbyFolder(values.data);
  const state = stateOf(folder);
  if (!state) throw new Error(`${folder.data} holds no standby: ./chimera standby --data DIR makes one.`);
  const file = join(folder.data, "chimera.pid");
  const pid = runningPid(file);
  if (pid !== undefined) throw new Error(`It still follows (process ${pid}). ./chimera down --data ${folder.data}`);
  const clock = wallClock();
  const checked = values["old-key-revoked-i-checked"];
  const promoting = {
    ...{ data: folder.data, env: process.env, clock, net: fetchNet(clock), actor: userInfo().username },
    vault: vaultBy(readBackupSettings(process.env).backupKeyFile),
    from: openTarget(state.from, process.env, clock).target,
    ...(checked !== undefined && { checked }),
    ...(!values.json && { progress: (what: string) => note(dim(`  ${what}`)) }),
  };
  const release = claim({ path: folder.data, pid: file });
  const promoted = await promoteSite(promoting).finally(release);
  if (values.json) print(JSON.stringify({ promoted: true, ...promoted }));
  else show(promoted, folder.data, clock.now());
  return 0;
}

function show({ generation, backup_id, as_of, restored, unannounced }: Promoted, data: string, now: number): void {
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  print(`${green("●")} ${bold(`This is the site now, generation ${generation}.`)}`);
  print(
    `  It begins from ${backup_id}, ${seconds(now - as_of)} ago, put back and checked in ${seconds(restored.took_ms)}.`,
  );
  if (unannounced !== undefined) {
    print(`${yellow("●")} The other site could not be told (${unannounced}): its revoked key alone stops it.`);
  }
  print(`  1. Enable this site's own key at the exchange, from this machine's address.`);
  print(`  2. ./chimera up --data ${data}   it asks the exchange what has happened since.`);
  print("  3. Look at the reconciliation, then turn the kill switch off.");
}

export const command: Command = { usage, run };
