/** `restore`: puts an installation back from a backup into a new folder, and says what is lost and how long it took. */
import { wallClock } from "../../shared/adapters/clock.ts";
import { openTarget } from "../backup/open-target.ts";
import { type RestoreOutcome, restoreBackup } from "../backup/restore.ts";
import { idIn } from "./backup.ts";
import type { Command } from "./command.ts";
import { readOptions } from "./options.ts";
import { bold, dim, green, note, print, yellow } from "./terminal.ts";

const usage = `Usage: ./chimera restore [ID] --data DIR [--from PLACE] [--only LAYER] [--json]

Puts a backup, the newest unless named, into a new or empty folder (or the stores that the environment names, which must
be empty), and checks every piece, count and hash and the audit log's chain. What happened after the backup is then
unknown here: the first start asks the exchange for it before anything is entered. The kill switch is on until an
operator turns it off, everybody signs in anew, and what waited for approval must be asked for again. One that was
interrupted leaves a folder that cannot be started: say it again, with the same ID, to go on.

  --data DIR    where to
  --from PLACE  a folder, or s3://bucket/prefix (else CHIMERA_BACKUP_TO)
  --only LAYER  of an installation that has lost but this: stores, blobs, keys, or one service's store, such as s04;
                may be given several times
  --json        one JSON object

It prints, of each layer, the age of what was put back (RPO) and how long that took (RTO).`;

async function run(args: string[]): Promise<number> {
  const { values, positionals } = readOptions(
    args,
    {
      data: { type: "string" },
      from: { type: "string" },
      only: { type: "string", multiple: true, default: [] },
      json: { type: "boolean", default: false },
    },
    "some",
  );
  const { data, from, only, json } = values;
  const [id = "latest", ...more] = positionals;
  if (more.length > 0) throw new Error("A restore takes one backup. --help tells more.");
  if (data === undefined) throw new Error("Name the folder to restore into with --data DIR.");
  const clock = wallClock();
  const { target } = openTarget(from, process.env, clock);
  const manifest = await target.manifest(await idIn(target, id));
  const progress = json ? undefined : (what: string) => note(dim(`  ${what}`));
  const outcome = await restoreBackup({
    ...{ target, manifest, data, only, env: process.env, clock },
    ...(progress && { progress }),
  });
  if (json) print(JSON.stringify(outcome));
  else show(outcome, data);
  if (!json && only.length === 0 && manifest.installation.mode === "paper")
    print(
      dim("The paper exchange is in no backup: move venue/ of the old data folder into this one before the start."),
    );
  return outcome.audit?.ok === false ? 1 : 0;
}

function show({ id, layers, audit, took_ms }: RestoreOutcome, data: string): void {
  print(`${green("●")} ${bold(id)} is in ${data}, put back and checked in ${seconds(took_ms)}\n`);
  print(dim("layer   records         bytes        RPO        RTO"));
  for (const { layer, records, bytes, rpo_ms, rto_ms } of layers) {
    const cells = [records.toString().padStart(9), bytes.toString().padStart(13)];
    print(`${layer.padEnd(6)}${cells.join(" ")} ${seconds(rpo_ms).padStart(10)} ${seconds(rto_ms).padStart(10)}`);
  }
  if (audit?.ok === false) print(yellow(`\nThe audit log is not whole: ./chimera audit verify --data ${data}`));
  print(dim("\nThe kill switch is on. Start it, look at what the exchange has told, then turn it off."));
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

export const command: Command = { usage, run };
