/** Recognises what others did and the router has booked by itself since the last run: forced closes, trades by hand. */
import { orders as ordersKept } from "../../shared/collections/orders.ts";
import type { Order as KeptOrder } from "../../shared/domain/order.ts";
import type { Reconciliation } from "../../shared/streams.ts";
import { isForced, type Stranger, strangerOf } from "../../shared/trading/reconcile/cause.ts";
import type { Investigator } from "./evidence.ts";
import { readAll } from "./look.ts";
import type { Strangers } from "./strangers.ts";
import type { Item, Ports } from "./types.ts";

/** How the router names orders that others sent. */
const OF_OTHERS = "forced";
const LOOK_BACK_MS = 24 * 3_600_000;

/** Nothing for what runs had booked themselves: they tell of that by its instrument. `before`: the last whole run. */
export async function recognised(
  { ports, strangers, investigator }: { ports: Ports; strangers: Strangers; investigator: Investigator },
  { before, items, dry_run }: { before: Reconciliation | undefined; items: readonly Item[]; dry_run: boolean },
): Promise<Item[]> {
  const since = before?.started_at ?? ports.clock.now() - LOOK_BACK_MS;
  const [ofThis, ofLast] = [refsOf(items), refsOf(before?.items ?? [])];
  const isTold = ({ instrument, client_order_id, created_at }: KeptOrder) =>
    ofThis.has(instrument) || ofLast.has(client_order_id) || (ofLast.has(instrument) && created_at <= before!.ended_at);
  const fresh = await readAll(ports, ordersKept, { created_at: { gte: since } });
  const others = fresh.filter((order) => order.leg === OF_OTHERS && order.account === ports.account && !isTold(order));
  const found: Item[] = [];
  for (const order of others) {
    const { instrument, order_id } = order;
    const named = strangers.named(instrument, order_id) ?? strangerOf(order.client_order_id, "") ?? "MANUAL_TRADE";
    // The router knows no names of orders that it met among the fills.
    const isFee = named === "MANUAL_TRADE" && (await investigator.hasLiquidationFee(instrument, since));
    const stranger = isFee ? "LIQUIDATION" : named;
    const what = `${order.side} ${order.filled_qty} on ${instrument}, by an order that is none of ours`;
    if (!dry_run) ports.alert(isForced(stranger) ? "FATAL" : "WARN", stranger, what, "booked");
    found.push(itemOf(order, stranger));
  }
  return found;
}

/** A trade that differed says nothing of who traded. */
const refsOf = (items: readonly Item[]): ReadonlySet<string> =>
  new Set(items.filter((item) => item.type !== "TRADE_DIFFERS").map((item) => item.ref));

const itemOf = (order: KeptOrder, type: Stranger): Item => ({
  type,
  action: "BOOK",
  ref: order.client_order_id,
  instrument: order.instrument,
  before: "not booked",
  after: `${order.status} ${order.side} ${order.filled_qty}`,
  outcome: "SEEN",
  detail: "booked by the router when it was told",
});
