/** The account side of an exchange as its facts left it: money, orders, conditional orders, lists, positions, trades. */
import { type InstrumentId, type Market, marketOf } from "../domain/instrument.ts";
import { type Amount, dec, sub } from "../domain/money.ts";
import type { Side } from "../domain/order.ts";
import type {
  AlgoType,
  EndReason,
  ListKind,
  ListTerms,
  MatchType,
  PositionSide,
  PriceMatch,
  Tif,
  WorkingType,
} from "./facts.ts";
import type { Position } from "./futures.ts";
import { FuturesState, marginPart } from "./futures-state.ts";
import { Ledger } from "./ledger.ts";
import type { Listing } from "./listing.ts";
import type { StpMode } from "./matcher.ts";
import { OpenOrders } from "./open-orders.ts";

export type VenueStatus =
  | "PENDING_NEW"
  | "NEW"
  | "PARTIALLY_FILLED"
  | "FILLED"
  | "CANCELED"
  | "EXPIRED"
  /** Self-trade prevention took what was left of it. */
  | "EXPIRED_IN_MATCH";

export interface VenueOrder {
  readonly order_id: number;
  /** Amending changes it, and may lower `qty`. */
  client_id: string;
  readonly account: string;
  readonly instrument: InstrumentId;
  readonly side: Side;
  readonly type: MatchType;
  readonly tif: Tif;
  /** Modifying changes it, and `qty`. */
  price: Amount;
  qty: Amount;
  readonly reduce_only: boolean;
  readonly close_position: boolean;
  readonly stop_price: Amount | undefined;
  readonly quote_qty: Amount | undefined;
  readonly list_id: number | undefined;
  readonly algo_id: number | undefined;
  readonly forced: boolean;
  readonly iceberg_qty: Amount | undefined;
  readonly trailing_delta: number | undefined;
  readonly stp: StpMode;
  readonly strategy_id: number | undefined;
  readonly strategy_type: number | undefined;
  readonly leads: boolean;
  /** The best price since a trailing order follows the market, and since when it does; −1 before. */
  trail: Amount | undefined;
  trailing_at: number;
  /** Taken by self-trade prevention. */
  prevented: Amount;
  prevented_match: number | undefined;
  /** BOTH on spot and in one-way mode. */
  readonly position_side: PositionSide;
  /** GTD: epoch ms. */
  readonly good_till: number | undefined;
  readonly price_match: PriceMatch | undefined;
  filled: Amount;
  quote_filled: Amount;
  status: VenueStatus;
  end_reason: EndReason | undefined;
  cancel_id: string | undefined;
  /** False while a stop leg waits for its price. */
  working: boolean;
  /** Futures: by how much it raised the margin of open orders when it was accepted. */
  readonly margin: Amount;
  readonly created_at: number;
  working_at: number;
  updated_at: number;
}

export interface VenueTrade {
  readonly trade_id: number;
  readonly order_id: number;
  readonly client_id: string;
  readonly account: string;
  readonly instrument: InstrumentId;
  readonly side: Side;
  readonly position_side: PositionSide;
  readonly price: Amount;
  readonly qty: Amount;
  readonly quote_qty: Amount;
  readonly maker: boolean;
  readonly fee: Amount;
  readonly fee_asset: string;
  readonly realised: Amount;
  readonly at: number;
}

export interface VenueAlgo {
  readonly algo_id: number;
  readonly client_id: string;
  readonly account: string;
  readonly instrument: InstrumentId;
  readonly side: Side;
  readonly type: AlgoType;
  readonly trigger_price: Amount;
  readonly working_type: WorkingType;
  readonly qty: Amount;
  readonly reduce_only: boolean;
  readonly close_position: boolean;
  readonly price_protect: boolean;
  readonly position_side: PositionSide;
  /** Zero where it sends MARKET. */
  readonly price: Amount;
  readonly tif: Tif;
  readonly good_till: number | undefined;
  readonly price_match: PriceMatch | undefined;
  readonly stp: StpMode;
  readonly activate_price: Amount | undefined;
  /** Percent. */
  readonly callback_rate: Amount | undefined;
  /** Trailing: the best price since it follows the market. */
  extreme: Amount | undefined;
  status: "NEW" | "TRIGGERING" | "TRIGGERED" | "FINISHED" | "CANCELED" | "EXPIRED" | "REJECTED";
  reason: string;
  order_id: number | undefined;
  triggered_at: number;
  readonly created_at: number;
  updated_at: number;
}

export interface VenueList extends ListTerms {
  readonly order_ids: number[];
  readonly kind: ListKind;
  done: boolean;
  readonly created_at: number;
  updated_at: number;
}

export interface Income {
  readonly income_id: number;
  readonly account: string;
  readonly instrument: InstrumentId | undefined;
  readonly type: "TRANSFER" | "REALIZED_PNL" | "COMMISSION" | "FUNDING_FEE" | "INSURANCE_CLEAR";
  readonly asset: string;
  readonly qty: Amount;
  readonly trade_id: number | undefined;
  readonly at: number;
  /** Of a transfer: where from and where to, or that it was a deposit. */
  readonly why?: string;
}

/** A trade that self-trade prevention kept from happening. */
export interface PreventedMatch {
  readonly match_id: number;
  readonly instrument: InstrumentId;
  readonly taker_id: number;
  readonly maker_id: number;
  readonly stp: StpMode;
  readonly price: Amount;
  readonly qty: Amount;
  readonly taker_qty: Amount;
  readonly maker_qty: Amount;
  readonly at: number;
}

/** A cut of an open order. */
export interface Amendment {
  readonly execution_id: number;
  readonly order_id: number;
  readonly client_id_before: string;
  readonly client_id: string;
  readonly qty_before: Amount;
  readonly qty: Amount;
  readonly at: number;
}

/** The ledger's name of an account's wallet on one market. */
export const walletOf = (account: string, market: Market): string => `${account}:${market}`;
/** Under which a spot hold is kept: a list's legs share one, but for the order that starts the others. */
export const holdOf = (order: { order_id: number; list_id?: number | undefined; leads?: boolean }): string =>
  order.list_id === undefined || order.leads ? `o${order.order_id}` : `l${order.list_id}`;
const MARKETS = ["SPOT", "FUT"] as const;
const OPEN: ReadonlySet<VenueStatus> = new Set(["PENDING_NEW", "NEW", "PARTIALLY_FILLED"]);
export const isOpen = (order: VenueOrder): boolean => OPEN.has(order.status);
export const remaining = (order: VenueOrder): Amount => sub(sub(order.qty, order.filled), order.prevented);
/** True for an order that is not on the book before the last price does what it waits for. */
export const isConditional = (order: Pick<VenueOrder, "stop_price" | "trailing_delta">): boolean =>
  order.stop_price !== undefined || order.trailing_delta !== undefined;
/** True while it waits for that price. */
export const isWaiting = (order: VenueOrder): boolean =>
  order.status === "NEW" && !order.working && isConditional(order);

export class ExchangeState {
  readonly ledger = new Ledger();
  readonly orders = new Map<number, VenueOrder>();
  readonly open = new OpenOrders<VenueOrder>();
  readonly algos = new Map<number, VenueAlgo>();
  readonly openAlgos = new Map<number, VenueAlgo>();
  readonly lists = new Map<number, VenueList>();
  readonly openLists = new Map<number, VenueList>();
  readonly futures = new FuturesState();
  readonly trades: VenueTrade[] = [];
  private readonly tradesByOrder = new Map<number, VenueTrade[]>();
  /** Of one account on one instrument, oldest first: `account|instrument`. */
  private readonly tradesByPair = new Map<string, VenueTrade[]>();
  private readonly ordersByPair = new Map<string, VenueOrder[]>();
  readonly income: Income[] = [];
  readonly accounts = new Set<string>();
  readonly prevented: PreventedMatch[] = [];
  readonly amendments: Amendment[] = [];
  /** Accounts that pay spot fees in BNB while they have some. */
  readonly bnbBurn = new Set<string>();
  /** Fingerprints of the API keys that may not be used. */
  readonly keysOff = new Set<string>();
  /** The newest order of a client id: `account|market|client id`. */
  private readonly byClientId = new Map<string, number>();
  private readonly algoByClientId = new Map<string, number>();
  readonly listings: ReadonlyMap<InstrumentId, Listing>;
  order_seq = 0;
  trade_seq = 0;
  algo_seq = 0;
  list_seq = 0;

  constructor(listings: Iterable<Listing>) {
    this.listings = new Map([...listings].map((listing) => [listing.instrument, listing]));
  }

  listing(instrument: InstrumentId): Listing {
    const listing = this.listings.get(instrument);
    if (!listing) throw new Error(`Invariant: ${instrument} is not listed`);
    return listing;
  }

  /** The position, flat when there never was one. */
  position(account: string, instrument: InstrumentId, side: PositionSide = "BOTH"): Position {
    return this.futures.position(account, instrument, side);
  }

  get positions(): ReadonlyMap<string, Position> {
    return this.futures.positions;
  }

  isolatedMargin(position: Position): Amount {
    const { quote } = this.listing(position.instrument);
    return this.ledger.balance(walletOf(position.account, "FUT"), "margin", quote, marginPart(position));
  }

  free(account: string, market: Market, asset: string): Amount {
    return this.ledger.balance(walletOf(account, market), "wallet", asset);
  }

  /** Files an amended order under its new client id. */
  renameOrder(order: VenueOrder, clientId: string): void {
    order.client_id = clientId;
    this.byClientId.set(`${order.account}|${marketOf(order.instrument)}|${clientId}`, order.order_id);
  }

  indexOrder(order: VenueOrder): void {
    this.orders.set(order.order_id, order);
    this.open.add(order, isConditional(order));
    this.byClientId.set(`${order.account}|${marketOf(order.instrument)}|${order.client_id}`, order.order_id);
    append(this.ordersByPair, `${order.account}|${order.instrument}`, order);
  }

  addTrade(trade: VenueTrade): void {
    this.trades.push(trade);
    append(this.tradesByOrder, trade.order_id, trade);
    append(this.tradesByPair, `${trade.account}|${trade.instrument}`, trade);
  }

  tradesOfOrder(orderId: number): readonly VenueTrade[] {
    return this.tradesByOrder.get(orderId) ?? [];
  }

  tradesOf(account: string, instrument: InstrumentId): readonly VenueTrade[] {
    return this.tradesByPair.get(`${account}|${instrument}`) ?? [];
  }

  ordersOf(account: string, instrument: InstrumentId): readonly VenueOrder[] {
    return this.ordersByPair.get(`${account}|${instrument}`) ?? [];
  }

  indexAlgo(algo: VenueAlgo): void {
    this.algos.set(algo.algo_id, algo);
    this.openAlgos.set(algo.algo_id, algo);
    this.algoByClientId.set(`${algo.account}|${algo.client_id}`, algo.algo_id);
  }

  orderByClientId(account: string, market: Market, clientId: string): VenueOrder | undefined {
    const id = this.byClientId.get(`${account}|${market}|${clientId}`);
    return id === undefined ? undefined : this.orders.get(id);
  }

  algoOfClientId(account: string, clientId: string): VenueAlgo | undefined {
    const id = this.algoByClientId.get(`${account}|${clientId}`);
    return id === undefined ? undefined : this.algos.get(id);
  }

  /** The open order that has this client id now. */
  openByClientId(account: string, market: Market, clientId: string): VenueOrder | undefined {
    const order = this.orderByClientId(account, market, clientId);
    return order && isOpen(order) && order.client_id === clientId ? order : undefined;
  }

  /** Open orders of an account on a market or one instrument, oldest first. */
  openOrders(account: string, where: { market?: Market; instrument?: InstrumentId }): VenueOrder[] {
    const markets = where.instrument ? [marketOf(where.instrument)] : where.market ? [where.market] : MARKETS;
    const found: VenueOrder[] = [];
    for (const market of markets) {
      for (const order of this.open.of(account, market)) {
        if (where.instrument === undefined || order.instrument === where.instrument) found.push(order);
      }
    }
    return found;
  }

  addIncome(row: Omit<Income, "income_id">): void {
    this.income.push({ income_id: this.income.length + 1, ...row });
  }
}

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** The state as plain values in key order: what its hash is taken over. */
export function canonical(state: ExchangeState): unknown {
  return {
    ledger: state.ledger.all(),
    orders: [...state.orders.values()],
    algos: [...state.algos.values()],
    lists: [...state.lists.values()],
    prevented: state.prevented,
    amendments: state.amendments,
    bnb_burn: [...state.bnbBurn].sort(),
    ...state.futures.canonical(),
    trades: state.trades.length,
    last_trade: state.trades.at(-1),
    income: state.income.length,
    seq: [state.order_seq, state.trade_seq, state.algo_seq, state.list_seq],
    // Left out where there are none, so that the hash of a state from before there were any stays what it was.
    ...(state.keysOff.size > 0 && { keys_off: [...state.keysOff].sort() }),
  };
}

export const amountOf = (text: string | undefined): Amount | undefined => (text === undefined ? undefined : dec(text));
