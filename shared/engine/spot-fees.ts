/** Spot commission: the received asset times the rate, or its value in BNB at a discount where the account pays so. */
import type { InstrumentId } from "../domain/instrument.ts";
import { type Amount, add, dec, div, max, mul, sub, toStep, zero } from "../domain/money.ts";
import { SETTLE_STEP } from "./listing.ts";
import { type ExchangeState, holdOf, remaining, type VenueOrder, walletOf } from "./state.ts";

export const DISCOUNT_ASSET = "BNB";
/** Taken off the standard commission that is paid in BNB. */
export const BNB_DISCOUNT = dec("0.25");

export interface SpotFill {
  readonly price: Amount;
  readonly qty: Amount;
  readonly maker: boolean;
}

/** `last` answers an instrument's last price; without one of BNB in the quote asset there is no discount. */
export function decideSpotFee(
  state: ExchangeState,
  order: VenueOrder,
  fill: SpotFill,
  last: (instrument: InstrumentId) => Amount | undefined,
): { fee: Amount; fee_asset: string } {
  const listing = state.listing(order.instrument);
  const rate = fill.maker ? listing.maker_fee : listing.taker_fee;
  const value = mul(fill.price, fill.qty);
  const standard = {
    fee: cut(mul(order.side === "BUY" ? fill.qty : value, rate)),
    fee_asset: receivedOf(order, listing),
  };
  if (!state.bnbBurn.has(order.account)) return standard;
  const bnb: InstrumentId = `SPOT:${DISCOUNT_ASSET}${listing.quote}`;
  const price = listing.base === DISCOUNT_ASSET ? fill.price : state.listings.has(bnb) ? last(bnb) : undefined;
  if (price === undefined || price <= 0n) return standard;
  const discounted = mul(mul(value, rate), sub(dec("1"), BNB_DISCOUNT));
  const fee = cut(div(discounted, price, "nearest"));
  if (spareOf(state, order, fill) < fee) return standard;
  return { fee, fee_asset: DISCOUNT_ASSET };
}

/** BNB that can pay the fee: what is free, with what this fill buys and without what the order has yet to sell. */
function spareOf(state: ExchangeState, order: VenueOrder, fill: SpotFill): Amount {
  const free = state.free(order.account, "SPOT", DISCOUNT_ASSET);
  if (state.listing(order.instrument).base !== DISCOUNT_ASSET) return free;
  if (order.side === "BUY") return add(free, fill.qty);
  const held = state.ledger.balance(walletOf(order.account, "SPOT"), "hold", DISCOUNT_ASSET, holdOf(order));
  return sub(free, max(sub(remaining(order), held), zero));
}

const cut = (amount: Amount): Amount => toStep(amount, SETTLE_STEP, "nearest");
const receivedOf = (order: Pick<VenueOrder, "side">, { base, quote }: { base: string; quote: string }): string =>
  order.side === "BUY" ? base : quote;
