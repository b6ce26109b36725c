/** What an order is, why the exchange may refuse it, and what a spot order must bring before it is taken. */
import { type InstrumentId, marketOf } from "../domain/instrument.ts";
import { type Amount, add, mul, sub, toSteps, zero } from "../domain/money.ts";
import type { Side } from "../domain/order.ts";
import type { EndReason, MatchType, PriceMatch, Tif } from "./facts.ts";
import { type Listing, priceOf, qtyOf } from "./listing.ts";
import type { Matcher, StpMode } from "./matcher.ts";

export type Refused =
  | "DUPLICATE_ID"
  | "NO_BALANCE"
  | "NO_MARGIN"
  | "REDUCE_ONLY"
  | "WOULD_TRIGGER"
  | "WOULD_TAKE"
  | "FOK"
  | "NO_DEPTH"
  | "LEVERAGE"
  | "MAX_POSITION"
  | "UNKNOWN_ORDER"
  | "UNKNOWN_LIST"
  | "NO_CHANGE"
  | "HAS_POSITION"
  | "HAS_ORDERS"
  | "TOO_MANY"
  | "OCO_PRICES"
  | "AMEND_PENDING"
  | "AMEND_TOO_OFTEN"
  | "AMEND_NOTHING"
  | "AMEND_INCREASE"
  | "AMEND_BELOW_FILLED"
  | FuturesRefused;

/** What only futures accounts can be refused. */
export type FuturesRefused =
  | "MIN_LEVERAGE"
  | "SAME_SIDES"
  | "SIDES_WITH_ORDERS"
  | "SIDES_WITH_POSITION"
  | "WRONG_SIDE"
  | "MULTI_ASSETS"
  | "SAME_ASSETS_MODE"
  | "ASSETS_WITH_ORDERS"
  | "ASSETS_WITH_ISOLATED"
  | "NOT_ISOLATED"
  | "NO_POSITION"
  | "NO_CROSS"
  | "CLOSE_EXISTS"
  | "TOO_MANY_ALGOS"
  | "NO_MATCH"
  | "LIMIT_ONLY"
  | "SAME_ORDER"
  | "TOO_MANY_CHANGES"
  | "NO_ISOLATED";

/** The exchange says no; nothing has changed. */
export class Refusal extends Error {
  readonly why: Refused;
  constructor(why: Refused) {
    super(why);
    this.name = "Refusal";
    this.why = why;
  }
}

export interface PlaceOrder {
  readonly account: string;
  readonly instrument: InstrumentId;
  readonly client_id: string;
  readonly side: Side;
  readonly type: MatchType;
  readonly tif: Tif;
  readonly price: Amount;
  readonly qty: Amount;
  readonly quote_qty?: Amount;
  readonly reduce_only?: boolean;
  readonly close_position?: boolean;
  readonly algo_id?: number;
  readonly forced?: boolean;
  /** BOTH when absent. */
  readonly position_side?: "LONG" | "SHORT";
  /** GTD: epoch ms. */
  readonly good_till?: number;
  /** Where the price came from. */
  readonly price_match?: PriceMatch;
  /** Shown at most at a time. */
  readonly iceberg_qty?: Amount;
  /** NONE when absent. */
  readonly stp?: StpMode;
  readonly strategy_id?: number;
  readonly strategy_type?: number;
}

export interface Sweep {
  readonly side: Side;
  readonly lots?: number;
  /** Quote that may be spent or is wanted, where no lots are asked for. */
  readonly spend?: Amount;
  readonly owner?: string;
  readonly stp?: StpMode;
}

/** What a taker would find: how many lots it gets, for how much, and the last price it touches. */
export function sweep(matcher: Matcher, listing: Listing, want: Sweep) {
  const { side, spend, owner = "", stp = "NONE" } = want;
  const asked = want.lots ?? Number(listing.max_market_qty / listing.step);
  let lots = 0;
  let value = zero;
  let worst = zero;
  for (const [ticks, there] of matcher.preview({ side, kind: "market", ticks: 0, lots: asked, owner, stp })) {
    const price = priceOf(listing, ticks);
    let take = there;
    if (spend !== undefined) {
      const affordable = sub(spend, value) / mul(price, listing.step);
      if (affordable < BigInt(take)) take = Number(affordable);
    }
    if (take <= 0) break;
    lots += take;
    value = add(value, mul(price, qtyOf(listing, take)));
    worst = price;
  }
  return { lots, value, worst };
}

/** What a spot order must set aside by its limit; nothing for MARKET, whose cost the book tells. */
export function decideSpotHold(listing: Listing, order: PlaceOrder): { asset: string; qty: Amount } | undefined {
  if (order.type === "MARKET") return undefined;
  if (order.side === "SELL") return { asset: listing.base, qty: order.qty };
  return { asset: listing.quote, qty: mul(order.price, order.qty) };
}

/** What a spot MARKET order will take out of the wallet, by the book as it stands. */
export function spotMarketCost(
  listing: Listing,
  matcher: Matcher,
  order: Pick<PlaceOrder, "account" | "side" | "qty"> & { stp?: StpMode | undefined },
): { asset: string; qty: Amount } {
  if (order.side === "SELL") return { asset: listing.base, qty: order.qty };
  const { side, account: owner, stp = "NONE" } = order;
  const { value } = sweep(matcher, listing, { side, lots: toSteps(order.qty, listing.step), owner, stp });
  return { asset: listing.quote, qty: value };
}

/** How the market's word for an unfilled end reads in an account's history. */
export function endReason(why: "canceled" | "expired" | "would_take"): EndReason {
  return why === "expired" ? "no_liquidity" : why;
}

export const feeOf = (listing: Listing, maker: boolean): Amount => (maker ? listing.maker_fee : listing.taker_fee);
export const isFutures = (instrument: InstrumentId): boolean => marketOf(instrument) === "FUT";
