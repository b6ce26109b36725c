/** USDⓈ-M account events: what each fact tells the account's user-data stream. */
import { type Amount, add, showFixed, zero } from "../../../shared/domain/money.ts";
import { entryPrice, unrealised } from "../../../shared/engine/futures.ts";
import type { VenueAlgo, VenueOrder, VenueTrade } from "../../../shared/engine/state.ts";
import { type Desk, markPrice } from "./desk.ts";
import { averagePrice, money, originalType } from "./um-format.ts";

export type Execution = "NEW" | "TRADE" | "CANCELED" | "EXPIRED" | "CALCULATED";

/** Binance's expiry reason codes, as far as they occur here. */
const EXPIRY = { knocked_out: "4", liquidation: "5", no_liquidity: "2" } as const;

export function orderTradeUpdate(
  desk: Desk,
  { order, execution, trade }: { order: VenueOrder; execution: Execution; trade?: VenueTrade | undefined },
): string {
  const { state } = desk.exchange;
  const listing = state.listing(order.instrument);
  const price = (amount: Amount): string => showFixed(amount, listing.price_digits);
  const qty = (amount: Amount): string => showFixed(amount, listing.qty_digits);
  const at = order.updated_at;
  const type = order.forced ? "LIQUIDATION" : order.type;
  const { end_reason: why } = order;
  const expiry = why !== undefined && why in EXPIRY ? EXPIRY[why as keyof typeof EXPIRY] : "0";
  return JSON.stringify({
    e: "ORDER_TRADE_UPDATE",
    T: at,
    E: at,
    o: {
      s: listing.symbol,
      c: order.client_id,
      S: order.side,
      o: type,
      f: order.tif,
      q: qty(order.qty),
      p: price(order.price),
      ap: showFixed(averagePrice(order), listing.price_digits + 4),
      sp: price(zero),
      x: execution,
      X: order.status,
      i: order.order_id,
      l: qty(trade?.qty ?? zero),
      z: qty(order.filled),
      L: price(trade?.price ?? zero),
      n: money(trade?.fee ?? zero),
      N: listing.quote,
      T: at,
      t: trade?.trade_id ?? 0,
      b: "0",
      a: "0",
      m: trade?.maker ?? false,
      R: order.reduce_only,
      wt: "CONTRACT_PRICE",
      ot: order.forced ? "LIQUIDATION" : originalType(state, order),
      ps: "BOTH",
      cp: order.close_position,
      rp: money(trade?.realised ?? zero),
      pP: false,
      si: order.algo_id ?? 0,
      ss: 0,
      V: "NONE",
      pm: "NONE",
      gtd: 0,
      er: expiry,
    },
  });
}

export type UpdateReason =
  | "ORDER"
  | "FUNDING_FEE"
  | "DEPOSIT"
  | "WITHDRAW"
  | "MARGIN_TYPE_CHANGE"
  | "INSURANCE_CLEAR"
  | "ADJUSTMENT";

/** The USDT balance, and the position where one changed. `change` is money from outside trading. */
export function accountUpdate(
  desk: Desk,
  what: { account: string; instrument?: VenueOrder["instrument"]; reason: UpdateReason; change?: Amount; at: number },
): string {
  const { state } = desk.exchange;
  const cross = state.free(what.account, "FUT", "USDT");
  const margins = state.ledger.total(`${what.account}:FUT`, "margin", "USDT");
  return JSON.stringify({
    e: "ACCOUNT_UPDATE",
    E: what.at,
    T: what.at,
    a: {
      m: what.reason,
      B: [{ a: "USDT", wb: money(add(cross, margins)), cw: money(cross), bc: money(what.change ?? zero) }],
      P: what.instrument === undefined ? [] : [positionRow(desk, what.account, what.instrument)],
    },
  });
}

function positionRow(desk: Desk, account: string, instrument: VenueOrder["instrument"]): Record<string, unknown> {
  const { state } = desk.exchange;
  const listing = state.listing(instrument);
  const position = state.position(account, instrument);
  const entry = showFixed(entryPrice(position), listing.price_digits + 4);
  const mark = markPrice(desk, listing) ?? entryPrice(position);
  return {
    s: listing.symbol,
    pa: showFixed(position.qty, listing.qty_digits),
    ep: entry,
    bep: entry,
    cr: money(position.realised),
    up: money(unrealised(position, mark)),
    mt: position.margin_type === "ISOLATED" ? "isolated" : "cross",
    iw: money(state.isolatedMargin(position)),
    ps: "BOTH",
    ma: listing.quote,
  };
}

export function algoUpdate(desk: Desk, algo: VenueAlgo): string {
  const { state } = desk.exchange;
  const listing = state.listing(algo.instrument);
  const sent = algo.order_id === undefined ? undefined : state.orders.get(algo.order_id);
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
      ps: "BOTH",
      f: "GTC",
      q: showFixed(algo.qty, listing.qty_digits),
      X: algo.status,
      ai: algo.order_id === undefined ? "" : String(algo.order_id),
      ap: showFixed(sent ? averagePrice(sent) : zero, listing.price_digits + 4),
      aq: showFixed(sent?.filled ?? zero, listing.qty_digits),
      act: sent?.type ?? "",
      tp: showFixed(algo.trigger_price, listing.price_digits),
      p: "0",
      V: "NONE",
      wt: algo.working_type,
      pm: "NONE",
      cp: algo.close_position,
      pP: algo.price_protect,
      R: algo.reduce_only,
      tt: algo.triggered_at,
      gtd: 0,
      rm: algo.reason,
    },
  });
}
