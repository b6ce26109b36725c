/** What a list of trades says: hit rate, profit factor, average win and loss, expectancy, time and money at work. */
import { type Amount, add, dec, div, neg, show, sum, toNumber, toStep, zero } from "../../domain/money.ts";
import type { Trade } from "../../domain/trade.ts";

/** `pnl_usdt` is net: realised − fees + funding. A trade without `closed_at` is still open. */
export type TradeResult = Pick<Trade, "opened_at" | "closed_at" | "pnl_usdt" | "entry_cost_usdt" | "exit_value_usdt">;

/** Of closed trades. Shares and ratios are null where there is nothing to divide by. */
export interface TradeMetrics {
  closed: number;
  open: number;
  wins: number;
  losses: number;
  /** wins/closed; a trade that made nothing is closed, and neither win nor loss. */
  hit_rate: number | null;
  gross_profit_usdt: string;
  /** What the losing trades lost, as a positive amount. */
  gross_loss_usdt: string;
  /** gross profit/gross loss. */
  profit_factor: number | null;
  average_win_usdt: string | null;
  average_loss_usdt: string | null;
  /** average win/average loss. */
  payoff: number | null;
  /** Net result of a trade on average: hit rate · average win − loss rate · average loss. */
  expectancy_usdt: string | null;
  net_usdt: string;
  average_hold_ms: number | null;
}

export function tradeMetrics(trades: readonly TradeResult[]): TradeMetrics {
  const closed = trades.filter((trade) => trade.closed_at !== undefined);
  const results = closed.map(({ pnl_usdt }) => dec(pnl_usdt));
  const won = results.filter((pnl) => pnl > 0n);
  const lost = results.filter((pnl) => pnl < 0n).map(neg);
  const [profit, loss] = [sum(won), sum(lost)];
  const [win, lose] = [average(profit, won.length), average(loss, lost.length)];
  const held = closed.reduce((total, { opened_at, closed_at }) => total + closed_at! - opened_at, 0);
  return {
    closed: closed.length,
    open: trades.length - closed.length,
    wins: won.length,
    losses: lost.length,
    hit_rate: closed.length === 0 ? null : won.length / closed.length,
    gross_profit_usdt: show(profit),
    gross_loss_usdt: show(loss),
    profit_factor: ratio(profit, loss),
    average_win_usdt: win && show(win),
    average_loss_usdt: lose && show(lose),
    payoff: win && lose && ratio(win, lose),
    expectancy_usdt: results.length === 0 ? null : show(average(sum(results), results.length)!),
    net_usdt: show(sum(results)),
    average_hold_ms: closed.length === 0 ? null : held / closed.length,
  };
}

/** As fine as the exchange's own amounts. */
const CENT = dec("0.00000001");
const average = (total: Amount, count: number): Amount | null =>
  count === 0 ? null : toStep(div(total, dec(count), "nearest"), CENT, "nearest");
const ratio = (a: Amount, b: Amount): number | null => (b === zero ? null : toNumber(a) / toNumber(b));

/** The share of [from_ts, to_ts] in which some trade was open; an open one counts to the end. Null for no time. */
export function exposure(trades: readonly TradeResult[], from_ts: number, to_ts: number): number | null {
  if (!(to_ts > from_ts)) return null;
  let covered = 0;
  let until = from_ts;
  for (const { opened_at, closed_at } of trades.toSorted((a, b) => a.opened_at - b.opened_at)) {
    const end = Math.min(closed_at ?? to_ts, to_ts);
    covered += Math.max(0, end - Math.max(opened_at, until));
    until = Math.max(until, end);
  }
  return covered / (to_ts - from_ts);
}

/** All that was bought and sold, in USDT. */
export const tradedNotional = (trades: readonly TradeResult[]): Amount =>
  trades.reduce((total, t) => add(total, add(dec(t.entry_cost_usdt ?? "0"), dec(t.exit_value_usdt ?? "0"))), zero);
