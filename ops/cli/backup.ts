/** `backup`: all of an installation as of now, encrypted, into a folder or a bucket; lists, verifies and prunes them. */
import { wallClock } from "../../shared/adapters/clock.ts";
import type { Clock } from "../../shared/kit/ports.ts";
import { installedIn } from "../backup/installed.ts";
import { makeBackup } from "../backup/make.ts";
import { type Manifest, timeOfId } from "../backup/manifest.ts";
import { openTarget } from "../backup/open-target.ts";
import { prune, readKeep } from "../backup/prune.ts";
import { verifyBackup } from "../backup/restore.ts";
import { leaveWord } from "../backup/status.ts";
import type { Target } from "../backup/target.ts";
import { buildInfo } from "../build.ts";
import { readBackupSettings } from "../run/backup-settings.ts";
import { untilAsked } from "../run/signals.ts";
import type { Command } from "./command.ts";
import { DEFAULT_DATA, readOptions } from "./options.ts";
import { bold, dim, green, note, print, red } from "./terminal.ts";

const usage = `Usage: ./chimera backup [--to PLACE] [--data DIR] [--prune] [--json]
       ./chimera backup list   [--to PLACE] [--json]
       ./chimera backup verify [ID] [--to PLACE] [--json]
       ./chimera backup prune  [--to PLACE] [--keep 48h,30d] [--json]

Without a word it makes one: every store as of one moment while its service writes on, blobs, keys, what is in force,
and the head of the audit log. What has not changed since an earlier one is not written again.

list    what there is, oldest first
verify  reads one, the newest unless named, as a restore does: every piece, count and hash
prune   removes those that are past their time, and what no other one needs

  --to PLACE  a folder, or s3://bucket/prefix (else CHIMERA_BACKUP_TO)
  --data DIR  of the installation, running or not (default ${DEFAULT_DATA})
  --keep H,D  all of so many hours, then the last of each of so many days (else CHIMERA_BACKUP_KEEP, else 48h,30d)
  --prune     after making one, removes what is past its time, as prune does
  --by-up     it is one of the schedule of ./chimera up: that ends where up is started without one
  --json      one JSON object

CHIMERA_BACKUP_KEY_FILE names the key: 32 bytes in hex. Without it nobody can read a backup, its owner included.`;

const OPTIONS = {
  to: { type: "string" },
  data: { type: "string", default: DEFAULT_DATA },
  keep: { type: "string" },
  prune: { type: "boolean", default: false },
  "by-up": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
} as const;
type Values = ReturnType<typeof readOptions<typeof OPTIONS>>["values"];

async function run(args: string[]): Promise<number> {
  const { values, positionals } = readOptions(args, OPTIONS, "some");
  const [what, id, ...more] = positionals;
  if (more.length > 0 || (id !== undefined && what !== "verify"))
    throw new Error("Too many words. --help tells which.");
  const clock = wallClock();
  if (what === undefined) return make(values, clock);
  const { target, place } = openTarget(values.to, process.env, clock);
  if (what === "list") return list(values, target);
  if (what === "verify") return verify(values, target, id);
  if (what === "prune") return pruned(values, target, { clock, place });
  throw new Error(`There is no backup command ${JSON.stringify(what)}. --help tells what there is.`);
}

async function make(
  { to, data, keep, json, prune: wantsPrune, "by-up": by_up }: Values,
  clock: Clock,
): Promise<number> {
  const installed = installedIn(data, process.env, clock);
  const { target, place } = openTarget(to, process.env, clock);
  let isAsked = false;
  void untilAsked().then(() => {
    isAsked = true;
    target.stop("It was asked to stop; what it has written is used by the next one.");
  });
  const progress = json ? undefined : (what: string) => note(dim(`  ${what}`));
  const every_ms = readBackupSettings(process.env).backupEveryMs;
  try {
    const build = buildInfo(process.env);
    const manifest = await makeBackup({ installed, target, clock, build, ...(progress && { progress }) });
    await leaveWord(installed.blobs, { at: manifest.ended_at, every_ms, by_up, ok: true });
    if (wantsPrune) await prune(target, readKeep(keep ?? readBackupSettings(process.env).backupKeep), clock.now());
    if (json) print(JSON.stringify(summaryOf(manifest)));
    else print(`${green("●")} ${bold(manifest.id)} is in ${place}: ${sizes(manifest)}`);
  } catch (error) {
    if (!isAsked)
      await leaveWord(installed.blobs, {
        at: clock.now(),
        every_ms,
        by_up,
        ok: false,
        error: (error as Error).message,
      });
    throw error;
  } finally {
    await installed.stores.close();
  }
  return 0;
}

async function list({ json }: Values, target: Target): Promise<number> {
  const found = [];
  for (const id of await target.ids()) {
    try {
      found.push(summaryOf(await target.manifest(id)));
    } catch (error) {
      found.push({ id, error: (error as Error).message });
    }
  }
  if (json) print(JSON.stringify(found));
  else if (found.length === 0) note("There is no backup.");
  for (const one of json ? [] : found) {
    if ("error" in one) print(`${red("●")} ${one.id}  ${one.error}`);
    else print(`${bold(one.id)}  ${one.records} records, ${one.blobs} blobs, ${megabytes(one.bytes)}`);
  }
  return found.some((one) => "error" in one) ? 1 : 0;
}

async function verify({ json }: Values, target: Target, id = "latest"): Promise<number> {
  const manifest = await target.manifest(await idIn(target, id));
  const begun = performance.now();
  await verifyBackup(target, manifest, json ? undefined : (what) => note(dim(`  ${what}`)));
  const took_ms = Math.round(performance.now() - begun);
  if (json) print(JSON.stringify({ ok: true, ...summaryOf(manifest), verified_ms: took_ms }));
  else print(`${green("●")} ${bold(manifest.id)} is whole: ${sizes(manifest)}, read in ${seconds(took_ms)}`);
  return 0;
}

async function pruned({ keep, json }: Values, target: Target, at: { clock: Clock; place: string }): Promise<number> {
  const wanted = readKeep(keep ?? readBackupSettings(process.env).backupKeep);
  const done = await prune(target, wanted, at.clock.now());
  if (json) print(JSON.stringify(done));
  else print(`${done.kept.length} kept, ${done.removed.length} removed, ${megabytes(done.bytes)} less in ${at.place}`);
  return 0;
}

/** `latest`, or an id that is there. */
export async function idIn(target: Target, id: string): Promise<string> {
  const ids = (await target.ids()).filter((each) => !Number.isNaN(timeOfId(each)));
  const found = id === "latest" ? ids.at(-1) : ids.find((each) => each === id);
  if (found === undefined) throw new Error(id === "latest" ? "There is no backup." : `There is no backup ${id}.`);
  return found;
}

export const summaryOf = (manifest: Manifest) => ({
  ...{ id: manifest.id, begun_at: manifest.begun_at, took_ms: Math.round(manifest.ended_at - manifest.begun_at) },
  ...manifest.installation,
  records: manifest.stores.reduce((sum, { sum: { records } }) => sum + records, 0),
  blobs: manifest.blobs.length,
  ...(manifest.audit && { audit: manifest.audit }),
  ...manifest.size,
});

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

function sizes(manifest: Manifest): string {
  const { records, blobs, bytes, new_bytes, took_ms } = summaryOf(manifest);
  const all = `${records} records and ${blobs} blobs, ${megabytes(bytes)}`;
  return `${all}, of which ${megabytes(new_bytes)} were new there; made in ${seconds(took_ms)}`;
}

export const command: Command = { usage, run };
