/** Cancels what somebody names by any one id: an order, with its pair, or what is left of an intent. */
import type { z } from "@hono/zod-openapi";
import type { IntentRecord } from "../../shared/collections/orders.ts";
import type { CancelRequest } from "../../shared/contracts.ts";
import { isTerminal, type Order } from "../../shared/domain/order.ts";
import { refuse } from "../../shared/errors.ts";
import { isOwnLeg, planOf } from "../../shared/trading/execution/answers.ts";
import { isLive } from "../../shared/trading/execution/order-state.ts";
import type { Dispatch } from "./dispatch.ts";
import { orderNumbered } from "./kept.ts";
import type { OrdersBook } from "./orders-book.ts";
import type { Ports } from "./types.ts";

type Request = z.output<typeof CancelRequest>;
export type CancelResult = { result: "CANCELED"; order_ids: string[] };

export class Cancellation {
  private readonly ports: Ports;
  private readonly book: OrdersBook;
  private readonly dispatch: Dispatch;

  constructor(ports: Ports, book: OrdersBook, dispatch: Dispatch) {
    this.ports = ports;
    this.book = book;
    this.dispatch = dispatch;
  }

  /** NOT_FOUND when nothing has that id, ALREADY_FILLED when it is too late; a repeat answers like the first. */
  async cancel(request: Request): Promise<CancelResult> {
    this.book.mustBeWhole();
    const order = await this.named(request);
    const intentId = order?.intent_id ?? request.intent_id ?? "";
    const record = await this.book.ensure(intentId);
    if (!record) return refuse("NOT_FOUND", "no order or intent has that id");
    if (order && !isOwnLeg(order)) return this.cancelProtective(order, request.cascade);
    return this.cancelIntent(record, request.reason ?? "cancelled on request");
  }

  private async named(request: Request): Promise<Order | undefined> {
    const { order_id, client_order_id } = request;
    if (client_order_id !== undefined) {
      return (await this.book.find(client_order_id)) ?? refuse("NOT_FOUND", `there is no order ${client_order_id}`);
    }
    if (order_id === undefined) return undefined;
    const known = this.book.allOrders().find((order) => order.order_id === order_id);
    if (known) return known;
    const kept = await orderNumbered(this.ports.store, order_id);
    return this.book.find(kept?.client_order_id ?? refuse("NOT_FOUND", `there is no order ${order_id}`));
  }

  /** Ends the plan, whatever leg it is at; what is filled stays and stays protected. */
  private async cancelIntent(record: IntentRecord, reason: string): Promise<CancelResult> {
    const { book, ports } = this;
    const id = record.intent_id;
    await book.change(record.instrument, () => {
      const current = book.intent(id);
      if (!current || current.state === "DONE" || planOf(current).cancel_reason !== undefined) return undefined;
      return { intents: [{ ...current, plan: { ...planOf(current), cancel_reason: reason } }] };
    });
    await book.until(() => book.intent(id)?.state !== "RUNNING", ports.settings.exchangeTimeoutMs);
    const after = book.intent(id);
    if (after?.state === "RUNNING") refuse("EXCHANGE_UNKNOWN", "the exchange has not confirmed the cancel yet");
    if (after?.answer.status === "FILLED") refuse("ALREADY_FILLED", `${id} is filled`);
    return canceled(book.ownOrders(id));
  }

  private async cancelProtective(order: Order, cascade: boolean): Promise<CancelResult> {
    const { book, dispatch, ports } = this;
    const sameLeg = (o: Order) => o.intent_id === order.intent_id && o.leg.slice(2) === order.leg.slice(2);
    const pair = cascade ? book.protective(order.instrument).filter(sameLeg) : [order];
    if (order.status === "FILLED") refuse("ALREADY_FILLED", `${order.client_order_id} is filled`);
    for (const leg of pair.filter(isLive)) await dispatch.cancel(leg);
    const now = pair.map((leg) => book.order(leg.client_order_id) ?? leg);
    if (now.some((leg) => leg.status === "FILLED")) refuse("ALREADY_FILLED", `${order.client_order_id} is filled`);
    if (!now.every((leg) => isTerminal(leg.status))) {
      refuse("EXCHANGE_UNKNOWN", "the exchange has not confirmed the cancel yet", {
        retryAfterMs: ports.settings.askWaitMs,
      });
    }
    return canceled(now);
  }
}

const canceled = (orders: readonly Order[]): CancelResult => ({
  result: "CANCELED",
  order_ids: orders.filter((order) => order.status === "CANCELED").map((o) => o.order_id ?? o.client_order_id),
});
