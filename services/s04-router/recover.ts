/** Brings the books and the exchange together: after a start, after a gap, and for orders unheard of for long. */
import type { ExchangeFill, ExchangeOrder } from "../../shared/contracts.ts";
import { marketOf } from "../../shared/domain/instrument.ts";
import { dec, neg, show } from "../../shared/domain/money.ts";
import type { Order } from "../../shared/domain/order.ts";
import { Problem } from "../../shared/errors.ts";
import type { Cancel } from "../../shared/kit/ports.ts";
import { isLive, markUnknown } from "../../shared/trading/execution/order-state.ts";
import type { Booking } from "./booking.ts";
import type { CatchUp } from "./catch-up.ts";
import { type Dispatch, reportOf } from "./dispatch.ts";
import { LOST } from "./lost-orders.ts";
import type { MarketView } from "./market.ts";
import type { OrdersBook } from "./orders-book.ts";
import { bookOutsideCloses } from "./outside.ts";
import type { Ports } from "./types.ts";
import type { Outcome, Venue } from "./venue.ts";

interface Parts {
  readonly ports: Ports;
  readonly book: OrdersBook;
  readonly booking: Booking;
  readonly market: MarketView;
  readonly dispatch: Dispatch;
  readonly venue: Venue;
  readonly catchUp: CatchUp;
  /** Lets every intent and instrument look at its new state. */
  pokeAll(): void;
}

/** Fills are asked from a little before the newest one known, against clocks that differ. */
const OVERLAP_MS = 60_000;
const UNHEARD_MS = 60_000;
/** Binance's futures count 2 for the open orders of one instrument, and 80 of 2 400 a minute for those of all. */
const FEW_INSTRUMENTS = 20;
/** After positions differed. */
const LOOK_AGAIN_MS = 10_000;

export class Recovery {
  /** True once our books have met the exchange's since the start. */
  reconciled = false;
  private underWay: Promise<void> = Promise.resolve();
  /** The run that has not begun yet. */
  private next: Promise<void> | undefined;
  private again: Cancel | undefined;
  /** What of our own positions differed at the last look, in words. */
  private differed: ReadonlySet<string> = new Set();
  private readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /**
   * What was stored but has no answer may have been sent before we stopped: its outcome is unknown until the exchange
   * is asked. Nothing here is ever sent a second time. The books are in memory.
   */
  async begin(): Promise<void> {
    const { book, ports } = this.parts;
    const told = { by: "ROUTER", now: ports.clock.now() } as const;
    const unknown = book
      .allOrders()
      .filter(isLive)
      .map((order) => [order, markUnknown(order, "stopped before an answer came", told)] as const)
      .flatMap(([before, after]) => (after === before ? [] : [after]));
    // All of an instrument at once: each change lets all its intents look, and what is still PENDING then is sent.
    for (const [instrument, orders] of Map.groupBy(unknown, (order) => order.instrument)) {
      await book.change(instrument, () => ({ orders }));
    }
    for (const rev of new Set(book.running().flatMap(({ intent }) => intent.config_rev ?? []))) {
      await ports
        .learn(rev)
        .catch((error: unknown) => ports.warn("a revision is not known", { rev, error: String(error) }));
    }
    book.begin();
  }

  /**
   * Asks the exchange about everything open; one run follows another. Whoever asks before a run has begun shares it:
   * a gap is told for each market, and asking for all open orders is dear. Throws when it cannot be asked.
   */
  reconcile(): Promise<void> {
    const begin = () => {
      this.next = undefined;
      return this.meet();
    };
    this.next ??= this.underWay.then(begin, begin);
    this.underWay = this.next;
    return this.next;
  }

  /** What happened in a gap is asked for; when that fails, entries wait until the books have met the exchange again. */
  async gap(): Promise<void> {
    try {
      await this.reconcile();
    } catch (error) {
      this.reconciled = false;
      this.parts.ports.warn("a gap could not be filled yet: no entries", { error: String(error) });
    }
  }

  private async meet(): Promise<void> {
    const { book, market, ports, catchUp } = this.parts;
    await market.loadListings();
    const orders = (await this.openOrders()).filter((said) => ports.shard.owns(said.instrument));
    await catchUp.run(new Set([...orders.map((said) => said.instrument), ...this.everTraded()]));
    await this.meetOrders(orders);
    for (const instrument of this.instruments()) await this.meetFills(instrument);
    await this.meetPositions();
    this.reconciled = true;
    for (const said of orders) {
      const ours = said.client_order_id.startsWith(`${ports.settings.installationTag}-`);
      if (!ours || (await book.find(said.client_order_id))) continue;
      ports.alert(
        "ERROR",
        "ORDER_UNEXPLAINED",
        `${said.client_order_id} is open on ${said.instrument} without an intent`,
      );
    }
    this.parts.pokeAll();
  }

  /**
   * Where little is open, of that alone: what our books know nothing of is the reconciler's to find. Books that know of
   * nothing at all are new, or were emptied: they ask for all, to tell at once what was left behind.
   */
  private async openOrders(): Promise<ExchangeOrder[]> {
    const { book, venue, ports, catchUp } = this.parts;
    const { account } = ports;
    const instruments = this.instruments();
    const isBlank = !this.reconciled && book.holdings().length === 0 && book.allOrders().length === 0;
    if (isBlank || catchUp.isDue || instruments.size > FEW_INSTRUMENTS) {
      return (await this.must(venue.attempt((o) => venue.calls.getOpenOrders({ account }, o)))).orders;
    }
    const asking = [...instruments].map((instrument) =>
      this.must(venue.ask(instrument, (o) => venue.calls.getOpenOrders({ account, instrument }, o))),
    );
    return (await Promise.all(asking)).flatMap(({ orders }) => orders);
  }

  private async meetOrders(open: readonly ExchangeOrder[]): Promise<void> {
    const { book, booking, dispatch } = this.parts;
    const standing = new Map(open.map((said) => [said.client_order_id, said]));
    for (const order of book.allOrders().filter(isLive)) {
      const said = standing.get(order.client_order_id);
      if (said) await booking.take(order.client_order_id, { by: "RECONCILIATION", report: reportOf(said) });
      else await dispatch.ask(order, "RECONCILIATION");
    }
  }

  /** Fills we may have missed, matched to our orders by the exchange's order id. */
  private async meetFills(instrument: string): Promise<void> {
    const { book, booking, venue, ports } = this.parts;
    const orders = book.allOrders(instrument);
    const from_ts = Math.floor(Math.min(...orders.map((order) => order.created_at), ports.clock.now())) - OVERLAP_MS;
    const { fills } = await this.must(
      venue.ask(instrument, (o) => venue.calls.getFills({ account: ports.account, instrument, from_ts }, o)),
    );
    for (const [order, missed] of byOrder(fills, orders)) {
      await booking.take(order.client_order_id, { by: "RECONCILIATION", fills: missed });
    }
  }

  private async meetPositions(): Promise<void> {
    const { book, venue, ports } = this.parts;
    const { account } = ports;
    const { positions } = await this.must(venue.attempt((o) => venue.calls.getPositions({ account }, o)));
    const mine = positions.filter((p) => ports.shard.owns(p.instrument));
    const theirs = new Map(mine.map((p) => [p.instrument, dec(p.qty)]));
    const differ = new Set<string>();
    const held = book.holdings().filter((h) => marketOf(h.instrument) === "FUT");
    for (const instrument of new Set([...theirs.keys(), ...held.map((h) => h.instrument)])) {
      const holding = book.holding(instrument);
      const qty = dec(holding?.qty ?? "0");
      const ours = holding?.side === "SELL" ? neg(qty) : qty;
      const there = theirs.get(instrument) ?? dec("0");
      if (ours === there || (holding && (await bookOutsideCloses(this.parts, holding, [ours, there])))) continue;
      const what = `${instrument}: books ${show(ours)}, exchange ${show(there)}`;
      differ.add(what);
      if (ours === 0n || this.differed.has(what)) ports.alert("ERROR", "POSITION_DIFFERS", what);
      if (ours !== 0n) this.lookAgain();
    }
    this.differed = differ;
  }

  /** What differs now may be explained by what is still on its way: a fill between two answers of the exchange. */
  private lookAgain(): void {
    this.again ??= this.parts.ports.clock.after(LOOK_AGAIN_MS, () => {
      this.again = undefined;
      return this.gap();
    });
  }

  stop(): void {
    this.again?.();
  }

  /**
   * Working orders that nobody has spoken of for a minute: the stream may have lost their end. Each instrument goes at
   * its own pace. Then everything open is looked at once more: what is past its time, stops whose position is gone.
   */
  async sweep(): Promise<void> {
    const { book, dispatch, ports, pokeAll } = this.parts;
    const before = ports.clock.now() - UNHEARD_MS;
    const unheard = book.allOrders().filter((order) => isLive(order) && order.updated_at <= before);
    // They belong to nothing: whatever kept them from being cancelled when they were found, they are asked to go again.
    for (const order of book.allOrders().filter((each) => each.leg === LOST && isLive(each))) {
      if (!dispatch.isBusy(order) && dispatch.dueIn(order) <= 0) await dispatch.cancel(order, "RECONCILIATION");
    }
    const asking = [...Map.groupBy(unheard, (order) => order.instrument).values()].map(async (orders) => {
      for (const order of orders) {
        if (!dispatch.isBusy(order) && dispatch.dueIn(order) <= 0) await dispatch.ask(order);
      }
    });
    await Promise.all(asking);
    pokeAll();
  }

  /** What may have been traded since the books were lost, where they were. */
  private everTraded(): Set<string> {
    const { book, ports } = this.parts;
    const known = [...book.holdings(), ...book.allOrders(), ...ports.config().bundle.instruments];
    return new Set(known.map((row) => row.instrument));
  }

  private instruments(): Set<string> {
    const { book } = this.parts;
    const held = book.holdings().filter((h) => h.qty !== "0");
    const live = book.allOrders().filter((o) => isLive(o));
    const running = book.running();
    return new Set([...held, ...live, ...running].map((row) => row.instrument));
  }

  private async must<T>(asked: Promise<Outcome<T>>): Promise<T> {
    const outcome = await asked;
    if (outcome.kind === "answered") return outcome.value;
    throw new Problem(outcome.problem.code, outcome.problem.message, { cause: outcome.problem });
  }
}

function byOrder(fills: readonly ExchangeFill[], orders: readonly Order[]): Map<Order, ExchangeFill[]> {
  const found = new Map<Order, ExchangeFill[]>();
  for (const fill of fills) {
    const order = orders.find((o) => o.order_id === fill.order_id);
    if (order) found.set(order, [...(found.get(order) ?? []), fill]);
  }
  return found;
}
