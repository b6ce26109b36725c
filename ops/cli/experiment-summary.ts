/** What an experiment came to, as lines for a terminal. */
import type { RunSummary } from "../../shared/domain/experiment.ts";
import type { ExperimentFacts } from "../../shared/report/experiment/facts.ts";
import { paramsText } from "../../shared/report/experiment/heat-map.ts";
import { experimentSentences, METHODS } from "../../shared/report/experiment/words.ts";
import { moment, money, number, percent } from "../../shared/report/figures.ts";
import { count } from "./data-library.ts";
import { sparkline } from "./sparkline.ts";
import { bold, dim, green, red } from "./terminal.ts";

const LABEL = 11;
const SPARK = 60;
const BEST_SHOWN = 10;

const named = (name: string, text: string): string => `${bold(name.padEnd(LABEL))}${text}`;
const toned = ({ net_usdt }: Pick<RunSummary, "net_usdt">, text: string): string =>
  net_usdt.startsWith("-") ? red(text) : green(text);
const or = (value: number | null, show: (value: number) => string): string => (value === null ? "–" : show(value));

/** `run`: how it was run here, where it was. */
export function experimentLines(facts: ExperimentFacts, run?: { wall_ms: number; workers: number }): string[] {
  const { experiment, trials } = facts;
  const { design, result, status, message } = experiment;
  const { from, to } = design.window;
  const failed = trials.filter((trial) => trial.status === "FAILED").length;
  const speed = run
    ? `, ${(run.wall_ms / 1_000).toFixed(1)} s on ${run.workers} ${run.workers === 1 ? "thread" : "threads"}`
    : "";
  const lines = [
    named(
      "Search",
      `${METHODS[design.method]}, ${count(trials.length)} runs${failed > 0 ? `, ${failed} failed` : ""}${speed}`,
    ),
    named("Window", `${moment(from).slice(0, 16)} → ${moment(to).slice(0, 16)}, for the greatest ${design.objective}`),
  ];
  if (!result) return [...lines, named(status, message ?? ""), ...bestLines(facts)];
  const curve = (result.out_of_sample ?? result).curve.map(([, equity]) => equity);
  return [
    ...lines,
    named("Chosen", paramsText(result.params) || "the bundle as it is"),
    runLine("Result", result.summary),
    ...(result.out_of_sample ? [runLine("Unseen", result.out_of_sample.summary)] : []),
    ...(result.benchmark ? [runLine("Benchmark", result.benchmark.summary)] : []),
    named("Equity", toned((result.out_of_sample ?? result).summary, sparkline(curve, SPARK))),
    ...bestLines(facts),
    ...experimentSentences(result).map((sentence, index) => named(index === 0 ? "In words" : "", sentence)),
    ...result.significance.notes.map((text) => named("", dim(text))),
    ...(result.assumed.length > 0 ? [named("Assumed", result.assumed.join(dim(" · ")))] : []),
    named("Hash", dim(result.hash)),
  ];
}

const runLine = (name: string, summary: RunSummary): string =>
  named(
    name,
    [
      toned(summary, `${money(summary.net_usdt, 2, true)} USDT, ${percent(summary.total_return, 2, true)}`),
      `Sharpe ${or(summary.sharpe, (value) => number(value, 2))}`,
      `drawdown ${or(summary.max_drawdown, (value) => percent(value, 2))}`,
      `${count(summary.trades)} trades`,
      `won ${or(summary.hit_rate, (value) => percent(value, 0))}`,
    ].join(dim(" · ")),
  );

/** The best ten of what was searched, a line each. */
function bestLines({ experiment, trials }: ExperimentFacts): string[] {
  const best = trials
    .filter(({ role, score }) => (role === "search" || role === "train") && score !== null)
    .toSorted((a, b) => (b.score ?? 0) - (a.score ?? 0) || a.trial - b.trial)
    .slice(0, BEST_SHOWN);
  if (best.length === 0) return [];
  const heads = ["trial", experiment.design.objective, "net USDT", "drawdown", "trades"];
  const widths = [6, 14, 12, 10, 8];
  const row = (cells: readonly string[]): string =>
    cells.map((cell, at) => cell.padStart(widths[at] as number)).join("");
  return [
    named("Best", dim(`${row(heads).trimStart()}  with`)),
    ...best.map(({ trial, score, summary, params }) => {
      const cells = [
        ...[String(trial), number(score ?? 0, 3), summary ? money(summary.net_usdt, 2, true) : "–"],
        ...[
          summary ? or(summary.max_drawdown, (value) => percent(value, 2)) : "–",
          summary ? count(summary.trades) : "–",
        ],
      ];
      return `${" ".repeat(LABEL - 1)}${row(cells)}  ${dim(paramsText(params))}`;
    }),
  ];
}
