/** What an experiment comes to, in sentences, and how far it can be believed. */
import type { ExperimentResult, RunSummary, Significance } from "../../domain/experiment.ts";
import { money, number, percent } from "../figures.ts";
import type { ExperimentFacts } from "./facts.ts";

/** The usual bar for a probability; of a p-value what is left of it. */
const SURE = 0.95;
const TRADES_FEW = 30;

export const METHODS = {
  ...{ BACKTEST: "one backtest", WALK_FORWARD: "walk-forward", PURGED_KFOLD: "purged K-fold" },
  ...{ GRID: "grid search", RANDOM: "random search", GENETIC: "genetic search" },
} as const;

const net = ({ net_usdt, total_return }: RunSummary): string =>
  `${money(net_usdt, 2, true)} USDT (${percent(total_return, 2, true)})`;
const gained = ({ net_usdt }: RunSummary): boolean => Number(net_usdt) > 0;

/** One line. */
export function experimentSummary({ experiment, trials }: ExperimentFacts): string {
  const { design, result, status, message } = experiment;
  const head = `${METHODS[design.method]}, ${trials.length} trials`;
  if (!result) return `${head}: ${status}${message === undefined ? "" : `, ${message}`}.`;
  const unseen = result.out_of_sample ? `; ${net(result.out_of_sample.summary)} on what was not searched on` : "";
  return `${head}: the best made ${net(result.summary)}${unseen}.`;
}

export function experimentSentences(result: ExperimentResult): string[] {
  return [
    ...outcome(result),
    ...unseen(result),
    ...compared(result),
    ...significanceWords(result.significance),
    ...robustness(result),
    ...data(result),
  ];
}

const counted = (count: number, one: string, many = `${one}s`): string =>
  `${number(count, 0)} ${count === 1 ? one : many}`;

function outcome({ summary, significance }: ExperimentResult): string[] {
  const of = significance.trials > 1 ? `The best of ${number(significance.trials, 0)} trials` : "What was chosen";
  const fall = percent(summary.max_drawdown ?? 0, 2);
  return [
    `${of} made ${net(summary)} in ${counted(summary.trades, "closed trade")}, with a deepest drawdown of ${fall}.`,
  ];
}

function unseen({ out_of_sample, folds, significance }: ExperimentResult): string[] {
  if (!out_of_sample) {
    return significance.trials > 1
      ? [
          "All of it was searched on: what was found fits this past, and walk-forward or K-fold would tell whether more.",
        ]
      : [];
  }
  const kept = folds.filter((fold) => gained(fold.out_of_sample)).length;
  return [
    `On what had not been searched on it made ${net(out_of_sample.summary)}, with a gain in ${kept} of ${counted(folds.length, "window")}.`,
  ];
}

/** Over the same time: the benchmark runs where the result is judged. */
function compared({ summary, out_of_sample, benchmark }: ExperimentResult): string[] {
  if (!benchmark) return [];
  const better = Number((out_of_sample?.summary ?? summary).net_usdt) - Number(benchmark.summary.net_usdt);
  const than = better > 0 ? "less" : better < 0 ? "more" : "the same";
  return [`Over the same time the benchmark (${benchmark.what}) made ${net(benchmark.summary)}: ${than}.`];
}

export function significanceWords(significance: Significance): string[] {
  const { deflated_sharpe, trials, sharpe, mann_whitney_p, mean_return, sharpe_interval, periods } = significance;
  const said: string[] = [];
  if (deflated_sharpe !== null) {
    const bar = deflated_sharpe >= SURE ? "which is convincing" : "which convinces nobody";
    said.push(
      `Its Sharpe ratio is ${sharpe === null ? "unknown" : number(sharpe, 2)}; the probability that the true one is above zero, ${counted(trials, "try", "tries")} taken into account (deflated Sharpe ratio), is ${percent(deflated_sharpe, 1)}, ${bar}.`,
    );
  }
  if (mann_whitney_p !== null) {
    const beats =
      mann_whitney_p <= 1 - SURE ? "are better than the benchmark's" : "cannot be told from the benchmark's";
    said.push(`Its ${number(periods, 0)} returns ${beats} (Mann-Whitney, p ${pText(mann_whitney_p)}).`);
  }
  if (mean_return) {
    const { low, high, confidence } = mean_return;
    const zero = low > 0 ? "all above zero" : high < 0 ? "all below zero" : "zero among them";
    said.push(
      `With ${percent(confidence, 0)} confidence the mean return of a period lies between ${percent(low, 4, true)} and ${percent(high, 4, true)}, ${zero}.`,
    );
  }
  if (sharpe_interval)
    said.push(
      `The Sharpe ratio lies between ${number(sharpe_interval.low, 2)} and ${number(sharpe_interval.high, 2)}.`,
    );
  return said;
}

const P_LEAST = 0.001;
export const pText = (p: number): string => (p < P_LEAST ? `below ${P_LEAST}` : number(p, 3));

function robustness({ lookahead, sensitivity, summary, out_of_sample }: ExperimentResult): string[] {
  const said: string[] = [];
  if (lookahead) {
    said.push(
      lookahead.passed
        ? `Cut off at ${lookahead.cuts.length} moments it decided the same up to each: it does not see the future.`
        : "Cut off it decided otherwise than before: it sees the future, and nothing here can be believed.",
    );
  }
  const broken = sensitivity.filter((row) => !gained(row.summary)).map(({ what, change }) => `${what} ${change}`);
  if (sensitivity.length > 0 && gained(summary)) {
    said.push(
      broken.length > 0
        ? `It loses with ${broken.join(", ")}.`
        : "It still gains with worse fees, latency and slippage.",
    );
  }
  const { trades } = (out_of_sample ?? { summary }).summary;
  if (trades < TRADES_FEW)
    said.push(`${counted(trades, "closed trade")} ${trades === 1 ? "is" : "are"} too few to tell skill from luck.`);
  return said;
}

const data = ({ data: { problems } }: ExperimentResult): string[] =>
  problems.length > 0 ? [`The data has at least ${problems.length} faults; the rows they are in were left out.`] : [];
