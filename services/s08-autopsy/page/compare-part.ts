/** The trade beside others and beside itself: percentiles among its peers, and what other stops, targets and sizes make. */
import { barChart } from "../../../shared/report/bar-chart.ts";
import { asGiven, duration, moment, money, number, percent, toned } from "../../../shared/report/figures.ts";
import { html, type Markup } from "../../../shared/report/markup.ts";
import { figure, section, table, text } from "../../../shared/report/tables.ts";
import type { AutopsyFacts, PeerRow } from "../facts.ts";
import { percentileBar } from "./small-charts.ts";

const MEASURES: Readonly<Record<PeerRow["what"], { name: string; show: (value: number) => string }>> = {
  roi_net: { name: "Net result of margin", show: (value) => percent(value, 2, true) },
  net_usdt: { name: "Net result, USDT", show: (value) => number(value, 2, true) },
  held_ms: { name: "Time held", show: duration },
  fees_bps: { name: "Fees of turnover, bps", show: (value) => number(value, 2) },
};

export function peerPart({ peers, trade }: AutopsyFacts): Markup {
  const { count, looked_at, regime, notional_from, notional_to } = peers;
  const direction = trade.side === "BUY" ? "long" : "short";
  const kind = `${direction}, ${regime === undefined ? "whatever the regime, which is unknown" : `in a ${regime.toLowerCase()} market`}, worth ${number(notional_from, 0)} to ${number(notional_to, 0)} USDT`;
  const words = `${count} peers among the ${looked_at} trades that closed before it: ${kind}.`;
  const rows = peers.rows.map(({ what, value, percentile, q1, median, q3 }) => {
    const { name, show } = MEASURES[what];
    return [name, show(value), percentileBar(percentile), number(percentile, 0), show(q1), show(median), show(q3)];
  });
  const columns = [
    ...[text("measure"), figure("this trade"), text("among its peers"), figure("percentile")],
    ...[figure("quarter"), figure("median"), figure("three quarters")],
  ];
  return section("Peers", html`<p>${words}</p>${table("Percentiles among its peers", columns, rows)}`);
}

type WhatIf = AutopsyFacts["what_ifs"][number];

export function whatIfPart({ what_ifs, what_ifs_until }: AutopsyFacts): Markup {
  const rows = what_ifs.map((row) => ({
    ...{ name: nameOf(row), value: Number(row.net_usdt), label: `${money(row.net_usdt, 2, true)} USDT` },
    isMain: row.kind === "actual",
  }));
  const until =
    what_ifs_until === undefined
      ? "It had neither stop nor target, or its path is not known whole: only sizes are told."
      : `Stops and targets are moved by a share of their distance from the entry and replayed on the one-minute bars that came, up to ${moment(what_ifs_until)} UTC: one entry at the average price, no later moves, stages or adds, a taker's fee both ways; where one minute touched both, the stop counts; what was still open is marked there.`;
  const columns = [
    ...[text("what if"), figure("stop"), figure("target"), figure("quantity"), text("ended by"), text("at")],
    ...[figure("exit"), figure("net, USDT"), figure("of margin")],
  ];
  const lines = what_ifs.map((row) => [
    ...[nameOf(row), level(row.stop_price), level(row.take_profit_price), asGiven(row.qty), row.how],
    ...[row.at === undefined ? undefined : moment(row.at), level(row.exit_price)],
    ...[toned(Number(row.net_usdt), money(row.net_usdt, 4, true)), percent(Number(row.roi), 2, true)],
  ]);
  const note = `${until} Sizes scale what really happened, with what the cost curve says more or less.`;
  return section(
    "What if",
    html`<p class="note">${note}</p>${barChart("Net result of each what-if", rows)}${table("What if", columns, lines)}`,
  );
}

const level = (price: string | undefined): string | undefined => (price === undefined ? undefined : money(price, 2));

function nameOf({ kind, change }: WhatIf): string {
  if (kind === "actual") return "as it was";
  if (kind === "plan") return "first stop and target, left alone";
  const by = percent(Math.abs(Number(change)), 0);
  if (kind === "size") return `${by} ${change.startsWith("-") ? "smaller" : "larger"}`;
  return `${kind} ${by} ${change.startsWith("-") ? "nearer" : "further"}`;
}
