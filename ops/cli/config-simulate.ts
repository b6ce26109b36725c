/** `config simulate`: what a bundle would have done in the past, beside what is in force. */
import type { Simulation } from "../../shared/domain/simulation.ts";
import type { Command } from "./command.ts";
import { draftFile } from "./config-draft.ts";
import { askConfig, DATA_OPTION, DATA_USAGE, isFile, type Named, namedRevision } from "./config-source.ts";
import { numberOption, readOptions } from "./options.ts";
import { simulationLines } from "./simulation-summary.ts";
import { dim, note, print, progressBar } from "./terminal.ts";

const POLL_MS = 500;
const EPSILON_MAX = 0.2;
const usage = `Usage: ./chimera config simulate FILE|REV [--window 24h] [--sensitivity [--epsilon 0.05]] [--replay]
       ./chimera config simulate --show SIM_ID

Weighs the signals of the past under a revision and under what is in force, or runs both over the recorded market. A
file is stored as a draft first, numbered after the highest revision. Ctrl-C leaves it running.

  --window 24h       the last hours or days: 90m, 24h, 7d
  --sensitivity      also how many decisions turn when factors move a little
  --epsilon 0.05     by what share of a factor's own spread, at most ${EPSILON_MAX}
  --replay           both over the recorded market instead, order by order
  --beside REV       in place of what is in force
  --instruments A,B  of these alone
  --no-wait          answer at once
${DATA_USAGE}
  --json             the simulation as it is

Exits with 0 when it is done and would pass its gates, else with 1.`;

const OPTIONS = {
  window: { type: "string", default: "24h" },
  sensitivity: { type: "boolean", default: false },
  epsilon: { type: "string" },
  replay: { type: "boolean", default: false },
  beside: { type: "string" },
  instruments: { type: "string" },
  show: { type: "string" },
  "no-wait": { type: "boolean", default: false },
  ...DATA_OPTION,
  json: { type: "boolean", default: false },
} as const;
type Values = ReturnType<typeof readOptions<typeof OPTIONS>>["values"];

async function run(args: string[]): Promise<number> {
  const { values, positionals } = readOptions(args, OPTIONS, "some");
  const [word, more] = positionals;
  if (values.show !== undefined) return told(await askConfig<Simulation>(values.data, pathOf(values.show)), values);
  if (word === undefined || more !== undefined) {
    throw new Error("Name a file or a revision: ./chimera config simulate FILE|REV");
  }
  const length = windowMs(values.window);
  const named = await nameOf(word, values);
  if (!named) return 1;
  const { now } = await clockOf(values.data);
  const body = await requestOf({ named, values, window: { from_ts: now - length, to_ts: now } });
  const { sim_id } = await askConfig<{ sim_id: string }>(values.data, "/simulate", { body });
  if (values["no-wait"]) {
    print(values.json ? JSON.stringify({ sim_id }) : `${sim_id} is queued. ./chimera config simulate --show ${sim_id}`);
    return 0;
  }
  note(dim(`${sim_id}; ./chimera config simulate --show ${sim_id} tells later`));
  return told(await followed(sim_id, values), values);
}

async function nameOf(word: string, values: Values): Promise<Named | undefined> {
  if (!isFile(word)) return namedRevision(values.data, word);
  const drafted = await draftFile(word, { data: values.data, rev: "next", json: values.json });
  if (drafted) note(dim(`${word} is stored as ${drafted.bundle_id}@${drafted.rev}`));
  return drafted;
}

/** A simulated market may run ahead of this machine's clock. */
async function clockOf(data: string): Promise<{ now: number }> {
  const { ts } = await askConfig<{ ts: number }>(data, "/health");
  return { now: ts };
}

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
export function windowMs(text: string): number {
  const [, count = "", unit = ""] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  const ms = Number(count) * (UNITS_MS[unit] ?? 0);
  if (!(ms > 0))
    throw new Error(`--window is minutes, hours or days such as 90m, 24h or 7d, not ${JSON.stringify(text)}.`);
  return ms;
}

interface Asked {
  named: Named;
  values: Values;
  window: { from_ts: number; to_ts: number };
}
async function requestOf({ named: { bundle_id, rev }, values, window }: Asked): Promise<object> {
  const epsilon = numberOption("epsilon", values.epsilon, { fallback: 0.05, min: 0.000_1, max: EPSILON_MAX });
  const isSensitive = values.sensitivity || values.epsilon !== undefined;
  return {
    ...{ bundle_id, rev, window, method: values.replay ? "REPLAY" : "LABELS" },
    ...(values.beside !== undefined && { active_rev_ref: (await namedRevision(values.data, values.beside)).rev }),
    ...(values.instruments !== undefined && { instruments: values.instruments.split(",") }),
    ...(isSensitive && { sensitivity: { epsilon } }),
  };
}

const pathOf = (id: string): string => `/simulations/${encodeURIComponent(id)}`;

async function followed(sim_id: string, values: Values): Promise<Simulation> {
  const bar = progressBar("simulation");
  try {
    for (;;) {
      const simulation = await askConfig<Simulation>(values.data, pathOf(sim_id));
      if (simulation.status !== "QUEUED" && simulation.status !== "RUNNING") return simulation;
      bar.at(simulation.progress, simulation.status.toLowerCase());
      await Bun.sleep(POLL_MS);
    }
  } finally {
    bar.end();
  }
}

function told(simulation: Simulation, { json }: Values): number {
  if (json) print(JSON.stringify(simulation));
  else for (const line of simulationLines(simulation)) print(line);
  const isRefused = simulation.bounds_guard?.some(({ state }) => state === "FAILED") ?? false;
  return simulation.status === "FAILED" || simulation.status === "CANCELED" || isRefused ? 1 : 0;
}

export const command: Command = { usage, run };
