/** Orders, fills, positions and balances as Binance prints them, read once into the shapes the system shares. */
import { z } from "@hono/zod-openapi";
import type { ExchangeFill, ExchangeOrder, FundingRate } from "../../../shared/contracts.ts";
import { type InstrumentId, instrumentOf, type Market, marketOf } from "../../../shared/domain/instrument.ts";
import { dec, div, isDecimal, max, show, sub, toNumber, zero } from "../../../shared/domain/money.ts";
import { type OrderStatus, Side } from "../../../shared/domain/order.ts";
import type { Balance, ExchangePosition } from "../../../shared/domain/trade.ts";

const Id = z.union([z.string().min(1), z.number().int()]).transform(String);
const Amount = z.string().refine(isDecimal, "is no decimal");
/** What some rows leave empty or out. */
const MaybeAmount = z.string().optional();

const STATUS: Readonly<Record<string, OrderStatus>> = {
  NEW: "NEW",
  PENDING_NEW: "NEW",
  PENDING_CANCEL: "NEW",
  PARTIALLY_FILLED: "PARTIALLY_FILLED",
  FILLED: "FILLED",
  CANCELED: "CANCELED",
  REJECTED: "REJECTED",
  EXPIRED: "EXPIRED",
  EXPIRED_IN_MATCH: "EXPIRED",
};
export const statusOf = (status: string): OrderStatus => STATUS[status] ?? "UNKNOWN";

const isAbove = (text: string | undefined): text is string => text !== undefined && isDecimal(text) && dec(text) > zero;

const OrderRow = z.looseObject({
  symbol: z.string(),
  orderId: Id,
  clientOrderId: z.string(),
  /** On spot, a cancel has its own client id, and this is the order's. */
  origClientOrderId: z.string().optional(),
  status: z.string(),
  side: Side,
  type: z.string(),
  origQty: Amount,
  executedQty: Amount,
  price: MaybeAmount,
  stopPrice: MaybeAmount,
  avgPrice: MaybeAmount,
  cummulativeQuoteQty: MaybeAmount,
  cumQuote: MaybeAmount,
  reduceOnly: z.boolean().optional(),
  updateTime: z.number().optional(),
  transactTime: z.number().optional(),
  time: z.number().optional(),
});

export function readOrder(market: Market, row: unknown): ExchangeOrder {
  const r = OrderRow.parse(row);
  const filled = dec(r.executedQty);
  const quote = r.cummulativeQuoteQty ?? r.cumQuote;
  let average = isAbove(r.avgPrice) ? r.avgPrice : undefined;
  if (average === undefined && filled > zero && isAbove(quote)) average = show(div(dec(quote), filled, "nearest"));
  return {
    instrument: instrumentOf(market, r.symbol),
    client_order_id: r.origClientOrderId || r.clientOrderId,
    order_id: r.orderId,
    status: statusOf(r.status),
    side: r.side,
    type: r.type,
    qty: r.origQty,
    ...(isAbove(r.price) && { price: r.price }),
    ...(isAbove(r.stopPrice) && { stop_price: r.stopPrice }),
    filled_qty: r.executedQty,
    ...(average !== undefined && { avg_price: average }),
    reduce_only: r.reduceOnly ?? false,
    conditional: false,
    updated_at: r.updateTime ?? r.transactTime ?? r.time ?? 0,
  };
}

const ALGO_MARK = "algo-";
/** Binance numbers conditional orders apart from orders: without a mark, algo 2 would be taken for order 2. */
export const algoOrderId = (algoId: string): string => `${ALGO_MARK}${algoId}`;
/** Nothing for the id of a plain order. */
export const algoIdOf = (orderId: string): string | undefined =>
  orderId.startsWith(ALGO_MARK) ? orderId.slice(ALGO_MARK.length) : undefined;

const AlgoRow = z.looseObject({
  symbol: z.string(),
  algoId: Id,
  clientAlgoId: z.string(),
  algoStatus: z.string(),
  orderType: z.string(),
  side: Side,
  quantity: Amount,
  triggerPrice: MaybeAmount,
  actualOrderId: z.union([z.string(), z.number()]).nullish(),
  reduceOnly: z.boolean().optional(),
  updateTime: z.number().optional(),
  createTime: z.number().optional(),
});

export interface Conditional {
  order: ExchangeOrder;
  /** Of the order that the trigger sent. */
  sentOrderId: string | undefined;
}

/** A triggered one is `NEW` here: what became of it, the order it sent will tell. */
export function readConditional(row: unknown): Conditional {
  const r = AlgoRow.parse(row);
  const sent = r.actualOrderId === null || r.actualOrderId === undefined ? "" : String(r.actualOrderId);
  const ended = r.algoStatus === "CANCELED" || r.algoStatus === "REJECTED" || r.algoStatus === "EXPIRED";
  return {
    order: {
      instrument: instrumentOf("FUT", r.symbol),
      client_order_id: r.clientAlgoId,
      order_id: algoOrderId(r.algoId),
      status: ended ? statusOf(r.algoStatus) : "NEW",
      side: r.side,
      type: r.orderType,
      qty: r.quantity,
      ...(isAbove(r.triggerPrice) && { stop_price: r.triggerPrice }),
      filled_qty: "0",
      reduce_only: r.reduceOnly ?? false,
      conditional: true,
      updated_at: r.updateTime ?? r.createTime ?? 0,
    },
    sentOrderId: sent === "" || sent === "0" ? undefined : sent,
  };
}

const FillRow = z.looseObject({
  id: Id,
  orderId: Id,
  price: Amount,
  qty: Amount,
  commission: Amount,
  commissionAsset: z.string(),
  realizedPnl: MaybeAmount,
  /** Futures say `maker`, spot `isMaker`. */
  maker: z.boolean().optional(),
  isMaker: z.boolean().optional(),
  /** Futures say `side`, spot `isBuyer`. */
  side: Side.optional(),
  isBuyer: z.boolean().optional(),
  time: z.number(),
});

export function readFill(row: unknown): ExchangeFill {
  const r = FillRow.parse(row);
  const side = r.side ?? (r.isBuyer === undefined ? undefined : r.isBuyer ? "BUY" : "SELL");
  return {
    fill_id: r.id,
    order_id: r.orderId,
    price: r.price,
    qty: r.qty,
    fee: r.commission,
    fee_asset: r.commissionAsset,
    maker: r.maker ?? r.isMaker ?? false,
    ...(side !== undefined && { side }),
    ...(r.realizedPnl !== undefined && { realised_usdt: r.realizedPnl }),
    ts: r.time,
  };
}

const PositionRow = z.looseObject({
  symbol: z.string(),
  positionAmt: Amount,
  entryPrice: Amount,
  markPrice: Amount,
  unRealizedProfit: Amount,
  liquidationPrice: MaybeAmount,
  isolatedMargin: Amount,
  notional: Amount,
  positionInitialMargin: MaybeAmount,
  leverage: MaybeAmount,
  updateTime: z.number(),
});

/** Version 3 leaves the leverage out; it is what the position's notional and initial margin make it. */
export function readPosition(account: string, row: unknown): ExchangePosition {
  const r = PositionRow.parse(row);
  const initial = r.positionInitialMargin;
  const told = r.leverage === undefined ? 0 : Number(r.leverage);
  const worked = isAbove(initial) ? Math.round(Math.abs(Number(r.notional)) / Number(initial)) : 0;
  return {
    account,
    instrument: instrumentOf("FUT", r.symbol),
    qty: r.positionAmt,
    entry_price: r.entryPrice,
    mark_price: r.markPrice,
    unrealised_usdt: r.unRealizedProfit,
    ...(isAbove(r.liquidationPrice) && { liquidation_price: r.liquidationPrice }),
    leverage: told || worked,
    isolated_margin_usdt: r.isolatedMargin,
    updated_at: r.updateTime,
  };
}
export const isHeld = (position: ExchangePosition): boolean => toNumber(dec(position.qty)) !== 0;

const SpotAccount = z.looseObject({
  updateTime: z.number().default(0),
  balances: z.array(z.looseObject({ asset: z.string(), free: Amount, locked: Amount })),
});
export function readSpotBalances(body: unknown): Balance[] {
  const { balances, updateTime } = SpotAccount.parse(body);
  return balances.map(({ asset, free, locked }) => ({ market: "SPOT", asset, free, locked, updated_at: updateTime }));
}

const FutAccount = z.looseObject({
  assets: z.array(
    z.looseObject({
      asset: z.string(),
      walletBalance: Amount,
      unrealizedProfit: Amount,
      availableBalance: Amount,
      updateTime: z.number().default(0),
    }),
  ),
});
/**
 * `free` is what an order may use; `locked` the rest of the wallet, backing positions and orders. What positions gain or
 * lose is told with them, and is in neither.
 */
export function readFutBalances(body: unknown): Balance[] {
  return FutAccount.parse(body).assets.map((row) => {
    const held = sub(dec(row.walletBalance), dec(row.availableBalance));
    return {
      market: "FUT",
      asset: row.asset,
      free: row.availableBalance,
      locked: show(max(held, zero)),
      updated_at: row.updateTime,
    };
  });
}

const KlineRow = z.tuple([z.number(), Amount, Amount, Amount, Amount, Amount, z.number(), Amount, z.number()], z.any());
export type KlineRow = z.output<typeof KlineRow>;
export const readKlines = (body: unknown): KlineRow[] => z.array(KlineRow).parse(body);

const FundingRateRow = z.looseObject({
  fundingTime: z.number(),
  fundingRate: Amount,
  markPrice: z.string().optional(),
});
/** Binance leaves the mark price of old times empty. */
export const readFundingRates = (body: unknown): FundingRate[] =>
  z
    .array(FundingRateRow)
    .parse(body)
    .map(({ fundingTime: ts, fundingRate: rate, markPrice: mark }) => ({ ts, rate, ...(isAbove(mark) && { mark }) }))
    .toSorted((a, b) => a.ts - b.ts);

/** Fetches the order's own market part of a path. */
export const orderPath = (instrument: InstrumentId): string =>
  marketOf(instrument) === "SPOT" ? "/api/v3/order" : "/fapi/v1/order";
