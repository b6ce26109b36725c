/** USDⓈ-M account events as Binance writes them: orders, trades, balances and positions, settings, margin calls. */
import { type Amount, abs, add, mul, showFixed, zero } from "../../../shared/domain/money.ts";
import { breakEvenPrice, entryPrice, maintenance, type Position, unrealised } from "../../../shared/engine/futures.ts";
import { exposureOf } from "../../../shared/engine/margin.ts";
import type { ExchangeState, VenueAlgo, VenueOrder, VenueTrade } from "../../../shared/engine/state.ts";
import { type Desk, markPrice } from "./desk.ts";
import { averageDigits, averagePrice, money, originalType } from "./um-format.ts";

export type Execution = "NEW" | "TRADE" | "CANCELED" | "EXPIRED" | "CALCULATED" | "AMENDMENT";

/** Binance's expiry reason codes, as far as they occur here. */
const EXPIRY = { knocked_out: "4", liquidation: "5", no_liquidity: "2" } as const;
const PREVENTED = { resting: "1", immediate: "3" } as const;
const MARKET_UNFILLED = "9";

function expiryOf(order: VenueOrder): string {
  if (order.status === "EXPIRED_IN_MATCH") return order.tif === "IOC" ? PREVENTED.immediate : PREVENTED.resting;
  const { end_reason: why } = order;
  if (why === "no_liquidity" && order.type === "MARKET") return MARKET_UNFILLED;
  return why !== undefined && why in EXPIRY ? EXPIRY[why as keyof typeof EXPIRY] : "0";
}

export interface OrderNews {
  readonly order: VenueOrder;
  readonly execution: Execution;
  readonly trade?: VenueTrade | undefined;
}

export function orderTradeUpdate(desk: Desk, { order, execution, trade }: OrderNews): string {
  const { state } = desk.exchange;
  const listing = state.listing(order.instrument);
  const price = (amount: Amount): string => showFixed(amount, listing.price_digits);
  const qty = (amount: Amount): string => showFixed(amount, listing.qty_digits);
  const at = order.updated_at;
  const algo = order.algo_id === undefined ? undefined : state.algos.get(order.algo_id);
  const { bids, asks } = exposureOf(state, order, markPrice(desk, listing));
  const { activate_price = zero, callback_rate } = algo ?? {};
  return JSON.stringify({
    e: "ORDER_TRADE_UPDATE",
    T: at,
    E: at,
    o: {
      s: listing.symbol,
      c: order.client_id,
      S: order.side,
      o: order.forced ? "LIQUIDATION" : order.type,
      f: order.tif,
      q: qty(order.qty),
      p: price(order.price),
      ap: showFixed(averagePrice(order), averageDigits(listing)),
      sp: price(algo?.trigger_price ?? zero),
      x: execution,
      X: order.status,
      i: order.order_id,
      l: qty(trade?.qty ?? zero),
      z: qty(order.filled),
      L: price(trade?.price ?? zero),
      ...(trade && { n: money(trade.fee), N: trade.fee_asset }),
      T: at,
      t: trade?.trade_id ?? 0,
      b: bids === zero ? "0" : money(bids),
      a: asks === zero ? "0" : money(asks),
      m: trade?.maker ?? false,
      R: order.reduce_only,
      wt: algo?.working_type ?? "CONTRACT_PRICE",
      ot: order.forced ? "LIQUIDATION" : originalType(state, order),
      ps: order.position_side,
      cp: order.close_position,
      ...(callback_rate && { AP: price(activate_price), cr: showFixed(callback_rate, 1) }),
      rp: money(trade?.realised ?? zero),
      pP: algo?.price_protect ?? false,
      si: 0,
      ss: 0,
      V: order.stp,
      pm: order.price_match ?? "NONE",
      gtd: order.good_till ?? 0,
      er: expiryOf(order),
    },
  });
}

/** The same fill in few words, ahead of the others. */
export function tradeLite(state: ExchangeState, order: VenueOrder, trade: VenueTrade): string {
  const listing = state.listing(order.instrument);
  return JSON.stringify({
    e: "TRADE_LITE",
    E: trade.at,
    T: trade.at,
    s: listing.symbol,
    q: showFixed(order.qty, listing.qty_digits),
    p: showFixed(order.price, listing.price_digits),
    m: trade.maker,
    c: order.client_id,
    S: order.side,
    L: showFixed(trade.price, listing.price_digits),
    l: showFixed(trade.qty, listing.qty_digits),
    t: trade.trade_id,
    i: order.order_id,
  });
}

export type UpdateReason =
  | "ORDER"
  | "FUNDING_FEE"
  | "DEPOSIT"
  | "WITHDRAW"
  | "MARGIN_TRANSFER"
  | "MARGIN_TYPE_CHANGE"
  | "INSURANCE_CLEAR";

export interface AccountNews {
  readonly account: string;
  /** Those that changed. */
  readonly positions?: readonly Position[];
  readonly reason: UpdateReason;
  /** Money from outside trading. */
  readonly change?: Amount;
  readonly at: number;
}

/** The USDT balance, and the positions that changed. */
export function accountUpdate(desk: Desk, { account, positions = [], reason, change = zero, at }: AccountNews): string {
  const { state } = desk.exchange;
  const cross = state.free(account, "FUT", "USDT");
  const margins = state.ledger.total(`${account}:FUT`, "margin", "USDT");
  return JSON.stringify({
    e: "ACCOUNT_UPDATE",
    E: at,
    T: at,
    a: {
      m: reason,
      B: [{ a: "USDT", wb: money(add(cross, margins)), cw: money(cross), bc: money(change) }],
      P: positions.map((position) => positionRow(desk, position)),
    },
  });
}

function positionRow(desk: Desk, position: Position): Record<string, unknown> {
  const { state } = desk.exchange;
  const listing = state.listing(position.instrument);
  const entry = showFixed(entryPrice(position), averageDigits(listing));
  const mark = markPrice(desk, listing) ?? entryPrice(position);
  return {
    s: listing.symbol,
    pa: showFixed(position.qty, listing.qty_digits),
    ep: entry,
    bep: showFixed(breakEvenPrice(position), averageDigits(listing)),
    cr: money(position.realised),
    up: money(unrealised(position, mark)),
    mt: position.margin_type === "ISOLATED" ? "isolated" : "cross",
    iw: money(state.isolatedMargin(position)),
    ps: position.side,
    ma: listing.quote,
  };
}

/** A symbol's leverage, or whether all of the account's assets back its positions. */
export function configUpdate(
  at: number,
  what: { symbol: string; leverage: number } | { multiAssets: boolean },
): string {
  const said = "symbol" in what ? { ac: { s: what.symbol, l: what.leverage } } : { ai: { j: what.multiAssets } };
  return JSON.stringify({ e: "ACCOUNT_CONFIG_UPDATE", E: at, T: at, ...said });
}

/** `positions` are near the end of their margin. */
export function marginCall(
  desk: Desk,
  account: string,
  { positions, at }: { positions: readonly Position[]; at: number },
): string {
  const { state } = desk.exchange;
  const isCross = positions.some((position) => position.margin_type === "CROSSED");
  return JSON.stringify({
    e: "MARGIN_CALL",
    E: at,
    ...(isCross && { cw: money(state.free(account, "FUT", "USDT")) }),
    p: positions.map((position) => {
      const listing = state.listing(position.instrument);
      const mark = markPrice(desk, listing) ?? entryPrice(position);
      return {
        s: listing.symbol,
        ps: position.side,
        pa: showFixed(position.qty, listing.qty_digits),
        mt: position.margin_type,
        iw: money(state.isolatedMargin(position)),
        mp: money(mark),
        up: money(unrealised(position, mark)),
        mm: money(maintenance(listing, abs(mul(position.qty, mark)))),
      };
    }),
  });
}

export function algoUpdate(desk: Desk, algo: VenueAlgo): string {
  const { state } = desk.exchange;
  const listing = state.listing(algo.instrument);
  const price = (amount: Amount): string => showFixed(amount, listing.price_digits);
  const sent = algo.order_id === undefined ? undefined : state.orders.get(algo.order_id);
  const { activate_price = zero, callback_rate } = algo;
  return JSON.stringify({
    e: "ALGO_UPDATE",
    T: algo.updated_at,
    E: algo.updated_at,
    o: {
      caid: algo.client_id,
      aid: algo.algo_id,
      at: "CONDITIONAL",
      o: algo.type,
      s: listing.symbol,
      S: algo.side,
      ps: algo.position_side,
      f: algo.tif,
      q: showFixed(algo.qty, listing.qty_digits),
      X: algo.status,
      ai: algo.order_id === undefined ? "" : String(algo.order_id),
      ap: showFixed(sent ? averagePrice(sent) : zero, averageDigits(listing)),
      aq: showFixed(sent?.filled ?? zero, listing.qty_digits),
      act: sent?.type ?? "",
      tp: price(algo.trigger_price),
      p: price(algo.price),
      V: algo.stp,
      wt: algo.working_type,
      pm: algo.price_match ?? "NONE",
      cp: algo.close_position,
      pP: algo.price_protect,
      R: algo.reduce_only,
      ...(callback_rate && { AP: price(activate_price), cr: showFixed(callback_rate, 1) }),
      tt: algo.triggered_at,
      gtd: algo.good_till ?? 0,
      rm: algo.reason,
    },
  });
}

/** A liquidation as the public stream tells it. */
export function forceOrder(state: ExchangeState, order: VenueOrder, trade: VenueTrade): string {
  const listing = state.listing(order.instrument);
  const price = (amount: Amount): string => showFixed(amount, listing.price_digits);
  const qty = (amount: Amount): string => showFixed(amount, listing.qty_digits);
  return JSON.stringify({
    e: "forceOrder",
    E: trade.at,
    o: {
      s: listing.symbol,
      S: order.side,
      o: "LIMIT",
      f: "IOC",
      q: qty(order.qty),
      p: price(order.price),
      ap: price(averagePrice(order)),
      X: order.status,
      l: qty(trade.qty),
      z: qty(order.filled),
      T: trade.at,
    },
  });
}
