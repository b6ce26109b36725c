/** What becomes of an order for which the balance is too small: it shrinks, step by step, down to the smallest slice. */
import { type Amount, dec, max, min, mul, SCALE_DIGITS, toNumber, toStep } from "../../domain/money.ts";
import type { Order } from "../../domain/order.ts";

/** Binance's codes with their words: futures margin (−2018, −2019) and spot balance (−2010, which says other things too). */
const TOO_LITTLE = /-2018|-2019|insufficient balance|balance is insufficient|margin is insufficient/i;

/** The exchange refused it for want of balance or margin. */
export const isShort = (order: Order): boolean =>
  order.status === "REJECTED" && order.message !== undefined && TOO_LITTLE.test(order.message);

export interface ShrinkRules {
  readonly triesMax: number;
  /** Before the first try; it doubles with each. */
  readonly waitMs: number;
  readonly step: Amount;
  /** The smallest quantity that the exchange takes. */
  readonly least: Amount;
}

/** The quantity of the n-th try: each is smaller by the same ratio, and the last is the smallest there is. */
export function shrunkQty(wanted: Amount, nth: number, { triesMax, step, least }: ShrinkRules): Amount {
  if (least <= 0n || least >= wanted) return wanted;
  if (nth >= triesMax) return least;
  const ratio = (toNumber(least) / toNumber(wanted)) ** (nth / triesMax);
  return min(wanted, max(least, toStep(mul(wanted, dec(ratio.toFixed(SCALE_DIGITS)), "down"), step, "nearest")));
}

/** How long the n-th try waits, ms. */
export const shrinkWaitMs = (nth: number, { waitMs }: Pick<ShrinkRules, "waitMs">): number =>
  waitMs * 2 ** Math.max(0, nth - 1);
