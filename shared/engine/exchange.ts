/** The exchange's account side: takes commands, meets the market through its Matcher, and turns both into facts. */
import { type InstrumentId, type Market, marketOf } from "../domain/instrument.ts";
import { type Amount, abs, add, dec, mul, show, sub, toStep, toSteps, zero } from "../domain/money.ts";
import { applyFact, mustOrder } from "./apply.ts";
import {
  decideKnockOut,
  decideMargin,
  decideSpotHold,
  endReason,
  feeOf,
  futuresFunds,
  isFutures,
  notionalMax,
  type PlaceOrder,
  Refusal,
  reducibleQty,
  spotMarketCost,
  sweep,
} from "./checks.ts";
import type { Batch, EndReason, Fact, MarginType, OrderTerms } from "./facts.ts";
import { initialMargin, isLiquidatable, type Position } from "./futures.ts";
import { type Listing, priceOf, qtyOf, SETTLE_STEP } from "./listing.ts";
import type { MatchEvent, Matcher } from "./matcher.ts";
import { ExchangeState, holdOf, isOpen, remaining, type VenueOrder, walletOf } from "./state.ts";

export interface ExchangeDeps {
  readonly listings: readonly Listing[];
  matcher(instrument: InstrumentId): Matcher;
  /** Makes the batch durable before it returns; when it throws, the exchange takes nothing more. */
  write(batch: Batch): void;
  /** After a fact is applied and before it is durable: for preparing what to tell. */
  heard(fact: Fact, at: number): void;
  /** After the batch is durable: now tell. */
  flush(): void;
}

const OPEN_ORDERS_MAX = 200;

/** All methods but the queries run inside `run`. */
export class Exchange {
  readonly state: ExchangeState;
  readonly deps: ExchangeDeps;
  private pending: Fact[] = [];
  private at = 0;
  private depth = 0;
  private readonly marks = new Map<InstrumentId, Amount>();
  private broken: unknown;
  private deferred: (() => void)[] = [];

  constructor(deps: ExchangeDeps) {
    this.deps = deps;
    this.state = new ExchangeState(deps.listings);
  }

  /** Runs one command at `at` (epoch ms): what it did is durable and told when this returns. Nested runs join. */
  run<T>(at: number, command: () => T): T {
    if (this.broken !== undefined) throw this.broken;
    this.at = at;
    this.depth += 1;
    try {
      return command();
    } finally {
      this.depth -= 1;
      if (this.depth === 0) this.commit();
    }
  }

  /** Runs `work` now, or after the command that is at work: a market that speaks while it is asked must not cut in. */
  whenIdle(work: () => void): void {
    this.deferred.push(work);
    if (this.depth === 0) this.drain();
  }

  private drain(): void {
    while (this.deferred.length > 0 && this.depth === 0) this.deferred.shift()?.();
  }

  private commit(): void {
    if (this.pending.length > 0) this.write();
    this.drain();
  }

  private write(): void {
    const facts = this.pending;
    this.pending = [];
    try {
      this.deps.write({ at: this.at, facts });
    } catch (error) {
      this.broken = error;
      throw error;
    }
    this.deps.flush();
  }

  /** Applies a fact now; it is written with the command's others. */
  record(fact: Fact): void {
    applyFact(this.state, fact, this.at);
    this.pending.push(fact);
    this.deps.heard(fact, this.at);
  }

  get time(): number {
    return this.at;
  }

  mark(instrument: InstrumentId): Amount | undefined {
    return this.marks.get(instrument);
  }

  setMark(instrument: InstrumentId, mark: Amount): void {
    this.marks.set(instrument, mark);
  }

  /** Puts restored working orders back on the books there are, oldest first; what crosses there trades. */
  rebook(hasBook: (instrument: InstrumentId) => boolean): void {
    for (const order of [...this.state.open.values()]) {
      if (!order.working || !hasBook(order.instrument)) continue;
      const { step, tick } = this.state.listing(order.instrument);
      const place = { id: String(order.order_id), side: order.side, kind: "limit", tif: "GTC" } as const;
      const steps = { ticks: toSteps(order.price, tick), lots: toSteps(remaining(order), step) };
      this.settle(order.instrument, this.deps.matcher(order.instrument).place({ ...place, ...steps }));
    }
  }

  move(account: string, market: Market, change: { asset: string; qty: Amount; why: string }): void {
    if (change.qty < 0n && add(this.state.free(account, market, change.asset), change.qty) < 0n) {
      throw new Refusal("NO_BALANCE");
    }
    this.record({ fact: "moved", account, market, ...change, qty: show(change.qty) });
  }

  /** Takes an order or throws a Refusal; answers it as it stands after matching. */
  place(asked: PlaceOrder): VenueOrder {
    const { state } = this;
    const listing = state.listing(asked.instrument);
    const open = state.openOrders(asked.account, { market: listing.market });
    if (open.some((other) => other.client_id === asked.client_id)) throw new Refusal("DUPLICATE_ID");
    if (open.length >= OPEN_ORDERS_MAX && !asked.reduce_only) throw new Refusal("TOO_MANY");
    const order = this.sized(asked);
    const funds = isFutures(order.instrument) ? this.checkMargin(order) : this.checkSpot(order);
    const id = state.order_seq + 1;
    const events = this.deps.matcher(order.instrument).place({
      id: String(id),
      side: order.side,
      kind: order.type === "MARKET" ? "market" : "limit",
      ticks: order.type === "MARKET" ? 0 : toSteps(order.price, listing.tick),
      lots: toSteps(order.qty, listing.step),
      tif: order.type === "LIMIT_MAKER" ? "GTX" : order.tif,
    });
    this.refuseUnrecorded(order, events);
    this.record({ fact: "accepted", order: terms(order, id), ...funds });
    this.settle(order.instrument, events);
    return mustOrder(state, id);
  }

  /** The order with the quantity it can really have. */
  private sized(asked: PlaceOrder): PlaceOrder {
    const listing = this.state.listing(asked.instrument);
    if (asked.reduce_only) {
      const order = { ...asked, qty: reducibleQty(this.state, asked) };
      if (this.isCrowdedOut(order)) throw new Refusal("REDUCE_ONLY");
      return order;
    }
    if (asked.quote_qty === undefined) return asked;
    const matcher = this.deps.matcher(asked.instrument);
    const { lots } = sweep(matcher, listing, { side: asked.side, spend: asked.quote_qty });
    if (lots === 0) throw new Refusal("NO_DEPTH");
    return { ...asked, qty: qtyOf(listing, lots) };
  }

  /** True when resting reduce-only orders leave too little of the position, so that this one could reverse it; MARKET goes first. */
  private isCrowdedOut(order: PlaceOrder): boolean {
    if (order.type === "MARKET") return false;
    const { qty } = this.state.position(order.account, order.instrument);
    let left = abs(qty);
    for (const other of this.state.openOrders(order.account, { instrument: order.instrument })) {
      if (other.reduce_only) left = sub(left, remaining(other));
    }
    return order.qty > left;
  }

  /** Maker-only orders that would take, and on futures fill-or-kill orders that cannot fill, leave no record. */
  private refuseUnrecorded(order: PlaceOrder, events: readonly MatchEvent[]): void {
    const [first] = events;
    if (first?.kind !== "done") return;
    if (first.why === "would_take") throw new Refusal("WOULD_TAKE");
    if (order.tif === "FOK" && isFutures(order.instrument)) throw new Refusal("FOK");
  }

  private checkMargin(order: PlaceOrder): { hold: null; margin: string } {
    if (order.forced) return { hold: null, margin: "0" };
    const { margin, fee } = decideMargin(this.state, this.deps.matcher(order.instrument), order);
    const { available } = futuresFunds(this.state, order.account, (instrument) => this.marks.get(instrument));
    if (margin > 0n && add(margin, fee) > available) throw new Refusal("NO_MARGIN");
    return { hold: null, margin: show(margin) };
  }

  private checkSpot(order: PlaceOrder): { hold: { asset: string; qty: string } | null; margin: string } {
    const listing = this.state.listing(order.instrument);
    const hold = decideSpotHold(listing, order);
    const needed = hold ?? spotMarketCost(listing, this.deps.matcher(order.instrument), order);
    if (needed.qty > this.state.free(order.account, "SPOT", needed.asset)) throw new Refusal("NO_BALANCE");
    return { hold: hold ? { asset: hold.asset, qty: show(hold.qty) } : null, margin: "0" };
  }

  /** Books what the market did to our orders, then what follows from it. */
  settle(instrument: InstrumentId, events: readonly MatchEvent[], reason?: EndReason): void {
    const touched = new Set<VenueOrder>();
    for (const event of events) {
      const order = this.state.open.get(Number(event.orderId));
      if (!order || event.kind === "resting") continue;
      touched.add(order);
      if (event.kind === "trade") this.trade(order, event);
      else this.record({ fact: "ended", order_id: order.order_id, reason: reason ?? endReason(event.why) });
    }
    const accounts = new Set([...touched].map((order) => order.account));
    for (const order of touched) this.afterLeg(order);
    if (isFutures(instrument)) for (const account of accounts) this.knockOut(account, instrument);
  }

  private trade(order: VenueOrder, event: Extract<MatchEvent, { kind: "trade" }>): void {
    const listing = this.state.listing(order.instrument);
    const price = priceOf(listing, event.ticks);
    const qty = qtyOf(listing, event.lots);
    const inBase = listing.market === "SPOT" && order.side === "BUY";
    const rate = feeOf(listing, event.maker);
    const fee = toStep(mul(inBase ? qty : mul(price, qty), rate), SETTLE_STEP, "nearest");
    this.record({
      fact: "traded",
      trade_id: this.state.trade_seq + 1,
      order_id: order.order_id,
      price: show(price),
      qty: show(qty),
      maker: event.maker,
      fee: show(order.forced ? zero : fee),
      fee_asset: inBase ? listing.base : listing.quote,
    });
  }

  /** A leg that works or ends by itself takes the other with it; one that ended for the list's sake does not. */
  private afterLeg(order: VenueOrder): void {
    if (order.end_reason !== "list") this.endOthers(order, order.status === "CANCELED" ? "canceled" : "list");
    this.closeList(order);
  }

  /** Ends the other legs of the order's list. */
  endOthers(order: VenueOrder, reason: EndReason): void {
    const list = order.list_id === undefined ? undefined : this.state.lists.get(order.list_id);
    for (const id of list?.order_ids ?? []) {
      const other = mustOrder(this.state, id);
      if (other !== order && isOpen(other)) this.end(other, reason);
    }
  }

  /** A list is done when none of its legs is open. */
  closeList(order: VenueOrder): void {
    const list = order.list_id === undefined ? undefined : this.state.lists.get(order.list_id);
    if (!list || list.done || list.order_ids.some((id) => isOpen(mustOrder(this.state, id)))) return;
    this.record({ fact: "list_ended", list_id: list.list_id });
  }

  /** Whether hold and wallet together pay for a buying market order, by the book as it stands. */
  canCarry(order: VenueOrder): boolean {
    const listing = this.state.listing(order.instrument);
    const { quote } = listing;
    const want = { side: order.side, lots: toSteps(remaining(order), listing.step) };
    const { value } = sweep(this.deps.matcher(order.instrument), listing, want);
    const held = this.state.ledger.balance(walletOf(order.account, "SPOT"), "hold", quote, holdOf(order));
    return value <= add(held, this.state.free(order.account, "SPOT", quote));
  }

  private knockOut(account: string, instrument: InstrumentId): void {
    for (const order of decideKnockOut(this.state, account, instrument)) this.end(order, "knocked_out");
  }

  /** Takes an open order off its book and ends it. */
  end(order: VenueOrder, reason: EndReason): void {
    if (!order.working) {
      this.record({ fact: "ended", order_id: order.order_id, reason });
      this.afterLeg(order);
      return;
    }
    const events = this.deps.matcher(order.instrument).cancel(String(order.order_id));
    if (events.length > 0) this.settle(order.instrument, events, reason);
    else this.record({ fact: "ended", order_id: order.order_id, reason });
  }

  find(account: string, market: Market, by: { order_id?: number; client_id?: string }): VenueOrder | undefined {
    const { order_id, client_id } = by;
    const found =
      order_id === undefined
        ? this.state.orderByClientId(account, market, client_id ?? "")
        : this.state.orders.get(order_id);
    return found?.account === account && marketOf(found.instrument) === market ? found : undefined;
  }

  /** Throws UNKNOWN_ORDER for one that is not open. */
  cancel(order: VenueOrder | undefined): VenueOrder {
    if (!order || !isOpen(order)) throw new Refusal("UNKNOWN_ORDER");
    this.end(order, "canceled");
    return order;
  }

  setLeverage(account: string, instrument: InstrumentId, leverage: number): void {
    const position = this.state.position(account, instrument);
    if (position.leverage === leverage) return;
    if (position.margin_type === "ISOLATED" && position.qty !== zero && leverage < position.leverage) {
      throw new Refusal("LEVERAGE");
    }
    this.checkLeverage(position, leverage);
    this.record({ fact: "leverage", account, instrument, leverage });
  }

  /** A higher leverage must carry the position's size, and must not liquidate it at once. */
  private checkLeverage(position: Position, leverage: number): void {
    if (position.qty === zero) return;
    const listing = this.state.listing(position.instrument);
    if (abs(position.cost) > notionalMax(listing, leverage)) throw new Refusal("MAX_POSITION");
    const mark = this.marks.get(position.instrument);
    if (mark === undefined || position.margin_type !== "ISOLATED") return;
    const margin = initialMargin(abs(position.cost), leverage);
    if (isLiquidatable(listing, position, { mark, margin })) throw new Refusal("NO_MARGIN");
  }

  setMarginType(account: string, instrument: InstrumentId, margin_type: MarginType): void {
    const position = this.state.position(account, instrument);
    if (position.margin_type === margin_type) throw new Refusal("NO_CHANGE");
    if (position.qty !== zero) throw new Refusal("HAS_POSITION");
    if (this.state.openOrders(account, { instrument }).length > 0) throw new Refusal("HAS_ORDERS");
    this.record({ fact: "margin_type", account, instrument, margin_type });
  }
}

function terms(order: PlaceOrder, id: number): OrderTerms {
  return {
    order_id: id,
    client_id: order.client_id,
    account: order.account,
    instrument: order.instrument,
    side: order.side,
    type: order.type,
    tif: order.tif,
    price: show(order.type === "MARKET" ? dec("0") : order.price),
    qty: show(order.qty),
    reduce_only: order.reduce_only ?? false,
    close_position: order.close_position ?? false,
    ...(order.quote_qty === undefined ? {} : { quote_qty: show(order.quote_qty) }),
    ...(order.algo_id === undefined ? {} : { algo_id: order.algo_id }),
    ...(order.forced ? { forced: true } : {}),
  };
}
