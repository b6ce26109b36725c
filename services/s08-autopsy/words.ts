/** What a report says in words: the short one that lists and searches show, and the sentences at its head. */

import { asGiven, duration, money, number, percent, price } from "../../shared/report/figures.ts";
import type { AutopsyFacts } from "./facts.ts";

const WAYS_OUT: Readonly<Record<string, string>> = {
  stop: "its stop",
  take_profit: "its take-profit",
  close: "an order to close",
  flatten: "flattening",
  stagnated: "stagnation",
  liquidation_distance: "coming too near to liquidation",
  safety: "a safety rule",
  forced: "the exchange's force",
};
const wayOut = (reason: string | undefined): string =>
  reason === undefined ? "an exit of unknown reason" : (WAYS_OUT[reason] ?? reason);

const heldMs = ({ trade }: AutopsyFacts): number => (trade.closed_at ?? trade.opened_at) - trade.opened_at;
const directionOf = ({ trade }: AutopsyFacts): string => (trade.side === "BUY" ? "Long" : "Short");

/** One line: what it was, how it ended, what it made. */
export function summaryOf(facts: AutopsyFacts): string {
  const { trade, roi_net, costs } = facts;
  const who = trade.strategy_id === "" ? "" : ` by ${trade.strategy_id}`;
  const result = `${money(trade.pnl_usdt, 2, true)} USDT net (${percent(roi_net, 2, true)} of margin)`;
  const share = `costs ${money(costs.total, 2)} USDT, ${percent(Number(costs.share), 0)} of the gross result`;
  return `${directionOf(facts)} ${trade.instrument}${who}, ended by ${wayOut(trade.exit_reason)} after ${duration(heldMs(facts))}: ${result}; ${share}.`;
}

/** The story, a sentence each. */
export function sentencesOf(facts: AutopsyFacts): string[] {
  return [opening(facts), course(facts), ending(facts), costWords(facts), ...peerWords(facts), ...whatIfWords(facts)];
}

function opening({ trade, decision, regime, signal }: AutopsyFacts): string {
  const side = trade.side === "BUY" ? "bought" : "sold short";
  const margin = `${money(trade.margin_usdt)} USDT of margin at ${trade.leverage}×`;
  const why = signal
    ? `because ${trade.strategy_id} was triggered by ${signal.trigger.kind} ${signal.trigger.what}${regime === undefined ? "" : ` in a ${regime.toLowerCase()} market`}`
    : "at somebody's own wish, without a signal";
  const model = typeof decision?.model?.p === "number" ? `; the model gave it ${percent(decision.model.p, 0)}` : "";
  return `${asGiven(trade.entry_qty)} ${side} at ${price(trade.avg_entry)} on average, on ${margin}, ${why}${model}.`;
}

function course({ trade, roe }: AutopsyFacts): string {
  const values = roe.map((point) => point.roe);
  const moves = Math.max(0, trade.stops.length - 1);
  const stops = `The stop was ${moves === 0 ? "not moved" : moves === 1 ? "moved once" : `moved ${moves} times`}, ${trade.adds === 0 ? "nothing was added" : `${trade.adds} added`}.`;
  if (values.length < 3) return stops;
  const [best, worst] = [Math.max(...values), Math.min(...values)];
  return `At the ends of its minutes it stood between ${percent(worst, 2, true)} and ${percent(best, 2, true)} of its margin. ${stops}`;
}

function ending(facts: AutopsyFacts): string {
  const { trade, roi_net } = facts;
  const out = trade.avg_exit === undefined ? "" : ` at ${price(trade.avg_exit)} on average`;
  const adjusted = trade.adjusted_qty === undefined ? "" : ` ${asGiven(trade.adjusted_qty)} left it without a fill.`;
  return `It ended by ${wayOut(trade.exit_reason)}${out} after ${duration(heldMs(facts))}, with ${money(trade.pnl_usdt, 2, true)} USDT net, ${percent(roi_net, 2, true)} of its margin.${adjusted}`;
}

function costWords({ costs }: AutopsyFacts): string {
  const funding = Number(costs.funding);
  const paid =
    funding === 0 ? "no funding" : `${money(costs.funding, 4)} USDT of funding${funding < 0 ? " (received)" : ""}`;
  return `Of ${money(costs.gross, 2, true)} USDT gross, ${money(costs.fees, 4)} went to fees, ${paid} and ${money(costs.slippage, 4)} to slippage, which the gross holds already: together ${percent(Number(costs.share), 0)} of the gross result.`;
}

function peerWords({ peers }: AutopsyFacts): string[] {
  const result = peers.rows.find(({ what }) => what === "roi_net");
  if (!result) return [];
  const kind = `${peers.regime === undefined ? "" : `${peers.regime.toLowerCase()} `}trades of its direction and size`;
  return [`Its result was better than that of ${number(result.percentile, 0)} % of ${peers.count} earlier ${kind}.`];
}

/** Only what changes something, and what changes most. */
function whatIfWords({ what_ifs, what_ifs_until, trade }: AutopsyFacts): string[] {
  const plan = what_ifs.find(({ kind }) => kind === "plan");
  if (!plan || what_ifs_until === undefined) return [];
  const levels = what_ifs.filter(({ kind }) => kind === "stop" || kind === "target");
  const best = levels.toSorted((a, b) => Number(b.net_usdt) - Number(a.net_usdt))[0];
  const left = `Left alone with its first stop and target it would have made ${money(plan.net_usdt, 2, true)} USDT.`;
  if (!best || Number(best.net_usdt) <= Math.max(Number(plan.net_usdt), Number(trade.pnl_usdt))) return [left];
  const change = `${percent(Math.abs(Number(best.change)), 0)} ${best.change.startsWith("-") ? "nearer" : "further"}`;
  return [
    left,
    `The best of the other levels tried was a ${best.kind} ${change}: ${money(best.net_usdt, 2, true)} USDT.`,
  ];
}
