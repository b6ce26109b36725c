/** Makes in ArangoDB what an installation needs: database, collections, indexes, search, lineage, a user per service. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { asProblems } from "../../shared/adapters/arango/faults.ts";
import { userOf } from "../../shared/adapters/arango/names.ts";
import { ensureSchema, type Made, ownersOf } from "../../shared/adapters/arango/schema.ts";
import { ensureUsers } from "../../shared/adapters/arango/users.ts";
import { systemRandom } from "../../shared/adapters/random.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import { readPasswords } from "./arango-passwords.ts";
import type { Env } from "./process-settings.ts";
import { readStoreSettings } from "./store-settings.ts";

export interface PrepareOptions {
  env: Env;
  /** Nothing is made; what would be is told. */
  dryRun: boolean;
  /** Where passwords are kept, as JSON by user; those in it are used, those made up are added. */
  passwordsFile?: string;
  /** Somebody reads what is printed, and not a log. */
  isSeen?: boolean;
}
export interface Prepared {
  made: Made[];
  /** Made up, and written nowhere unless there is a file for them. */
  passwords: Record<string, string>;
}

const PASSWORD_BYTES = 24;

/** Throws an Error for settings that are wrong or missing, Problem UNAVAILABLE where the server does not let us. */
export async function prepareArango({ env, dryRun, passwordsFile, isSeen = false }: PrepareOptions): Promise<Prepared> {
  const { arangoUrl: url, arangoDatabase: database } = readStoreSettings(env);
  const password = env.CHIMERA_ARANGO_ROOT_PASSWORD ?? env.CHIMERA_ARANGO_PASSWORD;
  if (password === undefined) {
    throw new Error(
      "Set CHIMERA_ARANGO_ROOT_PASSWORD, or CHIMERA_ARANGO_ROOT_PASSWORD_FILE: who administers ArangoDB.",
    );
  }
  const address = { url, database, user: env.CHIMERA_ARANGO_ROOT_USER ?? "root", password };
  const kept = keptPasswords(passwordsFile);
  const random = systemRandom();
  return asProblems(async () => {
    const schema = await ensureSchema({ address, collections: COLLECTIONS, dryRun });
    const users = await ensureUsers({
      ...{ address, collections: COLLECTIONS, dryRun },
      passwords: { ...kept, ...givenPasswords(env) },
      withReader: isSeen || passwordsFile !== undefined,
      newPassword: () => Buffer.from(random.bytes(PASSWORD_BYTES)).toString("base64url"),
    });
    if (passwordsFile !== undefined && Object.keys(users.passwords).length > 0) {
      writeFileSync(passwordsFile, `${JSON.stringify({ ...kept, ...users.passwords }, null, 2)}\n`, { mode: 0o600 });
    }
    return { made: [...schema, ...users.made], passwords: users.passwords };
  });
}

function keptPasswords(file: string | undefined): Record<string, string> {
  if (file === undefined || !existsSync(file)) return {};
  const text = readFileSync(file, "utf8");
  return readPasswords(text);
}

/** By service, or in one text for all. */
function givenPasswords(env: Env): Record<string, string> {
  const own = ownersOf(COLLECTIONS).flatMap((owner): [string, string][] => {
    const password = env[`CHIMERA_${owner.toUpperCase()}_ARANGO_PASSWORD`];
    return password === undefined ? [] : [[userOf(owner), password]];
  });
  return { ...readPasswords(env.CHIMERA_ARANGO_PASSWORDS), ...Object.fromEntries(own) };
}
