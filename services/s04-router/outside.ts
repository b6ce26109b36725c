/** Closes that others made of our positions, the exchange by force or a person at its site: booked as orders of their own. */
import type { Holding, IntentRecord } from "../../shared/collections/orders.ts";
import type { ExchangeFill } from "../../shared/contracts.ts";
import { type Amount, abs, dec, show, sub, sum } from "../../shared/domain/money.ts";
import { type Order, opposite } from "../../shared/domain/order.ts";
import { isLive } from "../../shared/trading/execution/order-state.ts";
import type { Booking } from "./booking.ts";
import { fillKey, type OrdersBook } from "./orders-book.ts";
import type { Ports } from "./types.ts";
import type { Venue } from "./venue.ts";

interface Parts {
  readonly ports: Ports;
  readonly book: OrdersBook;
  readonly booking: Booking;
  readonly venue: Venue;
}

/** A fill younger than this may be of an order of ours whose id at the exchange we have yet to learn. */
const SETTLED_MS = 5_000;

/**
 * Books what closed a position while nobody told of it. Only when no order of ours is without an answer, and fills that
 * are none of ours add up exactly to what is missing; answers whether they did. `ours` and `theirs` are signed.
 */
export async function bookOutsideCloses(parts: Parts, holding: Holding, [ours, theirs]: [Amount, Amount]) {
  const { ports, book, booking, venue } = parts;
  const { account, instrument } = holding;
  const record = holding.entry_intent_id === undefined ? undefined : await book.ensure(holding.entry_intent_id);
  const missing = sub(abs(ours), abs(theirs));
  const unanswered = book.allOrders(instrument).some((order) => isLive(order) && order.order_id === undefined);
  if (!record || unanswered || missing <= 0n || (theirs !== 0n && theirs > 0n !== ours > 0n)) return false;
  const from_ts = Math.floor(record.created_at);
  const said = await venue.attempt((options) => venue.calls.getFills({ account, instrument, from_ts }, options));
  if (said.kind !== "answered") return false;
  const strange: ExchangeFill[] = [];
  for (const fill of said.value.fills) {
    const known = book.fill(fillKey({ instrument, fill_id: fill.fill_id })) !== undefined;
    if (!known && !(await book.isOurs(instrument, fill.order_id))) strange.push(fill);
  }
  if (strange.some((fill) => fill.ts > ports.clock.now() - SETTLED_MS)) return false;
  if (strange.length === 0 || sum(strange.map((fill) => dec(fill.qty))) !== missing) return false;
  for (const order_id of new Set(strange.map((fill) => fill.order_id))) {
    const fills = strange.filter((fill) => fill.order_id === order_id);
    const order = outsideOrder(record, holding, { order_id, fills, now: ports.clock.now() });
    await book.change(instrument, () => ({ orders: [order] }));
    await booking.take(order.client_order_id, { by: "RECONCILIATION", fills });
  }
  ports.alert("FATAL", "CLOSED_OUTSIDE", `${instrument}: closed by orders that are none of ours`, "booked");
  return true;
}

function outsideOrder(
  { intent_id }: IntentRecord,
  { account, instrument, side }: Holding,
  { order_id, fills, now }: { order_id: string; fills: readonly ExchangeFill[]; now: number },
): Order {
  return {
    client_order_id: `outside-${order_id}`.slice(0, 36),
    account,
    instrument,
    intent_id,
    leg: "forced",
    kind: "EXIT",
    side: opposite(side ?? "BUY"),
    type: "MARKET",
    qty: show(sum(fills.map((fill) => dec(fill.qty)))),
    reduce_only: true,
    status: "NEW",
    order_id,
    filled_qty: "0",
    message: "not sent by us",
    created_at: now,
    updated_at: now,
  };
}
