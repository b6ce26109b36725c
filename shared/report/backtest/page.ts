/** The report of a backtest: one HTML file with its own style and pictures, without scripts, that needs nothing else. */
import { documentOf } from "../document.ts";
import { briefly, moment, money, number, percent, toned } from "../figures.ts";
import { html, type Markup } from "../markup.ts";
import { type Cell, pairs, section } from "../tables.ts";
import { basisPart, decisionPart } from "./basis-part.ts";
import { costPart } from "./cost-part.ts";
import { distributionPart } from "./distribution-part.ts";
import { equityPart } from "./equity-part.ts";
import { exposurePart } from "./exposure-part.ts";
import type { BacktestFacts, ReportImprint } from "./facts.ts";
import { monthPart, rollingPart } from "./returns-part.ts";
import { bestAndWorst, pricePart } from "./trade-part.ts";
import { isLong, listed, sentencesOf, summaryOf, titleOf } from "./words.ts";

/** The same facts and imprint make the same text. */
export function backtestPage(facts: BacktestFacts, imprint: ReportImprint): string {
  const body = html`<main>${headOf(facts)}${keyFigures(facts)}${partsOf(facts)}${footOf(facts, imprint)}</main>`;
  return documentOf({ title: titleOf(facts), description: summaryOf(facts), body });
}

/** Everything between the key figures and the foot. */
export const partsOf = (facts: BacktestFacts): Markup =>
  html`${equityPart(facts)}${pricePart(facts)}${monthPart(facts)}${rollingPart(facts)}${costPart(facts)}${distributionPart(facts)}${exposurePart(facts)}${bestAndWorst(facts)}${decisionPart(facts)}${basisPart(facts)}`;

function headOf(facts: BacktestFacts): Markup {
  const { result, bundle, data } = facts;
  const what = data.form === "bars" ? `${data.timeframe ?? ""} bars` : data.form;
  const time = `${moment(result.from_ts)} to ${moment(result.to_ts)} UTC (${briefly(result.to_ts - result.from_ts)})`;
  const under = `${time}, ${what}; ${listed(bundle.strategies, "strategies")}`;
  const story = sentencesOf(facts).map((sentence) => html`<p>${sentence}</p>`);
  return html`<header><h1>${titleOf(facts)}</h1><p class="under">${under}</p><div class="story">${story}</div></header>\n`;
}

const or = (value: number | null, show: (value: number) => string): Cell => (value === null ? undefined : show(value));

export function keyFigures(facts: BacktestFacts): Markup {
  const { performance: p, costs, liquidations } = facts.result;
  const { trades } = p;
  const net = Number(p.net_usdt);
  const annual = (value: number | null, show: (value: number) => string): Cell =>
    isLong(facts) ? or(value, show) : undefined;
  const ratio = (value: number) => number(value, 2);
  const fall = p.deepest_drawdown;
  const rows: (readonly [string, Cell])[] = [
    ["Net result", toned(net, `${money(p.net_usdt, 2, true)} USDT`)],
    ["Return", toned(p.total_return, percent(p.total_return, 2, true))],
    ["A year (CAGR)", annual(p.cagr, (value) => percent(value, 1, true))],
    ["Sharpe", annual(p.sharpe, ratio)],
    ["Sortino", annual(p.sortino, ratio)],
    ["Calmar", annual(p.calmar, ratio)],
    ["Volatility a year", annual(p.volatility, (value) => percent(value, 1))],
    ["Deepest drawdown", percent(fall?.depth ?? 0, 2)],
    ["Longest drawdown", p.longest_drawdown === null ? "none" : briefly(p.longest_drawdown.duration_ms)],
    ["Closed trades", number(trades.closed, 0)],
    ["Won", or(trades.hit_rate, (value) => percent(value, 1))],
    ["Profit factor", or(trades.profit_factor, ratio)],
    [
      "A trade on average",
      trades.expectancy_usdt === null ? undefined : `${money(trades.expectancy_usdt, 2, true)} USDT`,
    ],
    ["Held on average", or(trades.average_hold_ms, briefly)],
    ["Time with a position", or(p.exposure, (value) => percent(value, 1))],
    ["Turnover a year", annual(p.turnover, (value) => `${number(value, 1)} × equity`)],
    ["Fees", `${money(costs.fees_usdt)} USDT`],
    ["Funding", `${money(costs.funding_usdt, 2, true)} USDT`],
    ["Slippage", `${money(costs.slippage_usdt)} USDT`],
    ["Liquidations", String(liquidations)],
  ];
  const note = isLong(facts)
    ? "Ratios are annualised over 365 days of 24 hours, from returns a day."
    : "Figures a year are left out: the time is too short for them.";
  return section("Key figures", html`${pairs(rows)}<p class="note">${note}</p>`);
}

const footOf = ({ bundle, result }: BacktestFacts, { version, git_commit, made_at }: ReportImprint): Markup =>
  html`<footer><p>Bundle ${bundle.bundle_id}, revision ${bundle.rev}, content <code>${bundle.hash}</code>.
Decisions, fills and trades <code>${result.hash}</code>: the same bundle, data, settings and version give the same.</p>
<p>Made at ${moment(made_at)} UTC by Chimera ${version}, commit <code>${git_commit}</code>.
What came out in the past is no promise.</p></footer>`;
