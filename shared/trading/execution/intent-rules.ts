/** How a running intent stands, as its next step is decided by: its orders, what it may close, what it leaves behind. */
import type { Holding, IntentRecord } from "../../collections/orders.ts";
import { type Amount, dec, max, min, mul, show, sub, sum, zero } from "../../domain/money.ts";
import { isEntry, type Order } from "../../domain/order.ts";
import { clientOrderId } from "../../keys.ts";
import { planOf } from "./answers.ts";
import { settled } from "./booking-rules.ts";
import type { Books } from "./books.ts";
import { share } from "./budget.ts";
import { leaveAsDust } from "./holding.ts";
import { isLive } from "./order-state.ts";
import { decideMaker, type Plan } from "./plan.ts";
import { type PlanParts, planViewOf } from "./plan-view.ts";
import { coveredQty } from "./protection.ts";
import type { Quotes } from "./quotes.ts";
import type { RulePorts } from "./router-parts.ts";
import type { Step, StepView } from "./steps.ts";
import { sliceLeg, sliceOfLeg } from "./twap.ts";

/** A move that takes longer ends with an alert; the protection goes on trying by itself. */
const MOVE_WAIT_MS_MAX = 10_000;

export interface IntentParts extends PlanParts {
  readonly ports: Pick<RulePorts, "account" | "settings" | "clock" | "config" | "revision">;
  readonly book: Books;
  readonly market: Quotes;
  /** Why no order of an entry may leave now, such as the kill switch. */
  entriesStopped(): string | undefined;
}

export class IntentRules {
  private readonly parts: IntentParts;

  constructor(parts: IntentParts) {
    this.parts = parts;
  }

  viewOf(record: IntentRecord): StepView {
    const { book, market, ports } = this.parts;
    const { intent, instrument } = record;
    const listing = market.listing(instrument);
    const spot = instrument.startsWith("SPOT:");
    const { execution } = ports.revision(intent.config_rev).bundle.flags;
    const plan = planOf(record);
    return {
      intent,
      plan,
      orders: book.ownOrders(record.intent_id),
      fills: book.fillsOf(record.intent_id),
      now: ports.clock.now(),
      held: this.closable(record),
      touch: market.touch(instrument),
      entriesStopped: this.parts.entriesStopped(),
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

  /** Each slice of a maker's plan weighs anew whether to post. */
  private isPosting(record: IntentRecord): boolean {
    const { intent, decision, instrument } = record;
    const { style, slices } = planOf(record);
    const listing = this.parts.market.listing(instrument);
    if (style !== "MAKER" || !slices?.[0] || !listing) return style === "MAKER";
    const of = { held: zero, decision, rev: intent.config_rev };
    return decideMaker(intent, dec(slices[0].qty), planViewOf(this.parts, listing, of)).first;
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
  orderOf(record: IntentRecord, step: Extract<Step, { do: "send" }>): Order {
    const { ports, book } = this.parts;
    const { intent } = record;
    const own = book.ownOrders(record.intent_id);
    const { slice } = step;
    const nth = slice === undefined ? own.length : own.filter((order) => sliceOfLeg(order.leg) === slice).length;
    const leg = slice === undefined ? `e${nth}` : sliceLeg(slice, nth);
    const now = ports.clock.now();
    return {
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
  }

  /** A move is over when the orders stand as asked, when nothing is held any more, or when it has taken too long. */
  moveEnds(record: IntentRecord): { ended: true; failed?: string } | { ended: false; lookInMs: number } {
    const { book, ports } = this.parts;
    const holding = book.holding(record.instrument);
    const held = dec(holding?.qty ?? "0");
    const age = ports.clock.now() - record.created_at;
    const moved = holding !== undefined && (holding.guard || this.standsAt(holding));
    if (held === zero || moved || planOf(record).cancel_reason !== undefined) return { ended: true };
    if (age >= MOVE_WAIT_MS_MAX) return { ended: true, failed: "the new order is not in force yet" };
    return { ended: false, lookInMs: MOVE_WAIT_MS_MAX - age };
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

  /** The intent at its end and what it leaves in the holding: the reservation passes to what is held, once. */
  ending(current: IntentRecord): { intents: IntentRecord[]; holding?: Holding } {
    const done: IntentRecord = { ...current, state: "DONE", reserved_usdt: "0" };
    const holding = this.holdingAfter(current);
    return { intents: [done], ...(holding ? { holding } : {}) };
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

/** On an exit that was asked for although another one's outcome is unknown. */
export const IN_DOUBT = "in-doubt";

/** An exit that has been sent, and nothing is known of it. */
export const isDoubtful = (book: Books, record: IntentRecord): boolean =>
  !isEntry(record.intent.kind) &&
  book
    .ownOrders(record.intent_id)
    .filter(isLive)
    .some((order) => order.status === "UNKNOWN");
