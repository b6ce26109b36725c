/** What a process of the installation is handed of the environment: of secrets, only those that are its own. */
import type { ServiceId } from "../../shared/kit/ports.ts";

type Env = Record<string, string | undefined>;

/** By the name's end, each also with its service's number in front of it. */
const OWN: readonly [ServiceId, readonly string[]][] = [
  ["s01", ["API_KEY", "API_SECRET", "API_PASSWORD"]],
  ["s11", ["CHANNEL_KEY"]],
  ["s12", ["GRANT_KEY", "ADMIN_PASSWORD"]],
];
const OF_VENUE = ["CHIMERA_VENUE_ADMIN_TOKEN"];
/** Said to a command at the terminal, and to nobody else. */
const OF_COMMANDS = ["CHIMERA_NEW_API_KEY", "CHIMERA_NEW_API_SECRET", "CHIMERA_PASSWORD", "CHIMERA_TOKEN"];

const namesOf = ([id, ends]: (typeof OWN)[number]): string[] =>
  ends.flatMap((end) => [`CHIMERA_${end}`, `CHIMERA_${id.toUpperCase()}_${end}`]);

/** A process's environment can be read by everything that runs as the same user, and shows up in reports of crashes. */
export function envFor(owner: ServiceId | "venue", env: Env): Env {
  const others = OWN.filter(([id]) => id !== owner).flatMap(namesOf);
  const kept = new Set([...others, ...(owner === "venue" ? [] : OF_VENUE), ...OF_COMMANDS]);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !kept.has(name)));
}
