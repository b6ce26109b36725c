/** Aggregate trades: what one taker order did at one price, told as one trade. */
import { type Amount, add, dec } from "../../../shared/domain/money.ts";
import type { RawTrade } from "../raw-trade.ts";

/** Trades in a row with the same time, price and side. `id` is the first one's, so that ids grow but have gaps. */
export interface AggregateTrade {
  readonly id: number;
  readonly first: RawTrade;
  last: RawTrade;
  qty: Amount;
}

export function aggregate(trades: Iterable<RawTrade>): AggregateTrade[] {
  const result: AggregateTrade[] = [];
  for (const trade of trades) {
    const last = result.at(-1);
    if (last && isSameTaker(last.last, trade)) {
      last.last = trade;
      last.qty = add(last.qty, dec(trade.q));
    } else result.push({ id: trade.t, first: trade, last: trade, qty: dec(trade.q) });
  }
  return result;
}

const isSameTaker = (a: RawTrade, b: RawTrade): boolean => a.p === b.p && a.m === b.m && a.T === b.T && b.t === a.t + 1;
