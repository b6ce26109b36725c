/** What a simulation came to, as lines for a terminal with small bars. */
import type { GateResult } from "../../shared/domain/promotion.ts";
import type { ReplayedRun, Simulation, SimulationSummary } from "../../shared/domain/simulation.ts";
import { moment, money, number, percent } from "../../shared/report/figures.ts";
import { bar } from "./bars.ts";
import { count } from "./data-library.ts";
import { sparkline } from "./sparkline.ts";
import { bold, dim, green, red, yellow } from "./terminal.ts";

const LABEL = 12;
const NAME = 30;
const BAR = 24;
const SPARK = 48;
const ROWS_SHOWN = 8;
const CHANGED_SHOWN = 5;

const named = (name: string, text: string): string => `${bold(name.padEnd(LABEL))}${text}`;
const signed = (value: number): string => {
  const text = `${number(value, 2, true)} USDT`;
  return value < 0 ? red(text) : green(text);
};
const LIGHTS = { DONE: green, FAILED: red, CANCELED: yellow, QUEUED: dim, RUNNING: yellow } as const;

export function simulationLines(simulation: Simulation): string[] {
  const { sim_id, bundle_id, rev, active_rev, status, request, error } = simulation;
  const { from_ts, to_ts } = request.window;
  return [
    `${LIGHTS[status]("●")} ${bold(`${bundle_id}@${rev}`)} beside revision ${active_rev}  ${dim(`${sim_id}, ${status}`)}`,
    named("Window", `${moment(from_ts).slice(0, 16)} → ${moment(to_ts).slice(0, 16)} UTC`),
    ...(error === undefined ? [] : [named("Why", red(error))]),
    ...(simulation.summary ? summaryLines(simulation.summary) : []),
    ...effectLines(simulation),
    ...replayLines(simulation),
    ...sensitivityLines(simulation),
    ...(simulation.bounds_guard ?? []).map((gate, i) => named(i === 0 ? "Gates" : "", gateLine(gate))),
    ...changedLines(simulation),
  ];
}

function summaryLines(summary: SimulationSummary): string[] {
  const { signals, not_weighed, unweighable, both_open, only_active, only_candidate, neither, wanted } = summary;
  const why = unweighable.map((one) => `${one.reason.replaceAll("_", " ")} ${count(one.signals)}`).join(", ");
  const rest = not_weighed > 0 ? `, ${count(not_weighed)} could not be: ${why}` : "";
  const opened: [string, number][] = [
    ["both open", both_open],
    ["only in force", only_active],
    ["only candidate", only_candidate],
    ["neither", neither],
  ];
  const similarity = summary.similarity === null ? "nothing opened" : `similarity ${number(summary.similarity, 2)}`;
  return [
    named("Signals", `${count(signals)} weighed${rest}`),
    ...opened.map(([name, value]) => named("", `${name.padEnd(16)}${counted(value, signals)}`)),
    named("Changed", `${percent(summary.changed_share, 1)} of decisions, ${similarity}`),
    named(
      "Rules",
      `skip ${percent(summary.skipped_by_rules_share, 1)} of ${count(wanted)} wanted, make larger ${percent(summary.sized_up_share, 1)} of those opened`,
    ),
    ...pairLines(
      "Fired",
      summary.rules.map(({ rule_id, active, candidate }) => [rule_id, active, candidate]),
    ),
    ...pairLines(
      "Opened",
      summary.strategies.map(({ strategy_id, active, candidate }) => [strategy_id, active, candidate]),
    ),
    ...pairLines(
      "Not opened",
      summary.reasons
        .filter(({ reason }) => reason !== "open")
        .map(({ reason, active, candidate }) => [reason, active, candidate]),
    ),
  ];
}

const counted = (value: number, of: number): string =>
  `${count(value).padStart(7)}  ${bar(of > 0 ? value / of : 0, BAR)}`;

/** In force → candidate, the largest first. */
function pairLines(name: string, rows: readonly (readonly [string, number, number])[]): string[] {
  const most = Math.max(1, ...rows.flatMap(([, active, candidate]) => [active, candidate]));
  const shown = rows.toSorted((a, b) => Math.max(b[1], b[2]) - Math.max(a[1], a[2])).slice(0, ROWS_SHOWN);
  return shown.map(([what, active, candidate], i) => {
    const change = `${count(active).padStart(7)} → ${count(candidate).padEnd(7)}`;
    const text = `${what.slice(0, NAME).padEnd(NAME)}${active === candidate ? dim(change) : change} ${bar(candidate / most, BAR)}`;
    return named(i === 0 ? name : "", text);
  });
}

function effectLines({ approx_effect: effects = [] }: Simulation): string[] {
  return effects.map((effect, i) => {
    const { horizon, labelled, unlabelled, active_usdt, candidate_usdt, difference_usdt, interval_usdt } = effect;
    const sure = interval_usdt
      ? `95 %: ${interval_usdt.map((value) => number(value, 2, true)).join(" to ")}`
      : "too few days for an interval";
    const text =
      labelled === 0
        ? dim("no labels yet")
        : `${number(active_usdt, 2, true)} → ${number(candidate_usdt, 2, true)}: ${signed(difference_usdt)}  ${dim(`${sure}; ${count(labelled)} labelled, ${count(unlabelled)} not`)}`;
    return named(i === 0 ? "By labels" : "", `${horizon.padEnd(5)}${text}`);
  });
}

function replayLines({ replay }: Simulation): string[] {
  if (!replay) return [];
  const line = (name: string, { summary, curve }: ReplayedRun) => {
    const figures = `${signed(Number(summary.net_usdt))}, ${count(summary.trades)} trades, fees ${money(summary.fees_usdt, 2)}`;
    return [
      named(name, figures),
      named(
        "",
        sparkline(
          curve.map(([, value]) => value),
          SPARK,
        ),
      ),
    ];
  };
  const assumed = [...new Set([...replay.active.assumed, ...replay.candidate.assumed])];
  return [
    ...line("In force", replay.active),
    ...line("Candidate", replay.candidate),
    ...(assumed.length > 0 ? [named("Assumed", dim(assumed.join(" · ")))] : []),
  ];
}

function sensitivityLines({ sensitivity_analysis: found }: Simulation): string[] {
  if (!found) return [];
  const most = Math.max(1e-9, ...found.factors.map(({ flips }) => flips));
  const head = `${percent(found.flip_share, 1)} of ${count(found.evaluated)} decisions turn when factors move by ±${percent(found.epsilon, 0)}`;
  return [
    named("Sensitivity", `${head}; robustness ${number(found.robustness, 2)}`),
    ...found.factors.map(({ factor, flips }) =>
      named("", `${factor.slice(0, NAME).padEnd(NAME)}${percent(flips, 1).padStart(8)}  ${bar(flips / most, BAR)}`),
    ),
  ];
}

const GATE_LIGHTS = { PASSED: green, FAILED: red, NOT_ENOUGH: yellow } as const;
export const gateLine = ({ name, state, detail }: GateResult): string =>
  `${GATE_LIGHTS[state]("●")} ${name.padEnd(11)}${state === "NOT_ENOUGH" ? "not enough to say" : state.toLowerCase()}  ${dim(detail)}`;

function changedLines({ changed = [] }: Simulation): string[] {
  const shown = changed.slice(0, CHANGED_SHOWN);
  const more = changed.length - shown.length;
  return [
    ...shown.map(({ ts, strategy_id, instrument, active, candidate }, i) =>
      named(i === 0 ? "For one" : "", `${moment(ts)}  ${strategy_id} ${instrument}: ${active} → ${candidate}`),
    ),
    ...(more > 0 ? [named("", dim(`and ${more} more: --json`))] : []),
  ];
}
