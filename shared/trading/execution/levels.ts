/** Where an entry's stop and target lie when its intent does not say so in prices. */
import type { Instrument } from "../../domain/instrument.ts";
import { type Amount, abs, add, dec, div, min, mul, sub, toStep } from "../../domain/money.ts";
import type { Intent, Side } from "../../domain/order.ts";

export interface LevelRules {
  readonly lossCap: Amount;
  readonly takerFee: Amount;
}

/** A stop further than this share of the way to losing the whole margin would be met by liquidation first. */
const MARGIN_SHARE_MAX = dec("0.5");

/**
 * The stop of an entry that names none: the loss cap away, or half its margin where that is nearer. Every position has
 * a stop, so an entry without one gets the one its size allows. On spot the whole price counts as margin.
 */
export function defaultStop(
  intent: Pick<Intent, "side" | "leverage">,
  entry: Amount,
  size: { qty: Amount; listing: Instrument; rules: LevelRules },
): Amount {
  const { qty, listing, rules } = size;
  const leverage = listing.market === "FUT" ? dec(intent.leverage) : dec("1");
  const marginShare = mul(div(entry, leverage, "down"), MARGIN_SHARE_MAX);
  const distance = min(div(rules.lossCap, qty, "down"), marginShare);
  const raw = intent.side === "BUY" ? sub(entry, distance) : add(entry, distance);
  const tick = dec(listing.tick_size);
  const stop = toStep(raw, tick, "nearest");
  if (abs(sub(entry, stop)) >= tick) return stop;
  return intent.side === "BUY" ? sub(toStep(entry, tick, "down"), tick) : add(toStep(entry, tick, "up"), tick);
}

/**
 * The price at which closing earns `net` USDT after taker fees on both sides: `(exit − entry)·dir·qty − fee·(entry +
 * exit)·qty = net`, solved for the exit and rounded to the tick away from the entry.
 */
export function netProfitPrice(
  side: Side,
  position: { entry: Amount; qty: Amount },
  rule: { net: Amount; takerFee: Amount; tick: Amount },
): Amount {
  const { entry, qty } = position;
  const perUnit = div(rule.net, qty, "up");
  const one = dec("1");
  const fee = rule.takerFee;
  if (side === "BUY") {
    return toStep(div(add(perUnit, mul(entry, add(one, fee))), sub(one, fee), "up"), rule.tick, "up");
  }
  const exit = div(sub(mul(entry, sub(one, fee)), perUnit), add(one, fee), "down");
  return toStep(exit, rule.tick, "down");
}
