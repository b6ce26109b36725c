/** How far an experiment's result can be believed, told in sentences: each one message with what fills it in. */
import type { Experiment, ExperimentResult, RunSummary } from "../../../../shared/domain/experiment.ts";
import { numberText, percentText, usdtText } from "../format/numbers.ts";
import type { MessageKey, Params } from "../i18n/translate.ts";

export type Tone = "good" | "bad" | "plain";
export interface Told {
  readonly key: MessageKey;
  readonly params: Params;
  readonly tone: Tone;
}
export const VERDICTS = ["strong", "weak", "loss", "none"] as const;
export type Verdict = (typeof VERDICTS)[number];
export interface Belief {
  readonly verdict: Verdict;
  readonly told: readonly Told[];
}

/** The usual bar for a probability, and for a p-value what is left of it. */
const SURE = 0.95;
/** Fewer closed trades than this say little, whatever they say. */
const TRADES_MIN = 30;

const told = (key: MessageKey, params: Params = {}, tone: Tone = "plain"): Told => ({ key, params, tone });
const net = ({ net_usdt }: RunSummary): string => usdtText(net_usdt, true);
const gained = ({ net_usdt }: RunSummary): boolean => Number(net_usdt) > 0;

/** What counts is what the search had not seen, where there is such a part. */
export const judged = ({ summary, out_of_sample }: ExperimentResult): RunSummary => out_of_sample?.summary ?? summary;

export function beliefOf(experiment: Pick<Experiment, "design">, result: ExperimentResult): Belief {
  const all = [
    ...outcomeOf(result),
    ...evidenceOf(experiment, result),
    ...luckOf(result),
    ...robustnessOf(result),
    ...dataOf(result),
  ];
  return { verdict: verdictOf(experiment, result), told: all };
}

function verdictOf({ design }: Pick<Experiment, "design">, result: ExperimentResult): Verdict {
  const { significance, lookahead, sensitivity, out_of_sample } = result;
  const seen = judged(result);
  if (lookahead?.passed === false) return "none";
  if (!gained(seen) || seen.trades === 0) return "loss";
  const searched = design.method !== "BACKTEST" || (design.params?.length ?? 0) > 0;
  const isSure =
    (significance.deflated_sharpe ?? 0) >= SURE &&
    (significance.mann_whitney_p ?? 0) <= 1 - SURE &&
    seen.trades >= TRADES_MIN &&
    seen.liquidations === 0 &&
    (!searched || out_of_sample !== undefined) &&
    sensitivity.every(({ summary }) => gained(summary));
  return isSure && lookahead?.passed ? "strong" : "weak";
}

function outcomeOf({ summary }: ExperimentResult): Told[] {
  const params = {
    net: net(summary),
    share: percentText(summary.total_return, 2, true),
    trades: summary.trades,
    drawdown: percentText(summary.max_drawdown === null ? undefined : Math.abs(summary.max_drawdown), 1),
  };
  const all = [told(gained(summary) ? "belief.made" : "belief.lost", params, gained(summary) ? "good" : "bad")];
  if (summary.liquidations > 0) all.push(told("belief.liquidated", { count: summary.liquidations }, "bad"));
  return all;
}

function evidenceOf({ design }: Pick<Experiment, "design">, result: ExperimentResult): Told[] {
  const { out_of_sample, summary, folds, significance } = result;
  const all: Told[] = [];
  if (out_of_sample) {
    const kept = folds.filter((fold) => gained(fold.out_of_sample)).length;
    const params = { net: net(out_of_sample.summary), inside: net(summary), kept, folds: folds.length };
    const good = gained(out_of_sample.summary) && kept * 2 > folds.length;
    all.push(told("belief.unseen", params, good ? "good" : "bad"));
  } else if (design.method !== "BACKTEST") {
    all.push(told("belief.searched", { trials: significance.trials }, "bad"));
  } else {
    all.push(told("belief.one_run", {}));
  }
  const { benchmark } = result;
  const { trades, net_usdt } = judged(result);
  // It was run on the same time as what counts.
  if (benchmark) {
    const better = Number(net_usdt) > Number(benchmark.summary.net_usdt);
    all.push(told(better ? "belief.above" : "belief.below", { net: net(benchmark.summary) }, better ? "good" : "bad"));
  }
  if (trades < TRADES_MIN) all.push(told("belief.few_trades", { trades, least: TRADES_MIN }, "bad"));
  return all;
}

function luckOf(result: ExperimentResult): Told[] {
  const { significance } = result;
  const { deflated_sharpe, trials, sharpe, mann_whitney_p } = significance;
  const all: Told[] = [];
  if (deflated_sharpe === null) all.push(told("belief.no_deflated"));
  else {
    const sure = deflated_sharpe >= SURE;
    const params = { chance: percentText(deflated_sharpe, 1), sharpe: numberText(sharpe), trials };
    // Of a loss nobody asks whether it was luck.
    const doubt = !sure && gained(judged(result));
    all.push(told(doubt ? "belief.deflated_low" : "belief.deflated", params, sure ? "good" : "bad"));
  }
  if (mann_whitney_p !== null) {
    const sure = mann_whitney_p <= 1 - SURE;
    const params = { p: pText(mann_whitney_p) };
    all.push(told(sure ? "belief.beats" : "belief.beats_not", params, sure ? "good" : "bad"));
  }
  return all;
}

function robustnessOf({ lookahead, sensitivity, summary }: ExperimentResult): Told[] {
  const all: Told[] = [];
  if (lookahead) {
    const params = { cuts: lookahead.cuts.length };
    all.push(lookahead.passed ? told("belief.no_future", params, "good") : told("belief.future", params, "bad"));
  }
  const broken = sensitivity.filter(({ summary }) => !gained(summary));
  if (sensitivity.length > 0 && gained(summary)) {
    const params = { broken: broken.length, changes: sensitivity.length };
    all.push(broken.length > 0 ? told("belief.fragile", params, "bad") : told("belief.sturdy", params, "good"));
  }
  return all;
}

function dataOf({ data, assumed }: ExperimentResult): Told[] {
  const { problems } = data;
  return [
    ...(problems.length > 0 ? [told("belief.problems", { count: problems.length }, "bad")] : []),
    ...(assumed.length > 0 ? [told("belief.assumed", { count: assumed.length })] : []),
  ];
}

const P_LEAST = 0.001;
/** A p-value in three digits; below that only that it is below. */
export const pText = (p: number | null | undefined): string =>
  p === null || p === undefined ? "–" : p < P_LEAST ? `< ${P_LEAST}` : p.toFixed(3);
