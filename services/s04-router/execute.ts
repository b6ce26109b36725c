/** Carries running intents on, one step at a time, from whatever state they are found in. */
import type { Holding, IntentRecord } from "../../shared/collections/orders.ts";
import { type Amount, dec, max, min, mul, show, sub, sum, zero } from "../../shared/domain/money.ts";
import { isEntry, type Order } from "../../shared/domain/order.ts";
import { clientOrderId } from "../../shared/keys.ts";
import type { Op } from "../../shared/kit/ports.ts";
import { share } from "../../shared/trading/execution/budget.ts";
import { leaveAsDust } from "../../shared/trading/execution/holding.ts";
import { decideMaker, type Plan } from "../../shared/trading/execution/plan.ts";
import { coveredQty } from "../../shared/trading/execution/protection.ts";
import { decideStep, type Step, type StepView } from "../../shared/trading/execution/steps.ts";
import { sliceLeg, sliceOfLeg } from "../../shared/trading/execution/twap.ts";
import { planOf } from "./answers.ts";
import { settled } from "./booking.ts";
import type { Costs } from "./costs.ts";
import type { Dispatch } from "./dispatch.ts";
import { IN_DOUBT, isDoubtful } from "./doubt.ts";
import type { Health } from "./health.ts";
import { Inherited } from "./inherited.ts";
import type { KillSwitch } from "./kill.ts";
import type { MarketView } from "./market.ts";
import type { OrdersBook } from "./orders-book.ts";
import { planViewOf } from "./plan-view.ts";
import type { Ports } from "./types.ts";
import type { Venue } from "./venue.ts";

interface Parts {
  readonly ports: Ports;
  readonly book: OrdersBook;
  readonly market: MarketView;
  readonly kill: KillSwitch;
  readonly dispatch: Dispatch;
  readonly costs: Costs;
  readonly health: Health;
  readonly venue: Venue;
}

/** A move that takes longer ends with an alert; the protection goes on trying by itself. */
const MOVE_WAIT_MS_MAX = 10_000;

export class Executor {
  private readonly parts: Parts;
  private readonly inherited: Inherited;

  constructor(parts: Parts) {
    this.parts = parts;
    this.inherited = new Inherited(parts);
  }

  /** One look at an intent; answers when to look again. */
  async look(intentId: string): Promise<number | undefined> {
    const record = this.parts.book.intent(intentId);
    if (!record || record.state === "DONE") return undefined;
    if (planOf(record).style.startsWith("MOVE")) return this.lookAtMove(record);
    return this.perform(record, decideStep(this.viewOf(record)));
  }

  private async perform(record: IntentRecord, step: Step): Promise<number | undefined> {
    const { dispatch, ports } = this.parts;
    switch (step.do) {
      case "wait":
        return step.until === undefined ? undefined : Math.max(1, step.until - ports.clock.now());
      case "send":
        return this.addOrder(record, step);
      case "submit":
        // Not awaited: the account stream may tell of the order before its own answer comes.
        void dispatch.submit(step.order, record.intent.leverage);
        return undefined;
      case "drop":
        await dispatch.drop(step.order, step.why);
        return 0;
      case "cancel":
      case "ask":
      case "fetch_fills":
        return this.approach(step.do, step.order);
      case "done":
        await this.finish(record, step);
        return undefined;
    }
  }

  private approach(what: "cancel" | "ask" | "fetch_fills", order: Order): number | undefined {
    const { dispatch } = this.parts;
    if (dispatch.isBusy(order)) return undefined;
    const first = what === "cancel" && dispatch.isFresh(order);
    const dueIn = first ? 0 : dispatch.dueIn(order);
    if (dueIn > 0) return dueIn;
    if (what === "cancel") void dispatch.cancel(order);
    else if (what === "ask") void dispatch.ask(order);
    else void dispatch.fetchFills(order);
    return undefined;
  }

  viewOf(record: IntentRecord, touchNow = this.parts.market.touch(record.instrument)): StepView {
    const { book, market, ports } = this.parts;
    const { intent, instrument } = record;
    const listing = market.listing(instrument);
    const spot = instrument.startsWith("SPOT:");
    const { execution } = ports.config().bundle.flags;
    const plan = planOf(record);
    return {
      intent,
      plan,
      orders: book.ownOrders(record.intent_id),
      fills: book.fillsOf(record.intent_id),
      now: ports.clock.now(),
      held: this.closable(record),
      touch: touchNow,
      entriesStopped: this.entriesStopped(),
      balanceFree: !spot || !book.protective(instrument).some((o) => isStanding(o)),
      spreadIsWide: plan.slices !== undefined && market.isSpreadWide(instrument, execution.twap_spread_factor),
      posting: this.isPosting(record),
      rules: {
        makerFillMin: execution.maker_fill_min,
        spreadWaitMsMax: execution.twap_wait_ms_max,
        shrinkTriesMax: execution.shrink_tries_max,
        shrinkWaitMs: execution.shrink_wait_ms,
        retryMs: ports.settings.exitRetryMs,
        retryMsMax: ports.settings.exitRetryMsMax,
        retriesMax: ports.settings.exitRetriesMax,
        step: dec(listing?.step_size ?? "0.00000001"),
        minQty: dec(listing?.min_qty ?? "0"),
        minNotional: spot || isEntry(intent.kind) ? dec(listing?.min_notional ?? "0") : zero,
      },
    };
  }

  /** What lets no entry in keeps one that is under way from sending more. */
  private entriesStopped(): string | undefined {
    const { kill, health, venue, ports } = this.parts;
    if (!kill.entriesAllowed()) return "the kill switch is on";
    if (health.level === "RED") return "health is RED";
    return venue.breakerOpensIn() > 0 ? "the breaker is open" : ports.noEntries();
  }

  /** Each slice of a maker's plan weighs anew whether to post. */
  private isPosting(record: IntentRecord): boolean {
    const { intent, decision, instrument } = record;
    const { style, slices } = planOf(record);
    const listing = this.parts.market.listing(instrument);
    if (style !== "MAKER" || !slices?.[0] || !listing) return style === "MAKER";
    return decideMaker(intent, dec(slices[0].qty), planViewOf(this.parts, listing, { held: zero, decision })).first;
  }

  /** What this exit may still sell or buy back: what is held, less what other running exits are about to. */
  closable(record: Pick<IntentRecord, "intent_id" | "intent" | "instrument">): Amount {
    const { book } = this.parts;
    const holding = book.holding(record.instrument);
    if (!holding?.side || holding.side === record.intent.side) return zero;
    const others = book.running(record.instrument).filter((r) => r.intent_id !== record.intent_id);
    const despite = record.intent.tags?.includes(IN_DOUBT) === true;
    const exits = others.filter((r) => !isEntry(r.intent.kind) && !(despite && isDoubtful(book, r)));
    const claimed = sum(exits.map((r) => this.claimOf(r)));
    return max(zero, sub(dec(holding.qty), claimed));
  }

  private claimOf(record: IntentRecord): Amount {
    const filled = sum(this.parts.book.ownOrders(record.intent_id).map((o) => dec(o.filled_qty)));
    return max(zero, sub(dec(planOf(record).qty), filled));
  }

  /** The order row of an intent's next leg, not stored yet. */
  orderOf(record: IntentRecord, step: Extract<Step, { do: "send" }>): { order: Order; link: Op } {
    const { ports, book } = this.parts;
    const { intent } = record;
    const own = book.ownOrders(record.intent_id);
    const { slice } = step;
    const nth = slice === undefined ? own.length : own.filter((order) => sliceOfLeg(order.leg) === slice).length;
    const leg = slice === undefined ? `e${nth}` : sliceLeg(slice, nth);
    const now = ports.clock.now();
    const order: Order = {
      client_order_id: clientOrderId(ports.settings.installationTag, record.intent_id, leg),
      account: ports.account,
      instrument: record.instrument,
      intent_id: record.intent_id,
      leg,
      kind: intent.kind,
      side: intent.side,
      type: step.type,
      qty: step.qty,
      ...(step.price === undefined ? {} : { price: step.price }),
      reduce_only: !isEntry(intent.kind) && record.instrument.startsWith("FUT:"),
      status: "PENDING",
      filled_qty: "0",
      created_at: now,
      updated_at: now,
    };
    return { order, link: linkOf(order) };
  }

  private async addOrder(record: IntentRecord, step: Extract<Step, { do: "send" }>): Promise<number> {
    const { book } = this.parts;
    const next = () => this.orderOf(record, step);
    const heldMs = await this.inherited.hold(record, next());
    if (heldMs !== undefined) return heldMs;
    const make = () => {
      const { order, link } = next();
      return { orders: [order], ops: [link] };
    };
    await book.change(record.instrument, make, "full");
    return 0;
  }

  /** Lets an exit in slices, or one that rests at its price, wait no longer: what it still has to close goes at once. */
  async hurry(instrument: string, why: string): Promise<void> {
    const { book } = this.parts;
    const waits = (record: IntentRecord | undefined) => record?.state === "RUNNING" && mayWait(planOf(record));
    for (const record of book.running(instrument).filter((r) => !isEntry(r.intent.kind) && waits(r))) {
      await book.change(instrument, () => {
        const current = book.intent(record.intent_id);
        if (!current || !waits(current)) return undefined;
        return { intents: [{ ...current, plan: { ...planOf(current), hurry_reason: why } }] };
      });
    }
  }

  /** A move is over when the orders stand as asked, when nothing is held any more, or when it has taken too long. */
  private async lookAtMove(record: IntentRecord): Promise<number | undefined> {
    const { book, ports } = this.parts;
    const holding = book.holding(record.instrument);
    const held = dec(holding?.qty ?? "0");
    const age = ports.clock.now() - record.created_at;
    const moved = holding !== undefined && (holding.guard || this.standsAt(holding));
    if (held === zero || moved || planOf(record).cancel_reason !== undefined) await this.finish(record);
    else if (age >= MOVE_WAIT_MS_MAX) await this.finish(record, { failed: "the new order is not in force yet" });
    else return MOVE_WAIT_MS_MAX - age;
    return undefined;
  }

  private standsAt(holding: Holding): boolean {
    const orders = this.parts.book.protective(holding.instrument).filter(isStanding);
    const stops = orders.filter((o) => o.kind === "SL");
    const level = holding.stop_price;
    const stopStands =
      level === undefined || (stops.every((o) => o.stop_price === level) && coveredQty(stops) >= dec(holding.qty));
    const target = holding.take_profit_price;
    const targets = orders.filter((o) => o.kind === "TP");
    const at = (o: Order) => (o.type === "LIMIT_MAKER" ? o.price : o.stop_price);
    return stopStands && (target === undefined || (targets.length > 0 && targets.every((o) => at(o) === target)));
  }

  /** Ends the intent: the reservation passes to what is held, the rest of it is released, once. */
  private async finish(record: IntentRecord, end: { failed?: string; code?: string } = {}): Promise<void> {
    const { book, ports, costs } = this.parts;
    const { intent_id, instrument } = record;
    const orders = book.ownOrders(intent_id);
    await book.change(instrument, () => {
      const current = book.intent(intent_id);
      if (!current || current.state === "DONE") return undefined;
      const done: IntentRecord = { ...current, state: "DONE", reserved_usdt: "0" };
      const holding = this.holdingAfter(current);
      return { intents: [done], ...(holding ? { holding } : {}) };
    });
    if (end.failed !== undefined) {
      ports.alert("ERROR", end.code ?? "INTENT_FAILED", `${intent_id} on ${instrument}: ${end.failed}`);
    }
    // What somebody cancelled says nothing of posting.
    if (planOf(record).cancel_reason === undefined) await costs.ended(instrument, orders);
  }

  private holdingAfter(record: IntentRecord): Holding | undefined {
    const { book } = this.parts;
    const holding = book.holding(record.instrument);
    if (!holding || holding.qty === "0") return undefined;
    if (!isEntry(record.intent.kind)) return this.withoutDust(holding);
    const filled = sum(book.ownOrders(record.intent_id).map((o) => dec(o.filled_qty)));
    if (filled === zero || record.reserved_usdt === "0") return undefined;
    const kept = share(dec(record.reserved_usdt), min(filled, dec(holding.qty)), dec(planOf(record).qty));
    return { ...holding, reserved_usdt: show((dec(holding.reserved_usdt) + kept) as Amount) };
  }

  /** After a spot exit, what the exchange would not take any more stays in the wallet as dust. */
  private withoutDust(holding: Holding): Holding | undefined {
    const listing = this.parts.market.listing(holding.instrument);
    const touch = this.parts.market.touch(holding.instrument);
    if (listing?.market !== "SPOT" || !touch) return undefined;
    const qty = dec(holding.qty);
    const tooSmall = qty < dec(listing.min_qty) || mul(qty, dec(touch.bid)) < dec(listing.min_notional);
    return tooSmall ? settled(leaveAsDust(holding)) : undefined;
  }
}

/** Its end may be far off: by its slices' times, or by its price. */
export const mayWait = ({ slices, style, hurry_reason }: Plan): boolean =>
  (slices !== undefined || style === "LIMIT") && hurry_reason === undefined;

/** At the exchange, or perhaps there. */
export const isStanding = (order: Order): boolean =>
  order.status === "NEW" ||
  order.status === "PARTIALLY_FILLED" ||
  order.status === "SENT" ||
  order.status === "UNKNOWN";

export const linkOf = (order: Order): Op => ({
  op: "link",
  child: `orders/${order.client_order_id}`,
  parent: `intents/${order.intent_id}`,
});
