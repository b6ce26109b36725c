/** A small exchange on the virtual clock for the router's tests: it takes orders, tells of them, and fails on demand. */
import type { ExchangeFill, ExchangeOrder, SubmitOrder } from "../../shared/contracts.ts";
import type { Instrument, InstrumentId } from "../../shared/domain/instrument.ts";
import { add, dec, min, mul, neg, show, sub, zero } from "../../shared/domain/money.ts";
import { isTerminal } from "../../shared/domain/order.ts";
import { Problem } from "../../shared/errors.ts";
import type { Clock } from "../../shared/kit/ports.ts";
import type { AccountEvent } from "../../shared/streams.ts";
import type { ExchangeCalls } from "./types.ts";

const LISTINGS: Instrument[] = (["FUT", "SPOT"] as const).map((market) => ({
  instrument: `${market}:BTCUSDT`,
  market,
  symbol: "BTCUSDT",
  base: "BTC",
  quote: "USDT",
  status: "TRADING",
  tick_size: "0.1",
  step_size: market === "FUT" ? "0.001" : "0.00001",
  min_qty: market === "FUT" ? "0.001" : "0.00001",
  max_qty: "1000",
  min_notional: "5",
  price_up: "1.05",
  price_down: "0.95",
  updated_at: 0,
}));

/** A futures contract like the one that every test trades. */
export const listingOf = (symbol: string): Instrument => ({
  ...(LISTINGS[0] as Instrument),
  instrument: `FUT:${symbol}`,
  symbol,
  base: symbol.replace("USDT", ""),
});

export type Fault =
  | "none"
  /** Taken, but the answer is lost. */
  | "lost_answer"
  /** Never taken, and nobody says so. */
  | "lost_request"
  | { refuse: string };

type Held = ExchangeOrder & { entry: boolean; list?: string };

export class FakeExchange {
  readonly orders = new Map<string, Held>();
  readonly fills: (ExchangeFill & { client_order_id: string; instrument: string; side: "BUY" | "SELL" })[] = [];
  /** Every order ever taken, by client id: the journal. */
  readonly journal: string[] = [];
  listings: readonly Instrument[] = LISTINGS;
  /** What the next orders meet, first come first served. */
  readonly faults: Fault[] = [];
  readonly positions = new Map<InstrumentId, bigint>();
  hear: (event: AccountEvent) => unknown = () => undefined;
  bid = "60000";
  ask = "60000.1";
  answerMs = 20;
  eventMs = 10;
  /** Each event comes this often. */
  eventCopies = 1;
  reachable = true;
  /** What is left of the exchange's weight is kept for exits: of lists only those are told for which one waits. */
  isKeptForExits = false;
  /** Until then queries answer that there is no such order. */
  forgetfulUntil = 0;
  feeAsset = "USDT";
  /** Of which instruments open orders were asked for, or `all`. */
  readonly askedOpen: string[] = [];
  private seq = 0;
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  readonly calls: ExchangeCalls = {
    submitOrder: (order) => this.submit(order as SubmitOrder),
    submitOco: async (pair) => {
      const fault = this.faults.shift();
      if (typeof fault === "object") throw new Problem("EXCHANGE_REFUSED", fault.refuse);
      const { instrument, side } = pair;
      const shared = { account: "main", instrument, side, reduce_only: false, entry: false, qty: String(pair.qty) };
      const tp = { ...shared, client_order_id: pair.take_profit_client_order_id, type: "LIMIT_MAKER" as const };
      const sl = { ...shared, client_order_id: pair.stop_client_order_id, type: "STOP_MARKET" as const };
      const list = pair.list_client_order_id;
      this.take({ ...tp, price: String(pair.take_profit_price) }, list);
      this.take({ ...sl, stop_price: String(pair.stop_price) }, list);
      await this.answer();
      if (fault === "lost_answer") throw new Problem("EXCHANGE_UNKNOWN", "no answer");
      return { orders: [this.said(tp.client_order_id), this.said(sl.client_order_id)] };
    },
    cancelOrder: async ({ client_order_id }) => {
      await this.answer();
      const order = this.orders.get(client_order_id);
      if (!order || isTerminal(order.status)) throw new Problem("NOT_FOUND", "-2011 Unknown order sent.");
      this.cancelPair(order);
      return this.said(client_order_id);
    },
    queryOrder: async ({ client_order_id }) => {
      await this.answer();
      if (!this.orders.has(client_order_id) || this.clock.now() < this.forgetfulUntil) {
        throw new Problem("NOT_FOUND", "-2013 Order does not exist.");
      }
      return this.said(client_order_id);
    },
    getOpenOrders: async ({ instrument, for_exit }) => {
      await this.list(for_exit);
      this.askedOpen.push(instrument ?? "all");
      const open = [...this.orders.values()].filter((o) => !isTerminal(o.status));
      return { orders: open.filter((o) => instrument === undefined || o.instrument === instrument) };
    },
    getFills: async ({ instrument, order_id, for_exit }) => {
      await this.list(order_id !== undefined || for_exit);
      return {
        fills: this.fills.filter((f) => f.instrument === instrument && (!order_id || f.order_id === order_id)),
      };
    },
    getPositions: async () => {
      await this.answer();
      const positions = [...this.positions].map(([instrument, qty]) => ({
        account: "main",
        instrument,
        qty: show(qty as never),
        entry_price: "0",
        mark_price: "0",
        unrealised_usdt: "0",
        leverage: 20,
        isolated_margin_usdt: "0",
        updated_at: 0,
      }));
      return { positions };
    },
    getBalances: async () => {
      await this.answer();
      const qty = show((this.positions.get("SPOT:BTCUSDT") ?? 0n) as never);
      return { balances: [{ market: "SPOT" as const, asset: "BTC", free: qty, locked: "0", updated_at: 0 }] };
    },
    getInstruments: async () => ({ instruments: [...this.listings] }),
    getHistory: async () => ({ source: "EXCHANGE" as const, bars: [] }),
    getFundingRates: async () => ({ rates: [] }),
    setKill: async ({ epoch }) => ({ epoch, outstanding: [] }),
    getIncome: async () => ({ income: [] }),
    transfer: () => Promise.reject(new Problem("FORBIDDEN", "the router moves no money")),
  };

  /** A conditional order's price is reached. */
  trigger(clientId: string): void {
    const order = this.orders.get(clientId);
    if (!order || isTerminal(order.status)) return;
    order.order_id = String(++this.seq);
    order.conditional = false;
    this.execute(order, order.qty, false);
  }

  /** Somebody takes from a resting order. */
  fill(clientId: string, qty: string): void {
    const order = this.orders.get(clientId);
    if (order && !isTerminal(order.status)) this.execute(order, qty, true);
  }

  /** The exchange ends an order by itself. */
  end(clientId: string, status: Held["status"]): void {
    const order = this.orders.get(clientId) as Held;
    order.status = status;
    this.tell(order);
  }

  live(): Held[] {
    return [...this.orders.values()].filter((order) => !isTerminal(order.status));
  }

  private async submit(order: SubmitOrder): Promise<ExchangeOrder> {
    const fault = this.faults.shift();
    if (!this.reachable) throw new Problem("EXCHANGE_UNKNOWN", "connection lost");
    await this.clock.sleep(this.answerMs / 2);
    if (typeof fault === "object") throw new Problem("EXCHANGE_REFUSED", fault.refuse);
    if (fault !== "lost_request") this.take(order);
    await this.clock.sleep(this.answerMs / 2);
    if (fault !== undefined && fault !== "none") throw new Problem("EXCHANGE_UNKNOWN", "no answer");
    return this.said(order.client_order_id);
  }

  private take(order: SubmitOrder, list?: string): void {
    if (this.live().some((o) => o.client_order_id === order.client_order_id))
      throw new Problem("EXCHANGE_REFUSED", "-4116: ClientOrderId is duplicated.");
    const conditional = order.type === "STOP_MARKET" || order.type === "TAKE_PROFIT_MARKET";
    if (order.reduce_only && !conditional && this.reducible(order) === zero) {
      throw new Problem("EXCHANGE_REFUSED", "-2022 ReduceOnly Order is rejected.");
    }
    this.journal.push(order.client_order_id);
    const held: Held = {
      instrument: order.instrument,
      client_order_id: order.client_order_id,
      order_id: String(++this.seq),
      status: "NEW",
      side: order.side,
      type: order.type,
      qty: order.qty,
      ...(order.price === undefined ? {} : { price: order.price }),
      ...(order.stop_price === undefined ? {} : { stop_price: order.stop_price }),
      filled_qty: "0",
      reduce_only: order.reduce_only,
      conditional,
      updated_at: this.clock.now(),
      entry: order.entry,
      ...(list === undefined ? {} : { list }),
    };
    this.orders.set(held.client_order_id, held);
    this.tell(held);
    if (order.type === "MARKET") this.execute(held, held.qty, false);
  }

  private reducible(order: { instrument: string; side: string }) {
    const position = (this.positions.get(order.instrument) ?? 0n) as typeof zero;
    const against = order.side === "SELL" ? position : neg(position);
    return against > 0n ? against : zero;
  }

  private execute(order: Held, wanted: string, maker: boolean): void {
    let qty = dec(wanted);
    if (order.reduce_only) qty = min(qty, this.reducible(order));
    if (qty === zero) {
      order.status = "EXPIRED";
      this.tell(order);
      return;
    }
    const price = maker ? (order.price ?? (order.stop_price as string)) : order.side === "BUY" ? this.ask : this.bid;
    order.filled_qty = show(add(dec(order.filled_qty), qty));
    order.avg_price = price;
    order.status = dec(order.filled_qty) >= dec(order.qty) ? "FILLED" : "PARTIALLY_FILLED";
    order.updated_at = this.clock.now();
    const baseFee = this.feeAsset === "BTC";
    const received = baseFee ? sub(qty, mul(qty, dec("0.001"))) : qty;
    const signed = order.side === "BUY" ? received : neg(qty);
    const before = (this.positions.get(order.instrument) ?? 0n) as typeof zero;
    this.positions.set(order.instrument, add(before, signed));
    const fill = {
      fill_id: String(++this.seq),
      order_id: order.order_id,
      price,
      qty: show(qty),
      fee: show(baseFee ? mul(qty, dec("0.001")) : mul(mul(qty, dec(price)), dec("0.0005"))),
      fee_asset: this.feeAsset,
      maker,
      ts: this.clock.now(),
    };
    const { client_order_id, instrument, side } = order;
    this.fills.push({ ...fill, client_order_id, instrument, side });
    this.tell(order, fill);
    if (order.list !== undefined && order.status === "FILLED") this.cancelOthers(order);
    if (order.reduce_only && order.status !== "FILLED" && this.reducible(order) === zero) order.status = "EXPIRED";
  }

  private cancelPair(order: Held): void {
    order.status = "CANCELED";
    this.tell(order);
    if (order.list !== undefined) this.cancelOthers(order);
  }

  private cancelOthers(order: Held): void {
    for (const other of this.live().filter((o) => o.list === order.list)) {
      other.status = "CANCELED";
      this.tell(other);
    }
  }

  private tell(order: Held, fill?: ExchangeFill): void {
    const { ts: _ts, order_id: _id, ...told } = fill ?? ({} as ExchangeFill);
    const event: AccountEvent = {
      kind: "execution",
      account: "main",
      instrument: order.instrument,
      client_order_id: order.client_order_id,
      order_id: order.order_id,
      status: order.status,
      side: order.side,
      type: order.type,
      filled_qty: order.filled_qty,
      ...(order.avg_price === undefined ? {} : { avg_price: order.avg_price }),
      ...(fill ? { fill: told } : {}),
      exch_ts: this.clock.now(),
      ts: this.clock.now(),
    };
    for (let copy = 0; copy < this.eventCopies; copy++) this.clock.after(this.eventMs, () => this.hear(event));
  }

  private said(clientId: string): ExchangeOrder {
    const { entry: _entry, list: _list, ...order } = this.orders.get(clientId) as Held;
    return { ...order };
  }

  private list(forExit = false): Promise<void> {
    if (this.isKeptForExits && !forExit) throw new Problem("RATE_LIMITED", "kept for exits");
    return this.answer();
  }

  private async answer(): Promise<void> {
    if (!this.reachable) throw new Problem("UNAVAILABLE", "connection lost");
    await this.clock.sleep(this.answerMs);
  }
}

/** The signed position that the exchange's own fills add up to. */
export const netOf = (fills: FakeExchange["fills"], instrument: string): string =>
  show(
    fills
      .filter((fill) => fill.instrument === instrument)
      .reduce((net, fill) => (fill.side === "BUY" ? add(net, dec(fill.qty)) : sub(net, dec(fill.qty))), zero),
  );
