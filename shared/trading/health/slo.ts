/**
 * Objectives over 30 days, and how fast their error budgets burn.
 *
 * The budget is the share that may be bad; a burn rate of 1 uses it up in exactly 30 days. Alerts look through a long
 * window, so that a blink tells nobody, and a short one, so that they end soon after the trouble. Source: Beyer et al.,
 * The Site Reliability Workbook, 2018, ch. 5, "Multiwindow, Multi-Burn-Rate Alerts".
 */
import type { Slo } from "../../domain/watching.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
export const SLO_WINDOW_MS = 30 * 24 * HOUR_MS;

export interface Objective {
  readonly slo_id: Slo["slo_id"];
  readonly title: string;
  /** The share that is to be good; 1: none may be bad. */
  readonly objective: number;
  /** Events in the long window that it takes to alert. */
  readonly least: number;
}
/** Orders, answers, looks at market data, commits, entries. */
export const OBJECTIVES: readonly Objective[] = [
  { slo_id: "order_success", title: "Order success", objective: 0.995, least: 50 },
  { slo_id: "ack_latency", title: "Answers of the exchange within 800 ms", objective: 0.95, least: 50 },
  { slo_id: "market_data", title: "Fresh market data", objective: 0.999, least: 20 },
  { slo_id: "store_commit", title: "Commits within 80 ms", objective: 0.95, least: 100 },
  { slo_id: "risk_gate", title: "Entries through every risk gate", objective: 1, least: 1 },
];
/** What counts as good, ms. */
export const ACK_MS_MAX = 800;
export const COMMIT_MS_MAX = 80;

type Alarm = "PAGE" | "TICKET";
export interface BurnRule {
  readonly rate: number;
  readonly longMs: number;
  readonly shortMs: number;
  readonly alarm: Alarm;
}
export const BURN_RULES: readonly BurnRule[] = [
  { rate: 14.4, longMs: HOUR_MS, shortMs: 5 * MINUTE_MS, alarm: "PAGE" },
  { rate: 6, longMs: 6 * HOUR_MS, shortMs: 30 * MINUTE_MS, alarm: "PAGE" },
  { rate: 3, longMs: 24 * HOUR_MS, shortMs: 2 * HOUR_MS, alarm: "TICKET" },
  { rate: 1, longMs: 72 * HOUR_MS, shortMs: 6 * HOUR_MS, alarm: "TICKET" },
];

export interface Events {
  readonly good: number;
  readonly total: number;
}

/** Where none may be bad, any that is burns all there is: so much that every rule is over. */
const ALL_AT_ONCE = 1_000;

/** Null without events. */
export function burnRate({ good, total }: Events, objective: number): number | null {
  if (total <= 0) return null;
  const bad = Math.max(0, total - good);
  if (objective >= 1) return bad > 0 ? ALL_AT_ONCE : 0;
  return bad / total / (1 - objective);
}

/** Of the error budget of these events, what is left: 1 all of it, below 0 overspent. Null without events. */
export function budgetLeft({ good, total }: Events, objective: number): number | null {
  if (total <= 0) return null;
  const bad = Math.max(0, total - good);
  return objective >= 1 ? 1 - bad : 1 - bad / (total * (1 - objective));
}

export type Judged = Pick<Slo, "good" | "total" | "value" | "budget_left" | "burn" | "state">;

/** `within` counts the events of the newest so many ms. */
export function judgeSlo({ objective, least }: Objective, within: (windowMs: number) => Events): Judged {
  const all = within(SLO_WINDOW_MS);
  const rate = (ms: number) => burnRate(within(ms), objective);
  const isOver = (rule: BurnRule) =>
    within(rule.longMs).total >= least && [rule.longMs, rule.shortMs].every((ms) => (rate(ms) ?? 0) >= rule.rate);
  const alarms = BURN_RULES.filter(isOver).map(({ alarm }) => alarm);
  const windows = BURN_RULES.flatMap(({ longMs, shortMs }) => [shortMs, longMs]);
  return {
    ...all,
    value: all.total > 0 ? all.good / all.total : null,
    budget_left: budgetLeft(all, objective),
    burn: [...new Set(windows)].sort((a, b) => a - b).map((window_ms) => ({ window_ms, rate: rate(window_ms) })),
    state: all.total <= 0 ? "NO_DATA" : alarms.includes("PAGE") ? "PAGE" : alarms.length > 0 ? "TICKET" : "OK",
  };
}
