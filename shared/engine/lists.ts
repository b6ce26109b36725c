/** Spot order lists: one cancels the other (OCO), one triggers others (OTO, OTOCO), one pays the others (OPO, OPOCO). */
import type { InstrumentId } from "../domain/instrument.ts";
import { type Amount, max, show, zero } from "../domain/money.ts";
import type { Side } from "../domain/order.ts";
import { mustOrder } from "./apply.ts";
import { Refusal } from "./checks.ts";
import type { Exchange } from "./exchange.ts";
import type { ListKind } from "./facts.ts";
import { closeList, forMarket } from "./legs.ts";
import { isOpen, type VenueList } from "./state.ts";
import { checkNew, follow, holdFor, type Leg, termsOf, type WaitingOrder, waitsAbove } from "./stops.ts";

export interface PlaceOco {
  readonly account: string;
  readonly instrument: InstrumentId;
  readonly client_id: string;
  readonly side: Side;
  readonly qty: Amount;
  readonly above: Leg;
  readonly below: Leg;
}

export interface PlaceTriggered {
  readonly account: string;
  readonly instrument: InstrumentId;
  readonly client_id: string;
  readonly kind: Exclude<ListKind, "OCO">;
  readonly working: Leg & { readonly side: Side; readonly qty: Amount };
  /** One order, or above and below of a pair; `qty` is zero where they sell what the first one bought. */
  readonly pending: readonly Leg[];
  readonly pending_side: Side;
  readonly pending_qty: Amount;
}

type Hold = { asset: string; qty: Amount };

const waitsForPrice = (leg: Leg): boolean => leg.stop_price !== undefined || leg.trailing_delta !== undefined;
const isStop = (leg: Leg): boolean => leg.type !== "LIMIT_MAKER" && waitsForPrice(leg);

/** The most that one of the orders needs: only one of them can ever be executed. */
function largestHold(exchange: Exchange, orders: readonly WaitingOrder[]): Hold {
  const [first, ...others] = orders.map((order) => holdFor(exchange, order)) as [Hold, ...Hold[]];
  return others.reduce((a, b) => ({ asset: a.asset, qty: max(a.qty, b.qty) }), first);
}

function checkFunds(exchange: Exchange, account: string, holds: readonly Hold[]): void {
  for (const { asset } of holds) {
    const needed = holds.reduce((sum, hold) => (hold.asset === asset ? sum + hold.qty : sum), 0n);
    if (needed > exchange.state.free(account, "SPOT", asset)) throw new Refusal("NO_BALANCE");
  }
}

/** An id is free again once its list is done. */
function checkNewList(exchange: Exchange, account: string, clientId: string): void {
  for (const list of exchange.state.openLists.values()) {
    if (list.account === account && list.client_id === clientId) throw new Refusal("DUPLICATE_ID");
  }
}

/** Places both legs or neither. Throws a Refusal OCO_PRICES, WOULD_TAKE, NO_BALANCE or DUPLICATE_ID. */
export function placeOco(exchange: Exchange, oco: PlaceOco, last: Amount | undefined): VenueList {
  const { state } = exchange;
  const { account, instrument, side, qty } = oco;
  checkNew(exchange, account, [oco.above.client_id, oco.below.client_id]);
  checkNewList(exchange, account, oco.client_id);
  checkOcoPrices(oco, last);
  const legs = [oco.above, oco.below].map((leg): WaitingOrder => ({ ...leg, account, instrument, side, qty }));
  const hold = largestHold(exchange, legs);
  checkFunds(exchange, account, [hold]);
  const list_id = state.list_seq + 1;
  const ids = legs.map((_, i) => ({ order_id: state.order_seq + 1 + i, list_id }));
  const resting = legs.findIndex((leg) => !isStop(leg));
  const events = resting < 0 ? [] : send(exchange, legs[resting]!, ids[resting]!.order_id);
  if (events.some((event) => event.kind === "done")) throw new Refusal("WOULD_TAKE");
  const list = { list_id, client_id: oco.client_id, account, instrument };
  exchange.record({ fact: "list_accepted", list, hold: { asset: hold.asset, qty: show(hold.qty) } });
  legs.forEach((leg, i) => {
    exchange.record({ fact: "accepted", order: termsOf(leg, ids[i]!), hold: null, margin: "0" });
    if (last !== undefined) follow(exchange, mustOrder(state, ids[i]!.order_id), last);
  });
  exchange.settle(instrument, events);
  return state.lists.get(list_id) as VenueList;
}

/**
 * Places an order that starts others once it is filled, or nothing. Both sides' funds are set aside at once, but for
 * OPO and OPOCO, whose first order pays the others. Throws a Refusal WOULD_TAKE, NO_BALANCE, OCO_PRICES or
 * DUPLICATE_ID.
 */
export function placeTriggered(exchange: Exchange, asked: PlaceTriggered): VenueList {
  const { state } = exchange;
  const { account, instrument, kind, working, pending_side: side, pending_qty: qty } = asked;
  checkNew(exchange, account, [working.client_id, ...asked.pending.map((leg) => leg.client_id)]);
  checkNewList(exchange, account, asked.client_id);
  const lead: WaitingOrder = { ...working, account, instrument };
  const pending = asked.pending.map((leg): WaitingOrder => ({ ...leg, account, instrument, side, qty }));
  if (pending.length === 2) checkPair(side, pending[0]!, pending[1]!);
  const leadHold = holdFor(exchange, lead);
  const isPaid = kind === "OPO" || kind === "OPOCO";
  const pendingHold = isPaid ? { asset: leadHold.asset, qty: zero } : largestHold(exchange, pending);
  checkFunds(exchange, account, [leadHold, pendingHold]);
  const list_id = state.list_seq + 1;
  const order_id = state.order_seq + 1;
  const events = send(exchange, lead, order_id);
  if (events[0]?.kind === "done" && events[0].why === "would_take") throw new Refusal("WOULD_TAKE");
  const list = { list_id, client_id: asked.client_id, account, instrument, kind };
  const shown = (hold: Hold) => ({ asset: hold.asset, qty: show(hold.qty) });
  exchange.record({ fact: "list_accepted", list, hold: shown(pendingHold) });
  const leadTerms = termsOf(lead, { order_id, list_id, leads: true });
  exchange.record({ fact: "accepted", order: leadTerms, hold: shown(leadHold), margin: "0" });
  pending.forEach((leg, i) => {
    const terms = termsOf(leg, { order_id: order_id + 1 + i, list_id, pending: true });
    exchange.record({ fact: "accepted", order: terms, hold: null, margin: "0" });
  });
  exchange.settle(instrument, events);
  return state.lists.get(list_id) as VenueList;
}

function send(exchange: Exchange, order: WaitingOrder, order_id: number) {
  const listing = exchange.state.listing(order.instrument);
  const sent = { ...order, stp: order.stp ?? "NONE", iceberg_qty: order.iceberg_qty };
  return exchange.deps.matcher(order.instrument).place(forMarket(listing, sent, { order_id, qty: order.qty }));
}

const trigger = (leg: Leg): Amount | undefined => leg.stop_price ?? (isStop(leg) ? undefined : leg.price);

/** Above must lie above the market and below beneath it. */
function checkOcoPrices({ side, above, below }: PlaceOco, last: Amount | undefined): void {
  checkPair(side, above, below);
  if (last === undefined) return;
  const [high, low] = [trigger(above), trigger(below)];
  if ((high !== undefined && high <= last) || (low !== undefined && low >= last)) throw new Refusal("OCO_PRICES");
}

/** A pair needs at least one stop, each on its side. */
function checkPair(side: Side, above: Leg, below: Leg): void {
  if (!isStop(above) && !isStop(below)) throw new Refusal("OCO_PRICES");
  if (isStop(above) && !waitsAbove({ type: above.type, side })) throw new Refusal("OCO_PRICES");
  if (isStop(below) && waitsAbove({ type: below.type, side })) throw new Refusal("OCO_PRICES");
  const [high, low] = [trigger(above), trigger(below)];
  if (high !== undefined && low !== undefined && high <= low) throw new Refusal("OCO_PRICES");
}

/** Ends all orders of a list. Throws a Refusal UNKNOWN_LIST for one that is done. */
export function cancelList(exchange: Exchange, list: VenueList | undefined, cancelId?: string): VenueList {
  if (!list || list.done) throw new Refusal("UNKNOWN_LIST");
  const open = list.order_ids.map((id) => mustOrder(exchange.state, id)).filter(isOpen);
  for (const order of open) if (isOpen(order)) exchange.end(order, "canceled", cancelId);
  for (const order of open.slice(0, 1)) closeList(exchange, order);
  return list;
}
