/** Everything the router does to one order at the exchange: send, cancel, ask, fetch fills; each books its answer. */
import type { ExchangeOrder } from "../../shared/contracts.ts";
import { isEntry, type LearntBy, type Order } from "../../shared/domain/order.ts";
import type { Problem } from "../../shared/errors.ts";
import { planOf } from "../../shared/trading/execution/answers.ts";
import { AskingPace } from "../../shared/trading/execution/asking-pace.ts";
import { isLive, markSent, markUnknown, type OrderReport } from "../../shared/trading/execution/order-state.ts";
import { lateWhy } from "../../shared/trading/execution/steps.ts";
import type { Booking } from "./booking.ts";
import type { KillSwitch } from "./kill.ts";
import { Lanes } from "./lanes.ts";
import type { MarketView } from "./market.ts";
import type { OrdersBook } from "./orders-book.ts";
import type { Ports } from "./types.ts";
import type { Venue } from "./venue.ts";

interface Parts {
  readonly ports: Ports;
  readonly book: OrdersBook;
  readonly booking: Booking;
  readonly market: MarketView;
  readonly kill: KillSwitch;
  readonly venue: Venue;
  /** A call about this order has ended: whoever waits for it may look again. */
  ended(order: Order): void;
}

const REMEMBERED_MAX = 50_000;

/** Futures stops and targets live in a book of their own, also after they have triggered. */
const isConditional = (order: Order): boolean =>
  order.instrument.startsWith("FUT:") && (order.leg.startsWith("sl") || order.leg.startsWith("tp"));

export class Dispatch {
  private readonly parts: Parts;
  /** Orders with a call under way: nothing else is asked about them meanwhile. */
  private readonly busy = new Set<string>();
  /** Client ids that have been sent by this process: none is ever sent twice. */
  private readonly sent = new Set<string>();
  /** Entries about to leave, by instrument. */
  private readonly entries: Lanes;
  /** Waiting for their turn to leave. */
  private readonly waiting = new Set<string>();
  private readonly pace: AskingPace;

  constructor(parts: Parts) {
    this.parts = parts;
    this.pace = new AskingPace(parts.ports);
    this.entries = new Lanes(parts.ports.settings.entriesAtOnce);
  }

  isBusy(order: Order): boolean {
    return this.busy.has(order.client_order_id);
  }

  /** Nothing has been asked about it yet. */
  isFresh(order: Order): boolean {
    return this.pace.isFresh(order);
  }

  /** Milliseconds until this order may be asked about (or cancelled) again. */
  dueIn(order: Order): number {
    return this.pace.dueIn(order);
  }

  /**
   * Sends a stored order and books the answer. Entries of one instrument leave a few at a time, and are stopped here
   * once more, in the turn they would leave; what lowers risk never waits.
   */
  async submit(order: Order, leverage: number): Promise<Problem | undefined> {
    const { client_order_id: id, instrument } = order;
    if (this.sent.has(id) || this.waiting.has(id)) return undefined;
    if (!isEntry(order.kind)) return this.send(order, leverage);
    const turn = this.entries.enter(instrument);
    try {
      if (turn) {
        this.waiting.add(id);
        await turn;
        this.waiting.delete(id);
      }
      if (this.mayEnter(order)) return await this.send(order, leverage);
      this.parts.ended(order);
      return undefined;
    } finally {
      this.entries.leave(instrument);
    }
  }

  /** What was so when it was decided may have changed while it waited. */
  private mayEnter({ client_order_id, intent_id }: Order): boolean {
    const { ports, book, kill } = this.parts;
    const record = book.intent(intent_id);
    if (!record || !kill.entriesAllowed() || book.order(client_order_id)?.status !== "PENDING") return false;
    const plan = planOf(record);
    // Judged as the step was: else it would be decided and held back again and again, in one turn.
    const late = lateWhy({ intent: record.intent, plan, orders: book.ownOrders(intent_id), now: ports.clock.now() });
    return late === undefined && plan.cancel_reason === undefined;
  }

  private async send(order: Order, leverage: number): Promise<Problem | undefined> {
    const { ports, book, market, venue } = this.parts;
    const entry = isEntry(order.kind);
    this.remember(order);
    const now = ports.clock.now();
    const top = market.bookTop(order.instrument);
    const seen = { mid_at_send: market.mid(order.instrument), ...(top === undefined ? {} : { book_at_send: top }) };
    book.mark({ ...markSent(order, now), ...seen });
    return this.during([order], async () => {
      const outcome = await venue.attempt((options) =>
        venue.calls.submitOrder(
          {
            account: order.account,
            instrument: order.instrument,
            client_order_id: order.client_order_id,
            side: order.side,
            type: order.type as "MARKET",
            qty: order.qty,
            ...(order.price === undefined ? {} : { price: order.price }),
            ...(order.stop_price === undefined
              ? {}
              : { stop_price: order.stop_price, working_type: this.working(order) }),
            ...(order.type === "LIMIT" ? { time_in_force: "GTC" as const } : {}),
            reduce_only: order.reduce_only,
            entry,
            ...(entry && order.instrument.startsWith("FUT:") ? { leverage } : {}),
          },
          options,
        ),
      );
      if (outcome.kind === "answered") await this.takeReport(order, outcome.value, "ANSWER");
      else if (outcome.kind === "refused") await this.refused(order, outcome.problem);
      else await this.lost(order, outcome.problem);
      return outcome.kind === "refused" ? outcome.problem : undefined;
    });
  }

  /** Sends a spot pair; both legs are stored already. */
  async submitPair(sl: Order, tp: Order, limit: { listId: string; stopLimit: string }): Promise<Problem | undefined> {
    const { ports, book, venue } = this.parts;
    if (this.sent.has(sl.client_order_id)) return undefined;
    const now = ports.clock.now();
    for (const leg of [sl, tp]) {
      this.remember(leg);
      book.mark(markSent(leg, now));
    }
    return this.during([sl, tp], async () => {
      const outcome = await venue.attempt((options) =>
        venue.calls.submitOco(
          {
            account: sl.account,
            instrument: sl.instrument,
            list_client_order_id: limit.listId,
            side: sl.side,
            qty: sl.qty,
            take_profit_client_order_id: tp.client_order_id,
            take_profit_price: tp.price as string,
            stop_client_order_id: sl.client_order_id,
            stop_price: sl.stop_price as string,
            stop_limit_price: limit.stopLimit,
          },
          options,
        ),
      );
      for (const leg of [sl, tp]) {
        if (outcome.kind === "refused") await this.refused(leg, outcome.problem);
        else if (outcome.kind === "unknown") await this.lost(leg, outcome.problem);
        else {
          const said = outcome.value.orders.find((o) => o.client_order_id === leg.client_order_id);
          if (said) await this.takeReport(leg, said, "ANSWER");
          else await this.lost(leg, undefined);
        }
      }
      return outcome.kind === "refused" ? outcome.problem : undefined;
    });
  }

  /** `by`: who had it cancelled, where that is not the router itself. */
  async cancel(order: Order, by?: LearntBy): Promise<void> {
    const { venue } = this.parts;
    await this.during([order], async () => {
      this.pace.tried(order);
      const outcome = await venue.attempt((options) => venue.calls.cancelOrder(refOf(order), options));
      if (outcome.kind === "answered") await this.takeReport(order, outcome.value, by ?? "ANSWER");
      // A cancel that finds nothing met an order that is filled or gone already: only a question tells which.
      else await this.askNow(order, by);
    });
  }

  async ask(order: Order, by: LearntBy = "QUERY"): Promise<void> {
    await this.during([order], () => this.askNow(order, by));
  }

  private async askNow(order: Order, by: LearntBy = "QUERY"): Promise<void> {
    const { ports, venue } = this.parts;
    this.pace.tried(order);
    const outcome = await venue.ask(order.instrument, (options) => venue.calls.queryOrder(refOf(order), options));
    if (outcome.kind === "answered") return this.takeReport(order, outcome.value, by);
    if (outcome.kind === "unknown" || outcome.problem.code !== "NOT_FOUND") return;
    const age = ports.clock.now() - (order.sent_at ?? order.created_at);
    if (age < ports.settings.unknownLagMs) return;
    if (await this.isAbsent(order)) await this.absent(order, by);
  }

  /** "No such order" after the lag window, confirmed by the open orders and by the account's fills. */
  private async isAbsent(order: Order): Promise<boolean> {
    const { venue, booking, book } = this.parts;
    const { account, instrument } = order;
    const of = { account, instrument, for_exit: !isEntry(order.kind) };
    const open = await venue.ask(instrument, (options) => venue.calls.getOpenOrders(of, options));
    if (open.kind !== "answered") return false;
    const standing = open.value.orders.find((o) => o.client_order_id === order.client_order_id);
    if (standing) {
      await booking.take(order.client_order_id, { by: "QUERY", report: reportOf(standing) });
      return false;
    }
    const from_ts = Math.floor(order.created_at) - 1_000;
    const fills = await venue.ask(instrument, (options) => venue.calls.getFills({ ...of, from_ts }, options));
    if (fills.kind !== "answered") return false;
    for (const order_id of new Set(fills.value.fills.map((fill) => fill.order_id))) {
      if (!(await book.isOurs(instrument, order_id))) return false;
    }
    return true;
  }

  private async absent(order: Order, by: LearntBy): Promise<void> {
    const seen = order.order_id !== undefined;
    const message = seen ? "the exchange no longer knows it" : "never arrived at the exchange";
    await this.parts.booking.take(order.client_order_id, {
      by,
      report: { status: seen ? "EXPIRED" : "CANCELED", filled_qty: order.filled_qty, message, inferred: true },
    });
  }

  async fetchFills(order: Order, by: LearntBy = "QUERY"): Promise<void> {
    const { venue, booking } = this.parts;
    const { account, instrument, order_id } = order;
    if (order_id === undefined) return this.ask(order, by);
    await this.during([order], async () => {
      this.pace.tried(order);
      const outcome = await venue.ask(instrument, (options) =>
        venue.calls.getFills({ account, instrument, order_id, from_ts: Math.floor(order.created_at) - 1_000 }, options),
      );
      if (outcome.kind !== "answered") return;
      const fills = outcome.value.fills.filter((fill) => fill.order_id === order_id);
      await booking.take(order.client_order_id, { by, fills });
    });
  }

  /** A stored order that will not be sent. */
  async drop(order: Order, message: string): Promise<void> {
    if (this.sent.has(order.client_order_id)) return;
    this.remember(order);
    await this.parts.booking.take(order.client_order_id, {
      by: "ROUTER",
      report: { status: "CANCELED", filled_qty: "0", message, inferred: true },
    });
  }

  private async takeReport(order: Order, said: ExchangeOrder, by: LearntBy): Promise<void> {
    this.pace.forget(order.client_order_id);
    await this.parts.booking.take(order.client_order_id, { by, report: reportOf(said) });
  }

  private async refused(order: Order, problem: Problem): Promise<void> {
    const inferred = problem.code !== "EXCHANGE_REFUSED";
    const report: OrderReport = { status: "REJECTED", filled_qty: "0", message: problem.message, inferred };
    await this.parts.booking.take(order.client_order_id, { by: inferred ? "ROUTER" : "ANSWER", report });
  }

  private async lost(order: Order, problem: Problem | undefined): Promise<void> {
    const { book, ports } = this.parts;
    const message = problem?.message ?? "the exchange did not say what became of it";
    const changed = await book.change(order.instrument, () => {
      const current = book.order(order.client_order_id);
      if (!current || !isLive(current)) return undefined;
      const unknown = markUnknown(current, message, { by: "ANSWER", now: ports.clock.now() });
      return unknown === current ? undefined : { orders: [unknown] };
    });
    if (changed) ports.alert("WARN", "ORDER_UNKNOWN", `${order.client_order_id} on ${order.instrument}: ${message}`);
  }

  private working(order: Order): "MARK_PRICE" | "CONTRACT_PRICE" {
    return this.parts.book.holding(order.instrument)?.working_type ?? "MARK_PRICE";
  }

  /** Before the bytes leave. The oldest ids are long past any state in which they could be sent. */
  private remember(order: Order): void {
    this.sent.add(order.client_order_id);
    if (this.sent.size <= REMEMBERED_MAX) return;
    for (const id of this.sent) {
      this.sent.delete(id);
      this.pace.forget(id);
      break;
    }
  }

  private async during<T>(orders: readonly Order[], work: () => Promise<T>): Promise<T> {
    for (const order of orders) this.busy.add(order.client_order_id);
    try {
      return await work();
    } finally {
      for (const order of orders) this.busy.delete(order.client_order_id);
      for (const order of orders) this.parts.ended(order);
    }
  }
}

export const refOf = (order: Order) => ({
  account: order.account,
  instrument: order.instrument,
  client_order_id: order.client_order_id,
  conditional: isConditional(order),
});

export const reportOf = (said: ExchangeOrder): OrderReport => ({
  status: said.status,
  order_id: said.order_id,
  filled_qty: said.filled_qty,
  ...(said.avg_price === undefined ? {} : { avg_price: said.avg_price }),
});
