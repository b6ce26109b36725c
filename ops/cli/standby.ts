/** `standby`: a second site that follows the first by its backups, and trades nothing before it is promoted. */
import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { signerOf } from "../../services/s01-exchange/binance/signature.ts";
import { wallClock } from "../../shared/adapters/clock.ts";
import { fetchNet } from "../../shared/adapters/net.ts";
import { openTarget } from "../backup/open-target.ts";
import { vaultBy } from "../backup/vault.ts";
import { readBackupSettings } from "../run/backup-settings.ts";
import { claim, originOf } from "../run/folder.ts";
import { untilAsked } from "../run/signals.ts";
import { followOnce } from "../standby/follow.ts";
import { keepOwnKey } from "../standby/own-keys.ts";
import { mirrored, mirrorOf, rehearse } from "../standby/promote.ts";
import {
  keepState,
  lagMs,
  type StandbyFolder,
  type StandbyState,
  standbyFolder,
  stateOf,
} from "../standby/standby-folder.ts";
import type { Command } from "./command.ts";
import { numberOption, readOptions } from "./options.ts";
import { askSecret } from "./secret-prompt.ts";
import { bold, dim, green, note, print, red, yellow } from "./terminal.ts";

const EVERY_S = 60;

const usage = `Usage: ./chimera standby --data DIR [--from PLACE] [--every SECONDS] [--once] [--json]
       ./chimera standby key      --data DIR [--private-key FILE]
       ./chimera standby rehearse --data DIR [--json]

Follows another site: again and again it takes what the newest backup has and this one lacks, checks every piece, and
says how far behind it is. It trades nothing and holds no connection to the exchange. ./chimera status tells its state,
./chimera down ends it, ./chimera promote-site makes it the site that trades.

key       seals an exchange key of this site's own, apart, until it is promoted; a backup must have arrived before
rehearse  asks the exchange by the other site's key, which must work from here: only then does a refusal prove, at the
          promotion, that it is revoked. Once after the set-up, and after every change of that key

  --data DIR  where the standby lies: a folder of its own
  --from PLACE  where the other site's backups lie: a folder, or s3://bucket/prefix (else what it followed before, else
              CHIMERA_BACKUP_TO)
  --every N   seconds between rounds (default ${EVERY_S})
  --once      one round, and no more
  --private-key FILE  an Ed25519 key (PEM) in place of a secret
  --json      one JSON object a round

CHIMERA_BACKUP_KEY_FILE names the key of the backups. It may lose what happened between the newest backup and the end of
the other site: their period and one round; the exchange tells about orders and fills of that time.`;

const OPTIONS = {
  data: { type: "string" },
  from: { type: "string" },
  every: { type: "string" },
  once: { type: "boolean", default: false },
  "private-key": { type: "string" },
  json: { type: "boolean", default: false },
} as const;
type Values = ReturnType<typeof readOptions<typeof OPTIONS>>["values"];

async function run(args: string[]): Promise<number> {
  const { values, positionals } = readOptions(args, OPTIONS, "some");
  const [what, ...more] = positionals;
  if (more.length > 0) throw new Error(`${JSON.stringify(more[0])} is one word too many. --help tells what there is.`);
  if (values.data === undefined) throw new Error("Name the standby's folder with --data DIR.");
  const folder = standbyFolder(values.data);
  if (what === "key") return setKey(folder, values["private-key"]);
  if (what === "rehearse") return rehearsal(folder, values.json);
  if (what !== undefined) throw new Error(`There is no standby command ${JSON.stringify(what)}: key or rehearse.`);
  return follow(folder, values);
}

async function follow(folder: StandbyFolder, { from, every, once, json }: Values): Promise<number> {
  const before = stateOf(folder);
  if (!before && originOf(folder.data)) throw new Error(`${folder.data} holds an installation: name another folder.`);
  if (before && before.status !== "following") {
    throw new Error(`${folder.data} is being promoted, or was: it follows nobody any more.`);
  }
  const everyMs = 1_000 * numberOption("every", every?.replace(/s$/, ""), { fallback: EVERY_S, min: 1, max: 86_400 });
  const place = from ?? before?.from;
  const opened = openTarget(place, process.env, wallClock());
  mkdirSync(folder.data, { recursive: true, mode: 0o700 });
  const release = claim({ path: folder.data, pid: join(folder.data, "chimera.pid") });
  let state: StandbyState = { ...before, status: "following", from: opened.place };
  keepState(folder, state);
  let isAsked = false;
  const asked = untilAsked().then(() => {
    isAsked = true;
  });
  try {
    while (!isAsked) {
      state = await round(folder, { ...(stateOf(folder) ?? state) });
      tell(state, json);
      if (once) break;
      await Promise.race([asked, Bun.sleep(everyMs)]);
    }
    return state.failed?.at === state.looked_at ? 1 : 0;
  } finally {
    release();
  }
}

/** What fails is kept and told: the next round tries again. */
async function round(folder: StandbyFolder, state: StandbyState): Promise<StandbyState> {
  const clock = wallClock();
  const vault = vaultBy(readBackupSettings(process.env).backupKeyFile);
  const looked_at = clock.now();
  let next: StandbyState;
  try {
    const { target } = openTarget(state.from, process.env, clock);
    const { backup_id, as_of } = await followOnce(target, mirrorOf(folder, vault, clock), () => clock.now());
    // A rehearsal may have been kept meanwhile.
    const { failed: _, ...rest } = stateOf(folder) ?? state;
    next = { ...rest, backup_id, as_of, looked_at };
  } catch (error) {
    next = { ...(stateOf(folder) ?? state), looked_at, failed: { at: looked_at, why: (error as Error).message } };
  }
  keepState(folder, next);
  return next;
}

function tell(state: StandbyState, json: boolean): void {
  const now = wallClock().now();
  const lag = lagMs(state, now);
  if (json) print(JSON.stringify({ ...state, lag_ms: lag }));
  else if (state.failed) print(`${yellow("●")} ${state.failed.why}`);
  else print(`${green("●")} ${bold(state.backup_id ?? "")} is here whole, ${Math.round((lag ?? 0) / 1_000)} s behind`);
}

/** For `status`; undefined where the folder is no standby. */
export function describeStandby(data: string, pid: number | undefined): { lines: string[]; json: object } | undefined {
  const state = stateOf(standbyFolder(resolve(data)));
  if (!state || state.status === "promoted") return undefined;
  const lag = lagMs(state, wallClock().now());
  const behind = lag === undefined ? "nothing has arrived yet" : `${Math.round(lag / 1_000)} s behind`;
  const light = pid === undefined ? red("●") : state.failed ? yellow("●") : green("●");
  const lines = [`${light} ${bold("standby")}, ${behind}${pid === undefined ? ", and it does not follow now" : ""}`];
  lines.push(dim(`  follows ${state.from}`));
  if (state.failed) lines.push(`  ${state.failed.why}`);
  if (!state.rehearsed)
    lines.push(dim("  the other site's key was never seen to work from here: ./chimera standby rehearse"));
  return { lines, json: { standby: true, running: pid !== undefined, pid, lag_ms: lag, ...state } };
}

async function setKey(folder: StandbyFolder, privateKeyFile: string | undefined): Promise<number> {
  const manifest = await manifestOf(folder);
  const given = async (variable: string, question: string) =>
    (process.env[variable] ?? (await askSecret(question, `set ${variable}`))).trim();
  const api_key = await given("CHIMERA_NEW_API_KEY", "API key: ");
  const secret = privateKeyFile
    ? readFileSync(privateKeyFile, "utf8").trim()
    : await given("CHIMERA_NEW_API_SECRET", "Secret: ");
  if (!/^[\w-]{16,256}$/.test(api_key)) throw new Error("An API key has 16 to 256 letters, digits, - and _.");
  signerOf(secret);
  keepOwnKey(folder, manifest, { key: { api_key, secret }, env: process.env });
  print(`${green("●")} Sealed for this site. It is used by nothing before the promotion; keep it disabled until then.`);
  return 0;
}

async function rehearsal(folder: StandbyFolder, json: boolean): Promise<number> {
  const clock = wallClock();
  const vault = vaultBy(readBackupSettings(process.env).backupKeyFile);
  note(dim("Asking, some seconds ..."));
  const answers = await rehearse({ data: folder.data, env: process.env, clock, vault, net: fetchNet(clock) });
  const works = Object.values(answers).includes("taken");
  if (json) print(JSON.stringify({ ok: works, ...answers }));
  else {
    for (const [market, answer] of Object.entries(answers)) print(`${market.padEnd(4)}  ${answer}`);
    if (works) print(`${green("●")} The other site's key works from here: a refusal will prove that it is revoked.`);
    else if (Object.values(answers).includes("refused"))
      print(`${red("●")} It does not work from here: let the key be used from this machine's address too.`);
    else
      print(
        `${red("●")} The exchange gave no answer that says anything: see that it is reached from here, and ask again.`,
      );
  }
  return works ? 0 : 1;
}

function manifestOf(folder: StandbyFolder) {
  const vault = vaultBy(readBackupSettings(process.env).backupKeyFile);
  return mirrored(stateOf(folder), mirrorOf(folder, vault, wallClock()));
}

export const command: Command = { usage, run };
