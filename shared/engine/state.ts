/** The account side of an exchange as its facts left it: money, orders, conditional orders, lists, positions, trades. */
import { type InstrumentId, type Market, marketOf } from "../domain/instrument.ts";
import { type Amount, add, dec, sub, zero } from "../domain/money.ts";
import type { Side } from "../domain/order.ts";
import type { AlgoType, EndReason, ListTerms, MarginType, MatchType, Tif, WorkingType } from "./facts.ts";
import type { Position } from "./futures.ts";
import { Ledger } from "./ledger.ts";
import type { Listing } from "./listing.ts";

export type VenueStatus = "NEW" | "PARTIALLY_FILLED" | "FILLED" | "CANCELED" | "EXPIRED";

export interface VenueOrder {
  readonly order_id: number;
  readonly client_id: string;
  readonly account: string;
  readonly instrument: InstrumentId;
  readonly side: Side;
  readonly type: MatchType;
  readonly tif: Tif;
  readonly price: Amount;
  readonly qty: Amount;
  readonly reduce_only: boolean;
  readonly close_position: boolean;
  readonly stop_price: Amount | undefined;
  readonly quote_qty: Amount | undefined;
  readonly list_id: number | undefined;
  readonly algo_id: number | undefined;
  readonly forced: boolean;
  filled: Amount;
  quote_filled: Amount;
  status: VenueStatus;
  end_reason: EndReason | undefined;
  /** False while a stop leg waits for its price. */
  working: boolean;
  /** Futures: margin kept free for it when it was accepted. */
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
  status: "NEW" | "TRIGGERED" | "FINISHED" | "CANCELED" | "EXPIRED" | "REJECTED";
  reason: string;
  order_id: number | undefined;
  triggered_at: number;
  readonly created_at: number;
  updated_at: number;
}

export interface VenueList extends ListTerms {
  readonly order_ids: number[];
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
}

/** The ledger's name of an account's wallet on one market. */
export const walletOf = (account: string, market: Market): string => `${account}:${market}`;
/** Under which a spot hold is kept: a list's legs share one. */
export const holdOf = (order: { order_id: number; list_id?: number | undefined }): string =>
  order.list_id === undefined ? `o${order.order_id}` : `l${order.list_id}`;
export const isOpen = (order: VenueOrder): boolean => order.status === "NEW" || order.status === "PARTIALLY_FILLED";
export const remaining = (order: VenueOrder): Amount => sub(order.qty, order.filled);

const DEFAULT_LEVERAGE = 20;

export class ExchangeState {
  readonly ledger = new Ledger();
  readonly orders = new Map<number, VenueOrder>();
  readonly open = new Map<number, VenueOrder>();
  readonly algos = new Map<number, VenueAlgo>();
  readonly openAlgos = new Map<number, VenueAlgo>();
  readonly lists = new Map<number, VenueList>();
  readonly positions = new Map<string, Position>();
  readonly trades: VenueTrade[] = [];
  private readonly tradesByOrder = new Map<number, VenueTrade[]>();
  /** Of one account on one instrument, oldest first: `account|instrument`. */
  private readonly tradesByPair = new Map<string, VenueTrade[]>();
  private readonly ordersByPair = new Map<string, VenueOrder[]>();
  readonly income: Income[] = [];
  readonly accounts = new Set<string>();
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
  position(account: string, instrument: InstrumentId): Position {
    const key = `${account}|${instrument}`;
    let position = this.positions.get(key);
    if (!position) {
      const flat = { qty: zero, cost: zero, realised: zero, updated_at: 0 };
      position = { account, instrument, ...flat, leverage: DEFAULT_LEVERAGE, margin_type: "CROSSED" as MarginType };
      this.positions.set(key, position);
    }
    return position;
  }

  isolatedMargin(position: Position): Amount {
    const { quote } = this.listing(position.instrument);
    return this.ledger.balance(walletOf(position.account, "FUT"), "margin", quote, position.instrument);
  }

  free(account: string, market: Market, asset: string): Amount {
    return this.ledger.balance(walletOf(account, market), "wallet", asset);
  }

  indexOrder(order: VenueOrder): void {
    this.orders.set(order.order_id, order);
    this.open.set(order.order_id, order);
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

  /** Open orders of an account on a market or one instrument, oldest first. */
  openOrders(account: string, where: { market?: Market; instrument?: InstrumentId }): VenueOrder[] {
    const found: VenueOrder[] = [];
    for (const order of this.open.values()) {
      if (order.account !== account) continue;
      if (where.instrument !== undefined && order.instrument !== where.instrument) continue;
      if (where.market !== undefined && marketOf(order.instrument) !== where.market) continue;
      found.push(order);
    }
    return found;
  }

  /** Margin that open futures orders keep from being used, by what is left of each. */
  orderMargin(account: string): Amount {
    let total = zero;
    for (const order of this.open.values()) {
      if (order.account !== account || order.margin === zero) continue;
      total = add(total, ((order.margin * remaining(order)) / order.qty) as Amount);
    }
    return total;
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
    positions: [...state.positions.entries()]
      .filter(([, position]) => position.updated_at > 0)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
    trades: state.trades.length,
    last_trade: state.trades.at(-1),
    income: state.income.length,
    seq: [state.order_seq, state.trade_seq, state.algo_seq, state.list_seq],
  };
}

export const amountOf = (text: string | undefined): Amount | undefined => (text === undefined ? undefined : dec(text));
