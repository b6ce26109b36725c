/** Variables that lie in files: `CHIMERA_X_FILE` names the file of `CHIMERA_X`, as Docker and Kubernetes hand secrets out. */
import { readFileSync, type Stats, statSync } from "node:fs";
import type { Env } from "./process-settings.ts";

const FORM = /^(CHIMERA_\w+)_FILE$/;
/** These are only ever a file's name: whoever wants what is in it opens it. */
const ARE_FILES = ["CHIMERA_MASTER_KEY", "CHIMERA_BACKUP_KEY"];
/** Who may read these could act as the installation, or as its owner at the exchange. */
const SECRET = /_(KEY|SECRET|PASSWORDS?|TOKEN)$/;
const PUBLIC = /_PUBLIC_KEY$/;
/** Anything for others, and writing for the group: orchestrators give secrets to a container's group to read. */
const OPEN_TO_OTHERS = 0o027;

/**
 * The environment with what its files hold, without the line ends and the mark that editors add; the names of files
 * are taken out.
 * Throws an Error that names every file that is missing, empty, or a secret that everybody on the machine can read.
 */
export function withSecretFiles(env: Env): Record<string, string | undefined> {
  const read: Record<string, string | undefined> = { ...env };
  const wrong: string[] = [];
  for (const [variable, file] of Object.entries(env)) {
    const name = FORM.exec(variable)?.[1];
    if (name === undefined || file === undefined || ARE_FILES.includes(name)) continue;
    delete read[variable];
    if (env[name] !== undefined) {
      wrong.push(`${variable}: ${name} is set as well; leave one of them out`);
      continue;
    }
    try {
      read[name] = textOf(file, isSecret(name));
    } catch (error) {
      wrong.push(`${variable}: ${(error as Error).message}`);
    }
  }
  if (wrong.length > 0) throw new Error(`Settings from files are wrong:\n  ${wrong.join("\n  ")}`);
  return read;
}

const isSecret = (name: string): boolean => SECRET.test(name) && !PUBLIC.test(name);

/** Throws an Error that says what to do where others than its owner and the owner's group could read it. */
export function mustBePrivate(file: string, { mode }: Pick<Stats, "mode">): void {
  if ((mode & OPEN_TO_OTHERS) === 0) return;
  throw new Error(`${file} can be read by others: chmod 600 ${file}, or defaultMode: 0400 of a Kubernetes secret`);
}

function textOf(file: string, isSecret: boolean): string {
  const about = statSync(file, { throwIfNoEntry: false });
  if (!about) throw new Error(`there is no ${file}`);
  if (!about.isFile()) throw new Error(`${file} is no file`);
  if (isSecret) mustBePrivate(file, about);
  const text = readFileSync(file, "utf8").replace(/^\ufeff|[\r\n]+$/g, "");
  if (text.trim() === "") throw new Error(`${file} is empty`);
  return text;
}
