/** What an intent must satisfy before anything is stored or sent; each failure names its field and its rule. */
import type { Instrument } from "../../domain/instrument.ts";
import { type Amount, dec, isOnStep, mul, show } from "../../domain/money.ts";
import { type Intent, isEntry, type Side } from "../../domain/order.ts";
import { refuse } from "../../errors.ts";

const invalid = (field: string, message: string): never =>
  refuse("INVALID", `${field} ${message}`, { errors: [{ field, message }] });

/** Shape rules that need no market: which fields belong together. Throws INVALID (400). */
export function checkShape(intent: Intent): void {
  if (intent.qty !== undefined && intent.notional_usdt !== undefined) {
    invalid("qty", "and notional_usdt exclude each other");
  }
  if (isEntry(intent.kind)) {
    if (intent.qty === undefined && intent.notional_usdt === undefined) invalid("qty", "or notional_usdt is required");
    if (intent.reduce_only) invalid("reduce_only", "contradicts an entry");
  }
  if ((intent.exec?.twap?.slices ?? 1) > 1 && intent.price !== undefined) invalid("exec.twap", "goes without a price");
  const conditional = intent.type === "STOP_MARKET" || intent.type === "TAKE_PROFIT_MARKET";
  if (conditional && intent.stop_price === undefined) invalid("stop_price", `is required for ${intent.type}`);
  if (conditional && isEntry(intent.kind)) invalid("type", "of an entry is MARKET or LIMIT");
  if (intent.type === "LIMIT" && intent.price === undefined) invalid("price", "is required for LIMIT");
  if (intent.exec?.policy === "LIMIT_ONLY" && intent.price === undefined)
    invalid("price", "is required for LIMIT_ONLY");
  const spot = intent.instrument.startsWith("SPOT:");
  if (intent.exec?.policy === "OCO") {
    if (!spot) invalid("exec.policy", "OCO exists on spot only");
    if (intent.exec.oco === undefined) invalid("exec.oco", "is required for OCO");
  }
  if (spot && isEntry(intent.kind) && intent.side === "SELL") invalid("side", "of a spot entry is BUY");
}

/** Entries are refused past their `valid_until`. Throws EXPIRED_INTENT (422). */
export function checkInTime(validUntil: number | undefined, now: number): void {
  if (validUntil !== undefined && now > validUntil) {
    refuse("EXPIRED_INTENT", `valid until ${validUntil}, now ${now}`);
  }
}

export interface Terms {
  readonly side: Side;
  readonly qty: Amount;
  /** The limit price; undefined for a market order. */
  readonly price: Amount | undefined;
  /** What percent-price rules are measured against: mark or mid. */
  readonly reference: Amount;
  readonly reduceOnly: boolean;
}

/** The exchange's filters. Throws OFF_TICK or OFF_STEP (400), INVALID (400) or MIN_NOTIONAL (422). */
export function checkFilters(terms: Terms, listing: Instrument): void {
  const { qty, price, reference } = terms;
  checkQty(qty, listing);
  if (price !== undefined) {
    checkTick(price, listing, "price");
    const { price_up, price_down } = listing;
    if (terms.side === "BUY" && price_up !== undefined && price > mul(reference, dec(price_up))) {
      invalid("price", `is more than ${price_up} times the reference price ${show(reference)}`);
    }
    if (terms.side === "SELL" && price_down !== undefined && price < mul(reference, dec(price_down))) {
      invalid("price", `is less than ${price_down} times the reference price ${show(reference)}`);
    }
  }
  // Binance exempts reduce-only futures orders from the minimum, so that any rest can be closed.
  if (terms.reduceOnly && listing.market === "FUT") return;
  const notional = mul(qty, price ?? reference);
  if (notional < dec(listing.min_notional)) {
    refuse("MIN_NOTIONAL", `${show(notional)} USDT is below the minimum of ${listing.min_notional}`);
  }
}

function checkQty(qty: Amount, listing: Instrument): void {
  if (!isOnStep(qty, dec(listing.step_size))) {
    refuse("OFF_STEP", `${show(qty)} is no multiple of the step ${listing.step_size}`, {
      errors: [{ field: "qty", message: `must be a multiple of ${listing.step_size}` }],
    });
  }
  if (qty < dec(listing.min_qty)) invalid("qty", `is below the minimum of ${listing.min_qty}`);
  if (qty > dec(listing.max_qty)) invalid("qty", `is above the maximum of ${listing.max_qty}`);
}

/** Throws OFF_TICK (400). */
export function checkTick(price: Amount, listing: Instrument, field: string): void {
  if (!isOnStep(price, dec(listing.tick_size))) {
    refuse("OFF_TICK", `${field} ${show(price)} is no multiple of the tick ${listing.tick_size}`, {
      errors: [{ field, message: `must be a multiple of ${listing.tick_size}` }],
    });
  }
}

/** A stop lies on the losing side of the entry, a target on the winning side. Throws INVALID (400). */
export function checkSides(
  position: Side,
  entry: Amount,
  levels: { stop: Amount | undefined; target: Amount | undefined },
): void {
  const { stop, target } = levels;
  const long = position === "BUY";
  if (stop !== undefined && (long ? stop >= entry : stop <= entry)) {
    invalid("stop_loss.price", `must lie ${long ? "below" : "above"} the entry at ${show(entry)}`);
  }
  if (target !== undefined && (long ? target <= entry : target >= entry)) {
    invalid("take_profit.price", `must lie ${long ? "above" : "below"} the entry at ${show(entry)}`);
  }
}

/** What is held on an instrument; `qty` is above zero when anything is. */
export interface Held {
  readonly side: Side | undefined;
  readonly qty: Amount;
}

/** A reducing intent needs an opposite position. Throws NO_POSITION (422). */
export function checkReduces(side: Side, held: Held): void {
  if (held.qty <= 0n || held.side === undefined) refuse("NO_POSITION", "nothing is held on this instrument");
  if (held.side === side) refuse("NO_POSITION", `a ${side} does not reduce a position that was opened by ${held.side}`);
}
