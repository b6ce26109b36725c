/** What it cost: the sum and its share, every fill, and slippage against what the account's own curve expects. */
import { asGiven, instant, moment, money, number, percent } from "../../../shared/report/figures.ts";
import { html, type Markup } from "../../../shared/report/markup.ts";
import { figure, pairs, section, table, text } from "../../../shared/report/tables.ts";
import { COST_EPSILON_USDT } from "../../../shared/trading/autopsy/costs.ts";
import type { AutopsyFacts, SlippageRow } from "../facts.ts";
import { linked } from "./linked.ts";
import { slippageChart } from "./small-charts.ts";

export function costPart(facts: AutopsyFacts): Markup {
  const { costs } = facts;
  const sums = pairs([
    ["Gross", `${money(costs.gross, 4, true)} USDT`],
    ["Fees", `${money(costs.fees, 4)} USDT`],
    ["Funding", `${money(costs.funding, 4)} USDT`],
    ["Slippage", `${money(costs.slippage, 4)} USDT`],
    ["Costs in all", `${money(costs.total, 4)} USDT`],
    ["Share of gross", percent(Number(costs.share), 1)],
  ]);
  const formula = `share = (fees + funding + |slippage|) / (|gross| + ${COST_EPSILON_USDT}). Above zero was paid. Slippage is in the gross result already; it is held against the mid when an order was sent, or the price that an order waited for.`;
  return section("Costs", html`${sums}<p class="note">${formula}</p>${fillTable(facts)}${paymentTable(facts)}`);
}

const FILL_COLUMNS = [
  ...[
    text("time"),
    text("what"),
    figure("quantity"),
    figure("price"),
    figure("held against"),
    figure("slippage, USDT"),
  ],
  ...[figure("bps"), figure("curve, bps"), figure("fee, USDT"), text("as"), text("order")],
];
const fillTable = ({ slippage }: AutopsyFacts): Markup => table("Fills", FILL_COLUMNS, slippage.map(fillRow));

const fillRow = (row: SlippageRow) => [
  instant(row.ts),
  `${row.kind} ${row.side}`,
  asGiven(row.qty),
  asGiven(row.price),
  row.reference === undefined ? undefined : money(row.reference, 2),
  money(row.slippage_usdt, 4, true),
  row.slippage_bps === undefined ? undefined : number(row.slippage_bps, 2, true),
  row.curve_bps === undefined ? undefined : number(row.curve_bps, 2),
  money(row.fee_usdt, 4),
  row.maker ? "maker" : "taker",
  linked("orders", row.client_order_id),
];

const paymentTable = ({ payments }: AutopsyFacts): Markup =>
  table(
    "Funding while it was open",
    [text("time"), figure("the wallet gained, USDT")],
    payments.map(({ ts, amount_usdt }) => [moment(ts), money(amount_usdt, 6, true)]),
  );

export function slippagePart(facts: AutopsyFacts): Markup {
  const { curve } = facts;
  const words = curve
    ? `The curve is fitted to ${curve.fills} of the account's own taker fills: ${number(curve.base_bps, 2)} + ${number(curve.slope_bps, 2)} · √(worth / 1 000) basis points, ± ${number(curve.error_bps, 2)} on average.`
    : "There is no curve of this instrument yet: it takes more of the account's own taker fills.";
  const chart = slippageChart(facts);
  return section("Slippage against the curve", chart.text === "" ? chart : html`<p>${words}</p>${chart}`);
}
