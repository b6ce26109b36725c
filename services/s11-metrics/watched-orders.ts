/** The orders of the last hours as S4 told them: what figures of health and objectives are computed from. */
import { orders as ordersKept } from "../../shared/collections/orders.ts";
import { isTerminal, type Order } from "../../shared/domain/order.ts";
import type { Clock, Query, Store } from "../../shared/kit/ports.ts";
import type { OrderResult } from "../../shared/streams.ts";
import { isOwnLeg } from "../../shared/trading/execution/answers.ts";
import { type Post, postsOf } from "../../shared/trading/execution/cost-rules.ts";
import { isShort } from "../../shared/trading/execution/shrink.ts";

/** Figures look back this far. */
export const WINDOW_MS = 6 * 3_600_000;
/** Orders kept for the window; beyond it the oldest go first. */
const ORDERS_MAX = 20_000;
const PAGE = 100;

export interface Watched {
  readonly id: string;
  readonly sentAt: number;
  readonly updatedAt: number;
  /** From sending to the exchange's first answer. */
  readonly ackMs: number | undefined;
  /** No answer came, or it is not known whether one will. */
  readonly failed: boolean;
  /** Its fate is known. */
  readonly isKnown: boolean;
  /** The exchange did not take it; a post that would have taken is refused as asked, and is none. */
  readonly refused: boolean;
  readonly isSpot: boolean;
  /** Refused for want of balance. */
  readonly isShort: boolean;
  /** Of a post that is over. */
  readonly post: Post | undefined;
  /** Counted for the objectives. */
  counted: boolean;
}

export class WatchedOrders {
  readonly #orders = new Map<string, Watched>();
  readonly #windowMs: number;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Told again after newer news of it, it is old. */
  hear({ orders }: Pick<OrderResult, "orders">): void {
    for (const order of orders) this.#take(order, false);
  }

  /** What was told to a process before this one. `countedUpTo`: what was known by then has been counted. */
  async load(store: Pick<Store, "query">, clock: Clock, countedUpTo: number): Promise<void> {
    const where = { created_at: { gte: clock.now() - this.#windowMs } };
    const query: Query = { where, sort: { field: "created_at", order: "asc" }, limit: PAGE };
    let cursor: string | undefined;
    do {
      const page = await store.query(ordersKept, cursor === undefined ? query : { ...query, cursor });
      for (const { value } of page.items) this.#take(value, value.updated_at <= countedUpTo);
      cursor = page.next_cursor;
      if (cursor !== undefined) await clock.sleep(0);
    } while (cursor !== undefined);
  }

  /** Oldest first by when they were last told of. */
  recent(now: number): Watched[] {
    for (const [id, order] of this.#orders) if (order.sentAt < now - this.#windowMs) this.#orders.delete(id);
    return [...this.#orders.values()];
  }

  #take(order: Order, isCounted: boolean): void {
    if (order.sent_at === undefined) return;
    const id = order.client_order_id;
    const before = this.#orders.get(id);
    if (before && before.updatedAt > order.updated_at) return;
    this.#orders.delete(id);
    this.#orders.set(id, { ...watchedOf(order, order.sent_at), counted: (before?.counted ?? false) || isCounted });
    if (this.#orders.size > ORDERS_MAX) this.#orders.delete(this.#orders.keys().next().value as string);
  }
}

function watchedOf(order: Order, sentAt: number): Omit<Watched, "counted"> {
  const ackMs = order.acked_at === undefined ? undefined : order.acked_at - sentAt;
  const isPost = order.type === "LIMIT_MAKER" && isOwnLeg(order);
  return {
    ...{ id: order.client_order_id, sentAt, updatedAt: order.updated_at, ackMs },
    // A refusal that the exchange said clearly is an answer; an error is what came without one.
    failed: order.status === "UNKNOWN" || (order.status === "REJECTED" && ackMs === undefined),
    isKnown: order.status !== "UNKNOWN" && (ackMs !== undefined || isTerminal(order.status)),
    refused: order.status === "REJECTED" && !(isPost && ackMs !== undefined),
    isSpot: order.instrument.startsWith("SPOT:"),
    isShort: isShort(order),
    post: postsOf([order])[0],
  };
}
