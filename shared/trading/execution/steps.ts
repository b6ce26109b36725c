/** The next step of a running intent, decided from its stored state alone: what runs on and what recovers are one. */
import { type Amount, dec, max, min, mul, show, sub, sum, toNumber, toStep, zero } from "../../domain/money.ts";
import { type Fill, type Intent, isEntry, type Order } from "../../domain/order.ts";
import { isLive, missingQty } from "./order-state.ts";
import { type Plan, type Touch, touchPrice } from "./plan.ts";
import { isShort, type ShrinkRules, shrinkWaitMs, shrunkQty } from "./shrink.ts";
import { qtyUpTo, type Slice, sliceOfLeg } from "./twap.ts";

export interface StepRules {
  /** At least this share filled by a maker ends an entry, or its slice, without a taker. */
  readonly makerFillMin: number;
  /** Exits that came back unfilled are sent again after waits that double from here. */
  readonly retryMs: number;
  readonly retryMsMax: number;
  readonly retriesMax: number;
  /** A slice that is due waits at most this long for the spread. */
  readonly spreadWaitMsMax: number;
  readonly shrinkTriesMax: number;
  readonly shrinkWaitMs: number;
  readonly step: Amount;
  readonly minQty: Amount;
  /** 0 where the exchange has no minimum for this order. */
  readonly minNotional: Amount;
}

export interface StepView {
  readonly intent: Intent;
  readonly plan: Plan;
  /** The intent's own orders, oldest first; not the protective ones. */
  readonly orders: readonly Order[];
  readonly fills: readonly Fill[];
  readonly now: number;
  /** What an exit may still close. */
  readonly held: Amount;
  readonly touch: Touch | undefined;
  /** Why no order of an entry may leave now, such as the kill switch. */
  readonly entriesStopped: string | undefined;
  /** Spot exits wait until the protective pair has let go of the balance. */
  readonly balanceFree: boolean;
  /** The spread is far above its hourly mean: slices wait for a better moment. */
  readonly spreadIsWide: boolean;
  /** A slice of a maker's plan would be posted now, not taken. */
  readonly posting: boolean;
  readonly rules: StepRules;
}

export type OrderKind = "MARKET" | "LIMIT" | "LIMIT_MAKER";
export type Step =
  | { do: "send"; type: OrderKind; qty: string; price?: string; slice?: number }
  /** Not sent yet: give it up. */
  | { do: "drop"; order: Order; why: string }
  | { do: "submit"; order: Order }
  | { do: "cancel"; order: Order }
  /** Its state is not known: ask the exchange. */
  | { do: "ask"; order: Order }
  /** The exchange executed more than we hold fills of. */
  | { do: "fetch_fills"; order: Order }
  | { do: "wait"; until?: number }
  | { do: "done"; failed?: string; code?: "BALANCE_SHORT" };

const WAIT: Step = { do: "wait" };
const DONE: Step = { do: "done" };
/** While a slice waits for the spread it looks again this often. */
const SPREAD_LOOK_MS = 250;
/** After so many slices in a row that brought nothing, an entry sends no further one. */
const IDLE_SLICES_MAX = 2;
/** A spot balance that a pair has just let go of may come late: an exit asks for all of it so often before it shrinks. */
const FULL_EXITS = 3;

/** At most one live order at a time, so quantities cannot overlap. */
export function decideStep(view: StepView): Step {
  const live = view.orders.find(isLive);
  if (live) return liveStep(live, view);
  const behind = view.orders.find((order) => missingQty(order, view.fills) > 0n);
  if (behind) return { do: "fetch_fills", order: behind };
  return isEntry(view.intent.kind) ? nextEntryOrder(view) : nextExitOrder(view);
}

function liveStep(order: Order, view: StepView): Step {
  const { plan } = view;
  if (order.status === "PENDING") {
    const why = isEntry(view.intent.kind) ? entryEnded(view) : plan.cancel_reason;
    return why === undefined ? { do: "submit", order } : { do: "drop", order, why };
  }
  if (order.status === "UNKNOWN") return { do: "ask", order };
  if (order.status === "SENT") return WAIT;
  if (plan.cancel_reason !== undefined) return { do: "cancel", order };
  if (order.type === "MARKET") return { do: "ask", order };
  if (plan.hurry_reason !== undefined) return { do: "cancel", order };
  if (plan.style === "MAKER") {
    const until = (order.acked_at ?? order.created_at) + plan.maker_wait_ms;
    return view.now >= until ? { do: "cancel", order } : { do: "wait", until };
  }
  const { valid_until } = view.intent;
  if (valid_until === undefined || !isEntry(view.intent.kind)) return WAIT;
  return view.now > valid_until ? { do: "cancel", order } : { do: "wait", until: valid_until + 1 };
}

/** Why no further order of this entry may be sent, if so. */
function entryEnded(view: StepView): string | undefined {
  const { plan, entriesStopped } = view;
  return plan.cancel_reason ?? entriesStopped ?? lateWhy(view);
}

/** Why an entry's next order would come too late, if so. */
export function lateWhy({
  intent,
  plan,
  orders,
  now,
}: Pick<StepView, "intent" | "plan" | "orders" | "now">): string | undefined {
  if (plan.deadline !== undefined && now > plan.deadline) return "past its plan's deadline";
  // An entry in slices must begin in time; what has begun is bounded by the deadline alone.
  const isLate = intent.valid_until !== undefined && now > intent.valid_until;
  return isLate && !(plan.slices && hasBegun(orders)) ? "past its valid_until" : undefined;
}

/** The exchange has said something of an order of this intent. */
const hasBegun = (orders: readonly Order[]): boolean =>
  orders.some((order) => order.acked_at !== undefined || order.filled_qty !== "0");

const filledBy = (orders: readonly Order[]): Amount => sum(orders.map((order) => dec(order.filled_qty)));

/** Where a plan is: the slice of its newest order and that slice's orders. A plan without slices is one slice. */
function progressOf({ plan, orders }: StepView) {
  const slices: readonly Slice[] = plan.slices ?? [{ qty: plan.qty, due_at: Number.NEGATIVE_INFINITY }];
  const last = orders.at(-1);
  const at = last === undefined ? -1 : sliceOfLeg(last.leg);
  return { slices, at, mine: orders.filter((order) => sliceOfLeg(order.leg) === at) };
}

function nextEntryOrder(view: StepView): Step {
  const { slices, at, mine } = progressOf(view);
  const last = mine.at(-1);
  if (entryEnded(view) !== undefined) return DONE;
  if (last && isShort(last)) return nextShrunk(view, last);
  const slice = slices[at];
  const taker = slice === undefined ? zero : takerQty(view, dec(slice.qty), mine);
  if (worthSending(taker, view)) return sendOf(view, "MARKET", taker, at);
  if (isIdle(view)) return DONE;
  return beginSlice(view, at + 1, (next) => dec(next.qty));
}

/** What a taker still has to take of a slice that was posted: nothing once the maker has most of it. */
function takerQty({ plan, rules }: StepView, goal: Amount, mine: readonly Order[]): Amount {
  const last = mine.at(-1);
  if (plan.style !== "MAKER" || !last || mine.some((order) => order.type === "MARKET")) return zero;
  // Of a shrunk order the goal is what it asked for: there is no balance for more.
  const whole = mine.some(isShort) ? dec(last.qty) : goal;
  const filled = filledBy(mine);
  if (toNumber(filled) >= rules.makerFillMin * toNumber(whole)) return zero;
  return toStep(max(zero, sub(whole, filled)), rules.step, "down");
}

/** The newest slices brought nothing, one after the other. */
function isIdle({ orders, plan }: StepView): boolean {
  if (!plan.slices) return false;
  const newest = [...new Set(orders.map((order) => sliceOfLeg(order.leg)))].slice(-IDLE_SLICES_MAX);
  const idle = newest.filter((slice) => filledBy(orders.filter((o) => sliceOfLeg(o.leg) === slice)) === zero);
  return newest.length >= IDLE_SLICES_MAX && idle.length === newest.length;
}

/** Begins this slice or, where it is too small by now, one after it; `qtyOf` is what a slice is to send. */
function beginSlice(view: StepView, first: number, qtyOf: (slice: Slice, at: number) => Amount): Step {
  const { slices } = progressOf(view);
  for (let at = first; at < slices.length; at++) {
    const slice = slices[at] as Slice;
    const qty = qtyOf(slice, at);
    // The very first order's size was checked when the intent was let in.
    if (view.orders.length > 0 && !worthSending(qty, view)) continue;
    const due = dueOf(view, slices, at);
    if (view.now < due) return { do: "wait", until: due };
    const latest = due + view.rules.spreadWaitMsMax;
    const mayWait = view.plan.slices !== undefined && view.plan.hurry_reason === undefined;
    if (mayWait && view.spreadIsWide && view.now < latest) {
      return { do: "wait", until: Math.min(latest, view.now + SPREAD_LOOK_MS) };
    }
    return sendFirst(view, qty, at);
  }
  return DONE;
}

/** Slices that are late, after a restart say, still keep half their distance. */
function dueOf({ orders }: StepView, slices: readonly Slice[], at: number): number {
  const slice = slices[at] as Slice;
  const last = orders.at(-1);
  const before = last && slices[sliceOfLeg(last.leg)];
  if (!last || !before) return slice.due_at;
  return Math.max(slice.due_at, last.created_at + (slice.due_at - before.due_at) / 2);
}

/** Too little balance: a smaller order after a wait, until the tries are used up. */
function nextShrunk(view: StepView, last: Order): Step {
  const tries = view.orders.filter(isShort).length;
  return shrink(view, last, { tries, wanted: firstAsked(view, last) });
}

/** What the orders that have been refused in a row began with. */
function firstAsked({ orders }: StepView, last: Order): Amount {
  const begun = orders.findLastIndex((order) => !isShort(order));
  return dec((orders[begun + 1] ?? last).qty);
}

function shrink(view: StepView, last: Order, { tries, wanted }: { tries: number; wanted: Amount }): Step {
  const { rules } = view;
  if (tries > rules.shrinkTriesMax) {
    return { do: "done", failed: `${last.message} (${tries} tries)`, code: "BALANCE_SHORT" };
  }
  const due = last.updated_at + shrinkWaitMs(tries, { waitMs: rules.shrinkWaitMs });
  if (view.now < due) return { do: "wait", until: due };
  const qty = shrunkQty(wanted, tries, shrinkRulesOf(view));
  const at = sliceOfLeg(last.leg);
  return last.type === "MARKET" ? sendOf(view, "MARKET", qty, at) : sendFirst(view, qty, at);
}

function shrinkRulesOf(view: StepView): ShrinkRules {
  const { rules, touch, intent } = view;
  const price = touch === undefined ? zero : dec(intent.side === "BUY" ? touch.ask : touch.bid);
  const byNotional = price === zero ? zero : ceilingDiv(rules.minNotional, price, rules.step);
  const least = max(toStep(max(rules.minQty, rules.step), rules.step, "up"), byNotional);
  return { triesMax: rules.shrinkTriesMax, waitMs: rules.shrinkWaitMs, step: rules.step, least };
}

/** The smallest multiple of the step that is worth this notional. */
function ceilingDiv(notional: Amount, price: Amount, step: Amount): Amount {
  const perStep = mul(price, step);
  if (perStep === zero) return zero;
  const steps = (notional + perStep - 1n) / perStep;
  return (steps * step) as Amount;
}

function nextExitOrder(view: StepView): Step {
  const { orders, plan, rules } = view;
  const rest = max(zero, sub(dec(plan.qty), filledBy(orders)));
  const qty = toStep(min(rest, view.held), rules.step, "down");
  if (plan.cancel_reason !== undefined || !worthSending(qty, view)) return DONE;
  if (!view.balanceFree) return WAIT;
  const last = orders.at(-1);
  if (last && isShort(last)) return nextShortExit(view, last, qty);
  const { slices, at } = progressOf(view);
  const isWaiting = plan.hurry_reason === undefined && (plan.deadline === undefined || view.now <= plan.deadline);
  if (orders.length === 0 || (plan.slices && isWaiting)) {
    const due = (upTo: number) => toStep(min(qty, leftUpTo(view, slices, upTo)), rules.step, "down");
    const mine = at < 0 ? zero : due(at);
    if (worthSending(mine, view)) return again(view, mine, at);
    const next = beginSlice(view, at + 1, (_slice, index) => (orders.length === 0 ? min(qty, due(index)) : due(index)));
    if (next.do !== "done") return next;
  }
  if (plan.style === "LIMIT" && plan.hurry_reason === undefined) return DONE;
  return again(view, qty, slices.length - 1);
}

/** What the slices up to this one should have closed and have not: an exit makes up for what was missed. */
const leftUpTo = ({ orders }: StepView, slices: readonly Slice[], last: number): Amount =>
  max(zero, sub(qtyUpTo(slices, last), filledBy(orders)));

/** What came back unfilled is sent again, after waits that grow. */
function again(view: StepView, qty: Amount, slice: number): Step {
  const { orders, rules } = view;
  const misses = orders.filter((order) => order.filled_qty === "0" && order.type === "MARKET").length;
  if (misses > rules.retriesMax) return { do: "done", failed: orders.at(-1)?.message ?? "unfilled" };
  const last = orders.at(-1);
  const due =
    misses === 0 ? 0 : (last?.updated_at ?? 0) + Math.min(rules.retryMs * 2 ** (misses - 1), rules.retryMsMax);
  return view.now < due ? { do: "wait", until: due } : sendOf(view, "MARKET", qty, slice);
}

/** A balance may come late: the first tries are for all of it. After them the exit sells what there is. */
function nextShortExit(view: StepView, last: Order, qty: Amount): Step {
  const { orders } = view;
  const streak = orders.length - 1 - orders.findLastIndex((order) => !isShort(order));
  if (streak < FULL_EXITS) return again(view, qty, sliceOfLeg(last.leg));
  const wanted = min(qty, firstAsked(view, last));
  return shrink(view, last, { tries: orders.filter(isShort).length - FULL_EXITS + 1, wanted });
}

function sendFirst(view: StepView, qty: Amount, slice: number): Step {
  const { plan, intent, touch } = view;
  if (plan.style === "LIMIT" && plan.price !== undefined) return sendOf(view, "LIMIT", qty, slice, plan.price);
  const posts = plan.style === "MAKER" && (plan.slices === undefined || view.posting);
  if (posts && touch) return sendOf(view, "LIMIT_MAKER", qty, slice, plan.price ?? touchPrice(intent.side, touch));
  return sendOf(view, "MARKET", qty, slice);
}

const sendOf = ({ plan }: StepView, type: OrderKind, qty: Amount, slice: number, price?: string): Step => ({
  do: "send",
  type,
  qty: show(qty),
  ...(price === undefined ? {} : { price }),
  ...(plan.slices === undefined ? {} : { slice }),
});

function worthSending(qty: Amount, view: StepView): boolean {
  if (qty < view.rules.minQty || qty <= 0n) return false;
  if (view.rules.minNotional === zero || !view.touch) return true;
  return mul(qty, dec(view.intent.side === "BUY" ? view.touch.ask : view.touch.bid)) >= view.rules.minNotional;
}
