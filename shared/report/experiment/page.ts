/** The report of an experiment: one HTML file with its own style and pictures, without scripts, that needs nothing else. */
import type { ExperimentResult } from "../../domain/experiment.ts";
import { documentOf } from "../document.ts";
import { briefly, moment, number, plain } from "../figures.ts";
import { html, type Markup, NOTHING } from "../markup.ts";
import { pairs, section, table, text, words } from "../tables.ts";
import type { ExperimentFacts, ReportImprint } from "./facts.ts";
import { beliefPart, checkPart, curvePart, figuresPart, mapPart, paramPart, trialPart, windowPart } from "./parts.ts";
import { experimentSentences, experimentSummary, METHODS } from "./words.ts";

/** The same facts and imprint make the same text. */
export function experimentPage(facts: ExperimentFacts, imprint: ReportImprint): string {
  const { experiment } = facts;
  const { result } = experiment;
  const parts = result
    ? html`${figuresPart(result)}${curvePart(result)}${paramPart(result)}${mapPart(facts)}${windowPart(result)}${beliefPart(result)}${checkPart(result)}${trialPart(facts)}${basisPart(facts, result)}`
    : html`${mapPart(facts)}${trialPart(facts)}`;
  const body = html`<main>${headOf(facts)}${parts}${footOf(facts, imprint)}</main>`;
  return documentOf({ title: experiment.title, description: experimentSummary(facts), body });
}

function headOf({ experiment }: ExperimentFacts): Markup {
  const { title, design, result, status, message } = experiment;
  const { from, to } = design.window;
  const under = `${METHODS[design.method]}, ${moment(from)} to ${moment(to)} UTC (${briefly(to - from)}), for the greatest ${design.objective}`;
  const said = result ? experimentSentences(result) : [`${status}${message === undefined ? "" : `: ${message}`}`];
  return html`<header><h1>${title}</h1><p class="under">${under}</p><div class="story">${said.map((sentence) => html`<p>${sentence}</p>`)}</div></header>\n`;
}

const PROBLEMS_SHOWN = 50;
function basisPart({ experiment: { design } }: ExperimentFacts, { data, assumed }: ExperimentResult): Markup {
  const { fill, search, folds } = design;
  const told = pairs([
    ["Market known by", design.data.form === "bars" ? `bars of ${design.data.timeframe}` : design.data.form],
    ["Data", data.source],
    ["Events", number(data.events, 0)],
    [
      "Wallets at the start",
      `${plain(Number(design.wallets.spot_usdt))} spot, ${plain(Number(design.wallets.fut_usdt))} futures`,
    ],
    ["Seed of chance", String(design.seed)],
    ["Trials at most", number(search.trials_max, 0)],
    ["Trades that a trial needs", number(search.trades_min, 0)],
    ["Windows", `${folds.count}, embargo ${briefly(folds.embargo_ms)}`],
    ["Spread", `${plain(fill.spread_bps)} bps`],
    ["Takers pay beyond it", `${plain(fill.slippage_bps)} bps`],
    ["Way within a bar", fill.path],
  ]);
  const listed =
    assumed.length > 0 && html`<h3>Assumed</h3><ul class="steps">${assumed.map((each) => html`<li>${each}</li>`)}</ul>`;
  const faults = data.problems
    .slice(0, PROBLEMS_SHOWN)
    .map(({ source, line, problem }) => [source, String(line), problem]);
  const problems =
    faults.length === 0 ? NOTHING : table("Faults in the data", [text("where"), text("line"), words("what")], faults);
  return section("What it rests on", html`${told}${listed}${problems}`);
}

const footOf = ({ experiment }: ExperimentFacts, { version, git_commit, made_at }: ReportImprint): Markup =>
  html`<footer><p>Experiment <code>${experiment.exp_id}</code>${experiment.hypothesis_id !== undefined && html`, hypothesis <code>${experiment.hypothesis_id}</code>`}.
${experiment.result && html`Trials <code>${experiment.result.hash}</code>: the same design, data and version give the same for any number of workers.`}</p>
<p>Made at ${moment(made_at)} UTC by Chimera ${version}, commit <code>${git_commit}</code>.
What came out in the past is no promise.</p></footer>`;
