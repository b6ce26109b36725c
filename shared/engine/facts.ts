/** What can happen on an exchange's account side: the facts that its journal records and its state is folded from. */
import type { InstrumentId, Market } from "../domain/instrument.ts";
import type { Side } from "../domain/order.ts";
import type { StpMode } from "./matcher.ts";

/** GTX rests or is refused; GTD ends at a date. Both are for futures. */
export type Tif = "GTC" | "IOC" | "FOK" | "GTX" | "GTD";
export type MatchType =
  | "LIMIT"
  | "MARKET"
  | "LIMIT_MAKER"
  | "STOP_LOSS"
  | "STOP_LOSS_LIMIT"
  | "TAKE_PROFIT"
  | "TAKE_PROFIT_LIMIT";
export type AlgoType = "STOP" | "STOP_MARKET" | "TAKE_PROFIT" | "TAKE_PROFIT_MARKET" | "TRAILING_STOP_MARKET";
export type WorkingType = "MARK_PRICE" | "CONTRACT_PRICE";
/** A price from the book: the best or a deeper one of the other side, or of the own side. */
export type PriceMatch = `${"OPPONENT" | "QUEUE"}${"" | "_5" | "_10" | "_20"}`;
export type MarginType = "ISOLATED" | "CROSSED";
/** Which of an account's positions in an instrument is meant: one-way mode has BOTH, hedge mode LONG and SHORT. */
export type PositionSide = "BOTH" | "LONG" | "SHORT";

/** Why an order ended before it was filled. */
export type EndReason =
  | "canceled"
  /** The remainder of IOC, FOK or MARKET. */
  | "no_liquidity"
  /** A maker-only order would have taken. */
  | "would_take"
  /** A reduce-only order with nothing (left) to reduce. */
  | "knocked_out"
  | "liquidation"
  /** GTD: its date has come. */
  | "good_till"
  /** The other leg of its order list worked, or the order that was to start it ended. */
  | "list"
  /** What its order list bought is too little to sell. */
  | "filter"
  /** Triggered, but the account could not pay. */
  | "no_funds";

/** An accepted order as it was asked for; decimals are strings. */
export interface OrderTerms {
  readonly order_id: number;
  readonly client_id: string;
  readonly account: string;
  readonly instrument: InstrumentId;
  readonly side: Side;
  readonly type: MatchType;
  readonly tif: Tif;
  /** "0" for MARKET. */
  readonly price: string;
  readonly qty: string;
  readonly reduce_only: boolean;
  readonly close_position: boolean;
  /** Spot stop legs: not on the book before the last price reaches it. */
  readonly stop_price?: string;
  /** MARKET spot orders asked for in quote. */
  readonly quote_qty?: string;
  readonly list_id?: number;
  /** The conditional order that sent it. */
  readonly algo_id?: number;
  /** Sent by the exchange itself to close a position. */
  readonly forced?: boolean;
  /** Hedge mode only. */
  readonly position_side?: "LONG" | "SHORT";
  /** GTD: epoch ms. */
  readonly good_till?: number;
  readonly price_match?: PriceMatch;
  /** Shown at most at a time. */
  readonly iceberg_qty?: string;
  /** Spot: basis points that the price must come back from its extreme. */
  readonly trailing_delta?: number;
  readonly stp?: StpMode;
  readonly strategy_id?: number;
  readonly strategy_type?: number;
  /** The first order of its list: the others are `pending` until it is filled. */
  readonly leads?: true;
  readonly pending?: true;
}

export interface AlgoTerms {
  readonly algo_id: number;
  readonly client_id: string;
  readonly account: string;
  readonly instrument: InstrumentId;
  readonly side: Side;
  readonly type: AlgoType;
  readonly trigger_price: string;
  readonly working_type: WorkingType;
  /** "0" when `close_position`. */
  readonly qty: string;
  readonly reduce_only: boolean;
  readonly close_position: boolean;
  readonly price_protect: boolean;
  /** STOP and TAKE_PROFIT: the limit of the order that is sent. */
  readonly price?: string;
  /** GTC when absent. */
  readonly tif?: Tif;
  readonly good_till?: number;
  readonly price_match?: PriceMatch;
  readonly stp?: StpMode;
  readonly position_side?: "LONG" | "SHORT";
  /** Trailing: the price from which it follows the market; at once when absent. */
  readonly activate_price?: string;
  /** Trailing: percent that the price must come back from its extreme. */
  readonly callback_rate?: string;
}

/** OTOCO and OPOCO start a pair of which one cancels the other; OPO and OPOCO sell what the first order bought. */
export type ListKind = "OCO" | "OTO" | "OTOCO" | "OPO" | "OPOCO";

export interface ListTerms {
  readonly list_id: number;
  readonly client_id: string;
  readonly account: string;
  readonly instrument: InstrumentId;
  /** OCO when absent. */
  readonly kind?: ListKind;
}

/** What happens to spot orders besides being taken, traded and ended. */
export type SpotFact =
  /** Self-trade prevention instead of a trade of `qty`: what it took from taker and maker. */
  | {
      fact: "prevented";
      match_id: number;
      order_id: number;
      maker_id: number;
      stp: StpMode;
      price: string;
      qty: string;
      taker_qty: string;
      maker_qty: string;
    }
  /** Cut to `qty` in its place, under another client id. */
  | {
      fact: "amended";
      order_id: number;
      client_id: string;
      qty: string;
      released: { asset: string; qty: string } | null;
    }
  /** A trailing order saw its best price so far. */
  | { fact: "trailed"; order_id: number; price: string }
  /** A pending order's turn has come; `qty` where it sells what was bought. */
  | { fact: "begun"; order_id: number; qty?: string }
  /** Whether fees are paid in BNB, at a discount, while there is some. */
  | { fact: "bnb_burn"; account: string; on: boolean };

export type Fact =
  | SpotFact
  | { fact: "moved"; account: string; market: Market; asset: string; qty: string; why: string }
  /** `hold` is what the spot wallet sets aside; `margin` what the futures wallet keeps free. */
  | { fact: "accepted"; order: OrderTerms; hold: { asset: string; qty: string } | null; margin: string }
  | {
      fact: "traded";
      trade_id: number;
      order_id: number;
      price: string;
      qty: string;
      maker: boolean;
      fee: string;
      fee_asset: string;
    }
  /** `cancel_id`: what its owner called the cancellation. */
  | { fact: "ended"; order_id: number; reason: EndReason; cancel_id?: string }
  /** A stop leg reached its price and went to the book. */
  | { fact: "activated"; order_id: number }
  | { fact: "list_accepted"; list: ListTerms; hold: { asset: string; qty: string } }
  | { fact: "list_ended"; list_id: number }
  | { fact: "algo_accepted"; algo: AlgoTerms }
  | { fact: "algo_triggered"; algo_id: number }
  /** `order_id` where the trigger sent an order. */
  | {
      fact: "algo_ended";
      algo_id: number;
      status: "FINISHED" | "CANCELED" | "EXPIRED" | "REJECTED";
      order_id?: number;
      reason: string;
    }
  /** The order that a triggered conditional order sent was taken. */
  | { fact: "algo_placed"; algo_id: number; order_id: number }
  /** A trailing order saw its best price so far. */
  | { fact: "algo_trailed"; algo_id: number; price: string }
  /** An API key, named by its fingerprint, may be used no more, or again. */
  | { fact: "key_switched"; key: string; on: boolean }
  | FuturesFact;

/** What happens to futures accounts and positions besides orders. */
export type FuturesFact =
  | { fact: "leverage"; account: string; instrument: InstrumentId; leverage: number }
  | { fact: "margin_type"; account: string; instrument: InstrumentId; margin_type: MarginType }
  /** The account holds LONG and SHORT positions apart from now on, or no longer. */
  | { fact: "position_mode"; account: string; dual: boolean }
  | { fact: "multi_assets"; account: string; on: boolean }
  /** Signed: above zero moves it from the wallet to the isolated position. */
  | ({ fact: "position_margin"; qty: string } & OfPosition)
  /** An open order has another price or quantity, and a new place in the queue. */
  | { fact: "modified"; order_id: number; price: string; qty: string }
  /** All open orders end at `deadline` (epoch ms) unless it is set anew; zero: never. */
  | { fact: "countdown"; account: string; instrument: InstrumentId; deadline: number }
  /** What the funding interval that ends now has cost, whoever pays it. */
  | { fact: "funding_rate"; instrument: InstrumentId; rate: string; mark: string }
  /** Signed: above zero is received. */
  | ({ fact: "funded"; rate: string; mark: string; qty: string } & OfPosition)
  /** After a liquidation's trades: what clearance took, and what the insurance fund paid in. */
  | ({ fact: "liquidated"; clearance: string; covered: string } & OfPosition)
  /** Money from outside into the insurance fund, or out of it. */
  | { fact: "insured"; asset: string; qty: string };

/** The position that a fact is about; no side where it is BOTH. */
export interface OfPosition {
  readonly account: string;
  readonly instrument: InstrumentId;
  readonly position_side?: "LONG" | "SHORT";
}

/** What one command or market move did, all or nothing. */
export interface Batch {
  /** Epoch ms. */
  readonly at: number;
  readonly facts: readonly Fact[];
  /** The fingerprint of the API key that asked for it; nothing where the market or the venue itself did it. */
  readonly by?: string;
}
