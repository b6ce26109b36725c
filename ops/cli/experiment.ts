/** `experiment`: experiments of the running installation: queued, followed, listed, shown, ended. */
import { writeFileSync } from "node:fs";
import type { Experiment, ExperimentRow, Trial } from "../../shared/domain/experiment.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import { paramsText } from "../../shared/report/experiment/heat-map.ts";
import { experimentPage } from "../../shared/report/experiment/page.ts";
import { moment, money, number, percent } from "../../shared/report/figures.ts";
import { TRADE_COLUMNS } from "../backtest/result-tables.ts";
import { trialColumns } from "../backtest/trial-tables.ts";
import { buildInfo } from "../build.ts";
import { checkTablePath, writeTable } from "../data/table-out.ts";
import type { Command } from "./command.ts";
import { count } from "./data-library.ts";
import { designOf, readDocument } from "./design-file.ts";
import { experimentLines } from "./experiment-summary.ts";
import { DEFAULT_DATA, numberOption, readOptions } from "./options.ts";
import { askService } from "./service-asking.ts";
import { bold, dim, green, note, print, progressBar, red, yellow } from "./terminal.ts";

const POLL_MS = 500;
const PAGE = 1_000;
const LIST_MAX = 1_000;

const usage = `Usage: ./chimera experiment run --design FILE [--title TEXT] [--no-wait]
       ./chimera experiment run --hypothesis ID
       ./chimera experiment list [--limit 20]
       ./chimera experiment show ID
       ./chimera experiment trials ID
       ./chimera experiment cancel ID

Experiments of the running installation: it keeps their designs, trials and results, shows them on its page, counts all
trials of a hypothesis together, and goes on with them after a restart. ./chimera optimize searches without any of it.

  run       queues one and follows it to its end; Ctrl-C leaves it running, and show tells how far it has come
  list      newest first
  show      what came of one
  trials    its trials, best first
  cancel    ends one; trials that are done stay

  --design FILE   YAML or JSON: bundle (active, {bundle_id, rev} or a file's name), window {from, to}, method, params, …
  --html FILE     of run and show: the report
  --trials FILE   of run, show and trials: every trial as .csv or .parquet
  --trades FILE   of run and show: the trades of the best, likewise
  --no-wait       answer at once
  --data DIR      of the running installation (${DEFAULT_DATA})
  --json          the answer as it is

A design:

  bundle: active
  window: { from: 2025-05-04, to: 2025-06-03 }
  method: WALK_FORWARD
  params:
    - { path: strategies.rsi-dip.sizing.take_profit_roe, min: 0.02, max: 0.08, step: 0.01 }
    - { path: strategies.rsi-dip.long.allOf.0.v, values: [25, 30, 35] }

Exits with 0 when it is done, with 1 when it failed or was canceled.`;

const OPTIONS = {
  design: { type: "string" },
  hypothesis: { type: "string" },
  title: { type: "string" },
  note: { type: "string" },
  limit: { type: "string" },
  html: { type: "string" },
  trials: { type: "string" },
  trades: { type: "string" },
  "no-wait": { type: "boolean", default: false },
  data: { type: "string", default: DEFAULT_DATA },
  json: { type: "boolean", default: false },
} as const;
type Values = ReturnType<typeof readOptions<typeof OPTIONS>>["values"];

async function run(args: string[]): Promise<number> {
  const { values, positionals } = readOptions(args, OPTIONS, "some");
  const [what, id, ...more] = positionals;
  for (const name of ["trials", "trades"] as const) checkTablePath(name, values[name]);
  if (more.length > 0) throw new Error(`${JSON.stringify(more[0])} is too much. --help tells what there is.`);
  if (what === "show" || what === "trials" || what === "cancel") {
    if (id === undefined) throw new Error(`Name one: ./chimera experiment ${what} ID. list shows them.`);
    return { show, trials: showTrials, cancel }[what](id, values);
  }
  if (id !== undefined) throw new Error(`${JSON.stringify(id)} is too much. --help tells what there is.`);
  if (what === "list") return list(values);
  if (what === "run") return start(values);
  throw new Error("Say what to do: run, list, show, trials or cancel. --help tells more.");
}

const ask = <T>({ data }: Pick<Values, "data">, method: "GET" | "POST", path: string, body?: object): Promise<T> =>
  askService({
    ...{ data, service: "s09", method, path },
    role: method === "GET" ? "viewer" : "researcher",
    ...(body && { body }),
  });
const pathOf = (id: string): string => `/experiments/${encodeURIComponent(id)}`;

/** What the service is asked for. Throws for what cannot be asked. */
export function requestOf({
  design,
  hypothesis,
  title,
  note: about,
}: Pick<Values, "design" | "hypothesis" | "title" | "note">): object {
  if ((design === undefined) === (hypothesis === undefined))
    throw new Error("Say --design FILE or --hypothesis ID: one of the two.");
  return {
    ...(design !== undefined && { design: designOf(readDocument(design), design) }),
    ...(hypothesis !== undefined && { hypothesis_id: hypothesis }),
    ...(title !== undefined && { title }),
    ...(about !== undefined && { note: about }),
  };
}

async function start(values: Values): Promise<number> {
  const { exp_id } = await ask<{ exp_id: string }>(values, "POST", "/experiments/run", requestOf(values));
  if (values["no-wait"]) {
    if (values.json) print(JSON.stringify({ exp_id }));
    else print(`${green("●")} ${bold(exp_id)} is queued. ./chimera experiment show ${exp_id}`);
    return 0;
  }
  note(dim(`${exp_id}; ./chimera experiment cancel ${exp_id} ends it`));
  return told(await followed(exp_id, values), values);
}

const isOver = ({ status }: Experiment): boolean => status !== "QUEUED" && status !== "RUNNING";

async function followed(exp_id: string, values: Values): Promise<Experiment> {
  const bar = progressBar("experiment");
  try {
    for (;;) {
      const experiment = await ask<Experiment>(values, "GET", pathOf(exp_id));
      if (isOver(experiment)) return experiment;
      const { done, total, stage } = experiment.progress;
      const best = experiment.best === undefined ? "" : `, best ${number(experiment.best.score, 3)}`;
      bar.at(total > 0 ? done / total : 0, `${done} of ${total}  ${stage}${best}`);
      await Bun.sleep(POLL_MS);
    }
  } finally {
    bar.end();
  }
}

async function show(id: string, values: Values): Promise<number> {
  return told(await ask<Experiment>(values, "GET", pathOf(id)), values);
}

async function told(experiment: Experiment, values: Values): Promise<number> {
  const trials = await allOf<Trial>(values, `${pathOf(experiment.exp_id)}/trials`);
  if (values.json) print(JSON.stringify({ ...experiment, trials }));
  else {
    print(`${light(experiment)} ${bold(experiment.title)} ${dim(`${experiment.exp_id}, ${experiment.status}`)}`);
    if (!isOver(experiment)) print(progressOf(experiment));
    for (const line of experimentLines({ experiment, trials })) print(line);
  }
  await writeFiles({ experiment, trials }, values);
  return experiment.status === "FAILED" || experiment.status === "CANCELED" ? 1 : 0;
}

const progressOf = ({ progress: { done, total, stage } }: Pick<Experiment, "progress">): string =>
  `  ${count(done)} of ${count(total)}, ${stage}`;

async function writeFiles(
  { experiment, trials }: { experiment: Experiment; trials: Trial[] },
  values: Values,
): Promise<void> {
  const wrote = [values.html, values.trials, values.trades].filter((path) => path !== undefined);
  if (values.html !== undefined) {
    const { version, git_commit } = buildInfo(process.env);
    writeFileSync(values.html, experimentPage({ experiment, trials }, { version, git_commit, made_at: Date.now() }));
  }
  if (values.trials !== undefined) writeTable(values.trials, trialColumns(trials), trials);
  if (values.trades !== undefined) {
    writeTable(values.trades, TRADE_COLUMNS, await allOf<Trade>(values, `${pathOf(experiment.exp_id)}/trades`));
  }
  if (wrote.length > 0) note(`Wrote ${wrote.join(", ")}`);
}

/** Page by page. */
async function allOf<T>(values: Values, path: string): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams({
      ...(path.endsWith("/trials") && { limit: String(PAGE) }),
      ...(cursor !== undefined && { cursor }),
    });
    const page = await ask<{ items: T[]; next_cursor?: string }>(values, "GET", `${path}?${query}`);
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== undefined);
  return items;
}

async function showTrials(id: string, values: Values): Promise<number> {
  const trials = await allOf<Trial>(values, `${pathOf(id)}/trials`);
  const scored = trials.filter(({ score }) => score !== null).toSorted((a, b) => (b.score ?? 0) - (a.score ?? 0));
  const rest = trials.filter(({ score }) => score === null);
  if (values.trials !== undefined) writeTable(values.trials, trialColumns(trials), trials);
  if (values.json) print(JSON.stringify(trials));
  else for (const trial of [...scored, ...rest]) print(trialLine(trial));
  return 0;
}

function trialLine({ trial, role, fold, score, summary, params, message }: Trial): string {
  const head = `${String(trial).padStart(5)}  ${`${role}${fold === undefined ? "" : ` ${fold + 1}`}`.padEnd(10)}`;
  const figures = summary
    ? `${(score === null ? "–" : number(score, 3)).padStart(10)}  ${money(summary.net_usdt, 2, true).padStart(12)} USDT  ${count(summary.trades).padStart(6)} trades`
    : red(message ?? "failed");
  return `${head} ${figures}  ${dim(paramsText(params))}`;
}

async function list(values: Values): Promise<number> {
  const limit = Math.floor(numberOption("limit", values.limit, { fallback: 20, min: 1, max: LIST_MAX }));
  const { items } = await ask<{ items: ExperimentRow[] }>(values, "GET", `/experiments?limit=${limit}`);
  if (values.json) print(JSON.stringify(items));
  else if (items.length === 0) note("There is no experiment yet. ./chimera experiment --help tells how to run one.");
  else for (const line of items.flatMap(rowLines)) print(line);
  return 0;
}

const LIGHTS = { DONE: green, FAILED: red, CANCELED: dim, QUEUED: yellow, RUNNING: yellow } as const;
const light = ({ status }: Pick<Experiment, "status">): string => LIGHTS[status]("●");

export function rowLines(row: ExperimentRow): string[] {
  const { exp_id, title, status, design, bundle, progress, summary, out_of_sample, significance, message, created_at } =
    row;
  const judged = out_of_sample ?? summary;
  const outcome = judged
    ? `${money(judged.net_usdt, 2, true)} USDT, ${percent(judged.total_return, 2, true)}${out_of_sample ? " unseen" : ""}, ${count(judged.trades)} trades`
    : (message ?? progressOf({ progress }).trim());
  const chance =
    significance?.deflated_sharpe == null
      ? ""
      : `, deflated Sharpe ${percent(significance.deflated_sharpe, 0)} on ${count(significance.trials)} trials`;
  return [
    `${light({ status })} ${bold(title)}  ${outcome}${chance}`,
    dim(`  ${exp_id} · ${design.method} · ${bundle} · ${moment(created_at).slice(0, 16)} UTC · ${status}`),
  ];
}

async function cancel(id: string, values: Values): Promise<number> {
  const row = await ask<ExperimentRow>(values, "POST", `${pathOf(id)}/cancel`, {});
  if (values.json) print(JSON.stringify(row));
  else for (const line of rowLines(row)) print(line);
  return 0;
}

export const command: Command = { usage, run };
