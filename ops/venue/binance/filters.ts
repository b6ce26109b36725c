/** USDⓈ-M filters on price, quantity and notional, and the code that each failure has. */
import { type Amount, isOnStep, mul, showFixed, toStep, zero } from "../../../shared/domain/money.ts";
import type { Side } from "../../../shared/domain/order.ts";
import type { Listing } from "../../../shared/engine/listing.ts";
import { BinanceError, errors } from "./errors.ts";

export interface Filtered {
  readonly side: Side;
  /** Nothing for a market order. */
  readonly price?: Amount | undefined;
  /** Nothing for one asked for in quote, or that closes the position. */
  readonly qty?: Amount | undefined;
  readonly reduceOnly?: boolean;
  /** The mark price. */
  readonly reference?: Amount | undefined;
}

const hasMoreDigits = (amount: Amount, digits: number): boolean =>
  toStep(amount, (10n ** BigInt(18 - digits)) as Amount, "down") !== amount;

/** Throws Binance's error for the first filter that fails. */
export function checkFilters(listing: Listing, { side, price, qty, reduceOnly, reference }: Filtered): void {
  if (qty !== undefined) {
    const max = price === undefined ? listing.max_market_qty : listing.max_qty;
    if (qty <= zero) throw new BinanceError(-4003, "Quantity less than or equal to zero.");
    if (hasMoreDigits(qty, listing.qty_digits)) throw errors.precision();
    if (qty < listing.min_qty) throw new BinanceError(-4004, "Quantity less than min quantity.");
    if (qty > max) throw new BinanceError(-4005, "Quantity greater than max quantity.");
    if (!isOnStep(qty, listing.step)) throw new BinanceError(-4023, "Qty not increased by step size.");
  }
  if (price !== undefined) checkFuturesPrice(listing, { side, price, reference });
  const at = price ?? reference;
  if (qty === undefined || at === undefined || reduceOnly) return;
  if (mul(at, qty) < listing.min_notional) {
    const least = showFixed(listing.min_notional, 0);
    throw new BinanceError(-4164, `Order's notional must be no smaller than ${least} (unless you choose reduce only).`);
  }
}

export function checkFuturesPrice(
  listing: Listing,
  { side, price, reference }: { side: Side; price: Amount; reference?: Amount | undefined },
): void {
  if (price <= zero) throw new BinanceError(-4001, "Price less than 0.");
  if (hasMoreDigits(price, listing.price_digits)) throw errors.precision();
  if (price < listing.min_price) throw new BinanceError(-4013, "Price less than min price.");
  if (price > listing.max_price) throw new BinanceError(-4002, "Price greater than max price.");
  if (!isOnStep(price, listing.tick)) throw new BinanceError(-4014, "Price not increased by tick size.");
  if (reference === undefined) return;
  const up = mul(reference, listing.price_up);
  const down = mul(reference, listing.price_down);
  const shown = (bound: Amount): string => showFixed(bound, listing.price_digits);
  if (side === "BUY" && price > up) {
    throw new BinanceError(-4016, `Limit price can't be higher than ${shown(up)}.`);
  }
  if (side === "SELL" && price < down) {
    throw new BinanceError(-4024, `Limit price can't be lower than ${shown(down)}.`);
  }
}
