/** Funding: what a perpetual's premium over its index costs for an interval, and who pays whom. */
import type { InstrumentId } from "../domain/instrument.ts";
import { type Amount, add, dec, max, min, mul, neg, show, sub, toStep, zero } from "../domain/money.ts";
import type { Exchange } from "./exchange.ts";
import { SETTLE_STEP } from "./listing.ts";

/** Per eight hours. */
export const INTEREST_RATE = dec("0.0001");
const CLAMP = dec("0.0005");
/** At most so much an interval either way. */
export const RATE_MAX = dec("0.03");

/**
 * The rate of an interval of eight hours: F = P + clamp(I − P, ±0.05 %), P the interval's average premium over the
 * index, I = 0.01 % interest. Source: Binance FAQ "Introduction to Binance Futures funding rates".
 */
export function fundingRate(premium: Amount): Amount {
  const pull = min(CLAMP, max(neg(CLAMP), sub(INTEREST_RATE, premium)));
  return min(RATE_MAX, max(neg(RATE_MAX), toStep(add(premium, pull), SETTLE_STEP, "nearest")));
}

/** Notes the rate; longs pay shorts qty × mark × rate when it is above zero, and get it when below. */
export function fund(exchange: Exchange, instrument: InstrumentId, due: { rate: Amount; mark: Amount }): void {
  const terms = { rate: show(due.rate), mark: show(due.mark) };
  exchange.record({ fact: "funding_rate", instrument, ...terms });
  for (const position of exchange.state.positions.values()) {
    if (position.instrument !== instrument || position.qty === zero) continue;
    const qty = neg(toStep(mul(mul(position.qty, due.mark), due.rate), SETTLE_STEP, "nearest"));
    if (qty === zero) continue;
    const { account, side } = position;
    const of = side === "BOTH" ? { account, instrument } : { account, instrument, position_side: side };
    exchange.record({ fact: "funded", ...of, ...terms, qty: show(qty) });
  }
}
