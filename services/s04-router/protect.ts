/** Keeps every open quantity covered: stop and target at the exchange, a pair on spot, or the guard here. */
import type { Holding, IntentRecord } from "../../shared/collections/orders.ts";
import type { Instrument, InstrumentId } from "../../shared/domain/instrument.ts";
import type { Ticker } from "../../shared/domain/market.ts";
import { type Amount, dec, mul, show, toStep, zero } from "../../shared/domain/money.ts";
import { type Intent, isEntry, type Order, opposite } from "../../shared/domain/order.ts";
import type { Problem } from "../../shared/errors.ts";
import { clientOrderId, digest } from "../../shared/keys.ts";
import { isLive, missingQty } from "../../shared/trading/execution/order-state.ts";
import {
  coveredQty,
  coverOf,
  decideProtection,
  isStopReached,
  type ProtectAction,
  type ProtectionView,
} from "../../shared/trading/execution/protection.ts";
import { planOf } from "./answers.ts";
import type { Dispatch } from "./dispatch.ts";
import { Doubt, IN_DOUBT } from "./doubt.ts";
import { linkOf, mayWait } from "./execute.ts";
import type { MarketView } from "./market.ts";
import type { OrdersBook } from "./orders-book.ts";
import type { Ports } from "./types.ts";
import { isReached, isTargetReached, type Venue } from "./venue.ts";

interface Parts {
  readonly ports: Ports;
  readonly book: OrdersBook;
  readonly market: MarketView;
  readonly dispatch: Dispatch;
  readonly venue: Venue;
  /** Admits an exit of the router's own; false when it is known already. */
  exit(intent: Intent): Promise<boolean>;
  /** Lets an exit that may wait, for its slices or its price, close the rest at once. */
  hurry(instrument: InstrumentId, why: string): Promise<void>;
  poke(instrument: InstrumentId): void;
}

/** What S1 says of a conditional order whose price was reached. */
const TRIGGERED = "TRIGGERED";
const UNANSWERED_MS = 1_000;
const UNANSWERED_MS_MAX = 30_000;
/** An exchange that answers again may still know nothing of the stop: the next one waits no longer than this. */
const UNANSWERED_MS_HEARD = 1_500;
const RETRY_MS = 200;
const RETRY_MS_MAX = 30_000;
/** While no stop stands. */
const RETRY_MS_BARE = 1_500;
/** A triggered spot stop sells down to this share of its trigger price. */
const STOP_LIMIT_SHARE = dec("0.99");

interface Trouble {
  refusals: number;
  notBefore: number;
}

export class Protector {
  private readonly parts: Parts;
  private readonly bareSince = new Map<InstrumentId, number>();
  private readonly trouble = new Map<InstrumentId, Trouble>();
  private readonly doubt: Doubt;

  constructor(parts: Parts) {
    this.parts = parts;
    this.doubt = new Doubt(parts);
  }

  /** One look at an instrument; answers when to look again. */
  async look(instrument: InstrumentId): Promise<number | undefined> {
    const { book, market, ports } = this.parts;
    const holding = book.holding(instrument);
    if (!holding) return undefined;
    await market.need(instrument);
    const listing = market.listing(instrument) as Instrument;
    if (holding.qty === "0") this.trouble.delete(instrument);
    const bareForMs = await this.closeWhenBare(holding, this.viewOf(holding, listing));
    const notBefore = this.notBefore(instrument);
    let next = this.fetchMissing(instrument) ?? bareForMs;
    for (const action of decideProtection(this.viewOf(holding, listing))) {
      const places = action.do === "place" || action.do === "place_pair";
      const heldBackMs = places ? notBefore - ports.clock.now() : 0;
      const again = heldBackMs > 0 ? heldBackMs : await this.perform(action, holding, listing);
      if (again !== undefined) next = Math.min(next ?? again, again);
    }
    return next;
  }

  /** A refusal is in the books before the answer to it has been weighed: even then the next try waits. */
  private notBefore(instrument: InstrumentId): number {
    const refused = this.parts.book.protective(instrument).filter((order) => order.status === "REJECTED");
    const last = Math.max(...refused.map((order) => order.updated_at));
    return Math.max(this.trouble.get(instrument)?.notBefore ?? 0, last + RETRY_MS);
  }

  /** Protective orders that triggered or traded while nobody told us all of it: asked until their fills are here. */
  private fetchMissing(instrument: InstrumentId): number | undefined {
    const { book, dispatch } = this.parts;
    for (const order of book.protective(instrument)) {
      const missing = missingQty(order, book.fillsOf(order.intent_id)) > zero;
      const triggered = order.message === TRIGGERED && isLive(order);
      if ((!missing && !triggered) || dispatch.isBusy(order)) continue;
      const dueIn = dispatch.dueIn(order);
      if (dueIn > 0) return dueIn;
      void (missing ? dispatch.fetchFills(order) : dispatch.ask(order));
    }
    return undefined;
  }

  private viewOf(holding: Holding, listing: Instrument): ProtectionView {
    const { book, market, ports } = this.parts;
    const { instrument } = holding;
    const spot = listing.market === "SPOT";
    const held = toStep(dec(holding.qty), dec(listing.step_size), "down");
    const running = book.running(instrument);
    const orders = book.protective(instrument);
    const touch = market.touch(instrument);
    const worth = touch === undefined || mul(held, dec(touch.bid)) >= dec(listing.min_notional);
    return {
      spot,
      held,
      stop: amountOf(holding.stop_price),
      target: amountOf(holding.take_profit_price),
      orders,
      entry: holding.entry_intent_id,
      entering: running.some((record) => isEntry(record.intent.kind)),
      releasing: this.isClosing(instrument),
      placeable: held >= dec(listing.min_qty) && worth,
      guard: holding.guard,
      now: ports.clock.now(),
      unansweredMs: this.unansweredMs(orders),
      growMs: ports.settings.protectGrowMs,
    };
  }

  /** Growing while nothing at all is heard; short once the exchange has answered anything after the last of them. */
  private unansweredMs(orders: readonly Order[]): number {
    const unknown = orders.filter((order) => order.status === "UNKNOWN");
    const sentAt = Math.max(...unknown.map((order) => order.sent_at ?? order.created_at));
    const isHeard = this.parts.venue.answeredAt > sentAt;
    return Math.min(UNANSWERED_MS * 2 ** unknown.length, isHeard ? UNANSWERED_MS_HEARD : UNANSWERED_MS_MAX);
  }

  /** What lacks its protection for too long is closed. Answers how long it may stay so. */
  private async closeWhenBare(holding: Holding, view: ProtectionView): Promise<number | undefined> {
    const { ports } = this.parts;
    const { instrument } = holding;
    const cover = this.isClosing(instrument, (exit) => !mayWait(planOf(exit))) ? "covered" : coverOf(view);
    if (cover === "covered") this.bareSince.delete(instrument);
    if (cover !== "bare") return undefined;
    const since = this.bareSince.get(instrument) ?? ports.clock.now();
    this.bareSince.set(instrument, since);
    const left = since + ports.settings.protectWithinMs - ports.clock.now();
    if (left > 0) return left;
    await this.close(holding, `no ${view.spot ? "new pair" : "stop"} could be placed in time`, "safety");
    return undefined;
  }

  private async perform(action: ProtectAction, holding: Holding, listing: Instrument): Promise<number | undefined> {
    const { dispatch, ports } = this.parts;
    switch (action.do) {
      case "wait":
        return Math.max(1, action.until - ports.clock.now());
      case "guard":
        await this.setGuard(holding.instrument, action);
        return undefined;
      case "place":
        await this.place(holding, action);
        return undefined;
      case "place_pair":
        await this.placePair(holding, listing, action);
        return undefined;
      case "submit":
        await this.resend(action.order, listing);
        return undefined;
      case "cancel":
      case "ask": {
        if (dispatch.isBusy(action.order)) return undefined;
        const dueIn = action.do === "cancel" && dispatch.isFresh(action.order) ? 0 : dispatch.dueIn(action.order);
        if (dueIn > 0) return dueIn;
        void (action.do === "cancel" ? dispatch.cancel(action.order) : dispatch.ask(action.order));
        return undefined;
      }
    }
  }

  /** Stores the order, then sends it; what the exchange says is booked on its own. */
  private async place(holding: Holding, action: Extract<ProtectAction, { do: "place" }>): Promise<void> {
    const type = action.kind === "SL" ? "STOP_MARKET" : "TAKE_PROFIT_MARKET";
    const order = await this.store(holding, (current) => [
      this.leg(current, {
        kind: action.kind,
        type,
        qty: action.qty,
        stop_price: show(action.price),
        number: current.next_leg,
      }),
    ]);
    if (order[0]) void this.send(order[0]);
  }

  private async placePair(
    holding: Holding,
    listing: Instrument,
    action: Extract<ProtectAction, { do: "place_pair" }>,
  ): Promise<void> {
    const { qty } = action;
    const legs = await this.store(holding, (current) => [
      this.leg(current, {
        kind: "SL",
        type: "STOP_MARKET",
        qty,
        stop_price: show(action.stop),
        number: current.next_leg,
      }),
      this.leg(current, { kind: "TP", type: "LIMIT_MAKER", qty, price: show(action.target), number: current.next_leg }),
    ]);
    if (legs.length === 2) void this.sendPair(legs as [Order, Order], listing);
  }

  private async store(holding: Holding, legsOf: (current: Holding) => Order[]): Promise<Order[]> {
    let legs: Order[] = [];
    const { book } = this.parts;
    await book.change(
      holding.instrument,
      () => {
        const current = book.holding(holding.instrument);
        if (!current?.entry_intent_id || current.qty === "0") return undefined;
        legs = legsOf(current);
        return { orders: legs, ops: legs.map(linkOf), holding: { ...current, next_leg: current.next_leg + 1 } };
      },
      "full",
    );
    return legs;
  }

  private leg(
    holding: Holding,
    of: { kind: "SL" | "TP"; type: string; qty: Amount; stop_price?: string; price?: string; number: number },
  ): Order {
    const { ports } = this.parts;
    const intent_id = holding.entry_intent_id as string;
    const leg = `${of.kind.toLowerCase()}${of.number}`;
    const now = ports.clock.now();
    return {
      client_order_id: clientOrderId(ports.settings.installationTag, intent_id, leg),
      account: ports.account,
      instrument: holding.instrument,
      intent_id,
      leg,
      kind: of.kind,
      side: opposite(holding.side ?? "BUY"),
      type: of.type,
      qty: show(of.qty),
      ...(of.price === undefined ? {} : { price: of.price }),
      ...(of.stop_price === undefined ? {} : { stop_price: of.stop_price }),
      reduce_only: holding.instrument.startsWith("FUT:"),
      status: "PENDING",
      filled_qty: "0",
      created_at: now,
      updated_at: now,
    };
  }

  /** A row that was stored and, as far as this process knows, not sent. */
  private async resend(order: Order, listing: Instrument): Promise<void> {
    if (listing.market === "FUT") {
      void this.send(order);
      return;
    }
    const pair = this.parts.book.protective(order.instrument).filter((o) => o.leg.slice(2) === order.leg.slice(2));
    const sl = pair.find((o) => o.kind === "SL" && o.intent_id === order.intent_id);
    const tp = pair.find((o) => o.kind === "TP" && o.intent_id === order.intent_id);
    if (sl && tp) void this.sendPair([sl, tp], listing);
  }

  private async send(order: Order): Promise<void> {
    const refusal = await this.parts.dispatch.submit(order, 1);
    await this.answered(order.instrument, refusal, order.kind === "TP" ? "target" : "stop");
  }

  private async sendPair([sl, tp]: [Order, Order], listing: Instrument): Promise<void> {
    const { ports, dispatch } = this.parts;
    const listId = clientOrderId(ports.settings.installationTag, sl.intent_id, `oco${sl.leg.slice(2)}`);
    const limit = mul(dec(sl.stop_price as string), STOP_LIMIT_SHARE);
    const stopLimit = show(toStep(limit, dec(listing.tick_size), "down"));
    const refusal = await dispatch.submitPair(sl, tp, { listId, stopLimit });
    const { bid } = this.parts.market.touch(sl.instrument) ?? {};
    const target = refusal && (isTargetReached(refusal) || (bid !== undefined && dec(bid) >= dec(tp.price as string)));
    await this.answered(sl.instrument, refusal, target ? "target" : "stop");
  }

  /** A refusal: close when the market is past the level already, else try again after growing waits. */
  private async answered(
    instrument: InstrumentId,
    refusal: Problem | undefined,
    level: "stop" | "target",
  ): Promise<void> {
    const { ports, book } = this.parts;
    if (!refusal) {
      if (coveredQty(book.protective(instrument)) > zero) this.trouble.delete(instrument);
      return;
    }
    // Time without a way to the exchange does not count: there was nothing to place the stop with.
    if (refusal.code === "UNAVAILABLE") this.bareSince.delete(instrument);
    const refusals = (this.trouble.get(instrument)?.refusals ?? 0) + 1;
    const isBare = coveredQty(book.protective(instrument)) === zero;
    const wait = Math.min(RETRY_MS * 2 ** (refusals - 1), isBare ? RETRY_MS_BARE : RETRY_MS_MAX);
    this.trouble.set(instrument, { refusals, notBefore: ports.clock.now() + wait });
    ports.alert("WARN", "PROTECTION_REFUSED", `${instrument}: ${refusal.message}`, "tried again; guarded on spot");
    const reached = isReached(refusal) ? book.holding(instrument) : undefined;
    if (reached?.side) await this.close(reached, `its ${level} is reached already`, level);
    this.parts.poke(instrument);
  }

  private async setGuard(
    instrument: InstrumentId,
    { on, why, lasting }: Extract<ProtectAction, { do: "guard" }>,
  ): Promise<void> {
    const { book, ports } = this.parts;
    const make = () => {
      const current = book.holding(instrument);
      return current && current.guard !== on ? { holding: { ...current, guard: on } } : undefined;
    };
    const changed = await book.change(instrument, make, "full");
    if (!changed || !on) return;
    ports.alert(lasting ? "WARN" : "INFO", "GUARD_ARMED", `${instrument}: ${why}`, "the stop is watched here");
  }

  /** The guard: sells when the price to get out at has reached the stop. */
  hear(ticker: Ticker): void {
    const holding = this.parts.book.holding(ticker.instrument);
    if (!holding?.guard || holding.qty === "0" || !holding.side || holding.stop_price === undefined) return;
    const exitPrice = dec(holding.side === "BUY" ? ticker.bid : ticker.ask);
    if (!isStopReached(holding.side, dec(holding.stop_price), exitPrice)) return;
    void this.sell(holding).catch((error) =>
      this.parts.ports.warn("the guard could not sell", { instrument: ticker.instrument, error: String(error) }),
    );
  }

  /** Not while an exit runs, unless nobody knows whether it does. */
  private async sell(holding: Holding): Promise<void> {
    const why = `guard stop ${holding.stop_price} reached`;
    if (!this.isClosing(holding.instrument)) return this.close(holding, why, "stop");
    await this.parts.hurry(holding.instrument, why);
    if (await this.doubt.maySellAgain(holding)) await this.ask(holding, why, ["stop", IN_DOUBT]);
  }

  private isClosing(instrument: InstrumentId, such: (exit: IntentRecord) => boolean = () => true): boolean {
    const isExit = (r: IntentRecord) => !isEntry(r.intent.kind) && !planOf(r).style.startsWith("MOVE");
    return this.parts.book.running(instrument).some((r) => isExit(r) && such(r));
  }

  /** `tag` tells whoever accounts for the exit whether a level was reached or safety alone asked for it. */
  private async close(holding: Holding, why: string, tag: "stop" | "target" | "safety"): Promise<void> {
    const { instrument } = holding;
    await (this.isClosing(instrument) ? this.parts.hurry(instrument, why) : this.ask(holding, why, [tag]));
  }

  private async ask(holding: Holding, why: string, tags: string[]): Promise<void> {
    const { ports, book, exit } = this.parts;
    const { instrument, trade_id, signal_id, strategy_id, side } = holding;
    if (!side) return;
    // One per protective leg tried: the same trouble makes the same exit, a new one another.
    const about = [holding.key, holding.entry_intent_id ?? "", String(holding.next_leg)];
    if (tags.includes(IN_DOUBT)) about.push(String(book.running(instrument).length));
    const intent_id = `close:${digest("close", ...about)}`;
    const intent: Intent = {
      intent_id: intent_id.slice(0, 48),
      account: ports.account,
      instrument,
      kind: "EXIT",
      side: opposite(side),
      type: "MARKET",
      working_type: "MARK_PRICE",
      reduce_only: true,
      leverage: 1,
      margin: "ISOLATED",
      ...(trade_id === undefined ? {} : { trade_id }),
      ...(signal_id === undefined ? {} : { signal_id }),
      ...(strategy_id === undefined ? {} : { strategy_id }),
      tags,
    };
    const asked = await exit(intent);
    const severity = tags.includes("safety") ? "ERROR" : "WARN";
    if (asked) ports.alert(severity, "CLOSED_BY_ROUTER", `${instrument}: ${why}`, "closing by market, reduce-only");
    else await this.anotherLeg(book, instrument);
  }

  /** That exit was tried and is over while something is still held: the next one needs another id. */
  private async anotherLeg(book: OrdersBook, instrument: InstrumentId): Promise<void> {
    await book.change(instrument, () => {
      const current = book.holding(instrument);
      if (!current || current.qty === "0" || this.isClosing(instrument)) return undefined;
      return { holding: { ...current, next_leg: current.next_leg + 1 } };
    });
  }
}

const amountOf = (text?: string): Amount | undefined => (text === undefined ? undefined : dec(text));
