/** How much the futures wallet needs from spot: `need = max(0, min_free_fut − free_fut)`, if spot keeps its buffer. */
import { type Amount, max, sub, toStep, zero } from "../../domain/money.ts";

export interface TopUpView {
  readonly freeFut: Amount;
  readonly freeSpot: Amount;
  readonly minFreeFut: Amount;
  readonly spotBuffer: Amount;
  /** The least that can be moved, and what every amount is a multiple of. */
  readonly unit: Amount;
}

/** `isCovered`: spot can give all of it and keep its buffer; a part would leave both wallets short. */
export function decideTopUp(view: TopUpView): { need: Amount; isCovered: boolean } {
  const need = toStep(max(zero, sub(view.minFreeFut, view.freeFut)), view.unit, "up");
  return { need, isCovered: sub(view.freeSpot, need) >= view.spotBuffer };
}
