/** Everything the router does to one order at the exchange: send, cancel, ask, fetch fills; each books its answer. */
import { isEntry, type Order } from "../domain/order.ts";
import type { Problem } from "../errors.ts";
import { AskingPace } from "../trading/execution/asking-pace.ts";
import type { BookedNews } from "../trading/execution/booking-rules.ts";
import type { Books } from "../trading/execution/books.ts";
import { markSent } from "../trading/execution/order-state.ts";
import type { Quotes } from "../trading/execution/quotes.ts";
import type { RulePorts } from "../trading/execution/router-parts.ts";
import type { Connector, Said } from "./connector.ts";

interface Parts {
  readonly ports: RulePorts;
  readonly book: Books;
  readonly market: Quotes;
  readonly connector: Connector;
  take(clientId: string, news: BookedNews): void;
  /** A call about this order has ended: whoever waits for it may look again. */
  ended(order: Order): void;
}

type Refused = (problem: Problem | undefined) => void;

export class Dispatch {
  private readonly parts: Parts;
  private readonly busy = new Set<string>();
  private readonly sent = new Set<string>();
  private readonly pace: AskingPace;

  constructor(parts: Parts) {
    this.parts = parts;
    this.pace = new AskingPace(parts.ports);
  }

  isBusy(order: Order): boolean {
    return this.busy.has(order.client_order_id);
  }

  /** Milliseconds until this order may be asked about (or cancelled) again. */
  dueIn(order: Order): number {
    return this.pace.dueIn(order);
  }

  /** Does it now, or answers when it may. */
  approach(what: "cancel" | "ask" | "fetch_fills", order: Order): number | undefined {
    if (this.isBusy(order)) return undefined;
    const dueIn = what === "cancel" && this.pace.isFresh(order) ? 0 : this.dueIn(order);
    if (dueIn > 0) return dueIn;
    if (what === "cancel") this.cancel(order);
    else if (what === "ask") this.ask(order);
    else this.fetchFills(order);
    return undefined;
  }

  submit(order: Order, leverage: number, refused: Refused = () => {}): void {
    const { ports, book, market, connector } = this.parts;
    if (this.sent.has(order.client_order_id)) return;
    this.sent.add(order.client_order_id);
    const entry = isEntry(order.kind);
    const top = market.bookTop(order.instrument);
    const seen = { mid_at_send: market.mid(order.instrument), ...(top === undefined ? {} : { book_at_send: top }) };
    book.mark({ ...markSent(order, ports.clock.now()), ...seen });
    this.begin(order);
    const { account, instrument, client_order_id, side, qty, price, stop_price, reduce_only } = order;
    connector.submit(
      {
        ...{ account, instrument, client_order_id, side, type: order.type as "MARKET", qty, reduce_only, entry },
        ...(price === undefined ? {} : { price }),
        ...(stop_price === undefined
          ? {}
          : { stop_price, working_type: book.holding(instrument)?.working_type ?? "MARK_PRICE" }),
        ...(entry && instrument.startsWith("FUT:") ? { leverage } : {}),
      },
      (outcome) => {
        if (outcome.kind === "answered") this.report(order, outcome.value);
        else this.refused(order, outcome.problem);
        refused(outcome.kind === "refused" ? outcome.problem : undefined);
        this.end(order);
      },
    );
  }

  /** Sends a spot pair; both legs are stored already. */
  submitPair(sl: Order, tp: Order, limit: { listId: string; stopLimit: string }, refused: Refused): void {
    const { ports, book, connector } = this.parts;
    if (this.sent.has(sl.client_order_id)) return;
    for (const leg of [sl, tp]) {
      this.sent.add(leg.client_order_id);
      book.mark(markSent(leg, ports.clock.now()));
      this.begin(leg);
    }
    connector.submitOco(
      {
        ...{ account: sl.account, instrument: sl.instrument, side: sl.side, qty: sl.qty },
        list_client_order_id: limit.listId,
        take_profit_client_order_id: tp.client_order_id,
        take_profit_price: tp.price as string,
        stop_client_order_id: sl.client_order_id,
        stop_price: sl.stop_price as string,
        stop_limit_price: limit.stopLimit,
      },
      (outcome) => {
        for (const leg of [sl, tp]) {
          if (outcome.kind === "refused") this.refused(leg, outcome.problem);
          else this.report(leg, outcome.value.find((o) => o.client_order_id === leg.client_order_id)!);
        }
        refused(outcome.kind === "refused" ? outcome.problem : undefined);
        for (const leg of [sl, tp]) this.end(leg);
      },
    );
  }

  cancel(order: Order): void {
    this.begin(order);
    this.pace.tried(order);
    this.parts.connector.cancel(order, (outcome) => {
      if (outcome.kind === "answered") {
        this.report(order, outcome.value);
        this.end(order);
      } else this.askNow(order);
    });
  }

  ask(order: Order): void {
    this.begin(order);
    this.askNow(order);
  }

  private askNow(order: Order): void {
    this.pace.tried(order);
    this.parts.connector.query(order, (outcome) => {
      if (outcome.kind === "answered") this.report(order, outcome.value, "QUERY");
      this.end(order);
    });
  }

  fetchFills(order: Order): void {
    this.begin(order);
    this.pace.tried(order);
    this.parts.connector.fills(order, (outcome) => {
      if (outcome.kind === "answered") this.parts.take(order.client_order_id, { by: "QUERY", fills: outcome.value });
      this.end(order);
    });
  }

  /** A stored order that will not be sent. */
  drop(order: Order, message: string): void {
    if (this.sent.has(order.client_order_id)) return;
    this.sent.add(order.client_order_id);
    const report = { status: "CANCELED", filled_qty: "0", message, inferred: true } as const;
    this.parts.take(order.client_order_id, { by: "ROUTER", report });
  }

  private report({ client_order_id }: Order, said: Said, by: "ANSWER" | "QUERY" = "ANSWER"): void {
    this.pace.forget(client_order_id);
    const { status, order_id, filled_qty, avg_price } = said;
    this.parts.take(client_order_id, { by, report: { status, order_id, filled_qty, avg_price } });
  }

  private refused({ client_order_id }: Order, problem: Problem): void {
    const inferred = problem.code !== "EXCHANGE_REFUSED";
    const report = { status: "REJECTED", filled_qty: "0", message: problem.message, inferred } as const;
    this.parts.take(client_order_id, { by: inferred ? "ROUTER" : "ANSWER", report });
  }

  private begin(order: Order): void {
    this.busy.add(order.client_order_id);
  }

  private end(order: Order): void {
    this.busy.delete(order.client_order_id);
    this.parts.ended(order);
  }
}
