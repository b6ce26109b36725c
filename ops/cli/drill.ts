/** `drill`: lets real things go wrong under a real installation, at real durations, and says whether it stood. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { allDrills, type Drill, type Outcome, READY_MS_MAX, run as runDrill } from "../run/drill.ts";
import { hasRedisServer } from "../run/own-redis.ts";
import type { Command } from "./command.ts";
import { numberOption, readOptions } from "./options.ts";
import { bold, dim, green, note, print, red } from "./terminal.ts";

/** Beside an installation that runs, and below the ports that outgoing connections take. */
const PORT_OFFSET = 12_000;
const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

const usage = `Usage: ./chimera drill [options]

Kills, stops, empties, fills and cuts off what an installation needs while it trades on the paper venue, one fault at a
time, each on a new installation of real processes with a Redis of its own. After each it must be ready again within
${READY_MS_MAX / 1_000} s, have lost and doubled nothing, and its books must equal the venue's journal.
Ten minutes for all.

  --list        what there is, and nothing else
  --only NAME   this one; may be given several times
  --data DIR    where the installations lie (default: a temporary folder)
  --keep        leaves their folders, with logs and the venue's journal; those that failed are left in any case
  --json        one JSON object on the last line

Exits with 1 when a drill failed. Nothing but this machine is touched; ports are ${PORT_OFFSET} above the documented
ones, or as CHIMERA_PORT_OFFSET says.`;

async function run(args: string[]): Promise<number> {
  const { values } = readOptions(args, {
    list: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [] },
    data: { type: "string" },
    keep: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  });
  const all = await allDrills();
  const unknown = values.only.find((name) => !all.some((drill) => drill.name === name));
  if (unknown !== undefined) throw new Error(`There is no drill ${unknown}. --list tells what there is.`);
  if (values.list) {
    for (const { name, what } of all) print(`${bold(name.padEnd(widthOf(all)))}  ${what}`);
    return 0;
  }
  refuseOthers(process.env);
  if (!hasRedisServer())
    throw new Error("The drills need redis-server: install it, or run ./chimera test as root once.");
  const offset = { fallback: PORT_OFFSET, min: 0, max: 50_000 };
  const portOffset = numberOption("port offset", process.env.CHIMERA_PORT_OFFSET, offset);
  const folder = emptyFolder(values.data);
  const wanted = values.only.length > 0 ? all.filter(({ name }) => values.only.includes(name)) : all;
  const outcomes: Outcome[] = [];
  for (const [at, drill] of wanted.entries()) {
    note(dim(`${at + 1}/${wanted.length} ${drill.name}: ${drill.what} ...`));
    const data = join(folder, drill.name);
    const outcome = await runDrill(drill, data, portOffset);
    outcomes.push(outcome);
    note(`    ${outcomeOf(outcome)}`);
    if (outcome.ok && !values.keep) rmSync(data, { recursive: true });
  }
  const ok = outcomes.every((outcome) => outcome.ok);
  if (!values.json) show(wanted, outcomes);
  if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
  else note(`Folders, logs and journals are in ${folder}`);
  if (values.json) print(JSON.stringify({ ok, ready_ms_max: READY_MS_MAX, drills: outcomes }));
  return ok ? 0 : 1;
}

/** A drill empties Redis and kills processes: only its own, on this machine, with play money. */
function refuseOthers(env: Record<string, string | undefined>): void {
  if (env.CHIMERA_REDIS_URL !== undefined) {
    throw new Error("A drill kills and empties Redis, so it starts one of its own: unset CHIMERA_REDIS_URL.");
  }
  if ((env.CHIMERA_MODE ?? "paper") !== "paper") throw new Error("A drill is for the paper venue: unset CHIMERA_MODE.");
  for (const [name, url] of Object.entries(env)) {
    if (!/^CHIMERA_(URL_|VENUE_.*URL)/.test(name) || url === undefined) continue;
    if (!URL.canParse(url) || !LOOPBACK.has(new URL(url).hostname)) {
      throw new Error(`A drill is for this machine alone: ${name} names another, unset it.`);
    }
  }
}

function emptyFolder(given: string | undefined): string {
  if (given === undefined) return mkdtempSync(join(tmpdir(), "chimera-drill-"));
  const folder = resolve(given);
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new Error(`${folder} is not empty: a drill begins with new installations.`);
  }
  return folder;
}

const widthOf = (drills: readonly Drill[]): number => Math.max(...drills.map(({ name }) => name.length));

function outcomeOf({ ok, ready_ms, violated, error }: Outcome): string {
  const ready = ready_ms === undefined ? "" : `ready again after ${(ready_ms / 1_000).toFixed(1)} s`;
  const books = violated.length === 0 ? "books as the venue's" : `violated: ${violated.slice(0, 3).join("; ")}`;
  const words = [ready, error === undefined ? books : error].filter((word) => word !== "");
  return `${ok ? green("ok") : red("FAILED")}  ${words.join(", ")}`;
}

function show(drills: readonly Drill[], outcomes: readonly Outcome[]): void {
  print("");
  for (const outcome of outcomes) print(`${outcome.name.padEnd(widthOf(drills))}  ${outcomeOf(outcome)}`);
  const failed = outcomes.filter(({ ok }) => !ok).length;
  print(bold(failed === 0 ? `All ${outcomes.length} drills stood.` : `${failed} of ${outcomes.length} drills failed.`));
}

export const command: Command = { usage, run };
