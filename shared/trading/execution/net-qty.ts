/** What a fill moves once its fee is counted: on spot a fee in the base asset comes off what was bought. */
import { type Amount, add, dec, sub } from "../../domain/money.ts";
import type { Side } from "../../domain/order.ts";

interface NetFill {
  readonly side: Side;
  readonly qty: string;
  readonly fee: string;
  readonly fee_asset: string;
}
interface NetRules {
  readonly spot: boolean;
  readonly base: string;
}

/** What a fill adds to or takes from the base asset. */
export function netQty(fill: NetFill, rules: NetRules): Amount {
  const qty = dec(fill.qty);
  if (!rules.spot || fill.fee_asset !== rules.base) return qty;
  return fill.side === "BUY" ? sub(qty, dec(fill.fee)) : add(qty, dec(fill.fee));
}
