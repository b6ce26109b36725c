/** What follows for the other orders of a list when one of them trades or ends: cancelled, or its turn has come. */
import type { InstrumentId } from "../domain/instrument.ts";
import { type Amount, mul, show, toStep, toSteps, zero } from "../domain/money.ts";
import { mustOrder } from "./apply.ts";
import type { EndReason, Fact } from "./facts.ts";
import type { Listing } from "./listing.ts";
import type { MatchEvent, Matcher, NewOrder } from "./matcher.ts";
import { type ExchangeState, isOpen, remaining, type VenueList, type VenueOrder, walletOf } from "./state.ts";

/** What lists and stops ask of the exchange they belong to. */
export interface Host {
  readonly state: ExchangeState;
  readonly deps: { matcher(instrument: InstrumentId): Matcher };
  record(fact: Fact): void;
  settle(instrument: InstrumentId, events: readonly MatchEvent[]): void;
  end(order: VenueOrder, reason: EndReason, cancel_id?: string): void;
  canCarry(order: VenueOrder): boolean;
}

/** An order, or what is to become one, as the market takes it. */
export function forMarket(
  listing: Listing,
  order: Pick<VenueOrder, "side" | "type" | "tif" | "price" | "account"> &
    Partial<Pick<VenueOrder, "iceberg_qty" | "stp">>,
  { order_id, qty }: { order_id: number; qty: Amount },
): NewOrder {
  const isMarket = order.price === zero;
  return {
    id: String(order_id),
    side: order.side,
    kind: isMarket ? "market" : "limit",
    ticks: isMarket ? 0 : toSteps(order.price, listing.tick),
    lots: toSteps(qty, listing.step),
    tif: matchTif(order),
    owner: order.account,
    stp: order.stp ?? "NONE",
    ...(order.iceberg_qty === undefined ? {} : { shown: toSteps(order.iceberg_qty, listing.step) }),
  };
}

/** Good till a date rests like good till cancelled: the date is kept by who ends it. */
const matchTif = ({ type, tif }: Pick<VenueOrder, "type" | "tif">): NewOrder["tif"] => {
  if (type === "LIMIT_MAKER") return "GTX";
  return tif === "GTD" ? "GTC" : tif;
};

/** Sends an accepted order to its market, and ends it where the account cannot pay for it. */
export function work(host: Host, order: VenueOrder): void {
  if (order.side === "BUY" && order.price === zero && !host.canCarry(order)) {
    host.end(order, "no_funds");
    return;
  }
  const listing = host.state.listing(order.instrument);
  const sent = forMarket(listing, order, { order_id: order.order_id, qty: remaining(order) });
  host.settle(order.instrument, host.deps.matcher(order.instrument).place(sent));
}

const listOf = (host: Host, order: VenueOrder): VenueList | undefined =>
  order.list_id === undefined ? undefined : host.state.lists.get(order.list_id);

/** After an order has traded or ended. One that ended for the list's sake has no say. */
export function followLeg(host: Host, order: VenueOrder): void {
  const list = listOf(host, order);
  if (!list || list.done) return;
  if (order.end_reason !== "list") {
    const hasWorked = order.filled > 0n || !isOpen(order);
    if (order.leads && order.status === "FILLED") begin(host, list, order);
    else if (order.leads ? !isOpen(order) : hasWorked) {
      endOthers(host, order, order.status === "CANCELED" ? "canceled" : "list");
    }
  }
  closeList(host, order);
}

/** Ends the other orders of the order's list; where that was cancelled, by the same cancellation. */
export function endOthers(host: Host, order: VenueOrder, reason: EndReason): void {
  for (const id of listOf(host, order)?.order_ids ?? []) {
    const other = mustOrder(host.state, id);
    if (other !== order && isOpen(other)) host.end(other, reason, order.cancel_id);
  }
}

/** A list is done when none of its orders is open. */
export function closeList(host: Host, order: VenueOrder): void {
  const list = listOf(host, order);
  if (!list || list.done || list.order_ids.some((id) => isOpen(mustOrder(host.state, id)))) return;
  host.record({ fact: "list_ended", list_id: list.list_id });
}

/** The first order is filled: the pending ones go to the market, or wait for their price. */
function begin(host: Host, list: VenueList, lead: VenueOrder): void {
  const pending = list.order_ids
    .map((id) => mustOrder(host.state, id))
    .filter(({ status }) => status === "PENDING_NEW");
  const bought = list.kind === "OPO" || list.kind === "OPOCO" ? boughtQty(host, list, lead) : undefined;
  if (bought !== undefined && isTooLittle(host.state.listing(lead.instrument), bought, pending)) {
    for (const order of pending) if (isOpen(order)) host.end(order, "filter");
    return;
  }
  const qty = bought === undefined ? {} : { qty: show(bought) };
  for (const { order_id } of pending) host.record({ fact: "begun", order_id, ...qty });
  for (const order of pending) if (order.working && isOpen(order)) work(host, order);
}

/** What is kept of what the first order bought, in whole steps. */
function boughtQty({ state }: Host, list: VenueList, lead: VenueOrder): Amount {
  const { base, step } = state.listing(lead.instrument);
  const kept = state.ledger.balance(walletOf(lead.account, "SPOT"), "hold", base, `l${list.list_id}`);
  return toStep(kept, step, "down");
}

function isTooLittle(listing: Listing, qty: Amount, pending: readonly VenueOrder[]): boolean {
  if (qty < listing.min_qty) return true;
  return pending.some(({ price }) => price > 0n && mul(price, qty) < listing.min_notional);
}
