/** Reads the parameters of USDⓈ-M orders, single or in a batch, plain or conditional, as Binance does. */

import { type Amount, mul, zero } from "../../../shared/domain/money.ts";
import type { Side } from "../../../shared/domain/order.ts";
import type { PlaceOrder } from "../../../shared/engine/checks.ts";
import type { PriceMatch, Tif } from "../../../shared/engine/facts.ts";
import { type Listing, priceOf } from "../../../shared/engine/listing.ts";
import type { StpMode } from "../../../shared/engine/matcher.ts";
import { matchedPrice } from "../../../shared/engine/price-match.ts";
import { type Call, referencePrice } from "./desk.ts";
import { errors } from "./errors.ts";
import { checkFilters } from "./filters.ts";
import { madeClientId, sideOf } from "./order-fields.ts";
import type { Params } from "./request.ts";
import { umErrors } from "./um-errors.ts";

const CONDITIONAL = new Set(["STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"]);
const TIFS: ReadonlySet<string> = new Set(["GTC", "IOC", "FOK", "GTX", "GTD"] satisfies Tif[]);
const STPS: ReadonlySet<string> = new Set(["NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"] satisfies StpMode[]);
const MATCH = /^(OPPONENT|QUEUE)(_5|_10|_20)?$/;
/** A date must lie this far ahead, and before the year 10000. */
const GOOD_TILL_MS_MIN = 600_000;
const GOOD_TILL_MAX = 253_402_300_799_000;

export function tifOf(params: Params): Tif {
  const tif = params.mustText("timeInForce");
  if (!TIFS.has(tif)) throw errors.tif();
  return tif as Tif;
}

/** LONG or SHORT in hedge mode, nothing in one-way mode. Throws −4060 or −4061. */
export function positionSideOf({ params, desk, account }: Call): "LONG" | "SHORT" | undefined {
  const side = params.text("positionSide") ?? "BOTH";
  if (side !== "BOTH" && side !== "LONG" && side !== "SHORT") throw umErrors.badPositionSide();
  const dual = desk.exchange.state.futures.isDual(account);
  if (dual === (side === "BOTH")) throw errors.positionSide();
  return side === "BOTH" ? undefined : side;
}

/** Hedge mode knows closing orders by their side: naming it twice is refused. */
export function reduceOnlyOf({ params, desk, account }: Call): boolean {
  if (desk.exchange.state.futures.isDual(account) && params.has("reduceOnly")) throw errors.notRequired("reduceonly");
  return params.bool("reduceOnly");
}

export function stpOf(params: Params): StpMode {
  const mode = params.text("selfTradePreventionMode") ?? "NONE";
  if (!STPS.has(mode)) throw umErrors.stp();
  return mode as StpMode;
}

/** Epoch ms, for GTD only. */
export function goodTillOf({ params, now }: Call, tif: Tif): number | undefined {
  if (tif !== "GTD") {
    if (params.has("goodTillDate")) throw errors.notRequired("goodTillDate");
    return undefined;
  }
  const at = params.int("goodTillDate");
  if (at === undefined) throw errors.mandatory("goodTillDate");
  if (at <= now + GOOD_TILL_MS_MIN || at >= GOOD_TILL_MAX) throw umErrors.goodTill();
  // Seconds are what Binance keeps of it.
  return Math.floor(at / 1000) * 1000;
}

export function priceMatchOf(params: Params, hasLimit: boolean): PriceMatch | undefined {
  const match = params.text("priceMatch");
  if (match === undefined || match === "NONE") return undefined;
  if (!MATCH.test(match)) throw umErrors.priceMatch();
  if (!hasLimit) throw umErrors.priceMatchType();
  if (params.has("price")) throw errors.notRequired("price");
  return match as PriceMatch;
}

/** The limit that was named, or that the book gives. */
export function limitOf(
  { params, desk }: Call,
  { instrument }: Listing,
  { side, match }: { side: Side; match: PriceMatch | undefined },
): Amount {
  return match ? matchedPrice(desk.exchange, { instrument, side, match }) : params.mustAmount("price");
}

/** A market order is refused while the other side's best price is further from the mark than limit prices may be. */
function checkTakeBound({ desk }: Call, listing: Listing, { side, mark }: { side: Side; mark: Amount }): void {
  const best = desk.market.matcher(listing.instrument).best();
  if (!best) return;
  const isPast =
    side === "BUY"
      ? priceOf(listing, best.askTicks) > mul(mark, listing.price_up)
      : priceOf(listing, best.bidTicks) < mul(mark, listing.price_down);
  if (isPast) throw umErrors.takeBound();
}

/** Throws Binance's error for the first parameter that is wrong. */
export function readOrder(call: Call, listing: Listing): PlaceOrder {
  const { desk, params, account } = call;
  const type = params.mustText("type");
  if (CONDITIONAL.has(type)) throw errors.algoSwitch();
  if (type !== "LIMIT" && type !== "MARKET") throw errors.type();
  const isLimit = type === "LIMIT";
  const side = sideOf(params);
  const position_side = positionSideOf(call);
  const reduce_only = reduceOnlyOf(call);
  const tif = isLimit ? tifOf(params) : "GTC";
  const good_till = goodTillOf(call, tif);
  const stp = stpOf(params);
  if (params.bool("closePosition")) throw umErrors.closeType(type);
  const qty = params.mustAmount("quantity");
  const price_match = priceMatchOf(params, isLimit);
  if (!isLimit && params.has("price")) throw errors.notRequired("price");
  const price = isLimit ? limitOf(call, listing, { side, match: price_match }) : undefined;
  const closes = position_side !== undefined && (position_side === "LONG") !== (side === "BUY");
  const reference = referencePrice(desk, listing);
  if (!isLimit && reference !== undefined) checkTakeBound(call, listing, { side, mark: reference });
  checkFilters(listing, { side, price, qty, reduceOnly: reduce_only || closes, reference });
  return {
    ...{ account, instrument: listing.instrument, side, type, tif, qty, reduce_only, stp },
    client_id: params.clientId("newClientOrderId") ?? madeClientId(desk),
    price: price ?? zero,
    ...(position_side === undefined ? {} : { position_side }),
    ...(good_till === undefined ? {} : { good_till }),
    ...(price_match === undefined ? {} : { price_match }),
  };
}
