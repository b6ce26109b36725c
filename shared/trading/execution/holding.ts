/** What is held on one instrument, folded from fills: quantity, average entry and the share of the risk budget. */
import { type Amount, add, dec, div, mul, show, sub, zero } from "../../domain/money.ts";
import { opposite, type Side } from "../../domain/order.ts";
import { share } from "./budget.ts";
import { netQty } from "./net-qty.ts";

/** The part of a stored holding that fills change. */
export interface HeldState {
  readonly qty: string;
  readonly avg_entry: string;
  readonly side?: Side | undefined;
  readonly reserved_usdt: string;
  readonly dust: string;
}

export interface HeldFill {
  readonly side: Side;
  readonly price: string;
  readonly qty: string;
  readonly fee: string;
  readonly fee_asset: string;
}

export interface HeldRules {
  readonly spot: boolean;
  readonly base: string;
  readonly step_size: string;
}

/**
 * The holding after one fill. On spot, a fee in the base asset comes off what was bought; what is left below one step
 * cannot be sold and becomes dust. A futures fill beyond the position opens the other side with the rest; a spot sale
 * beyond what is held came out of other balances.
 */
export function applyFill<H extends HeldState>(held: H, fill: HeldFill, rules: HeldRules): H {
  const qty = dec(held.qty);
  const moved = netQty(fill, rules);
  if (rules.spot && qty === zero && fill.side === "SELL") return held;
  const after =
    qty === zero || held.side === fill.side
      ? enlarge(held, fill, add(qty, moved))
      : moved <= qty
        ? reduce(held, sub(qty, moved))
        : rules.spot
          ? flat(held)
          : reverse(held, fill, sub(moved, qty));
  return rules.spot ? settleDust(after, dec(rules.step_size)) : after;
}

function enlarge<H extends HeldState>(held: H, fill: HeldFill, qty: Amount): H {
  const before = mul(dec(held.qty), dec(held.avg_entry));
  const added = mul(sub(qty, dec(held.qty)), dec(fill.price));
  const avg_entry = show(div(add(before, added), qty, "nearest"));
  return { ...held, qty: show(qty), avg_entry, side: fill.side };
}

function reduce<H extends HeldState>(held: H, qty: Amount): H {
  if (qty === zero) return flat(held);
  const reserved_usdt = show(share(dec(held.reserved_usdt), qty, dec(held.qty)));
  return { ...held, qty: show(qty), reserved_usdt };
}

/** Only futures can. */
const reverse = <H extends HeldState>(held: H, fill: HeldFill, qty: Amount): H => ({
  ...flat(held),
  qty: show(qty),
  avg_entry: fill.price,
  side: fill.side,
});

const flat = <H extends HeldState>(held: H): H => ({
  ...held,
  qty: "0",
  avg_entry: "0",
  side: undefined,
  reserved_usdt: "0",
});

function settleDust<H extends HeldState>(held: H, step: Amount): H {
  const qty = dec(held.qty);
  if (qty === zero || qty >= step) return held;
  return { ...flat(held), dust: show(add(dec(held.dust), qty)) };
}

/** Gives up what is too small to sell: it stays in the wallet, outside the trade. */
export const leaveAsDust = <H extends HeldState>(held: H): H => ({
  ...flat(held),
  dust: show(add(dec(held.dust), dec(held.qty))),
});

/** The side of the order that reduces what `side` opened. */
export const reducing = (side: Side): Side => opposite(side);
