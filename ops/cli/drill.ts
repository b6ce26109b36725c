/** `drill`: lets real things go wrong under a real installation, at real durations, and says whether it stood. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { allDrills, type Drill, type Outcome, READY_MS_MAX, run as runDrill } from "../run/drill.ts";
import { runGroup } from "../run/drill-groups.ts";
import { GROUPS, HAPPENINGS, type Happening } from "../run/exchange-drills.ts";
import { hasRedisServer } from "../run/own-redis.ts";
import { drillRecovery } from "../run/recovery-drill.ts";
import type { Command } from "./command.ts";
import { numberOption, readOptions } from "./options.ts";
import { bold, dim, green, note, print, red } from "./terminal.ts";

/** Beside an installation that runs, and below the ports that outgoing connections take. */
const PORT_OFFSET = 12_000;
const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

const usage = `Usage: ./chimera drill [options]

Kills, stops, empties, fills, locks and cuts off what an installation of real processes needs while it trades on the
paper venue, and lets the venue do everything wrong that it can, one fault at a time. After each it must be ready again
within ${READY_MS_MAX / 1_000} s, have lost and doubled nothing, and its books must equal the venue's journal.
Drills of Redis and of single services have an installation each, the others share one for each group.
Three quarters of an hour for all.

  --recovery    another drill: layer after layer is destroyed and put back from a backup; tells RPO and RTO of each
  --list        what there is, and nothing else
  --only NAME   this one, or all whose names are so, * standing for anything; may be given several times
  --data DIR    where the installations lie (default: a temporary folder)
  --keep        leaves their folders, with logs and the venue's journal; those that failed are left in any case
  --json        one JSON object on the last line

Exits with 1 when a drill failed. Nothing but this machine is touched; ports are ${PORT_OFFSET} above the documented
ones, or as CHIMERA_PORT_OFFSET says.`;

async function run(args: string[]): Promise<number> {
  const { values } = readOptions(args, {
    list: { type: "boolean", default: false },
    recovery: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [] },
    data: { type: "string" },
    keep: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  });
  if (values.recovery && (values.list || values.only.length > 0))
    throw new Error("--recovery is one drill of its own: no --list, no --only.");
  const all: AnyDrill[] = [...(await allDrills()), ...HAPPENINGS];
  const isNamed = (name: string, by: string) => new Bun.Glob(by).match(name);
  const unknown = values.only.find((by) => !all.some(({ name }) => isNamed(name, by)));
  if (unknown !== undefined) throw new Error(`There is no drill ${unknown}. --list tells what there is.`);
  const wanted = all.filter(({ name }) => values.only.length === 0 || values.only.some((by) => isNamed(name, by)));
  if (values.list) {
    for (const { name, what } of wanted) print(`${bold(name.padEnd(widthOf(wanted)))}  ${what}`);
    return 0;
  }
  refuseOthers(process.env);
  const offset = { fallback: PORT_OFFSET, min: 0, max: 50_000 };
  const portOffset = numberOption("port offset", process.env.CHIMERA_PORT_OFFSET, offset);
  if (values.recovery) return recovery(emptyFolder(values.data), portOffset, values);
  if (!hasRedisServer())
    throw new Error("The drills need redis-server: install it, or run ./chimera test as root once.");
  const folder = emptyFolder(values.data);
  const outcomes = await runAll(wanted, { folder, portOffset, keep: values.keep });
  const ok = outcomes.every((outcome) => outcome.ok);
  if (!values.json) show(wanted, outcomes);
  if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
  else note(`Folders, logs and journals are in ${folder}`);
  if (values.json) print(JSON.stringify({ ok, ready_ms_max: READY_MS_MAX, drills: outcomes }));
  return ok ? 0 : 1;
}

async function recovery(folder: string, portOffset: number, { json, keep }: { json: boolean; keep: boolean }) {
  const outcome = await drillRecovery(folder, portOffset, (line) => note(dim(line)));
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`.padStart(9);
  if (json) print(JSON.stringify(outcome));
  else {
    print(`\n${"layer".padEnd(14)}${"RPO".padStart(9)}${"RTO".padStart(10)}   lost`);
    for (const { layer, rpo_ms, rto_ms, lost } of outcome.layers) {
      print(`${layer.padEnd(14)}${seconds(rpo_ms)} ${seconds(rto_ms)}   ${lost}`);
    }
    const { violated } = outcome;
    print(violated.length === 0 ? green("\nThe books are the venue's.") : red(`\nViolated: ${violated.join("; ")}`));
  }
  if (outcome.ok && !keep) rmSync(folder, { recursive: true });
  else note(`Folder, logs and the journal are in ${folder}`);
  return outcome.ok ? 0 : 1;
}

type AnyDrill = Drill | Happening;
const isHappening = (drill: AnyDrill): drill is Happening => "group" in drill;

/** Those with an installation of their own first, then group after group. */
async function runAll(wanted: readonly AnyDrill[], place: { folder: string; portOffset: number; keep: boolean }) {
  const { folder, portOffset, keep } = place;
  const outcomes: Outcome[] = [];
  let nth = 0;
  const begins = ({ name, what }: AnyDrill) => note(dim(`${++nth}/${wanted.length} ${name}: ${what} ...`));
  const ended = (outcome: Outcome): void => {
    outcomes.push(outcome);
    note(`    ${outcomeOf(outcome)}`);
  };
  for (const drill of wanted) {
    if (isHappening(drill)) continue;
    begins(drill);
    const data = join(folder, drill.name);
    const outcome = await runDrill(drill, data, portOffset);
    ended(outcome);
    if (outcome.ok && !keep) rmSync(data, { recursive: true });
  }
  for (const name of GROUPS) {
    const group = wanted.filter(isHappening).filter(({ group }) => group === name);
    if (group.length > 0) await runGroup(group, { folder, portOffset, keep, begins, ended });
  }
  return outcomes;
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

const widthOf = (drills: readonly AnyDrill[]): number => Math.max(...drills.map(({ name }) => name.length));

function outcomeOf({ ok, ready_ms, known_ms, violated, error, skipped }: Outcome): string {
  if (skipped !== undefined) return dim(`skipped: ${skipped}`);
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  const ready = ready_ms === undefined ? "" : `ready again after ${seconds(ready_ms)}`;
  const known = known_ms === undefined ? "" : `every outcome known after ${seconds(known_ms)}`;
  const books = violated.length === 0 ? "books as the venue's" : `violated: ${violated.slice(0, 3).join("; ")}`;
  const words = [ready, known, error === undefined ? books : error].filter((word) => word !== "");
  return `${ok ? green("ok") : red("FAILED")}  ${words.join(", ")}`;
}

function show(drills: readonly AnyDrill[], outcomes: readonly Outcome[]): void {
  print("");
  for (const outcome of outcomes) print(`${outcome.name.padEnd(widthOf(drills))}  ${outcomeOf(outcome)}`);
  const failed = outcomes.filter(({ ok }) => !ok).length;
  print(bold(failed === 0 ? `All ${outcomes.length} drills stood.` : `${failed} of ${outcomes.length} drills failed.`));
}

export const command: Command = { usage, run };
