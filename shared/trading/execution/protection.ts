/** Which stop and take-profit orders must exist for what is held, given those that do: place new, then cancel old. */
import { type Amount, dec, max, sub, zero } from "../../domain/money.ts";
import type { Order } from "../../domain/order.ts";
import { isLive } from "./order-state.ts";

export interface ProtectionView {
  readonly spot: boolean;
  /** What must be covered, in whole steps. */
  readonly held: Amount;
  readonly stop: Amount | undefined;
  readonly target: Amount | undefined;
  /** The entry that opened what is held: its protective orders carry it. */
  readonly entry?: string | undefined;
  /** All protective orders of this instrument, live or not, oldest first. */
  readonly orders: readonly Order[];
  /** Spot: an entry still fills, so that its pair would be too small at once. */
  readonly entering: boolean;
  /** Spot: an exit needs the balance that the pair locks. */
  readonly releasing: boolean;
  /** The exchange takes an order of this size. */
  readonly placeable: boolean;
  readonly guard: boolean;
  readonly now: number;
  /** After this long without an answer a stop no longer counts, and another is placed. */
  readonly unansweredMs: number;
  /** While an entry fills, protection grows at most this often. */
  readonly growMs: number;
}

export type ProtectAction =
  | { do: "place"; kind: "SL" | "TP"; qty: Amount; price: Amount }
  | { do: "place_pair"; qty: Amount; stop: Amount; target: Amount }
  | { do: "submit"; order: Order }
  | { do: "cancel"; order: Order }
  | { do: "ask"; order: Order }
  /** The price is watched here while no order at the exchange covers the quantity. */
  | { do: "guard"; on: boolean; why: string; lasting: boolean }
  | { do: "wait"; until: number };

export function decideProtection(view: ProtectionView): ProtectAction[] {
  const asks: ProtectAction[] = view.orders
    .filter((order) => order.status === "UNKNOWN")
    .map((order) => ({ do: "ask", order }));
  return [...asks, ...(view.spot ? decidePair(view) : decideSeparate(view))];
}

/** Futures: a stop and a target of their own, each reduce-only by quantity. */
function decideSeparate(view: ProtectionView): ProtectAction[] {
  if (view.held === zero) return cancelAll(view.orders.filter(isLive));
  return [...decideLeg(view, "SL", view.stop), ...decideLeg(view, "TP", view.target)];
}

function decideLeg(view: ProtectionView, kind: "SL" | "TP", price: Amount | undefined): ProtectAction[] {
  const live = view.orders.filter((order) => order.kind === kind && isLive(order));
  if (price === undefined) return cancelAll(live);
  const fits = (order: Order) =>
    remaining(order) === view.held && order.stop_price !== undefined && dec(order.stop_price) === price;
  const inForce = live.filter(isInForce);
  const match = inForce.findLast(fits);
  if (match) return cancelAll(inForce.filter((order) => order !== match));
  // One that has begun to trade is closing the position already; replacing it would only double it.
  if (inForce.some((order) => dec(order.filled_qty) > 0n)) return [];
  const asked = live.filter((order) => !isInForce(order)).at(-1);
  if (asked?.status === "PENDING") return [{ do: "submit", order: asked }];
  if (asked) {
    const until = (asked.sent_at ?? asked.created_at) + view.unansweredMs;
    if (view.now < until) return [{ do: "wait", until }];
  }
  const newest = inForce.at(-1);
  if (newest && view.entering && newest.stop_price !== undefined && dec(newest.stop_price) === price) {
    const until = newest.created_at + view.growMs;
    if (view.now < until) return [{ do: "wait", until }];
  }
  return [{ do: "place", kind, qty: view.held, price }];
}

/** Spot: one pair locks the balance, so the old one goes before the new one, with the guard armed in between. */
function decidePair(view: ProtectionView): ProtectAction[] {
  const live = view.orders.filter(isLive);
  if (view.held === zero) return [...cancelAll(live), ...guard(view, false, "nothing is held")];
  const { stop, target } = view;
  const wanted = !view.entering && !view.releasing && view.placeable && stop !== undefined && target !== undefined;
  if (!wanted) {
    const armed = stop === undefined ? [] : guard(view, true, whyGuarded(view));
    return [...armed, ...cancelAll(live)];
  }
  const pair = live.filter(isInForce);
  const sl = pair.find((order) => order.kind === "SL");
  const tp = pair.find((order) => order.kind === "TP");
  const covers = (order: Order | undefined, price: Amount) =>
    order !== undefined && remaining(order) === view.held && levelOf(order) === price;
  if (live.length === 2 && covers(sl, stop) && covers(tp, target)) return guard(view, false, "the pair is in force");
  const pending = live.filter((order) => order.status === "PENDING");
  if (pending.length > 0) return pending.slice(0, 1).map((order) => ({ do: "submit", order }));
  if (live.length > 0) {
    if (live.some((order) => !isInForce(order))) return guard(view, true, "the pair is not answered yet");
    // A leg that trades, or a stop that has triggered, ends the other: a target's rest has no stop then, and a stop is a
    // limit that the market may pass by. The guard sees to both.
    const trades = !tp || live.some((order) => dec(order.filled_qty) > 0n);
    if (trades) return guard(view, true, "one leg of the pair trades");
    return [...guard(view, true, "the pair is being replaced"), ...cancelAll(live)];
  }
  return [...guard(view, true, "the pair is being placed"), { do: "place_pair", qty: view.held, stop, target }];
}

/**
 * Whether the quantity has what it needs at the exchange: a stop on futures, on spot the pair in place of another.
 * The first pair of an entry may be refused for good: then its guard watches. `asked`: it may be there in a moment.
 */
export function coverOf(view: ProtectionView): "covered" | "asked" | "bare" {
  const inForce = view.orders.some((order) => order.kind === "SL" && isInForce(order) && remaining(order) > zero);
  if (view.held === zero || inForce) return "covered";
  if (!view.spot) return "bare";
  const isWanted = !view.entering && !view.releasing && view.placeable;
  const own = view.orders.filter((order) => order.intent_id === view.entry);
  const stoodBefore = own.some((order) => order.kind === "SL" && order.order_id !== undefined);
  if (!isWanted || !stoodBefore || view.stop === undefined || view.target === undefined) return "covered";
  return view.orders.some(isLive) ? "asked" : "bare";
}

const whyGuarded = (view: ProtectionView): string => {
  if (view.entering) return "the entry still fills";
  if (view.releasing) return "an exit needs the balance";
  return view.placeable ? "there is no target to pair the stop with" : "the quantity is too small for the exchange";
};

const guard = (view: ProtectionView, on: boolean, why: string): ProtectAction[] =>
  view.guard === on ? [] : [{ do: "guard", on, why, lasting: !isPairable(view) }];

/** Sooner or later a pair can cover it. */
const isPairable = (view: ProtectionView): boolean => view.target !== undefined && (view.placeable || view.entering);

/** A pair's target rests at its limit price; its stop waits for its trigger. */
const levelOf = (order: Order): Amount | undefined => {
  const text = order.kind === "TP" ? (order.price ?? order.stop_price) : order.stop_price;
  return text === undefined ? undefined : dec(text);
};

/** The exchange acknowledged it and it still stands. */
const isInForce = (order: Order): boolean => order.status === "NEW" || order.status === "PARTIALLY_FILLED";
const remaining = (order: Order): Amount => max(zero, sub(dec(order.qty), dec(order.filled_qty)));

/** What was never answered is asked about, not cancelled: a cancel that misses proves nothing. */
const cancelAll = (orders: readonly Order[]): ProtectAction[] =>
  orders.filter(isInForce).map((order) => ({ do: "cancel", order }));

/** The quantity that stops at the exchange cover, for telling when a position is bare. */
export function coveredQty(orders: readonly Order[]): Amount {
  return orders
    .filter((order) => order.kind === "SL" && isInForce(order))
    .reduce((most, order) => max(most, remaining(order)), zero);
}

/** True when the guard must sell: the price to get out at has reached the stop. */
export const isStopReached = (side: "BUY" | "SELL", stop: Amount, exitPrice: Amount): boolean =>
  side === "BUY" ? exitPrice <= stop : exitPrice >= stop;
