/** What trades come to: sums, how many won, how long they took, and their result as it grew. */
import { type Amount, add, dec, div, toNumber, zero } from "../../../../shared/domain/money.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";
import { type Asked, askedOf, periodOf } from "./asked.ts";
import { isClosedTrade, isOpenTrade } from "./lists.ts";

export const RESULTS = ["won", "lost"] as const;
export type Result = (typeof RESULTS)[number];
export const TRADE_STATES = ["ACTIVE", "PENDING_ENTRY", "PENDING_CLOSING", "CLOSED", "ABANDONED"] as const;

/** A closed trade's result after all costs; undefined while it is open, and of one that came out even. */
export function resultOf(trade: Trade): Result | undefined {
  const pnl = dec(trade.pnl_usdt);
  if (!isClosedTrade(trade) || pnl === zero) return undefined;
  return pnl > zero ? "won" : "lost";
}

/** Whether a list asked for with these filters holds the trade. */
export function fitsAsked(trade: Trade, asked: Asked): boolean {
  const { from_ts, to_ts } = periodOf(asked);
  const state = askedOf(asked.state, TRADE_STATES);
  const result = askedOf(asked.result, RESULTS);
  return (
    (asked.on === undefined || trade.instrument === asked.on) &&
    (asked.strategy === undefined || trade.strategy_id === asked.strategy) &&
    (state === "" || trade.status === state) &&
    (result === "" || resultOf(trade) === result) &&
    (from_ts === undefined || trade.opened_at >= Number(from_ts)) &&
    (to_ts === undefined || trade.opened_at <= Number(to_ts))
  );
}

/** Result after costs over the margin of all that was entered, a fraction; undefined without margin. */
export function returnOf(trade: Trade): number | undefined {
  const margin = dec(trade.margin_usdt);
  return margin > zero ? toNumber(div(dec(trade.pnl_usdt), margin, "nearest")) : undefined;
}

/** How long it was open, ms; of an open one up to `at`. */
export const heldMs = (trade: Trade, at: number): number => Math.max(0, (trade.closed_at ?? at) - trade.opened_at);

export interface Totals {
  readonly closed: number;
  readonly open: number;
  readonly won: number;
  readonly lost: number;
  /** USDT, of open trades too: what they have realised so far. */
  readonly realised: Amount;
  readonly fees: Amount;
  readonly funding: Amount;
  readonly pnl: Amount;
  /** Mean of the closed ones; undefined without any. */
  readonly meanMs: number | undefined;
}

export function totalsOf(trades: readonly Trade[]): Totals {
  const closed = trades.filter(isClosedTrade);
  const sum = (value: (trade: Trade) => string): Amount =>
    trades.reduce<Amount>((total, trade) => add(total, dec(value(trade))), zero);
  const held = closed.reduce((total, trade) => total + heldMs(trade, trade.updated_at), 0);
  return {
    closed: closed.length,
    open: trades.filter(isOpenTrade).length,
    won: closed.filter((trade) => resultOf(trade) === "won").length,
    lost: closed.filter((trade) => resultOf(trade) === "lost").length,
    realised: sum((trade) => trade.realised_usdt),
    fees: sum((trade) => trade.fees_usdt),
    funding: sum((trade) => trade.funding_usdt),
    pnl: sum((trade) => trade.pnl_usdt),
    meanMs: closed.length > 0 ? held / closed.length : undefined,
  };
}

export interface CurvePoint {
  readonly ts: number;
  /** USDT. */
  readonly value: number;
}

/** The results of closed trades added up in the order they were closed; begins at zero with the first one's opening. */
export function resultCurve(trades: readonly Trade[]): CurvePoint[] {
  const closed = trades.filter(isClosedTrade).toSorted((a, b) => (a.closed_at ?? 0) - (b.closed_at ?? 0));
  const first = closed[0];
  if (!first) return [];
  let total: Amount = zero;
  const points: CurvePoint[] = [{ ts: first.opened_at, value: 0 }];
  for (const trade of closed) {
    total = add(total, dec(trade.pnl_usdt));
    points.push({ ts: trade.closed_at ?? trade.updated_at, value: toNumber(total) });
  }
  return points;
}

/** Points of a line in a box of 1000 × 100, with the height of zero; drawn only from two points on. */
export function drawnCurve(points: readonly CurvePoint[]): { line: string; zeroY: number } | undefined {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || points.length < 2) return undefined;
  const values = points.map((point) => point.value);
  const top = Math.max(0, ...values);
  const range = top - Math.min(0, ...values) || 1;
  const span = last.ts - first.ts || 1;
  const y = (value: number) => 4 + ((top - value) / range) * 92;
  const line = points.map(({ ts, value }) => `${(((ts - first.ts) / span) * 1000).toFixed(1)},${y(value).toFixed(2)}`);
  return { line: line.join(" "), zeroY: y(0) };
}
