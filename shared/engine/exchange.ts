/** The exchange's account side: takes commands, meets the market through its Matcher, and turns both into facts. */
import { type InstrumentId, type Market, marketOf } from "../domain/instrument.ts";
import { type Amount, add, dec, mul, show, toStep, toSteps, zero } from "../domain/money.ts";
import { applyFact, mustOrder } from "./apply.ts";
import {
  decideSpotHold,
  endReason,
  feeOf,
  isFutures,
  type PlaceOrder,
  Refusal,
  spotMarketCost,
  sweep,
} from "./checks.ts";
import type { Batch, EndReason, Fact, OrderTerms } from "./facts.ts";
import { followLeg, forMarket } from "./legs.ts";
import { type Listing, priceOf, qtyOf, SETTLE_STEP } from "./listing.ts";
import { decideKnockOut, decideMargin, futuresFunds, reduces, reducibleQty } from "./margin.ts";
import type { MatchEvent, Matcher } from "./matcher.ts";
import { decideSpotFee, type SpotFill } from "./spot-fees.ts";
import { ExchangeState, holdOf, isOpen, remaining, type VenueOrder, walletOf } from "./state.ts";

export interface ExchangeDeps {
  readonly listings: readonly Listing[];
  matcher(instrument: InstrumentId): Matcher;
  /** Makes the batch durable before it returns; when it throws, the exchange takes nothing more. */
  write(batch: Batch): void;
  /** The last price of a public trade, where the fee or a trigger needs one. */
  lastPrice?(instrument: InstrumentId): Amount | undefined;
  /** After a fact is applied and before it is durable: for preparing what to tell. */
  heard(fact: Fact, at: number): void;
  /** After the batch is durable: now tell. */
  flush(): void;
}

interface Ending {
  readonly reason: EndReason;
  readonly cancel_id?: string;
}

/** Of an account, over all symbols; spot limits them by symbol, in its filters. */
const FUTURES_OPEN_MAX = 200;

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
      // What one of them trades on its way may end another.
      if (!isOpen(order) || !order.working || !hasBook(order.instrument)) continue;
      const listing = this.state.listing(order.instrument);
      const sent = forMarket(listing, order, { order_id: order.order_id, qty: remaining(order) });
      const resting = { ...sent, tif: "GTC", stp: "NONE" } as const;
      this.settle(order.instrument, this.deps.matcher(order.instrument).place(resting));
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
    if (state.openByClientId(asked.account, listing.market, asked.client_id)) throw new Refusal("DUPLICATE_ID");
    const isFull = isFutures(asked.instrument) && state.open.count(asked.account, "FUT") >= FUTURES_OPEN_MAX;
    if (isFull && !asked.reduce_only) throw new Refusal("TOO_MANY");
    const order = this.sized(asked);
    const funds = isFutures(order.instrument) ? this.checkMargin(order) : this.checkSpot(order);
    const id = state.order_seq + 1;
    const priced = { ...order, price: order.type === "MARKET" ? zero : order.price };
    const sent = forMarket(listing, priced, { order_id: id, qty: order.qty });
    const events = this.deps.matcher(order.instrument).place(sent);
    this.refuseUnrecorded(order, events);
    this.record({ fact: "accepted", order: terms(order, id), ...funds });
    if (order.algo_id !== undefined) this.record({ fact: "algo_placed", algo_id: order.algo_id, order_id: id });
    this.settle(order.instrument, events);
    return mustOrder(state, id);
  }

  /** The order with the quantity it can really have. */
  private sized(asked: PlaceOrder): PlaceOrder {
    const listing = this.state.listing(asked.instrument);
    if (isFutures(asked.instrument)) return this.sizedFutures(asked);
    if (asked.quote_qty === undefined) return asked;
    const matcher = this.deps.matcher(asked.instrument);
    const { side, quote_qty: spend, account: owner, stp = "NONE" } = asked;
    const { lots } = sweep(matcher, listing, { side, spend, owner, stp });
    if (lots === 0) throw new Refusal("NO_DEPTH");
    return { ...asked, qty: qtyOf(listing, lots) };
  }

  /** Closing orders are cut to what there is to close. Throws a Refusal WRONG_SIDE or REDUCE_ONLY. */
  private sizedFutures(asked: PlaceOrder): PlaceOrder {
    const { account, position_side = "BOTH", reduce_only = false } = asked;
    const dual = this.state.futures.isDual(account);
    if (!asked.forced && dual !== (position_side !== "BOTH")) throw new Refusal("WRONG_SIDE");
    if (!reduces({ side: asked.side, reduce_only, position_side })) return asked;
    return { ...asked, reduce_only: true, qty: reducibleQty(this.state, asked) };
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
    const market = { matcher: this.deps.matcher(order.instrument), mark: this.marks.get(order.instrument) };
    const { margin, beside } = decideMargin(this.state, market, order);
    const { available } = futuresFunds(this.state, order.account, (instrument) => this.marks.get(instrument));
    if (margin > 0n && add(margin, beside) > available) throw new Refusal("NO_MARGIN");
    return { hold: null, margin: show(margin) };
  }

  /** Market orders set aside too what they will need, so that no fee of the same match takes it. */
  private checkSpot(order: PlaceOrder): { hold: { asset: string; qty: string }; margin: string } {
    const listing = this.state.listing(order.instrument);
    const limited = decideSpotHold(listing, order);
    const { asset, qty } = limited ?? spotMarketCost(listing, this.deps.matcher(order.instrument), order);
    if (qty > this.state.free(order.account, "SPOT", asset)) throw new Refusal("NO_BALANCE");
    return { hold: { asset, qty: show(qty) }, margin: "0" };
  }

  /** Books what the market did to our orders, then what follows from it. */
  settle(instrument: InstrumentId, events: readonly MatchEvent[], end?: Ending): void {
    const touched = new Set<VenueOrder>();
    for (const event of events) {
      const order = this.state.open.get(Number(event.orderId));
      if (!order || event.kind === "resting") continue;
      touched.add(order);
      if (event.kind === "trade") this.trade(order, event);
      else if (event.kind === "prevented") touched.add(this.prevent(order, event));
      else this.record({ fact: "ended", order_id: order.order_id, ...(end ?? { reason: endReason(event.why) }) });
    }
    const accounts = new Set([...touched].map((order) => order.account));
    for (const order of touched) this.follow(order);
    if (isFutures(instrument)) for (const account of accounts) this.knockOut(account, instrument);
  }

  private trade(order: VenueOrder, event: Extract<MatchEvent, { kind: "trade" }>): void {
    const listing = this.state.listing(order.instrument);
    const price = priceOf(listing, event.ticks);
    const qty = qtyOf(listing, event.lots);
    const { fee, fee_asset } = this.feeOf(order, { price, qty, maker: event.maker });
    this.record({
      fact: "traded",
      trade_id: this.state.trade_seq + 1,
      order_id: order.order_id,
      price: show(price),
      qty: show(qty),
      maker: event.maker,
      fee: show(order.forced ? zero : fee),
      fee_asset,
    });
  }

  private feeOf(order: VenueOrder, fill: SpotFill): { fee: Amount; fee_asset: string } {
    const listing = this.state.listing(order.instrument);
    const last = (instrument: InstrumentId) => this.deps.lastPrice?.(instrument);
    if (listing.market === "SPOT") return decideSpotFee(this.state, order, fill, last);
    const fee = toStep(mul(mul(fill.price, fill.qty), feeOf(listing, fill.maker)), SETTLE_STEP, "nearest");
    return { fee, fee_asset: listing.quote };
  }

  /** Answers the maker, which may have ended too. */
  private prevent(taker: VenueOrder, event: Extract<MatchEvent, { kind: "prevented" }>): VenueOrder {
    const listing = this.state.listing(taker.instrument);
    const maker_id = Number(event.makerId);
    const qty = (lots: number): string => show(qtyOf(listing, lots));
    this.record({
      fact: "prevented",
      match_id: this.state.prevented.length + 1,
      ...{ order_id: taker.order_id, maker_id, stp: taker.stp, price: show(priceOf(listing, event.ticks)) },
      ...{ qty: qty(event.lots), taker_qty: qty(event.takerLots), maker_qty: qty(event.makerLots) },
    });
    return mustOrder(this.state, maker_id);
  }

  /** Whether hold and wallet together pay for a buying market order, by the book as it stands. */
  canCarry(order: VenueOrder): boolean {
    const listing = this.state.listing(order.instrument);
    const { quote } = listing;
    const { side, account: owner, stp } = order;
    const want = { side, lots: toSteps(remaining(order), listing.step), owner, stp };
    const { value } = sweep(this.deps.matcher(order.instrument), listing, want);
    const held = this.state.ledger.balance(walletOf(order.account, "SPOT"), "hold", quote, holdOf(order));
    return value <= add(held, this.state.free(order.account, "SPOT", quote));
  }

  /** Ends closing orders that the position no longer has room for. */
  knockOut(account: string, instrument: InstrumentId): void {
    for (const order of decideKnockOut(this.state, account, instrument)) {
      // Ending one looks again at the others.
      if (isOpen(order)) this.end(order, "knocked_out");
    }
  }

  /** Takes an open order off its book and ends it. */
  end(order: VenueOrder, reason: EndReason, cancel_id?: string): void {
    const ending = { reason, ...(cancel_id === undefined ? {} : { cancel_id }) };
    const { instrument, order_id } = order;
    const events = order.working ? this.deps.matcher(instrument).cancel(String(order_id)) : [];
    if (events.length > 0) {
      this.settle(instrument, events, ending);
      return;
    }
    this.record({ fact: "ended", order_id, ...ending });
    this.follow(order);
  }

  /** What an order's trade or end means for the list or the conditional order it belongs to. */
  private follow(order: VenueOrder): void {
    followLeg(this, order);
    const algo = order.algo_id === undefined ? undefined : this.state.algos.get(order.algo_id);
    if (algo?.status !== "TRIGGERED" || isOpen(order)) return;
    this.record({ fact: "algo_ended", algo_id: algo.algo_id, status: "FINISHED", reason: "" });
  }

  find(account: string, market: Market, by: { order_id?: number; client_id?: string }): VenueOrder | undefined {
    const { order_id, client_id = "" } = by;
    if (order_id === undefined) {
      const named = this.state.orderByClientId(account, market, client_id);
      // Amended orders have another id now.
      return named?.client_id === client_id ? named : undefined;
    }
    const found = this.state.orders.get(order_id);
    return found?.account === account && marketOf(found.instrument) === market ? found : undefined;
  }

  /** `cancel_id` names the cancellation. Throws UNKNOWN_ORDER for one that is not open. */
  cancel(order: VenueOrder | undefined, cancel_id?: string): VenueOrder {
    if (!order || !isOpen(order)) throw new Refusal("UNKNOWN_ORDER");
    this.end(order, "canceled", cancel_id);
    return order;
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
    ...(order.position_side === undefined ? {} : { position_side: order.position_side }),
    ...(order.good_till === undefined ? {} : { good_till: order.good_till }),
    ...(order.price_match === undefined ? {} : { price_match: order.price_match }),
    ...(order.iceberg_qty === undefined ? {} : { iceberg_qty: show(order.iceberg_qty) }),
    ...(order.stp === undefined || order.stp === "NONE" ? {} : { stp: order.stp }),
    ...(order.strategy_id === undefined ? {} : { strategy_id: order.strategy_id }),
    ...(order.strategy_type === undefined ? {} : { strategy_type: order.strategy_type }),
  };
}
