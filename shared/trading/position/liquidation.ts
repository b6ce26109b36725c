/** How near liquidation is, and how much to give up to move it away. */
import { type Amount, abs, dec, div, mul, show, sub, toStep, zero } from "../../domain/money.ts";

/** `|mark − liq|/mark`, a fraction; nothing where the exchange names no liquidation price. */
export function liquidationDistance(mark: Amount, liquidation: Amount | undefined): number | undefined {
  if (liquidation === undefined || liquidation <= zero || mark <= zero) return undefined;
  return Number(show(div(abs(sub(mark, liquidation)), mark, "down")));
}

const HALF = dec("0.5");

/** Half of what is open, in whole steps, when liquidation is nearer than the minimum; all of it when half is nothing. */
export function decideReduction(
  open: Amount,
  distance: number | undefined,
  rules: { distanceMin: number; step: Amount; minQty: Amount },
): Amount {
  if (distance === undefined || distance >= rules.distanceMin || open === zero) return zero;
  const half = toStep(mul(open, HALF), rules.step, "down");
  return half >= rules.minQty && half > zero ? half : open;
}
