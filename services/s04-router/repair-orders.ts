/** Mends one order where our books and the exchange differ: takes its state, adopts it, or cancels what is nobody's. */
import type { z } from "@hono/zod-openapi";
import { type IntentRecord, intents } from "../../shared/collections/orders.ts";
import type { ExchangeFill, ExchangeOrder, RepairOrder, RepairOrderAnswer } from "../../shared/contracts.ts";
import { dec, show } from "../../shared/domain/money.ts";
import { isEntry, isTerminal, type Order } from "../../shared/domain/order.ts";
import { Problem, refuse } from "../../shared/errors.ts";
import { clientOrderId } from "../../shared/keys.ts";
import type { Op } from "../../shared/kit/ports.ts";
import { planOf } from "../../shared/trading/execution/answers.ts";
import { isLive, storyWith } from "../../shared/trading/execution/order-state.ts";
import { sliceLeg } from "../../shared/trading/execution/twap.ts";
import type { Booking } from "./booking.ts";
import { type Dispatch, refOf, reportOf } from "./dispatch.ts";
import { linkOf } from "./execute.ts";
import type { OrdersBook } from "./orders-book.ts";
import type { Ports } from "./types.ts";
import type { Venue } from "./venue.ts";

type Answer = z.output<typeof RepairOrderAnswer>;

interface Parts {
  readonly ports: Ports;
  readonly book: OrdersBook;
  readonly booking: Booking;
  readonly dispatch: Dispatch;
  readonly venue: Venue;
  /** The books were restored, and what the exchange knows since is not in them yet. */
  isLacking(): boolean;
}

export const LACKING = "the exchange is being asked for what the restored books lack";
const BY = "RECONCILIATION" as const;
/** Intents that an order without a row is looked for in, newest first; each has at most so many legs of a kind. */
const INTENTS_MAX = 300;
const LEGS_MAX = 64;
const SLICE_ORDERS_MAX = 8;

export class OrderRepair {
  private readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /**
   * NOT_FOUND: RESYNC of an order we do not know, ADOPT of one that no intent of ours explains or that the exchange
   * does not have. CONFLICT: a call about it is under way, or CANCEL of one that is ours and stands as we sent it.
   * NOT_READY: after a restore, before the exchange was asked for what the books lack.
   */
  async repair(ask: RepairOrder): Promise<Answer> {
    const { book, dispatch, ports } = this.parts;
    book.mustBeWhole();
    if (this.parts.isLacking()) refuse("NOT_READY", LACKING, { retryAfterMs: 1_000 });
    if (!ports.shard.owns(ask.instrument)) refuse("NOT_OWNER", `${ask.instrument} is another shard's`);
    const known = await book.find(ask.client_order_id);
    if (known && dispatch.isBusy(known)) {
      refuse("CONFLICT", `a call about ${ask.client_order_id} is under way`, { retryAfterMs: 1_000 });
    }
    if (ask.action === "CANCEL") return this.cancel(ask, known);
    if (known) {
      const answer = await this.resync(ask, known);
      return ask.action === "ADOPT" ? { ...answer, done: "ADOPTED" } : answer;
    }
    if (ask.action === "ADOPT") return this.adopt(ask);
    return refuse("NOT_FOUND", `there is no order ${ask.client_order_id}`);
  }

  private async resync(ask: RepairOrder, order: Order): Promise<Answer> {
    const { book, booking, dispatch, ports } = this.parts;
    const id = order.client_order_id;
    const said = await this.asked(refOf(order));
    if (said) {
      const fills = await this.fillsOf(order, said);
      const ops = [this.audit(ask, `${words(order)} became ${words(said)}`)];
      await booking.take(id, { by: BY, report: reportOf(said), fills, ops });
    } else if (isLive(order)) await dispatch.ask(order, BY);
    const now = book.order(id) ?? order;
    const [before, after] = [words(order), words(now)];
    if (!said && after !== before) await ports.store.commit([this.audit(ask, `${before} became ${after}`)]);
    return { done: after === before ? "NONE" : "RESYNCED", before, after };
  }

  /** An order of ours whose row is lost, as from a store restored from a copy: written again from its intent. */
  private async adopt(ask: RepairOrder): Promise<Answer> {
    const { book, booking, dispatch, ports } = this.parts;
    const { account, instrument, client_order_id, conditional } = ask;
    const found = await this.origin(ask);
    if (!found) return refuse("NOT_FOUND", `no intent on ${instrument} explains ${client_order_id}`);
    const { record, leg } = found;
    const said = await this.asked({ account, instrument, client_order_id, conditional });
    if (!said) return refuse("NOT_FOUND", `the exchange does not have ${client_order_id}`);
    const now = ports.clock.now();
    const order = orderFrom(said, { record, leg, account, now, run_id: ask.run_id });
    await book.change(
      instrument,
      () => {
        if (book.order(client_order_id)) return undefined;
        const ops = [linkOf(order), this.audit(ask, `leg ${leg} of ${record.intent_id}`)];
        return { orders: [order], ops, ...this.numbered(order) };
      },
      "full",
    );
    await booking.take(client_order_id, { by: BY, report: reportOf(said), fills: await this.fillsOf(order, said) });
    const row = book.order(client_order_id) ?? order;
    if (isLive(row) && this.isLeftOver(row, record)) await dispatch.cancel(row, BY);
    return { done: "ADOPTED", before: "not known", after: words(book.order(client_order_id) ?? row) };
  }

  /** The row of an order whose intent is in the books, written again as it was told; nothing for one of a lost intent. */
  async rowOfOurs(said: ExchangeOrder, run_id: string): Promise<void> {
    const { book, ports } = this.parts;
    const { instrument, client_order_id } = said;
    const { account } = ports;
    const found = await this.origin({ instrument, client_order_id });
    if (!found) return;
    const row = orderFrom(said, { ...found, account, now: ports.clock.now(), run_id });
    const order = { ...row, order_id: said.order_id };
    await book.change(
      instrument,
      () =>
        book.order(client_order_id) ? undefined : { orders: [order], ops: [linkOf(order)], ...this.numbered(order) },
      "full",
    );
  }

  /** Nobody else would end it: its plan is over, or there is nothing to protect. */
  private isLeftOver(order: Order, record: IntentRecord): boolean {
    if (order.leg.startsWith("e")) return isEntry(record.intent.kind) && record.state === "DONE";
    return (this.parts.book.holding(order.instrument)?.qty ?? "0") === "0";
  }

  /** The next protective leg gets a number that no order has had. */
  private numbered({ instrument, leg, intent_id }: Order) {
    const holding = this.parts.book.holding(instrument);
    const next_leg = Number(leg.replace(/\D/g, "")) + 1;
    if (leg.startsWith("e") || holding?.entry_intent_id !== intent_id || holding.next_leg >= next_leg) return {};
    return { holding: { ...holding, next_leg } };
  }

  private async cancel(ask: RepairOrder, known: Order | undefined): Promise<Answer> {
    const { book, dispatch, ports, venue } = this.parts;
    const { account, instrument, client_order_id, conditional } = ask;
    const ref = known ? refOf(known) : { account, instrument, client_order_id, conditional };
    const said = await this.asked(ref);
    if (!said || isTerminal(said.status)) {
      return { done: "NONE", before: said ? words(said) : "not there", after: said ? words(said) : "not there" };
    }
    const audit = this.audit(ask, `cancelled: ${words(said)}`);
    if (known && isLive(known)) {
      if (!isAmended(known, said)) refuse("CONFLICT", `${client_order_id} is ours and stands as we sent it`);
      await ports.store.commit([audit]);
      await dispatch.cancel(known, BY);
      return { done: "CANCELED", before: words(said), after: words(book.order(client_order_id) ?? known) };
    }
    await ports.store.commit([audit]);
    const outcome = await venue.attempt((options) => venue.calls.cancelOrder(ref, options));
    const now = outcome.kind === "answered" ? outcome.value : await this.asked(ref);
    if (now && !isTerminal(now.status)) refuse("EXCHANGE_UNKNOWN", `${client_order_id} has not been cancelled yet`);
    return { done: "CANCELED", before: words(said), after: now ? words(now) : "not there" };
  }

  /** What the exchange says of it; undefined: it does not know it. Throws when it cannot be asked. */
  private async asked(ref: ReturnType<typeof refOf>): Promise<ExchangeOrder | undefined> {
    const { venue } = this.parts;
    const outcome = await venue.ask(ref.instrument, (options) => venue.calls.queryOrder(ref, options));
    if (outcome.kind === "answered") return outcome.value;
    if (outcome.kind === "refused" && outcome.problem.code === "NOT_FOUND") return undefined;
    throw new Problem(outcome.problem.code, outcome.problem.message, { cause: outcome.problem });
  }

  private async fillsOf(order: Order, said: ExchangeOrder): Promise<ExchangeFill[]> {
    if (dec(said.filled_qty) === 0n) return [];
    const { venue } = this.parts;
    const { account, instrument } = order;
    const { order_id } = said;
    const outcome = await venue.ask(instrument, (options) =>
      venue.calls.getFills({ account, instrument, order_id, from_ts: 0 }, options),
    );
    // Without them the order's row says that they are missing, and they are asked for again.
    return outcome.kind === "answered" ? outcome.value.fills.filter((fill) => fill.order_id === order_id) : [];
  }

  /** The intent and leg that a client id was made of, found by making it again. */
  private async origin({ instrument, client_order_id }: Pick<RepairOrder, "instrument" | "client_order_id">) {
    const { book, ports } = this.parts;
    const { installationTag } = ports.settings;
    if (!client_order_id.startsWith(`${installationTag}-`)) return undefined;
    for (const record of await this.candidates(instrument)) {
      const leg = this.legsOf(record).find(
        (one) => clientOrderId(installationTag, record.intent_id, one) === client_order_id,
      );
      if (leg === undefined) continue;
      await book.ensure(record.intent_id);
      return { record, leg };
    }
    return undefined;
  }

  /** Every leg that it can have had, the likeliest first. */
  private legsOf(record: IntentRecord): string[] {
    const holding = this.parts.book.holding(record.instrument);
    const protective = LEGS_MAX + (holding?.entry_intent_id === record.intent_id ? holding.next_leg : 0);
    const numbers = [...Array(protective).keys()];
    const slices = planOf(record).slices?.length ?? 0;
    const sliced = [...Array(slices).keys()].flatMap((slice) =>
      [...Array(SLICE_ORDERS_MAX).keys()].map((nth) => sliceLeg(slice, nth)),
    );
    return [...numbers.flatMap((number) => [`e${number}`, `sl${number}`, `tp${number}`]), ...sliced];
  }

  /** Whoever holds the position and what runs come first: most lost orders are theirs. */
  private async candidates(instrument: string): Promise<IntentRecord[]> {
    const { book, ports } = this.parts;
    const holder = book.holding(instrument)?.entry_intent_id;
    const first = holder === undefined ? undefined : await book.ensure(holder);
    const { items } = await ports.store.query(intents, {
      where: { instrument },
      sort: { field: "created_at", order: "desc" },
      limit: INTENTS_MAX,
    });
    const found = [...(first ? [first] : []), ...book.running(instrument), ...items.map((row) => row.value)];
    return [...new Map(found.map((record) => [record.intent_id, record])).values()];
  }

  private audit({ run_id, client_order_id, action }: RepairOrder, outcome: string): Op {
    const what = `repair order: ${action.toLowerCase()}`;
    return this.parts.ports.audit({ actor: `reconciliation ${run_id}`, what, ref: client_order_id, outcome });
  }
}

function orderFrom(
  said: ExchangeOrder,
  of: { record: IntentRecord; leg: string; account: string; now: number; run_id: string },
): Order {
  const { record, leg, account, now, run_id } = of;
  const kind = leg.startsWith("sl") ? "SL" : leg.startsWith("tp") ? "TP" : record.intent.kind;
  const row: Order = {
    client_order_id: said.client_order_id,
    account,
    instrument: said.instrument,
    intent_id: record.intent_id,
    leg,
    kind,
    side: said.side,
    type: said.type,
    // The exchange pads them with zeros.
    qty: show(dec(said.qty)),
    ...(said.price === undefined ? {} : { price: show(dec(said.price)) }),
    ...(said.stop_price === undefined ? {} : { stop_price: show(dec(said.stop_price)) }),
    reduce_only: said.reduce_only,
    status: "UNKNOWN",
    filled_qty: "0",
    // When it was sent is lost; it was not after its last change.
    created_at: Math.min(now, said.updated_at),
    updated_at: now,
  };
  const detail = `found at the exchange without a row of ours, adopted by ${run_id}`;
  return { ...row, story: storyWith(row, { ts: now, status: "UNKNOWN", by: BY, detail }) };
}

/** Somebody has changed its terms at the exchange. A reduce-only order is cut to the position by the exchange itself. */
function isAmended(ours: Order, theirs: ExchangeOrder): boolean {
  const differ = (a: string | undefined, b: string | undefined) =>
    a !== undefined && b !== undefined && dec(a) !== dec(b);
  const resized = theirs.reduce_only ? dec(theirs.qty) > dec(ours.qty) : differ(ours.qty, theirs.qty);
  const moved = differ(ours.price, theirs.price) || differ(ours.stop_price, theirs.stop_price);
  return ours.side !== theirs.side || resized || moved;
}

const words = ({ status, filled_qty, qty }: Pick<Order, "status" | "filled_qty" | "qty">): string =>
  `${status}, ${filled_qty} of ${qty} filled`;
