/** The parts of an experiment's report: its curves, its parameters as a map, windows, checks, and the best trials. */
import type { ExperimentResult, FoldResult, ParamSet, RunSummary, SensitivityRow } from "../../domain/experiment.ts";
import { at, type Box, frame, picture, scaleOf, timeTicks } from "../axes.ts";
import { moment, money, number, percent, toned } from "../figures.ts";
import { digitsFor, keyOf, type Line, lineChart } from "../line-chart.ts";
import { html, type Markup, NOTHING } from "../markup.ts";
import { type Cell, figure, section, table, text, words } from "../tables.ts";
import type { ExperimentFacts } from "./facts.ts";
import { type HeatMap, heatMapOf, paramsText, shortPath, turnedParams, valueText } from "./heat-map.ts";
import { heatPicture } from "./heat-picture.ts";
import { significanceWords } from "./words.ts";

const day = (ts: number): string => moment(ts).slice(0, 10);
const or = (value: number | null, show: (value: number) => string): Cell => (value === null ? undefined : show(value));
const ratio = (value: number): string => number(value, 2);

const RUN_COLUMNS = [
  ...[figure("net, USDT"), figure("return"), figure("Sharpe"), figure("Sortino"), figure("drawdown")],
  ...[figure("trades"), figure("won"), figure("profit factor"), figure("fees"), figure("funding")],
];
const runCells = (summary: RunSummary): Cell[] => [
  toned(Number(summary.net_usdt), money(summary.net_usdt, 2, true)),
  ...[percent(summary.total_return, 2, true), or(summary.sharpe, ratio), or(summary.sortino, ratio)],
  ...[or(summary.max_drawdown, (value) => percent(value, 2)), number(summary.trades, 0)],
  ...[or(summary.hit_rate, (value) => percent(value, 0)), or(summary.profit_factor, ratio)],
  ...[money(summary.fees_usdt), money(summary.funding_usdt, 2, true)],
];

export function figuresPart({ summary, benchmark, out_of_sample }: ExperimentResult): Markup {
  const rows: Cell[][] = [["the whole window", ...runCells(summary)]];
  if (out_of_sample) rows.push(["not searched on", ...runCells(out_of_sample.summary)]);
  if (benchmark)
    rows.push([
      `benchmark${out_of_sample ? ", over the same" : ""}: ${benchmark.what}`,
      ...runCells(benchmark.summary),
    ]);
  return section("Figures", table("Key figures", [text("run"), ...RUN_COLUMNS], rows));
}

export function curvePart(result: ExperimentResult): Markup {
  const lines: Line[] = [{ name: "the whole window", points: result.curve, kind: "curve-1" }];
  if (result.out_of_sample)
    lines.push({ name: "not searched on", points: result.out_of_sample.curve, kind: "curve-2" });
  if (result.benchmark) lines.push({ name: result.benchmark.what, points: result.benchmark.curve, kind: "curve-4" });
  const start = result.curve[0]?.[1] ?? 0;
  const chart = lineChart({
    ...{ name: "Equity in USDT over time", lines, floor: start, height: 280 },
    label: (value, step) => number(value, digitsFor(step)),
    end: (value) => percent(value / start - 1, 2, true),
  });
  return section("Equity", chart.text === "" ? NOTHING : html`<div class="scroll">${chart}</div>${keyOf(lines)}`);
}

const MAPS_MAX = 4;
const PARAMS_MAX = 4;

/** A map for each pair of parameters that were turned; for one alone a row. */
export function mapPart({ experiment, trials }: ExperimentFacts): Markup {
  const searched = trials.filter(({ role, status }) => status === "DONE" && (role === "search" || role === "train"));
  const turned = turnedParams(searched).slice(0, PARAMS_MAX);
  const [only] = turned;
  if (only === undefined) return NOTHING;
  const pairs = turned.flatMap((x, index) => turned.slice(index + 1).map((y) => [x, y] as const));
  const maps =
    turned.length === 1
      ? [heatMapOf(searched, { x: only, metric: "score" })]
      : pairs.slice(0, MAPS_MAX).map(([x, y]) => heatMapOf(searched, { x, y, metric: "score" }));
  const { objective } = experiment.design;
  const drawn = maps
    .filter((map) => map !== undefined)
    .map((map) => heatPicture({ map, figure: objective, ...chosenIn(map, experiment.result?.params) }));
  if (drawn.length === 0) return NOTHING;
  const note = `Mean ${objective} of the trials at each place, over all other parameters; the stronger the colour the better, and the frame is what was chosen. One strong place alone is luck more often than skill.`;
  return section("Parameters", html`<div class="twins">${drawn}</div><p class="note">${note}</p>`);
}

function chosenIn({ x, y }: HeatMap, params: ParamSet | undefined) {
  const [across, down] = [params?.[x.path], y === undefined ? undefined : params?.[y.path]];
  if (across === undefined) return {};
  return { chosen: { x: valueText(across), ...(down !== undefined && { y: valueText(down) }) } };
}

const ROW = 24;
/** Each window as what was searched on and what it was judged on. */
export function windowPart({ folds }: ExperimentResult): Markup {
  if (folds.length === 0) return NOTHING;
  const box: Box = { width: 960, height: folds.length * ROW + 32, left: 60, right: 130, top: 4, bottom: 24 };
  const times = folds.flatMap(({ train, test }) => [
    train?.from ?? test.from,
    test.from,
    train?.to ?? test.to,
    test.to,
  ]);
  const span: [number, number] = [Math.min(...times), Math.max(...times)];
  const x = scaleOf(span, [box.left, box.width - box.right]);
  const rows = folds.map((fold, index) => foldRow(fold, { x, top: box.top + index * ROW, end: box.width - box.right }));
  const axes = frame(box, { x, y: () => 0, times: timeTicks(span, 9), levels: [] });
  const chart = picture(box, "Windows that were searched on and judged on", html`${axes}${rows}`);
  const key = html`<ul class="key"><li class="curve-4"><i></i>searched on</li><li class="up"><i></i>judged on, gain</li><li class="down"><i></i>judged on, loss</li></ul>`;
  return section("Windows", html`<div class="scroll">${chart}</div>${key}${foldTable(folds)}`);
}

function foldRow(
  { fold, train, test, out_of_sample }: FoldResult,
  place: { x: (ts: number) => number; top: number; end: number },
) {
  const { x, top, end } = place;
  const tone = Number(out_of_sample.net_usdt) < 0 ? "down" : "up";
  const bar = (kind: string, { from, to }: { from: number; to: number }) =>
    html`<rect class="${kind}" x="${at(x(from))}" y="${top + 5}" width="${at(Math.max(1, x(to) - x(from)))}" height="${ROW - 10}"/>`;
  return html`<text class="name" x="52" y="${top + 16}" text-anchor="end">${fold + 1}</text>${train && bar("trained", train)}${bar(`part main ${tone}`, test)}<text class="end ${tone}" x="${end + 8}" y="${top + 16}">${percent(out_of_sample.total_return, 2, true)}</text>`;
}

function foldTable(folds: readonly FoldResult[]): Markup {
  const columns = [
    ...[text("window"), text("judged on, UTC"), words("with"), figure("searched: Sharpe"), figure("judged: Sharpe")],
    ...[figure("net, USDT"), figure("return"), figure("trades"), figure("drawdown")],
  ];
  const rows = folds.map(({ fold, test, params, in_sample, out_of_sample }): Cell[] => [
    ...[String(fold + 1), `${day(test.from)} to ${day(test.to)}`, paramsText(params)],
    ...[in_sample && or(in_sample.sharpe, ratio), or(out_of_sample.sharpe, ratio)],
    toned(Number(out_of_sample.net_usdt), money(out_of_sample.net_usdt, 2, true)),
    ...[percent(out_of_sample.total_return, 2, true), number(out_of_sample.trades, 0)],
    or(out_of_sample.max_drawdown, (value) => percent(value, 2)),
  ]);
  return table("Windows one by one", columns, rows);
}

export function beliefPart({ significance }: ExperimentResult): Markup {
  const said = [...significanceWords(significance), ...significance.notes];
  return section("Significance", html`${said.map((sentence) => html`<p>${sentence}</p>`)}`);
}

export function checkPart({ lookahead, sensitivity, summary }: ExperimentResult): Markup {
  const rows = sensitivity.map(({ what, change, summary: run }: SensitivityRow): Cell[] => {
    const lost = Number(run.net_usdt) - Number(summary.net_usdt);
    return [`${what} ${change}`, toned(lost, number(lost, 2, true)), ...runCells(run)];
  });
  const sensitive = table(
    "What comes out when the world is worse",
    [text("changed"), figure("difference, USDT"), ...RUN_COLUMNS],
    rows.length === 0 ? [] : [["as it was", undefined, ...runCells(summary)], ...rows],
  );
  const cuts = (lookahead?.cuts ?? []).map(({ ts, decisions, same }): Cell[] => [
    ...[moment(ts), number(decisions, 0)],
    html`<b class="${same ? "up" : "down"}">${same ? "the same" : "different"}</b>`,
  ]);
  const looked = table(
    "Look-ahead: decisions of runs that were cut off",
    [text("cut at, UTC"), figure("decisions before"), text("are")],
    cuts,
  );
  const differences =
    lookahead && lookahead.differences.length > 0
      ? html`<ul class="steps">${lookahead.differences.map((each) => html`<li>${each}</li>`)}</ul>`
      : NOTHING;
  return section("Checks", html`${sensitive}${looked}${differences}`);
}

const TRIALS_SHOWN = 20;
export function trialPart({ experiment, trials }: ExperimentFacts): Markup {
  const searched = trials.filter(({ role }) => role === "search" || role === "train");
  const failed = trials.filter(({ status }) => status === "FAILED");
  const best = searched
    .filter(({ score }) => score !== null)
    .toSorted((a, b) => (b.score ?? 0) - (a.score ?? 0) || a.trial - b.trial)
    .slice(0, TRIALS_SHOWN);
  const columns = [figure("trial"), words("parameters"), figure(experiment.design.objective), ...RUN_COLUMNS];
  const rows = best.map(({ trial, params, score, summary }): Cell[] => [
    ...[String(trial), paramsText(params), or(score, (value) => number(value, 3))],
    ...(summary ? runCells(summary) : []),
  ]);
  const none = searched.filter(({ score, status }) => score === null && status === "DONE").length;
  const note = `${number(searched.length, 0)} trials were searched, ${number(none, 0)} of them without a score (too few trades, or no such figure), ${number(failed.length, 0)} failed.`;
  return section(
    "Best trials",
    rows.length === 0 ? NOTHING : html`${table("Best first", columns, rows)}<p class="note">${note}</p>`,
  );
}

export function paramPart({ params }: ExperimentResult): Markup {
  const rows = Object.entries(params).map(([path, value]): Cell[] => [shortPath(path), path, String(value)]);
  return section(
    "What was chosen",
    table("Parameters", [text("parameter"), words("where in the bundle"), figure("value")], rows),
  );
}
