/** What can happen on an exchange's account side: the facts that its journal records and its state is folded from. */
import type { InstrumentId, Market } from "../domain/instrument.ts";
import type { Side } from "../domain/order.ts";

export type Tif = "GTC" | "IOC" | "FOK" | "GTX";
export type MatchType =
  | "LIMIT"
  | "MARKET"
  | "LIMIT_MAKER"
  | "STOP_LOSS"
  | "STOP_LOSS_LIMIT"
  | "TAKE_PROFIT"
  | "TAKE_PROFIT_LIMIT";
export type AlgoType = "STOP_MARKET" | "TAKE_PROFIT_MARKET";
export type WorkingType = "MARK_PRICE" | "CONTRACT_PRICE";
export type MarginType = "ISOLATED" | "CROSSED";

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
  /** The other leg of its order list worked. */
  | "list"
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
}

export interface ListTerms {
  readonly list_id: number;
  readonly client_id: string;
  readonly account: string;
  readonly instrument: InstrumentId;
}

export type Fact =
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
  | { fact: "ended"; order_id: number; reason: EndReason }
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
  | { fact: "leverage"; account: string; instrument: InstrumentId; leverage: number }
  | { fact: "margin_type"; account: string; instrument: InstrumentId; margin_type: MarginType }
  /** Signed: above zero is received. */
  | { fact: "funded"; account: string; instrument: InstrumentId; rate: string; mark: string; qty: string }
  /** After a liquidation's trades: what clearance took, and what the insurance fund paid in. */
  | { fact: "liquidated"; account: string; instrument: InstrumentId; clearance: string; covered: string };

/** What one command or market move did, all or nothing. */
export interface Batch {
  /** Epoch ms. */
  readonly at: number;
  readonly facts: readonly Fact[];
}
