/** How a trade stood while it was held: its result over its margin at the end of each bar, for charts. */
import { dec, toNumber } from "../../domain/money.ts";
import type { Fill } from "../../domain/order.ts";
import type { Trade } from "../../domain/trade.ts";
import { netQty } from "../execution/net-qty.ts";
import type { MinuteBar } from "../labels/price-path.ts";
import { direction, type TradeRules } from "../position/trade.ts";

export interface RoePoint {
  readonly ts: number;
  /** (sold + open · price − bought − fees + funding) / margin; a fraction. */
  readonly roe: number;
}

export interface Held {
  readonly trade: Trade;
  readonly fills: readonly Fill[];
  /** Signed: what the wallet gained. */
  readonly payments: readonly { readonly amount_usdt: string; readonly ts: number }[];
  readonly rules: TradeRules;
}

interface Standing {
  open: number;
  /** What was received less what was paid, fees and funding in. */
  cash: number;
}

/** From the first fill to the last, both included; `barMs` is how long each bar lasts. */
export function roeCurve(
  { trade, fills, payments, rules }: Held,
  bars: readonly MinuteBar[],
  barMs: number,
): RoePoint[] {
  const margin = Number(trade.margin_usdt);
  const end = trade.closed_at ?? Infinity;
  if (!(margin > 0)) return [];
  const moves = movesOf({ trade, fills, payments, rules });
  const now: Standing = { open: 0, cash: 0 };
  let next = 0;
  const upTo = (ts: number): void => {
    for (; next < moves.length && (moves[next] as Move).ts <= ts; next++) {
      const { qty, cash } = moves[next] as Move;
      now.open += qty;
      now.cash += cash;
    }
  };
  const points: RoePoint[] = [{ ts: trade.opened_at, roe: 0 }];
  for (const bar of bars) {
    const ts = bar.open_ts + barMs;
    if (ts <= trade.opened_at || ts >= end) continue;
    upTo(ts);
    points.push({ ts, roe: (now.cash + now.open * Number(bar.close)) / margin });
  }
  if (trade.closed_at !== undefined) points.push({ ts: end, roe: Number(trade.pnl_usdt) / margin });
  return points;
}

interface Move {
  readonly ts: number;
  /** Signed, base units. */
  readonly qty: number;
  readonly cash: number;
}

function movesOf({ fills, payments, rules }: Held): Move[] {
  const filled = fills.map((fill): Move => {
    const sign = direction(fill.side);
    const value = Number(fill.price) * toNumber(dec(fill.qty));
    // On spot a fee in the base asset is taken off the quantity already.
    const isInQty = rules.spot && fill.fee_asset === rules.base;
    const cash = -sign * value - (isInQty ? 0 : Number(fill.fee_usdt));
    return { ts: fill.ts, qty: sign * toNumber(netQty(fill, rules)), cash };
  });
  const paid = payments.map(({ ts, amount_usdt }): Move => ({ ts, qty: 0, cash: Number(amount_usdt) }));
  return [...filled, ...paid].sort((a, b) => a.ts - b.ts);
}
