/** What takes a revision back by itself: each guardrail judged from what was really done, or silent for too little. */
import type { Bundle } from "../../domain/bundle.ts";
import { dec, mul, show } from "../../domain/money.ts";
import type { GuardrailVerdict } from "../../domain/promotion.ts";
import { aucIntervalOfBlocks, auc as aucOfAll } from "../stats/auc.ts";
import { blockOf, bootstrapInterval, stationaryRows } from "../stats/bootstrap.ts";
import { seededChance } from "../stats/seeded-chance.ts";
import type { Evidence } from "./arm-tally.ts";
import { meanDifference } from "./mean-difference.ts";

export type PromotionLimits = Bundle["flags"]["promotion"];
export interface Arms {
  readonly canary: Evidence;
  readonly stable: Evidence;
  /** Of the canary's revision, through all steps that it came in. */
  readonly whole: Pick<Evidence, "closed" | "drawdown">;
  /** Whose `stable` is, in words: of the other arm at the same time, or of the revision that was in force before. */
  readonly whose: "the others'" | "the former's";
}
/** Two-sided, so that 5 % lie beyond the one end that is looked at. */
const LEVEL = 0.9;
const RESAMPLES = 500;

/** One verdict of each guardrail. The same evidence gives the same verdicts: chance is drawn from `seed`. */
export function judgeGuardrails(arms: Arms, limits: PromotionLimits, seed: string): GuardrailVerdict[] {
  return [
    drawdown(arms.whole, limits),
    roePerTrade(arms, limits, seed),
    rejectRate(arms, limits),
    auc(arms.canary, limits, seed),
    brier(arms.canary, limits, seed),
  ];
}

/** AUC and Brier's score of what an arm's model said, as people see them; null for too little. */
export function scoresOf({ forecasts }: Pick<Evidence, "forecasts">): { auc: number | null; brier: number | null } {
  const sum = squaresOf(forecasts).reduce((all, square) => all + square, 0);
  return { auc: aucOfAll(scoredOf(forecasts)), brier: forecasts.length === 0 ? null : sum / forecasts.length };
}

const scoredOf = (forecasts: Evidence["forecasts"]) => forecasts.map(({ p, positive }) => ({ score: p, positive }));
const squaresOf = (forecasts: Evidence["forecasts"]) => forecasts.map(({ p, positive }) => (p - Number(positive)) ** 2);

const options = (seed: string) =>
  ({ chance: seededChance(seed), level: LEVEL, resamples: RESAMPLES, method: "percentile" }) as const;

/** From the peak of what the revision's closed trades have earned. Money that is lost is a fact: one trade tells it. */
function drawdown({ closed, drawdown: fallen }: Arms["whole"], limits: PromotionLimits): GuardrailVerdict {
  const limit = limits.drawdown_usdt_max;
  const said = { name: "drawdown", limit, value: show(fallen), sample: closed, sample_min: 1 } as const;
  const detail = `fell ${show(fallen)} USDT from its peak in ${closed} closed ${closed === 1 ? "trade" : "trades"}; at most ${limit}`;
  return verdict(said, detail, fallen > dec(limit));
}

/** Breached when even the upper end of the difference of mean ROE lies below what may be lost. */
function roePerTrade({ canary, stable, whose }: Arms, limits: PromotionLimits, seed: string): GuardrailVerdict {
  const limit = -limits.roe_worse_max;
  const sample = Math.min(canary.closed, stable.closed);
  const said = { name: "pnl", limit, sample, sample_min: limits.trades_min } as const;
  if (sample < limits.trades_min)
    return verdict({ ...said, value: null }, few(said, `closed trades of its own and ${whose}`), false);
  const { estimate, high } = meanDifference(canary.roes, stable.roes, options(`${seed} pnl`));
  if (estimate === null || high === null) return verdict({ ...said, value: null, sample: 0 }, "no difference", false);
  const detail = `mean ROE of a trade is ${percent(estimate)} beside ${whose}, surely below ${percent(high)}`;
  return verdict({ ...said, value: short(high) }, `${detail}; at least ${percent(limit)}`, high < limit);
}

/** Beyond what the others suffer too, where enough is known of them: a bad hour at the exchange is nobody's fault. */
function rejectRate({ canary: { entries, rejected }, stable, whose }: Arms, limits: PromotionLimits): GuardrailVerdict {
  const limit = limits.reject_rate_max;
  const others = stable.entries >= limits.entries_min ? stable.rejected / stable.entries : 0;
  const more = entries === 0 ? null : rejected / entries - others;
  const value = more === null ? null : short(more);
  const said = { name: "reject_rate", value, limit, sample: entries, sample_min: limits.entries_min } as const;
  const beside =
    others > 0 ? `, of ${whose} ${percent(others)}; at most ${percent(limit)} more` : `; at most ${percent(limit)}`;
  return verdict(
    said,
    `${rejected} of ${entries} entries refused or come to nothing${beside}`,
    more !== null && more > limit,
  );
}

function auc(canary: Evidence, limits: PromotionLimits, seed: string): GuardrailVerdict {
  const limit = limits.auc_min;
  const said = { name: "auc", limit, sample: canary.forecasts.length, sample_min: limits.labels_min } as const;
  if (said.sample < said.sample_min) return verdict({ ...said, value: null }, few(said, "labels with a model"), false);
  const { forecasts } = canary;
  const found = aucIntervalOfBlocks(scoredOf(forecasts), blockOf(forecasts.length), options(`${seed} auc`));
  if (found.estimate === null || found.high === null) {
    return verdict({ ...said, value: null, sample: 0 }, "its labels are all of one kind", false);
  }
  const detail = `AUC ${short(found.estimate)}, surely below ${short(found.high)}; at least ${limit}`;
  return verdict({ ...said, value: short(found.high) }, detail, found.high < limit);
}

function brier(canary: Evidence, limits: PromotionLimits, seed: string): GuardrailVerdict {
  const limit = limits.brier_max;
  const said = { name: "brier", limit, sample: canary.forecasts.length, sample_min: limits.labels_min } as const;
  if (said.sample < said.sample_min) return verdict({ ...said, value: null }, few(said, "labels with a model"), false);
  const squares = squaresOf(canary.forecasts);
  const meanSquare = (rows: Uint32Array) => rows.reduce((all, row) => all + (squares[row] as number), 0) / rows.length;
  const drawn = stationaryRows(squares.length, blockOf(squares.length));
  const found = bootstrapInterval(drawn, meanSquare, options(`${seed} brier`));
  if (found.estimate === null || found.low === null) {
    return verdict({ ...said, value: null, sample: 0 }, "no score", false);
  }
  const detail = `Brier ${short(found.estimate)}, surely above ${short(found.low)}; at most ${limit}`;
  return verdict({ ...said, value: short(found.low) }, detail, found.low > limit);
}

function verdict(
  said: Omit<GuardrailVerdict, "state" | "detail">,
  detail: string,
  isBeyond: boolean,
): GuardrailVerdict {
  const state = said.sample < said.sample_min ? "NOT_ENOUGH" : isBeyond ? "BREACHED" : "OK";
  return { ...said, state, detail };
}

const few = ({ sample, sample_min }: Pick<GuardrailVerdict, "sample" | "sample_min">, what: string): string =>
  `${sample} of ${sample_min} ${what} that it takes`;
const short = (value: number): number => Number(value.toFixed(6));
const percent = (share: number): string => `${Number((share * 100).toFixed(3))} %`;

export const breachesOf = (verdicts: readonly GuardrailVerdict[]): GuardrailVerdict[] =>
  verdicts.filter(({ state }) => state === "BREACHED");

/** Absent: so many times what a share of the triggers may lose. */
const WATCH_TIMES = dec("4");
const watchDrawdownOf = ({ drawdown_usdt_max, watch_drawdown_usdt_max }: PromotionLimits): string =>
  watch_drawdown_usdt_max ?? show(mul(dec(drawdown_usdt_max), WATCH_TIMES));

/** Those of a watch: what has all triggers loses more in an ordinary week than a small share of them may. */
export const limitsOfWatch = (limits: PromotionLimits): PromotionLimits => ({
  ...limits,
  drawdown_usdt_max: watchDrawdownOf(limits),
});

/** The limits as they are told when a promotion is asked for. */
export const limitsOf = (limits: PromotionLimits) => ({
  drawdown_usdt_max: limits.drawdown_usdt_max,
  watch_drawdown_usdt_max: watchDrawdownOf(limits),
  roe_worse_max: limits.roe_worse_max,
  reject_rate_max: limits.reject_rate_max,
  auc_min: limits.auc_min,
  brier_max: limits.brier_max,
  trades_min: limits.trades_min,
  entries_min: limits.entries_min,
  labels_min: limits.labels_min,
  watch_hours: limits.watch_hours,
});
