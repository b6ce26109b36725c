/** ccxt's unified orders, fills, positions, balances and bars in the shapes the system shares. */
import type { ExchangeFill, ExchangeOrder, FundingRate } from "../../../shared/contracts.ts";
import { type InstrumentId, type Market, marketOf } from "../../../shared/domain/instrument.ts";
import { type Kline, TIMEFRAME_MS, type Timeframe } from "../../../shared/domain/market.ts";
import { abs, dec, mul, neg, show, zero } from "../../../shared/domain/money.ts";
import type { OrderStatus } from "../../../shared/domain/order.ts";
import type { Balance, ExchangePosition } from "../../../shared/domain/trade.ts";
import { type Known, qtyOf, textOf } from "./symbols.ts";
import type { CcxtBalances, CcxtFunding, CcxtOrder, CcxtPosition, CcxtTrade, Numeric } from "./unified.ts";

const isAbove = (text: string | undefined): text is string => text !== undefined && dec(text) > zero;

/** Nothing where the answer does not say, as a bare acknowledgement does not. */
export function statusOf({ status, filled }: CcxtOrder): OrderStatus | undefined {
  switch (status) {
    case "open":
    case "canceling":
      return isAbove(textOf(filled)) ? "PARTIALLY_FILLED" : "NEW";
    case "closed":
      return "FILLED";
    case "canceled":
    case "cancelled":
      return "CANCELED";
    case "expired":
      return "EXPIRED";
    case "rejected":
      return "REJECTED";
    default:
      return undefined;
  }
}

/** What was asked fills in what an answer leaves out. */
export interface Asked {
  readonly client_order_id?: string;
  readonly side?: "BUY" | "SELL";
  readonly type?: string;
  readonly qty?: string;
  readonly price?: string | undefined;
  readonly stop_price?: string | undefined;
  readonly reduce_only?: boolean;
  readonly conditional?: boolean;
}

export function readOrder(known: Known, row: CcxtOrder, asked: Asked = {}): ExchangeOrder {
  const price = textOf(row.price) ?? asked.price;
  const stop =
    textOf(row.triggerPrice) ??
    textOf(row.stopPrice) ??
    textOf(row.stopLossPrice) ??
    textOf(row.takeProfitPrice) ??
    asked.stop_price;
  const average = textOf(row.average);
  const isOpen = row.status === "open" || row.status === undefined;
  const onFutures = marketOf(known.instrument) === "FUT";
  return {
    instrument: known.instrument,
    client_order_id: asked.client_order_id ?? row.clientOrderId ?? "",
    order_id: row.id ?? "",
    status: statusOf(row) ?? "NEW",
    side: row.side === undefined ? (asked.side ?? "BUY") : row.side === "sell" ? "SELL" : "BUY",
    type: asked.type ?? row.type?.toUpperCase() ?? "LIMIT",
    qty: row.amount === undefined ? (asked.qty ?? "0") : qtyOf(known, row.amount),
    ...(isAbove(price) && { price }),
    ...(isAbove(stop) && { stop_price: stop }),
    filled_qty: qtyOf(known, row.filled),
    ...(isAbove(average) && { avg_price: average }),
    reduce_only: row.reduceOnly ?? asked.reduce_only ?? false,
    // One that was set off is an order like any other.
    conditional: asked.conditional ?? (onFutures && isAbove(stop) && isOpen && !isAbove(textOf(row.filled))),
    updated_at: row.lastUpdateTimestamp ?? row.timestamp ?? 0,
  };
}

export function readFill(known: Known, row: CcxtTrade): ExchangeFill {
  return {
    fill_id: row.id ?? `${row.order}-${row.timestamp}-${row.amount}`,
    order_id: row.order ?? "",
    price: textOf(row.price) ?? "0",
    qty: qtyOf(known, row.amount),
    fee: textOf(row.fee?.cost) ?? "0",
    fee_asset: row.fee?.currency ?? known.quote,
    maker: row.takerOrMaker === "maker",
    ts: row.timestamp ?? 0,
  };
}

/** Where it is not told, it is what the position's notional and initial margin make it. */
function leverageOf({ leverage, notional, initialMargin }: CcxtPosition): number {
  const told = Math.round(Number(leverage ?? 0));
  const worked = Math.round(Math.abs(Number(notional ?? 0)) / Number(initialMargin ?? 0));
  return told || (Number.isFinite(worked) ? worked : 0);
}

/** Nothing when none is held. */
export function readPosition(account: string, known: Known, row: CcxtPosition): ExchangePosition | undefined {
  const held = dec(qtyOf(known, row.contracts));
  if (held === zero) return undefined;
  const entry = textOf(row.entryPrice) ?? "0";
  const liquidation = textOf(row.liquidationPrice);
  return {
    account,
    instrument: known.instrument,
    qty: show(row.side === "short" ? neg(abs(held)) : abs(held)),
    entry_price: entry,
    mark_price: textOf(row.markPrice) ?? entry,
    unrealised_usdt: textOf(row.unrealizedPnl) ?? "0",
    ...(isAbove(liquidation) && { liquidation_price: liquidation }),
    leverage: leverageOf(row),
    isolated_margin_usdt: row.marginMode === "isolated" ? (textOf(row.collateral) ?? "0") : "0",
    updated_at: row.timestamp ?? 0,
  };
}

export function readBalances(market: Market, body: CcxtBalances, now: number): Balance[] {
  const amounts = (name: string) => (body[name] ?? {}) as Readonly<Record<string, Numeric>>;
  const [free, used] = [amounts("free"), amounts("used")];
  const ts = typeof body.timestamp === "number" ? body.timestamp : now;
  return [...new Set([...Object.keys(free), ...Object.keys(used)])].flatMap((asset) => {
    const row = { free: textOf(free[asset]) ?? "0", locked: textOf(used[asset]) ?? "0" };
    if (dec(row.free) === zero && dec(row.locked) === zero) return [];
    return [{ market, asset, ...row, updated_at: ts }];
  });
}

/** Of the past, oldest first; ccxt tells no mark price with them. */
export const readFundingRates = (rows: readonly CcxtFunding[]): FundingRate[] =>
  rows
    .flatMap(({ timestamp: ts, fundingRate }) => {
      const rate = textOf(fundingRate);
      return ts === undefined || rate === undefined ? [] : [{ ts, rate }];
    })
    .toSorted((a, b) => a.ts - b.ts);

/** ccxt tells neither quote volume nor number of trades: they are volume × close, and 0. */
export function readBar(
  row: readonly Numeric[],
  { instrument, timeframe, now }: { instrument: InstrumentId; timeframe: Timeframe; now: number },
): Kline {
  const [at, open = "0", high = "0", low = "0", close = "0", volume = "0"] = [
    row[0],
    ...row.slice(1).map((value) => textOf(value) ?? "0"),
  ] as [Numeric, ...string[]];
  const open_ts = Number(at);
  const close_ts = open_ts + TIMEFRAME_MS[timeframe] - 1;
  const quote_volume = show(mul(dec(volume), dec(close), "nearest"));
  return {
    ...{ instrument, exch_ts: close_ts, ts: now, timeframe, open_ts, close_ts, open, high, low, close, volume },
    ...{ quote_volume, trades: 0, closed: close_ts < now },
  };
}
