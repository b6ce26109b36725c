/** Where the money went: what prices made, fees, funding, slippage, and how much was traded as maker. */
import { add, dec, show, sub } from "../../domain/money.ts";
import { barChart } from "../bar-chart.ts";
import { money, number, percent } from "../figures.ts";
import { html, type Markup } from "../markup.ts";
import { pairs, section } from "../tables.ts";
import type { BacktestFacts } from "./facts.ts";

const BPS = 10_000;

export function costPart({ result, settings }: BacktestFacts): Markup {
  const { costs, performance } = result;
  const gross = show(sub(add(dec(performance.net_usdt), dec(costs.fees_usdt)), dec(costs.funding_usdt)));
  const row = (name: string, usdt: string, isMain = false) => {
    return { name, value: Number(usdt), label: money(usdt, 2, true), isMain };
  };
  const bars = barChart("What the net result is made of, USDT", [
    row("what prices made", gross),
    row("fees", show(sub(dec("0"), dec(costs.fees_usdt)))),
    row("funding", costs.funding_usdt),
    row("net result", performance.net_usdt, true),
  ]);
  const notional = Number(costs.notional_usdt);
  const ofNotional = (usdt: string): string =>
    notional > 0 ? `${number((Number(usdt) / notional) * BPS, 2)} bps of it` : "–";
  const sums = pairs([
    ["Bought and sold", `${money(costs.notional_usdt, 0)} USDT`],
    ["Fees", html`${money(costs.fees_usdt)} USDT<br><span class="note">${ofNotional(costs.fees_usdt)}</span>`],
    ["Funding", `${money(costs.funding_usdt, 2, true)} USDT`],
    [
      "Slippage",
      html`${money(costs.slippage_usdt)} USDT<br><span class="note">${ofNotional(costs.slippage_usdt)}</span>`,
    ],
    ["As maker", costs.maker_share === null ? undefined : percent(costs.maker_share, 1)],
    ["Liquidations", String(result.liquidations)],
  ]);
  const { stress } = settings;
  const stressed =
    stress.fee_mult === 1 && stress.slippage_bps === 0
      ? ""
      : ` Stressed: fees × ${number(stress.fee_mult, 2)}, ${number(stress.slippage_bps, 2)} basis points more on every taker fill.`;
  const note = `Slippage is held against the mid when an order was sent, or the price that an order waited for; what prices made holds it already. Funding above zero was received.${stressed}`;
  return section("Costs", html`${bars}${sums}<p class="note">${note}</p>`);
}
