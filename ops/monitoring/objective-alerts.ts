/** Alerts about objectives: their error budgets burn too fast, by a long window and a short one. */
import { BURN_RULES, type BurnRule, OBJECTIVES, type Objective } from "../../shared/trading/health/slo.ts";
import { badShare, duration, rounded } from "./recording-rules.ts";
import { type AlertGroup, growing, type PrometheusAlert } from "./rule.ts";

type Alarm = BurnRule["alarm"];
const SEVERITY = { PAGE: "ERROR", TICKET: "WARN" } as const;
const WORDS = {
  PAGE: "burns up within five days at most",
  TICKET: "burns faster than it may",
} as const;
const MINUTE_MS = 60_000;
const HOUR_MINUTES = 60;

const camel = (text: string): string =>
  text.replaceAll(/(?:^|_)([a-z])/g, (_all, first: string) => first.toUpperCase());

/** `rate` times what the objective allows was bad in both windows, and enough happened in the long one to say so. */
function burning({ slo_id, objective, least }: Objective, { rate, longMs, shortMs }: BurnRule): string {
  const limit = rounded(rate * (1 - objective));
  const isOver = (ms: number) => `${badShare(ms)}{slo="${slo_id}"} > ${limit}`;
  const enough = `sum by (slo) (increase(chimera_slo_events_total{slo="${slo_id}"}[${duration(longMs)}])) >= ${least}`;
  return `(${isOver(longMs)} and ${isOver(shortMs)} and ${enough})`;
}

const exprOf = (objective: Objective, alarm: Alarm): string =>
  BURN_RULES.filter((rule) => rule.alarm === alarm && rule.rate * (1 - objective.objective) < 1)
    .map((rule) => burning(objective, rule))
    .join(" or ");

/** The rule of an alarm that looks through the shortest windows: what proves it soonest. */
const quickest = (alarm: Alarm): BurnRule =>
  BURN_RULES.filter((rule) => rule.alarm === alarm).toSorted((one, other) => one.longMs - other.longMs)[0] as BurnRule;

/** How many bad events of a hundred are surely over its limit. */
const badOfHundred = ({ objective }: Objective, { rate }: BurnRule): number =>
  rounded(Math.min(1, rate * (1 - objective) * 1.5) * 100);

function alertOf(objective: Objective, alarm: Alarm): PrometheusAlert {
  const { slo_id, title } = objective;
  const name = `Chimera${camel(slo_id)}Burn${alarm === "PAGE" ? "Page" : "Ticket"}`;
  const rule = quickest(alarm);
  const bad = badOfHundred(objective, rule);
  // Over once the longest of the short windows has passed.
  const shortMs = Math.max(...BURN_RULES.filter((each) => each.alarm === alarm).map((each) => each.shortMs));
  const [calm, burnt, after] = [HOUR_MINUTES, rule.longMs / MINUTE_MS, shortMs / MINUTE_MS + 2 * HOUR_MINUTES];
  const good = rounded(100 - bad);
  return {
    ...{ name, severity: SEVERITY[alarm], expr: exprOf(objective, alarm), for: "2m" },
    summary: `${title}: its error budget ${WORDS[alarm]}`,
    means: `Of "${title}" more fails than its objective of ${rounded(objective.objective * 100)} % over 30 days allows.`,
    look: "The overview dashboard: which objective burns, since when; the health page names its figures.",
    act:
      alarm === "PAGE"
        ? "Find what fails now: the exchange, the network, a store, a release."
        : "Look into it within the next days.",
    proof: {
      series: [
        [`chimera_slo_events_total{slo="${slo_id}",outcome="good"}`, growing([100, calm], [good, burnt], [100, after])],
        [`chimera_slo_events_total{slo="${slo_id}",outcome="bad"}`, growing([0, calm], [bad, burnt], [0, after])],
      ],
      labels: { slo: slo_id },
      quiet: duration(calm * MINUTE_MS),
      fires: duration((calm + burnt) * MINUTE_MS),
      over: duration((calm + burnt + after - 30) * MINUTE_MS),
    },
  };
}

/** Where none may be bad, one that is says it all. */
function neverAlert({ slo_id, title }: Objective): PrometheusAlert {
  return {
    ...{ name: `Chimera${camel(slo_id)}Missed`, severity: "ERROR", for: "0m" },
    expr: `sum by (slo) (increase(chimera_slo_events_total{slo="${slo_id}",outcome="bad"}[30m])) > 0`,
    summary: `${title}: one was not`,
    means: "What must never happen did: an entry was sent although something forbade entries at that moment.",
    look: "The inbox: `RISK_GATE_MISSED` names the entry; its decision and intent.",
    act: "Turn the kill switch on if it repeats, and report it.",
    proof: {
      series: [[`chimera_slo_events_total{slo="${slo_id}",outcome="bad"}`, growing([0, 60], [1, 1], [0, 180])]],
      labels: { slo: slo_id },
      ...{ quiet: "30m", fires: "90m", over: "3h" },
    },
  };
}

export const OBJECTIVE_ALERTS: AlertGroup = {
  name: "objectives",
  title: "Objectives",
  step: "30m",
  alerts: OBJECTIVES.flatMap((objective) =>
    objective.objective < 1
      ? (["PAGE", "TICKET"] as const).map((alarm) => alertOf(objective, alarm))
      : [neverAlert(objective)],
  ),
};
