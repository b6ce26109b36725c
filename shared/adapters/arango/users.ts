/** One user for each service: it may write what is its own, and read the rest. */
import type { Collection } from "../../kit/ports.ts";
import { Fault } from "./faults.ts";
import { READER, userOf } from "./names.ts";
import { type Made, ownersOf, type SchemaOptions, writtenBy } from "./schema.ts";
import { Server } from "./server.ts";

export interface UsersOptions extends SchemaOptions {
  /** Of those that are known; the others keep theirs, or are given one when they are made. */
  passwords: Readonly<Record<string, string>>;
  newPassword(): string;
  /** False: none for people, whose password nobody would keep. */
  withReader?: boolean;
}

type Level = "rw" | "ro";
interface Wanted {
  user: string;
  /** `*`: whatever is not named. */
  collections: Record<string, Level>;
}

/** Every user that an installation has, and what it may. */
export function wantedUsers(collections: readonly Collection<never>[]): Wanted[] {
  const services = ownersOf(collections).map((owner) => ({
    user: userOf(owner),
    collections: {
      ...{ "*": "ro" as const },
      ...Object.fromEntries(writtenBy(owner, collections).map((name): [string, Level] => [name, "rw"])),
    },
  }));
  return [...services, { user: READER, collections: { "*": "ro" } }];
}

/** What was made and what was there, and the passwords that were made up. */
export async function ensureUsers(options: UsersOptions): Promise<{ made: Made[]; passwords: Record<string, string> }> {
  const { address, timeoutMs } = options;
  const server = new Server({ ...address, database: "_system" }, { ...(timeoutMs !== undefined && { timeoutMs }) });
  try {
    const made: Made[] = [];
    const passwords: Record<string, string> = {};
    for (const wanted of wantedUsers(options.collections)) {
      if (wanted.user === READER && options.withReader === false) continue;
      const password = await ensureUser(server, wanted.user, { made, options });
      if (password !== undefined) passwords[wanted.user] = password;
      await ensureGrants(server, wanted, { made, options });
    }
    return { made, passwords };
  } finally {
    server.close();
  }
}

interface Doing {
  made: Made[];
  options: UsersOptions;
}

/** Answers the password when one was made up. */
async function ensureUser(server: Server, user: string, { made, options }: Doing): Promise<string | undefined> {
  const given = options.passwords[user];
  const path = `/_api/user/${user}`;
  const isThere = await exists(server, path);
  made.push({ what: "user", name: user, isNew: !isThere });
  if (options.dryRun || (isThere && given === undefined)) return undefined;
  const passwd = given ?? options.newPassword();
  if (isThere) await server.ask({ method: "PATCH", path, body: { passwd } });
  else await server.ask({ method: "POST", path: "/_api/user", body: { user, passwd, active: true } });
  return given === undefined ? passwd : undefined;
}

type Permissions = Record<string, { permission: string; collections?: Record<string, string> }>;

/** "Access" to the database, so that it changes nothing in its structure, and a level for each collection of its own. */
async function ensureGrants(server: Server, { user, collections }: Wanted, { made, options }: Doing): Promise<void> {
  const { database } = options.address;
  const path = `/_api/user/${user}/database`;
  const known = await permissionsOf(server, path);
  const has = known[database];
  const missing = Object.entries(collections).filter(([name, level]) => has?.collections?.[name] !== level);
  const isGranted = has?.permission === "ro" && missing.length === 0;
  made.push({ what: "grant", name: `${user} on ${database}`, isNew: !isGranted });
  if (isGranted || options.dryRun) return;
  await server.ask({ method: "PUT", path: `${path}/${database}`, body: { grant: "ro" } });
  for (const [name, grant] of missing) {
    await server.ask({ method: "PUT", path: `${path}/${database}/${name}`, body: { grant } });
  }
}

async function permissionsOf(server: Server, path: string): Promise<Permissions> {
  try {
    return (await server.ask<{ result: Permissions }>({ path, search: { full: "true" } })).result;
  } catch (error) {
    if (error instanceof Fault && error.number === USER_NOT_FOUND) return {};
    throw error;
  }
}

async function exists(server: Server, path: string): Promise<boolean> {
  try {
    await server.ask({ path });
    return true;
  } catch (error) {
    if (error instanceof Fault && error.number === USER_NOT_FOUND) return false;
    throw error;
  }
}

const USER_NOT_FOUND = 1703;
