/** Keeps every open quantity covered, as the live router does: stop and target at the exchange, a pair on spot, or the guard. */
import type { Holding } from "../collections/orders.ts";
import type { Instrument, InstrumentId } from "../domain/instrument.ts";
import { dec, show, zero } from "../domain/money.ts";
import type { Intent, Order } from "../domain/order.ts";
import type { Problem } from "../errors.ts";
import { planOf } from "../trading/execution/answers.ts";
import type { BookChange, Books } from "../trading/execution/books.ts";
import { mayWait } from "../trading/execution/intent-rules.ts";
import { isLive, missingQty } from "../trading/execution/order-state.ts";
import {
  coveredQty,
  coverOf,
  decideProtection,
  isStopReached,
  type ProtectAction,
  type ProtectionView,
} from "../trading/execution/protection.ts";
import { ProtectionRules, TRIGGERED } from "../trading/execution/protection-rules.ts";
import type { Quotes } from "../trading/execution/quotes.ts";
import { isReached, isTargetReached } from "../trading/execution/reached.ts";
import type { RulePorts } from "../trading/execution/router-parts.ts";
import type { Connector } from "./connector.ts";
import type { Dispatch } from "./dispatch.ts";
import type { Timeline } from "./timeline.ts";

interface Parts {
  readonly ports: RulePorts;
  readonly book: Books;
  readonly market: Quotes;
  readonly connector: Connector;
  readonly timeline: Timeline;
  readonly dispatch: Dispatch;
  commit(change: BookChange | undefined): boolean;
  /** Admits an exit of the router's own; false when it is known already. */
  exit(intent: Intent): boolean;
  hurry(instrument: InstrumentId, why: string): void;
  poke(instrument: InstrumentId): void;
}

type Level = "stop" | "target" | "safety";

export class Protector {
  private readonly parts: Parts;
  private readonly rules: ProtectionRules;
  private readonly bareSince = new Map<InstrumentId, number>();
  private readonly trouble = new Map<InstrumentId, { refusals: number; notBefore: number }>();

  constructor(parts: Parts) {
    this.parts = parts;
    this.rules = new ProtectionRules({ ...parts, venue: parts.connector });
  }

  /** One look at an instrument; answers when to look again. */
  look(instrument: InstrumentId): number | undefined {
    const { book, market, ports } = this.parts;
    const holding = book.holding(instrument);
    const listing = market.listing(instrument);
    if (!holding || !listing) return undefined;
    if (holding.qty === "0") this.trouble.delete(instrument);
    const bareForMs = this.closeWhenBare(holding, this.rules.viewOf(holding, listing));
    const notBefore = Math.max(this.trouble.get(instrument)?.notBefore ?? 0, this.rules.refusedUntil(instrument));
    let next = this.fetchMissing(instrument) ?? bareForMs;
    for (const action of decideProtection(this.rules.viewOf(holding, listing))) {
      const places = action.do === "place" || action.do === "place_pair";
      const heldBackMs = places ? notBefore - ports.clock.now() : 0;
      const again = heldBackMs > 0 ? heldBackMs : this.perform(action, holding, listing);
      if (again !== undefined) next = Math.min(next ?? again, again);
    }
    return next;
  }

  /** Protective orders that triggered or traded while nobody told us all of it: asked until their fills are here. */
  private fetchMissing(instrument: InstrumentId): number | undefined {
    const { book, dispatch } = this.parts;
    for (const order of book.protective(instrument)) {
      const missing = order.filled_qty !== "0" && missingQty(order, book.fillsOf(order.intent_id)) > zero;
      const triggered = order.message === TRIGGERED && isLive(order);
      if ((!missing && !triggered) || dispatch.isBusy(order)) continue;
      const dueIn = dispatch.dueIn(order);
      if (dueIn > 0) return dueIn;
      if (missing) dispatch.fetchFills(order);
      else dispatch.ask(order);
    }
    return undefined;
  }

  /** What lacks its protection for too long is closed. Answers how long it may stay so. */
  private closeWhenBare(holding: Holding, view: ProtectionView): number | undefined {
    const { ports } = this.parts;
    const { instrument } = holding;
    const cover = this.rules.isClosing(instrument, (exit) => !mayWait(planOf(exit))) ? "covered" : coverOf(view);
    if (cover === "covered") this.bareSince.delete(instrument);
    if (cover !== "bare") return undefined;
    const since = this.bareSince.get(instrument) ?? ports.clock.now();
    this.bareSince.set(instrument, since);
    const left = since + ports.settings.protectWithinMs - ports.clock.now();
    if (left > 0) return left;
    this.close(holding, `no ${view.spot ? "new pair" : "stop"} could be placed in time`, "safety");
    return undefined;
  }

  private perform(action: ProtectAction, holding: Holding, listing: Instrument): number | undefined {
    const { dispatch, ports } = this.parts;
    switch (action.do) {
      case "wait":
        return Math.max(1, action.until - ports.clock.now());
      case "guard":
        this.setGuard(holding.instrument, action.on);
        return undefined;
      case "place":
        this.place(holding, action);
        return undefined;
      case "place_pair":
        this.placePair(holding, listing, action);
        return undefined;
      case "submit":
        this.resend(action.order, listing);
        return undefined;
      case "cancel":
      case "ask":
        return dispatch.approach(action.do, action.order);
    }
  }

  private place(holding: Holding, action: Extract<ProtectAction, { do: "place" }>): void {
    const type = action.kind === "SL" ? "STOP_MARKET" : "TAKE_PROFIT_MARKET";
    const [order] = this.store(holding, (current) => [
      this.rules.leg(current, {
        ...{ kind: action.kind, type, qty: action.qty, stop_price: show(action.price), number: current.next_leg },
      }),
    ]);
    if (order) this.send(order);
  }

  private placePair(
    holding: Holding,
    listing: Instrument,
    { qty, stop, target }: Extract<ProtectAction, { do: "place_pair" }>,
  ): void {
    const legs = this.store(holding, (current) => [
      this.rules.leg(current, {
        ...{ kind: "SL", type: "STOP_MARKET", qty, stop_price: show(stop), number: current.next_leg },
      }),
      this.rules.leg(current, {
        ...{ kind: "TP", type: "LIMIT_MAKER", qty, price: show(target), number: current.next_leg },
      }),
    ]);
    if (legs.length === 2) this.sendPair(legs as [Order, Order], listing);
  }

  private store(holding: Holding, legsOf: (current: Holding) => Order[]): Order[] {
    const current = this.parts.book.holding(holding.instrument);
    if (!current?.entry_intent_id || current.qty === "0") return [];
    const orders = legsOf(current);
    this.parts.commit({ orders, holding: { ...current, next_leg: current.next_leg + 1 } });
    return orders;
  }

  private resend(order: Order, listing: Instrument): void {
    if (listing.market === "FUT") {
      this.send(order);
      return;
    }
    const pair = this.parts.book.protective(order.instrument).filter((o) => o.leg.slice(2) === order.leg.slice(2));
    const sl = pair.find((o) => o.kind === "SL" && o.intent_id === order.intent_id);
    const tp = pair.find((o) => o.kind === "TP" && o.intent_id === order.intent_id);
    if (sl && tp) this.sendPair([sl, tp], listing);
  }

  private send(order: Order): void {
    const level = order.kind === "TP" ? "target" : "stop";
    this.parts.dispatch.submit(order, 1, (refusal) => this.answered(order.instrument, refusal, level));
  }

  private sendPair([sl, tp]: [Order, Order], listing: Instrument): void {
    const { dispatch, market } = this.parts;
    dispatch.submitPair(sl, tp, this.rules.pairOf(sl, listing), (refusal) => {
      const { bid } = market.touch(sl.instrument) ?? {};
      const isPast = bid !== undefined && dec(bid) >= dec(tp.price as string);
      this.answered(sl.instrument, refusal, refusal && (isTargetReached(refusal) || isPast) ? "target" : "stop");
    });
  }

  /** A refusal: close when the market is past the level already, else try again after growing waits. */
  private answered(instrument: InstrumentId, refusal: Problem | undefined, level: "stop" | "target"): void {
    const { ports, book } = this.parts;
    const isBare = coveredQty(book.protective(instrument)) === zero;
    if (!refusal) {
      if (!isBare) this.trouble.delete(instrument);
      return;
    }
    const refusals = (this.trouble.get(instrument)?.refusals ?? 0) + 1;
    const notBefore = ports.clock.now() + this.rules.retryMs(refusals, isBare);
    this.trouble.set(instrument, { refusals, notBefore });
    const reached = isReached(refusal) ? book.holding(instrument) : undefined;
    if (reached?.side) this.close(reached, `its ${level} is reached already`, level);
    this.parts.poke(instrument);
  }

  private setGuard(instrument: InstrumentId, on: boolean): void {
    const current = this.parts.book.holding(instrument);
    if (current && current.guard !== on) this.parts.commit({ holding: { ...current, guard: on } });
  }

  /** The guard: sells when the price to get out at has reached the stop. */
  heardPrice(instrument: InstrumentId): void {
    const holding = this.parts.book.holding(instrument);
    if (!holding?.guard || holding.qty === "0" || !holding.side || holding.stop_price === undefined) return;
    const touch = this.parts.market.touch(instrument);
    if (!touch) return;
    const exitPrice = dec(holding.side === "BUY" ? touch.bid : touch.ask);
    if (!isStopReached(holding.side, dec(holding.stop_price), exitPrice)) return;
    const why = `guard stop ${holding.stop_price} reached`;
    if (this.rules.isClosing(instrument)) this.parts.hurry(instrument, why);
    else this.close(holding, why, "stop");
  }

  private close(holding: Holding, why: string, tag: Level): void {
    const { instrument, side } = holding;
    if (this.rules.isClosing(instrument)) {
      this.parts.hurry(instrument, why);
      return;
    }
    if (side && !this.parts.exit(this.rules.exitOf(holding, side, [tag]))) this.anotherLeg(instrument);
  }

  /** That exit was tried and is over while something is still held: the next one needs another id. */
  private anotherLeg(instrument: InstrumentId): void {
    const current = this.parts.book.holding(instrument);
    if (!current || current.qty === "0" || this.rules.isClosing(instrument)) return;
    this.parts.commit({ holding: { ...current, next_leg: current.next_leg + 1 } });
  }
}
