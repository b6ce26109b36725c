/** `optimize`: searches parameters of a bundle on a recorded market, over threads, and says how far the best can be believed. */
import { existsSync, writeFileSync } from "node:fs";
import { stringify } from "yaml";
import { bunWorkers } from "../../shared/adapters/bun-workers.ts";
import { wallClock } from "../../shared/adapters/clock.ts";
import { canonicalHash } from "../../shared/domain/canonical.ts";
import { ExperimentDesign, type ExperimentResult, type Trial } from "../../shared/domain/experiment.ts";
import { TIMEFRAMES } from "../../shared/domain/market.ts";
import { type Checked, checkDesign } from "../../shared/experiment/check-design.ts";
import { applyParams } from "../../shared/experiment/params.ts";
import type { TrialAnswer, TrialRequest } from "../../shared/experiment/trial-request.ts";
import { runExperiment } from "../../shared/experiment-run/run-experiment.ts";
import { groundOf, type TrialGround } from "../../shared/experiment-run/trial-ground.ts";
import { trialTask } from "../../shared/experiment-run/trial-task.ts";
import type { ExperimentFacts } from "../../shared/report/experiment/facts.ts";
import { experimentPage } from "../../shared/report/experiment/page.ts";
import { askedBundle } from "../backtest/asked-bundle.ts";
import { type AskedMarket, askedMarket, dataWords, formOfWords } from "../backtest/asked-market.ts";
import { askedParts } from "../backtest/asked-parts.ts";
import { storedParts } from "../backtest/stored-parts.ts";
import { openTrialFile, type TrialFile } from "../backtest/trial-file.ts";
import { buildInfo } from "../build.ts";
import { FORMS, MARKET_OPTIONS, MARKET_USAGE, SETTING_OPTIONS, SETTING_USAGE, settingsOf } from "./backtest-options.ts";
import type { Command } from "./command.ts";
import { ofFiles, timeOption } from "./data-library.ts";
import { experimentLines } from "./experiment-summary.ts";
import { choiceOption, numberOption, readOptions } from "./options.ts";
import { SEARCH_OPTIONS, SEARCH_USAGE, searchOf } from "./search-options.ts";
import { note, print, progressBar, yellow } from "./terminal.ts";

const usage = `Usage: ./chimera optimize --param PATH=from:to:step [--param …] [options]

Runs a bundle with many values of its parameters over a recorded market and says which did best, on how many tries,
and how much of that luck may be. Nothing needs to run. The same options give the same, whatever the number of threads.

${SEARCH_USAGE}

${MARKET_USAGE}

${SETTING_USAGE}

  --workers N      threads (one a processor)
  --resume FILE    keeps every trial there as it ends, and goes on from it: after Ctrl-C, a crash, a power cut
  --best FILE      the bundle with what was chosen, as YAML
  --html FILE      the report: one file, without scripts, printable
  --json           the result and its trials as one JSON object on the last line

Examples:
  ./chimera optimize --param strategies.rsi-dip.sizing.take_profit_roe=0.02:0.08:0.01 \\
                     --param strategies.rsi-dip.long.allOf.0.v=25,30,35,40 --html search.html
  ./chimera optimize --bundle mine.yaml --from 2025-01-01 --to 2025-06-01 --method walk-forward --folds 6 --trials 60 \\
                     --param strategies.mine.sizing.leverage=2:10 --resume search.trials --best better.yaml

Exits with 1 when it could not be run, with 130 when it was stopped.`;

const OPTIONS = {
  ...SEARCH_OPTIONS,
  ...MARKET_OPTIONS,
  ...SETTING_OPTIONS,
  workers: { type: "string" },
  resume: { type: "string" },
  best: { type: "string" },
  html: { type: "string" },
  json: { type: "boolean", default: false },
} as const;
type Values = ReturnType<typeof readOptions<typeof OPTIONS>>["values"];

const STOPPED = 130;
const WORKERS_MAX = 128;
const PROBLEMS_SHOWN = 50;

async function run(args: string[]): Promise<number> {
  const { values } = readOptions(args, OPTIONS);
  const job = await jobOf(values);
  const stopping = new AbortController();
  const stop = (): void => stopping.abort(new Error("stopped"));
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  try {
    const started = performance.now();
    const done = await search(job, stopping.signal);
    tell(done, values, performance.now() - started);
    return 0;
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    note(
      values.resume === undefined
        ? "Stopped. With --resume FILE a search can be gone on with."
        : `Stopped. ${values.resume} has the trials that ended: the same command goes on from there.`,
    );
    return STOPPED;
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  }
}

interface Job {
  readonly checked: Checked;
  readonly ground: TrialGround;
  readonly market: AskedMarket;
  readonly exp_id: string;
  readonly title: string;
  readonly workers: number;
  readonly file: TrialFile | undefined;
}

async function jobOf(values: Values): Promise<Job> {
  const searched = searchOf(values);
  const settings = settingsOf(values);
  const workers = bunWorkers();
  const size = numberOption("workers", values.workers, { fallback: workers.cores, min: 1, max: WORKERS_MAX });
  const words = dataWords(values.data);
  const form = values.form === undefined ? undefined : choiceOption("form", values.form, FORMS);
  const { bundle, hash, warnings } = askedBundle(values.bundle, await formOfWords(words, form));
  for (const warning of warnings) note(`${yellow("bundle")} ${warning}`);
  const stored = storedParts(words.folder);
  const parts = await askedParts(bundle, values, stored);
  const reading = progressBar("data    ");
  const timeframe = choiceOption("timeframe", values.timeframe, TIMEFRAMES);
  const market = await askedMarket(
    {
      ...{ bundle, words, form, timeframe, on_problem: values.repair ? ("repair" as const) : ("refuse" as const) },
      ...{ from: timeOption("from", values.from), to: timeOption("to", values.to) },
      wanted: ofFiles(values),
      onProgress: (share) => reading.at(share, ""),
    },
    stored,
  ).finally(() => reading.end());
  const { head } = market.tape;
  const instruments = market.tape.instruments.filter((one) =>
    bundle.instruments.some((known) => known.instrument === one),
  );
  const { seed, latency, fill, wallets } = settings;
  const design = ExperimentDesign.parse({
    ...{ bundle, window: market.window, ...searched, seed, wallets, fill },
    data: { form: head.form, timeframe: head.timeframe ?? timeframe, instruments },
  });
  const checked = checkDesign({ ...design, bundle });
  const ground = groundOf(design, { bundle, tape: market.tape.columns, latency, ...parts });
  const { version, git_commit } = buildInfo(process.env);
  const data = { source: head.source, from_ts: head.from_ts, to_ts: head.to_ts, count: market.tape.count };
  const key = canonicalHash({ design, latency, data, hash, version, git_commit });
  return {
    ...{ checked, ground, market, exp_id: `exp-${key.slice(0, 12)}`, workers: Math.trunc(size) },
    title: `Search of ${bundle.bundle_id} on ${instruments.join(", ")}`,
    file: values.resume === undefined ? undefined : openTrialFile(values.resume, key),
  };
}

interface Done {
  readonly facts: ExperimentFacts & { readonly experiment: { readonly result: ExperimentResult } };
  readonly checked: Checked;
  readonly workers: number;
}

async function search(
  { checked, ground, market, exp_id, title, workers, file }: Job,
  signal: AbortSignal,
): Promise<Done> {
  const trials: Trial[] = [];
  const bar = progressBar("optimize");
  let best: Trial | undefined;
  const crew = bunWorkers().open<TrialGround, TrialRequest, TrialAnswer>(trialTask, ground, workers);
  if (file && file.count > 0) note(`${file.count} trials were done before.`);
  const take = (trial: Trial): void => {
    trials.push(trial);
    const isBetter = trial.score !== null && trial.score > (best?.score ?? Number.NEGATIVE_INFINITY);
    if ((trial.role === "search" || trial.role === "train") && isBetter) best = trial;
  };
  const heard = new Set<number>();
  try {
    const found = await runExperiment(checked, {
      ...{ exp_id, clock: wallClock(), workers, signal },
      data: { from: market.tape.head.from_ts, to: market.tape.head.to_ts },
      runTrial: (request, abort) => crew.run(request, { signal: abort }),
      kept: (number) => {
        const kept = file?.kept(number);
        if (kept && !heard.has(number)) take(kept.trial);
        heard.add(number);
        return kept;
      },
      onTrial: (trial, answer) => {
        const known = trials.findIndex((one) => one.trial === trial.trial);
        if (known >= 0) trials.splice(known, 1);
        take(trial);
        file?.keep(trial, answer);
      },
      onProgress: ({ done, total, stage }) => {
        const score = best?.score == null ? "" : `, best ${best.score.toFixed(3)}`;
        bar.at(total > 0 ? done / total : 0, `${done} of ${total}  ${stage}${score}`);
      },
    });
    const { head, count } = market.tape;
    const problems = head.problems.first.slice(0, PROBLEMS_SHOWN).map((problem) => ({ ...problem }));
    const data = { source: head.source, from_ts: head.from_ts, to_ts: head.to_ts, events: count, problems };
    const experiment = { exp_id, title, status: "DONE" as const, design: checked.design, result: { ...found, data } };
    return { facts: { experiment, trials: trials.toSorted((a, b) => a.trial - b.trial) }, checked, workers };
  } finally {
    bar.end();
    await crew.close();
  }
}

function tell({ facts, checked, workers }: Done, { json, html, best }: Values, wall_ms: number): void {
  const { experiment, trials } = facts;
  if (json) print(JSON.stringify({ ...experiment, trials, wall_ms: Math.round(wall_ms) }));
  else for (const line of experimentLines(facts, { wall_ms, workers })) print(line);
  if (html !== undefined) {
    const { version, git_commit } = buildInfo(process.env);
    writeFileSync(html, experimentPage(facts, { version, git_commit, made_at: Date.now() }));
  }
  if (best !== undefined) {
    const isNew = !existsSync(best);
    writeFileSync(best, stringify(applyParams(checked.design.bundle, experiment.result.params)));
    if (!isNew) note(`${best} was there and was written anew.`);
  }
  const wrote = [html, best].filter((path) => path !== undefined);
  if (wrote.length > 0) note(`Wrote ${wrote.join(", ")}`);
}

export const command: Command = { usage, run };
