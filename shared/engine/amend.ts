/** Cutting an open spot order in its place: it keeps its priority, and what is no longer needed of its hold is freed. */
import { type Amount, max, mul, show, sub, toSteps, zero } from "../domain/money.ts";
import { mustOrder } from "./apply.ts";
import { Refusal } from "./checks.ts";
import type { Exchange } from "./exchange.ts";
import { isOpen, remaining, type VenueOrder } from "./state.ts";

/** Of one order, ever. */
export const AMENDS_MAX = 10;

/** `qty` is the new whole quantity. Throws a Refusal UNKNOWN_ORDER, AMEND_*, or DUPLICATE_ID. */
export function amendOrder(
  exchange: Exchange,
  order: VenueOrder | undefined,
  { qty, client_id }: { qty: Amount; client_id: string },
): VenueOrder {
  if (!order || !isOpen(order)) throw new Refusal("UNKNOWN_ORDER");
  const legs = sharersOf(exchange, order);
  checkAmend(exchange, order, qty);
  const less = sub(order.qty, qty);
  if (legs.some((leg) => less >= remaining(leg))) throw new Refusal("AMEND_BELOW_FILLED");
  const namesake = exchange.state.openByClientId(order.account, "SPOT", client_id);
  if (namesake && namesake !== order) throw new Refusal("DUPLICATE_ID");
  for (const leg of legs) {
    if (leg.working) {
      const { step } = exchange.state.listing(leg.instrument);
      exchange.deps.matcher(leg.instrument).cut(String(leg.order_id), toSteps(sub(remaining(leg), less), step));
    }
  }
  const { side, instrument } = order;
  const release = freed(exchange, legs, { side, instrument, less });
  for (const leg of legs) {
    const released = leg === order ? release : null;
    const id = leg === order ? client_id : leg.client_id;
    exchange.record({ fact: "amended", order_id: leg.order_id, client_id: id, qty: show(qty), released });
  }
  return order;
}

function checkAmend({ state }: Exchange, order: VenueOrder, qty: Amount): void {
  const list = order.list_id === undefined ? undefined : state.lists.get(order.list_id);
  const isPaid = list?.kind === "OPO" || list?.kind === "OPOCO";
  if (isPaid && order.status === "PENDING_NEW") throw new Refusal("AMEND_PENDING");
  if (state.amendments.filter((done) => done.order_id === order.order_id).length >= AMENDS_MAX) {
    throw new Refusal("AMEND_TOO_OFTEN");
  }
  if (qty === order.qty) throw new Refusal("AMEND_NOTHING");
  if (qty > order.qty) throw new Refusal("AMEND_INCREASE");
}

/** The orders that must have the same quantity: a pair of which only one can be executed. */
function sharersOf({ state }: Exchange, order: VenueOrder): VenueOrder[] {
  const list = order.list_id === undefined || order.leads ? undefined : state.lists.get(order.list_id);
  if (!list) return [order];
  return list.order_ids.map((id) => mustOrder(state, id)).filter((leg) => !leg.leads && isOpen(leg));
}

/** What `less` of a hold was set aside for: `legs` share it. Nothing where that was no price times quantity. */
function freed(
  { state }: Exchange,
  legs: readonly VenueOrder[],
  { side, instrument, less }: { side: VenueOrder["side"]; instrument: VenueOrder["instrument"]; less: Amount },
): { asset: string; qty: string } | null {
  const { base, quote } = state.listing(instrument);
  if (side === "SELL") return { asset: base, qty: show(less) };
  const price = legs.reduce((most, leg) => max(most, leg.price > 0n ? leg.price : (leg.stop_price ?? zero)), zero);
  return price > 0n ? { asset: quote, qty: show(mul(price, less)) } : null;
}
