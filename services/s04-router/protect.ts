/** Keeps every open quantity covered: stop and target at the exchange, a pair on spot, or the guard here. */
import type { Holding } from "../../shared/collections/orders.ts";
import type { Instrument, InstrumentId } from "../../shared/domain/instrument.ts";
import type { Ticker } from "../../shared/domain/market.ts";
import { dec, show, zero } from "../../shared/domain/money.ts";
import type { Intent, Order } from "../../shared/domain/order.ts";
import type { Problem } from "../../shared/errors.ts";
import { planOf } from "../../shared/trading/execution/answers.ts";
import { IN_DOUBT, mayWait } from "../../shared/trading/execution/intent-rules.ts";
import { isLive, missingQty } from "../../shared/trading/execution/order-state.ts";
import {
  coveredQty,
  coverOf,
  decideProtection,
  isStopReached,
  type ProtectAction,
  type ProtectionView,
} from "../../shared/trading/execution/protection.ts";
import { ProtectionRules, TRIGGERED } from "../../shared/trading/execution/protection-rules.ts";
import { isReached, isTargetReached } from "../../shared/trading/execution/reached.ts";
import type { Dispatch } from "./dispatch.ts";
import { Doubt } from "./doubt.ts";
import { linkOf } from "./execute.ts";
import type { MarketView } from "./market.ts";
import type { OrdersBook } from "./orders-book.ts";
import type { Ports } from "./types.ts";
import type { Venue } from "./venue.ts";

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

interface Trouble {
  refusals: number;
  notBefore: number;
}

export class Protector {
  private readonly parts: Parts;
  private readonly bareSince = new Map<InstrumentId, number>();
  private readonly trouble = new Map<InstrumentId, Trouble>();
  private readonly doubt: Doubt;
  private readonly rules: ProtectionRules;

  constructor(parts: Parts) {
    this.parts = parts;
    this.doubt = new Doubt(parts);
    this.rules = new ProtectionRules(parts);
  }

  /** One look at an instrument; answers when to look again. */
  async look(instrument: InstrumentId): Promise<number | undefined> {
    const { book, market, ports } = this.parts;
    const holding = book.holding(instrument);
    if (!holding) return undefined;
    await market.need(instrument);
    const listing = market.listing(instrument) as Instrument;
    if (holding.qty === "0") this.trouble.delete(instrument);
    const bareForMs = await this.closeWhenBare(holding, this.rules.viewOf(holding, listing));
    const notBefore = this.notBefore(instrument);
    let next = this.fetchMissing(instrument) ?? bareForMs;
    for (const action of decideProtection(this.rules.viewOf(holding, listing))) {
      const places = action.do === "place" || action.do === "place_pair";
      const heldBackMs = places ? notBefore - ports.clock.now() : 0;
      const again = heldBackMs > 0 ? heldBackMs : await this.perform(action, holding, listing);
      if (again !== undefined) next = Math.min(next ?? again, again);
    }
    return next;
  }

  private notBefore(instrument: InstrumentId): number {
    return Math.max(this.trouble.get(instrument)?.notBefore ?? 0, this.rules.refusedUntil(instrument));
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

  /** What lacks its protection for too long is closed. Answers how long it may stay so. */
  private async closeWhenBare(holding: Holding, view: ProtectionView): Promise<number | undefined> {
    const { ports } = this.parts;
    const { instrument } = holding;
    const cover = this.rules.isClosing(instrument, (exit) => !mayWait(planOf(exit))) ? "covered" : coverOf(view);
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
      this.rules.leg(current, {
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
      this.rules.leg(current, {
        kind: "SL",
        type: "STOP_MARKET",
        qty,
        stop_price: show(action.stop),
        number: current.next_leg,
      }),
      this.rules.leg(current, {
        kind: "TP",
        type: "LIMIT_MAKER",
        qty,
        price: show(action.target),
        number: current.next_leg,
      }),
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
    const refusal = await this.parts.dispatch.submitPair(sl, tp, this.rules.pairOf(sl, listing));
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
    const wait = this.rules.retryMs(refusals, isBare);
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
    if (!this.rules.isClosing(holding.instrument)) return this.close(holding, why, "stop");
    await this.parts.hurry(holding.instrument, why);
    if (await this.doubt.maySellAgain(holding)) await this.ask(holding, why, ["stop", IN_DOUBT]);
  }

  /** `tag` tells whoever accounts for the exit whether a level was reached or safety alone asked for it. */
  private async close(holding: Holding, why: string, tag: "stop" | "target" | "safety"): Promise<void> {
    const { instrument } = holding;
    await (this.rules.isClosing(instrument) ? this.parts.hurry(instrument, why) : this.ask(holding, why, [tag]));
  }

  private async ask(holding: Holding, why: string, tags: string[]): Promise<void> {
    const { ports, book, exit } = this.parts;
    const { instrument, side } = holding;
    if (!side) return;
    const intent = this.rules.exitOf(holding, side, tags);
    const asked = await exit(intent);
    const severity = tags.includes("safety") ? "ERROR" : "WARN";
    if (asked) ports.alert(severity, "CLOSED_BY_ROUTER", `${instrument}: ${why}`, "closing by market, reduce-only");
    else await this.anotherLeg(book, instrument);
  }

  /** That exit was tried and is over while something is still held: the next one needs another id. */
  private async anotherLeg(book: OrdersBook, instrument: InstrumentId): Promise<void> {
    await book.change(instrument, () => {
      const current = book.holding(instrument);
      if (!current || current.qty === "0" || this.rules.isClosing(instrument)) return undefined;
      return { holding: { ...current, next_leg: current.next_leg + 1 } };
    });
  }
}
