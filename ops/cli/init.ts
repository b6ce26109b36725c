/** `init`: makes what the production stores need and is not there yet. */
import { resolve } from "node:path";
import { Problem } from "../../shared/errors.ts";
import { prepareBlobs } from "../run/blobs.ts";
import { type Prepared, prepareArango } from "../run/prepare-arango.ts";
import { readStoreSettings } from "../run/store-settings.ts";
import type { Command } from "./command.ts";
import { readOptions } from "./options.ts";
import { bold, dim, green, print, yellow } from "./terminal.ts";

const usage = `Usage: ./chimera init [options]

Makes what the stores that the settings name need and what is not there yet: in ArangoDB the database, collections,
indexes, search views, the lineage graph and a user for each service that may write what is its own; in an S3 store the
bucket, with old versions kept. What is there stays as it is. It can be run at any time, and is to be run after every
update, before the services start.

  --passwords FILE  keeps the users' passwords there, readable by its owner alone; CHIMERA_ARANGO_PASSWORDS_FILE names
                    it to the services. Without it, passwords that were made up are printed, once
  --wait SECONDS    how long to wait for a store that does not answer yet (default 60)
  --dry-run         makes nothing, and says what it would make
  --json            one JSON object: what was made, what was there

Who may make all this: CHIMERA_ARANGO_ROOT_USER (root) with CHIMERA_ARANGO_ROOT_PASSWORD, each also as a file's name
with _FILE behind it. A service's password may be given: CHIMERA_S04_ARANGO_PASSWORD.`;

const WAIT_SECONDS = 60;
const PAUSE_MS = 1_000;

async function run(args: string[]): Promise<number> {
  const { values } = readOptions(args, {
    passwords: { type: "string" },
    wait: { type: "string", default: String(WAIT_SECONDS) },
    "dry-run": { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  });
  const { env } = process;
  const settings = readStoreSettings(env);
  const dryRun = values["dry-run"];
  const file = values.passwords === undefined ? undefined : resolve(values.passwords);
  const patience = Date.now() + numberOfSeconds(values.wait) * 1_000;
  const prepared =
    settings.store === "arango"
      ? await untilThere(patience, () =>
          prepareArango({
            env,
            dryRun,
            isSeen: process.stdout.isTTY,
            ...(file !== undefined && { passwordsFile: file }),
          }),
        )
      : undefined;
  const blobs = settings.blobs === "s3" ? await untilThere(patience, () => prepareBlobs(env, dryRun)) : undefined;
  if (values.json) print(JSON.stringify(asJson(prepared, blobs ?? [], file)));
  else tell({ prepared, blobs, file, dryRun, isEmpty: settings.store !== "arango" && settings.blobs !== "s3" });
  return 0;
}

function numberOfSeconds(text: string): number {
  const seconds = Number(text);
  if (!Number.isFinite(seconds) || seconds < 0) throw new Error(`--wait is a number of seconds, not ${text}.`);
  return seconds;
}

/** Where containers start together, the store may come up after us. */
async function untilThere<T>(patience: number, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const isAway = error instanceof Problem && error.code === "UNAVAILABLE" && error.retryAfterMs !== undefined;
      if (!isAway || Date.now() > patience) throw error;
      await Bun.sleep(PAUSE_MS);
    }
  }
}

const asJson = (prepared: Prepared | undefined, blobs: readonly string[], file: string | undefined) => ({
  made: prepared?.made.filter((each) => each.isNew).map(({ what, name }) => ({ what, name })) ?? [],
  there: prepared?.made.filter((each) => !each.isNew).length ?? 0,
  blobs,
  passwords: file === undefined ? (prepared?.passwords ?? {}) : { file },
});

interface Told {
  prepared: Prepared | undefined;
  /** Undefined where blobs lie in folders. */
  blobs: readonly string[] | undefined;
  file: string | undefined;
  dryRun: boolean;
  isEmpty: boolean;
}

function tell({ prepared, blobs, file, dryRun, isEmpty }: Told): void {
  if (isEmpty) {
    print("Documents lie in SQLite and blobs in folders, which need nothing. CHIMERA_STORE and CHIMERA_BLOBS say so.");
    return;
  }
  if (prepared) {
    const fresh = prepared.made.filter((each) => each.isNew);
    print(
      `${green("●")} ${bold("ArangoDB")}: ${summary(fresh)} ${dryRun ? "to be made" : "made"}, ` +
        `${prepared.made.length - fresh.length} were there`,
    );
    for (const { what, name } of fresh) print(dim(`  ${what} ${name}`));
    tellPasswords(prepared.passwords, file);
  }
  for (const line of blobs ?? []) print(`${green("●")} ${line}${dryRun ? ", to be made" : ""}`);
  if (blobs?.length === 0)
    print(`${green("●")} ${bold("Bucket")}: nothing ${dryRun ? "to be made" : "made"}, all was there`);
}

function summary(made: Prepared["made"]): string {
  const kinds = Object.entries(Object.groupBy(made, (each) => each.what));
  return kinds.length === 0 ? "nothing" : kinds.map(([what, all]) => `${all?.length} × ${what}`).join(", ");
}

function tellPasswords(passwords: Readonly<Record<string, string>>, file: string | undefined): void {
  const users = Object.entries(passwords);
  if (users.length === 0) return;
  if (file !== undefined) {
    print(`  ${users.length} passwords in ${file}: CHIMERA_ARANGO_PASSWORDS_FILE=${file}`);
    return;
  }
  print(yellow("  Passwords, shown this once:"));
  for (const [user, password] of users) print(`  ${user}  ${password}`);
}

export const command: Command = { usage, run };
