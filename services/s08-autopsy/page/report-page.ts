/** The whole report: one HTML file with its own style and pictures, without scripts, that needs nothing else. */
import { documentOf } from "../../../shared/report/document.ts";
import { asGiven, duration, moment, money, percent, price, toned } from "../../../shared/report/figures.ts";
import { html, type Markup } from "../../../shared/report/markup.ts";
import { pairs, section } from "../../../shared/report/tables.ts";
import type { AutopsyFacts } from "../facts.ts";
import { sentencesOf, summaryOf } from "../words.ts";
import { peerPart, whatIfPart } from "./compare-part.ts";
import { costPart, slippagePart } from "./cost-part.ts";
import { linked } from "./linked.ts";
import { orderPart } from "./order-part.ts";
import { priceChart } from "./price-chart.ts";
import { roeChart } from "./small-charts.ts";
import { whyPart } from "./why-part.ts";

/** By what it was made. */
export interface Imprint {
  readonly version: string;
  readonly git_commit: string;
  readonly report_id: string;
  readonly facts_hash: string;
}

/** The same facts and imprint make the same text. */
export function reportPage(facts: AutopsyFacts, imprint: Imprint): string {
  const { trade } = facts;
  const title = `${trade.side === "BUY" ? "Long" : "Short"} ${trade.instrument}, ${moment(trade.opened_at)} UTC`;
  const body = html`<main>${headOf(facts, title)}${storyOf(facts)}${pathPart(facts)}${roePart(facts)}${whyPart(facts)}${costPart(facts)}${slippagePart(facts)}${whatIfPart(facts)}${peerPart(facts)}${orderPart(facts)}${footOf(facts, imprint)}</main>`;
  return documentOf({ title, description: summaryOf(facts), body });
}

function headOf({ trade, roi_net, regime }: AutopsyFacts, title: string): Markup {
  const net = Number(trade.pnl_usdt);
  const held = (trade.closed_at ?? trade.opened_at) - trade.opened_at;
  return html`<header><h1>${title}</h1><p class="under">Trade ${linked("trades", trade.trade_id)} of ${trade.strategy_id || "nobody's strategy"}, account ${trade.account}</p>${pairs(
    [
      ["Net result", toned(net, `${money(trade.pnl_usdt, 2, true)} USDT`)],
      ["Of margin", toned(net, percent(roi_net, 2, true))],
      ["Ended by", trade.exit_reason ?? "unknown"],
      ["Held", duration(held)],
      ["Quantity", asGiven(trade.entry_qty)],
      ["Entry, average", price(trade.avg_entry)],
      ["Exit, average", price(trade.avg_exit)],
      ["Margin", `${money(trade.margin_usdt)} USDT × ${trade.leverage}`],
      ["Opened", moment(trade.opened_at)],
      ["Closed", trade.closed_at === undefined ? undefined : moment(trade.closed_at)],
      ["Regime", regime ?? "unknown"],
      ["Decision", linked("decisions", trade.signal_id)],
    ],
  )}</header>\n`;
}

function storyOf(facts: AutopsyFacts): Markup {
  const holes =
    facts.holes.length > 0 && html`<p class="note">What this report does without: ${facts.holes.join("; ")}.</p>`;
  return html`<div class="story">${sentencesOf(facts).map((sentence) => html`<p>${sentence}</p>`)}</div>${holes}\n`;
}

function pathPart(facts: AutopsyFacts): Markup {
  const { path } = facts;
  const key = html`<ul class="key"><li class="in">▲▼ entries</li><li>▲▼ exits</li><li class="entry"><i></i>average entry</li><li class="stop"><i></i>stop</li><li class="target"><i></i>target</li></ul>`;
  const note = `Bars of ${duration(path.bar_ms)}; the shaded time is when it was held. UTC.`;
  return section("Price", html`<div class="scroll">${priceChart(facts)}</div>${key}<p class="note">${note}</p>`);
}

function roePart(facts: AutopsyFacts): Markup {
  const chart = roeChart(facts);
  if (chart.text === "") return chart;
  const note =
    "What was sold, and what was open at each minute's close, less fees and with funding, over the margin of all that was entered.";
  return section("Return on margin", html`<div class="scroll">${chart}</div><p class="note">${note}</p>`);
}

const footOf = ({ trade, path }: AutopsyFacts, imprint: Imprint): Markup => html`<footer>
<p>Config revision ${trade.config_rev}. Sources: fills and orders of the order router, the trade of the position manager, signal and decision of the strategy engine, funding from the exchange's income records, prices of the last trade in one-minute bars as the exchange keeps them, ${moment(path.from)} to ${moment(path.to)} UTC.</p>
<p>Report <code>${imprint.report_id}</code>, made from facts <code>${imprint.facts_hash}</code> by Chimera ${imprint.version}, commit <code>${imprint.git_commit}</code>. The same facts make the same file.</p></footer>`;
