/** What futures orders can besides being placed and cancelled: be modified, end at a date, end when a countdown runs out. */
import type { InstrumentId } from "../domain/instrument.ts";
import { type Amount, add, show, sub, zero } from "../domain/money.ts";
import { mustOrder } from "./apply.ts";
import { Refusal } from "./checks.ts";
import type { Exchange } from "./exchange.ts";
import { forMarket } from "./legs.ts";
import { decideMargin, futuresFunds, reduces, roomToClose } from "./margin.ts";
import { isOpen, type VenueOrder } from "./state.ts";

const MODIFICATIONS_MAX = 10_000;

export interface Modify {
  readonly price: Amount;
  readonly qty: Amount;
}

/**
 * Gives an open LIMIT order another price or quantity; it goes to the end of its queue. One whose new quantity is
 * filled already ends, and so does a maker-only one that would take. Throws a Refusal UNKNOWN_ORDER, LIMIT_ONLY,
 * SAME_ORDER, TOO_MANY_CHANGES, REDUCE_ONLY, MAX_POSITION or NO_MARGIN.
 */
export function modify(exchange: Exchange, order: VenueOrder | undefined, wanted: Modify): VenueOrder {
  if (!order || !isOpen(order)) throw new Refusal("UNKNOWN_ORDER");
  if (order.type !== "LIMIT") throw new Refusal("LIMIT_ONLY");
  if (order.price === wanted.price && order.qty === wanted.qty) throw new Refusal("SAME_ORDER");
  if (exchange.state.futures.modificationsOf(order.order_id) >= MODIFICATIONS_MAX) {
    throw new Refusal("TOO_MANY_CHANGES");
  }
  const left = sub(sub(wanted.qty, order.filled), order.prevented);
  if (left <= zero) {
    exchange.end(order, "canceled");
    return order;
  }
  checkRoom(exchange, order, { price: wanted.price, qty: left });
  replace(exchange, order, { ...wanted, left });
  return mustOrder(exchange.state, order.order_id);
}

function checkRoom(exchange: Exchange, order: VenueOrder, rest: { price: Amount; qty: Amount }): void {
  const { state } = exchange;
  if (reduces(order)) {
    if (rest.qty > add(roomToClose(state, order), sub(sub(order.qty, order.filled), order.prevented))) {
      throw new Refusal("REDUCE_ONLY");
    }
    return;
  }
  const { account, instrument, client_id, side, type, tif, reduce_only, position_side } = order;
  const asked = { account, instrument, client_id, side, type, tif, reduce_only, ...rest };
  const of = { matcher: exchange.deps.matcher(instrument), mark: exchange.mark(instrument), instead: order };
  const { margin, beside } = decideMargin(state, of, position_side === "BOTH" ? asked : { ...asked, position_side });
  const { available } = futuresFunds(state, account, (each) => exchange.mark(each));
  if (margin > zero && add(margin, beside) > available) throw new Refusal("NO_MARGIN");
}

function replace(exchange: Exchange, order: VenueOrder, { price, qty, left }: Modify & { left: Amount }): void {
  const { order_id, instrument } = order;
  const matcher = exchange.deps.matcher(instrument);
  matcher.cancel(String(order_id));
  exchange.record({ fact: "modified", order_id, price: show(price), qty: show(qty) });
  const sent = forMarket(exchange.state.listing(instrument), order, { order_id, qty: left });
  exchange.settle(instrument, matcher.place(sent));
}

/** Starts the account's countdown on an instrument anew, or stops it with zero; `forMs` is from now. */
export function setCountdown(
  exchange: Exchange,
  { account, instrument }: { account: string; instrument: InstrumentId },
  forMs: number,
): void {
  const running = exchange.state.futures.countdowns.has(`${account}|${instrument}`);
  if (forMs === 0 && !running) return;
  const deadline = forMs === 0 ? 0 : exchange.time + forMs;
  exchange.record({ fact: "countdown", account, instrument, deadline });
}

/** Ends what its date or its account's countdown ends by now. */
export function passTime(exchange: Exchange): void {
  const { state, time } = exchange;
  for (const order of [...state.open.values()]) {
    if (order.good_till !== undefined && order.good_till <= time && isOpen(order)) exchange.end(order, "good_till");
  }
  for (const { account, instrument, deadline } of [...state.futures.countdowns.values()]) {
    if (deadline > time) continue;
    exchange.record({ fact: "countdown", account, instrument, deadline: 0 });
    for (const order of state.openOrders(account, { instrument })) if (isOpen(order)) exchange.end(order, "canceled");
  }
}
