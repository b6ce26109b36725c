/** What the result rests on: decisions not taken, data and its faults, settings, and everything that was assumed. */
import type { Delay } from "../../engine/latency.ts";
import { barChart } from "../bar-chart.ts";
import { money, number, percent, plain } from "../figures.ts";
import { html, type Markup, NOTHING } from "../markup.ts";
import { figure, pairs, section, table, text, words } from "../tables.ts";
import type { BacktestFacts } from "./facts.ts";

const REASONS_MAX = 20;

export function decisionPart({ result }: BacktestFacts): Markup {
  const { open, skip } = result.decisions;
  const reasons = Object.entries(skip).toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const skipped = reasons.reduce((all, [, count]) => all + count, 0);
  const all = open + skipped;
  if (all === 0) return section("Decisions", html`<p>No strategy was triggered.</p>`);
  const rows = [["entry", open] as const, ...reasons.slice(0, REASONS_MAX)].map(([name, count], index) => ({
    ...{ name, value: count, label: `${number(count, 0)} (${percent(count / all, 1)})` },
    ...{ isMain: index === 0, tone: index === 0 ? "up" : "plain" },
  }));
  const left = reasons.length - REASONS_MAX;
  const more = left > 0 && html`<p class="note">And ${left} more reasons.</p>`;
  const note = `${number(result.signals, 0)} signals, ${number(all, 0)} decisions. A reason is the first thing that kept an entry from being made: a guard, a condition, a rule, the size.`;
  return section("Decisions", html`${barChart("What became of the signals", rows)}${more}<p class="note">${note}</p>`);
}

const FORMS = { book: "the whole book and trades", trades: "trades alone", bars: "bars" } as const;
const PATHS = {
  worst: "the open position's worse extreme first, so that its stop comes before its target",
  ohlc: "open, high, low, close",
  olhc: "open, low, high, close",
} as const;
const delay = ({ baseMs, jitterMs }: Delay): string => `${plain(baseMs)} ms and ${plain(jitterMs)} more on average`;

export function basisPart(facts: BacktestFacts): Markup {
  const { data, settings, result } = facts;
  const { latency, fill, stress } = settings;
  const isBook = data.form === "book";
  const told = pairs([
    ["Market known by", `${FORMS[data.form]}${data.timeframe === undefined ? "" : ` of ${data.timeframe}`}`],
    ["Data", data.source],
    ["Events", number(result.events, 0)],
    ["Wallets at the start", `${money(settings.wallets.spot_usdt)} spot, ${money(settings.wallets.fut_usdt)} futures`],
    ["Seed of chance", String(settings.seed)],
    ["To us", delay(latency.feed)],
    ["Orders", delay(latency.order)],
    ["Answers", delay(latency.response)],
    ["Spread", isBook ? "as recorded" : `${plain(fill.spread_bps)} bps`],
    ["Takers pay beyond it", isBook ? "as the book has it" : `${plain(fill.slippage_bps)} bps`],
    ["Depth of each side", isBook ? "as recorded" : `${money(String(fill.depth_usdt), 0)} USDT`],
    [
      "Stress",
      `fees × ${plain(stress.fee_mult)}, latency × ${plain(stress.latency_mult)}, slippage + ${plain(stress.slippage_bps)} bps`,
    ],
  ]);
  const path = data.form === "bars" && html`<p class="note">Way within a bar: ${PATHS[fill.path]}.</p>`;
  const assumed =
    result.assumed.length > 0 &&
    html`<h3>Assumed</h3><ul class="steps">${result.assumed.map((each) => html`<li>${each}</li>`)}</ul>`;
  return section("What it rests on", html`${told}${path}${assumed}${problemsOf(facts)}`);
}

function problemsOf({ data: { problems } }: BacktestFacts): Markup {
  if (problems.count === 0) return html`<p class="note">No fault was found in the data.</p>`;
  const rows = problems.first.map(({ source, line, problem }) => [source, number(line, 0), problem]);
  const more = problems.count - rows.length;
  return html`${table(`${number(problems.count, 0)} faults in the data`, [text("where"), figure("line"), words("what")], rows)}${more > 0 ? html`<p class="note">And ${number(more, 0)} more.</p>` : NOTHING}`;
}
