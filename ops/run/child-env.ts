/** What a process of the installation is handed of the environment: of secrets, only those that are its own. */
import { userOf } from "../../shared/adapters/arango/names.ts";
import type { ServiceId } from "../../shared/kit/ports.ts";
import { readPasswords } from "./arango-passwords.ts";

type Env = Record<string, string | undefined>;

/** By the name's end, each also with its service's number in front of it. */
const OWN: readonly [ServiceId, readonly string[]][] = [
  ["s01", ["API_KEY", "API_SECRET", "API_PASSWORD"]],
  ["s11", ["CHANNEL_KEY"]],
  ["s12", ["GRANT_KEY", "ADMIN_PASSWORD"]],
];
const OF_VENUE = ["CHIMERA_VENUE_ADMIN_TOKEN"];
/** Of all users of the store; each process is handed its own password of them. */
const OF_STORES = ["CHIMERA_ARANGO_PASSWORDS", "CHIMERA_ARANGO_ROOT_USER", "CHIMERA_ARANGO_ROOT_PASSWORD"];
const STORE_PASSWORD = /^CHIMERA_(S\d\d)_ARANGO_PASSWORD$/;
/** Said to a command at the terminal, and to nobody else. */
const OF_COMMANDS = [
  "CHIMERA_NEW_API_KEY",
  "CHIMERA_NEW_API_SECRET",
  "CHIMERA_OLD_API_KEY",
  "CHIMERA_OLD_API_SECRET",
  "CHIMERA_PASSWORD",
  "CHIMERA_TOKEN",
];

const namesOf = ([id, ends]: (typeof OWN)[number]): string[] =>
  ends.flatMap((end) => [`CHIMERA_${end}`, `CHIMERA_${id.toUpperCase()}_${end}`]);

/** A process's environment can be read by everything that runs as the same user, and shows up in reports of crashes. */
export function envFor(owner: ServiceId | "venue", env: Env): Env {
  const others = OWN.filter(([id]) => id !== owner).flatMap(namesOf);
  const kept = new Set([...others, ...(owner === "venue" ? [] : OF_VENUE), ...OF_STORES, ...OF_COMMANDS]);
  const isOthers = (name: string) => (STORE_PASSWORD.exec(name)?.[1]?.toLowerCase() ?? owner) !== owner;
  const handed = Object.entries(env).filter(([name]) => !kept.has(name) && !isOthers(name));
  return { ...ownStorePassword(owner, env), ...Object.fromEntries(handed) };
}

/** Out of the file of all of them. */
function ownStorePassword(owner: ServiceId | "venue", env: Env): Env {
  if (owner === "venue") return {};
  const password = readPasswords(env.CHIMERA_ARANGO_PASSWORDS)[userOf(owner)];
  return password === undefined ? {} : { [`CHIMERA_${owner.toUpperCase()}_ARANGO_PASSWORD`]: password };
}
