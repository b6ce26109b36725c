/** Compares the orders that are open in our books with those that are open at the exchange, conditional ones too. */
import type { InstrumentId } from "../../domain/instrument.ts";
import { dec } from "../../domain/money.ts";
import { isTerminal, type Order, type Side } from "../../domain/order.ts";
import type { Comparison, Difference } from "./difference.ts";

/** An order that is open at the exchange. */
export interface OpenThere {
  readonly instrument: InstrumentId;
  readonly client_order_id: string;
  readonly status: string;
  readonly side: Side;
  readonly qty: string;
  readonly price?: string | undefined;
  readonly stop_price?: string | undefined;
  readonly filled_qty: string;
  readonly reduce_only: boolean;
  readonly conditional: boolean;
}

type Ours = Pick<
  Order,
  "instrument" | "client_order_id" | "status" | "side" | "qty" | "filled_qty" | "reduce_only" | "leg" | "created_at"
> & { readonly price?: string | undefined; readonly stop_price?: string | undefined };

/** A stored order may have left before its state did: until then nobody but the router knows where it is. */
const UNDER_WAY_MS = 10_000;

/** Sent, or about to be, and without a word of the exchange: the router asks about it until there is one. */
export const isInFlight = ({ status, created_at }: Pick<Order, "status" | "created_at">, now: number): boolean =>
  status === "SENT" || status === "UNKNOWN" || (status === "PENDING" && created_at > now - UNDER_WAY_MS);

/** Acknowledged, and not ended. */
const isOpenHere = ({ status }: Pick<Order, "status">): boolean => status === "NEW" || status === "PARTIALLY_FILLED";

/**
 * `ours`: everything that has not ended, and of what is open at the exchange also what has; `now` is epoch ms. Orders in
 * flight are looked at by neither side's word, since both may be older than the order.
 */
export function compareOrders(ours: readonly Ours[], theirs: readonly OpenThere[], now: number): Comparison {
  const here = new Map(ours.map((order) => [keyOf(order), order]));
  const there = new Map(theirs.map((order) => [keyOf(order), order]));
  const differences: Difference[] = [];
  let checked = 0;
  for (const [key, order] of here) {
    if (isInFlight(order, now) || !isOpenHere(order)) continue;
    checked++;
    const difference = there.has(key) ? differs(order, there.get(key)!) : goneThere(order);
    if (difference) differences.push(difference);
  }
  for (const [key, order] of there) {
    const known = here.get(key);
    if (known && (isOpenHere(known) || isInFlight(known, now))) continue;
    checked++;
    differences.push(missingHere(order, known));
  }
  return { checked, differences };
}

const keyOf = ({ instrument, client_order_id }: { instrument: string; client_order_id: string }): string =>
  `${instrument} ${client_order_id}`;

type Worded = Pick<OpenThere, "status" | "side" | "qty" | "filled_qty"> & {
  readonly price?: string | undefined;
  readonly stop_price?: string | undefined;
};
function words({ status, side, qty, filled_qty, price, stop_price }: Worded): string {
  const at = price === undefined ? "" : ` at ${price}`;
  const from = stop_price === undefined ? "" : ` from ${stop_price}`;
  return `${status} ${side} ${filled_qty} of ${qty}${at}${from}`;
}

const goneThere = (order: Ours): Difference => ({
  kind: "ORDER_GONE_THERE",
  ref: order.client_order_id,
  instrument: order.instrument,
  ours: words(order),
  theirs: "not open",
  order: { conditional: isProtective(order), reduce_only: order.reduce_only },
});

/** Futures stops and targets live in a book of their own at the exchange. */
const isProtective = ({ instrument, leg }: Ours): boolean =>
  instrument.startsWith("FUT:") && (leg.startsWith("sl") || leg.startsWith("tp"));

function missingHere(order: OpenThere, known: Ours | undefined): Difference {
  const ended = known !== undefined && isTerminal(known.status);
  return {
    kind: ended ? "ORDER_DIFFERS" : "ORDER_MISSING_HERE",
    ref: order.client_order_id,
    instrument: order.instrument,
    ours: known ? words(known) : "not known",
    theirs: words(order),
    order: {
      conditional: order.conditional,
      reduce_only: order.reduce_only,
      ...(ended ? { why: "ENDED" as const } : {}),
    },
  };
}

/** More executed there is news to be fetched. Less is not: the account stream is ahead of the list of open orders. */
function differs(ours: Ours, theirs: OpenThere): Difference | undefined {
  const why =
    dec(theirs.filled_qty) > dec(ours.filled_qty) ? "FILLS" : hasOtherTerms(ours, theirs) ? "TERMS" : undefined;
  if (why === undefined) return undefined;
  return {
    kind: "ORDER_DIFFERS",
    ref: ours.client_order_id,
    instrument: ours.instrument,
    ours: words(ours),
    theirs: words(theirs),
    order: { conditional: theirs.conditional, reduce_only: theirs.reduce_only, why },
  };
}

/** Somebody has amended it. The exchange itself cuts a reduce-only order to the position: smaller is nobody's doing. */
function hasOtherTerms(ours: Ours, theirs: OpenThere): boolean {
  const isOther = (a: string | undefined, b: string | undefined) =>
    a !== undefined && b !== undefined && dec(a) !== dec(b);
  const isResized = theirs.reduce_only ? dec(theirs.qty) > dec(ours.qty) : dec(theirs.qty) !== dec(ours.qty);
  return (
    ours.side !== theirs.side ||
    isResized ||
    isOther(ours.price, theirs.price) ||
    isOther(ours.stop_price, theirs.stop_price)
  );
}
