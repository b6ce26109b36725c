/** What a signal earned by a horizon, in exact decimals: the result over the margin, and the class it falls into. */
import { type Amount, add, dec, div, mul, neg, sub, zero } from "../../domain/money.ts";
import type { Side } from "../../domain/order.ts";

export const HORIZONS_H = [12, 24, 36] as const;
export type HorizonH = (typeof HORIZONS_H)[number];
const HOUR_MS = 3_600_000;
export const horizonMs = (horizonH: HorizonH): number => horizonH * HOUR_MS;

export const LABEL_CLASSES = ["pos", "neutral", "neg"] as const;
export type LabelClass = (typeof LABEL_CLASSES)[number];
/** `net / margin ≥ 5 / 1000` is positive and `≤ −5 / 1000` negative: compared as products, which are exact. */
const PER_MILLE = dec("1000");
const CLASS_PER_MILLE = dec("5");

/** Everything that a label is computed from, in USDT. `funding` is what the wallet gained: below zero it was paid. */
export interface Result {
  readonly gross: Amount;
  readonly fees: Amount;
  readonly funding: Amount;
  readonly margin: Amount;
}

/** `roi_net = (gross − fees + funding) / margin`, to 18 decimals; zero without margin. */
export function outcomeOf({ gross, fees, funding, margin }: Result): { net: Amount; roi: Amount; class: LabelClass } {
  const net = add(sub(gross, fees), funding);
  const roi = margin === zero ? zero : div(net, margin, "nearest");
  return { net, roi, class: margin === zero ? "neutral" : classOf(net, margin) };
}

/** At or above +0.5 % `pos`, at or below −0.5 % `neg`, else `neutral`. */
export function classOf(net: Amount, margin: Amount): LabelClass {
  const earned = mul(net, PER_MILLE);
  const bound = mul(margin, CLASS_PER_MILLE);
  if (earned >= bound) return "pos";
  return earned <= neg(bound) ? "neg" : "neutral";
}

/** What moves for the side counts for it. */
export const forSide = (side: Side, amount: Amount): Amount => (side === "BUY" ? amount : neg(amount));
