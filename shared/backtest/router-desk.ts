/** The router of a backtest: intents let in, carried on and answered, with the live router's rules, in one thread of time. */
import type { IntentRecord } from "../collections/orders.ts";
import type { Decision } from "../domain/decision.ts";
import type { InstrumentId } from "../domain/instrument.ts";
import { zero } from "../domain/money.ts";
import { type Fill, type Intent, isEntry, type Order, type OrderAnswer } from "../domain/order.ts";
import { Problem } from "../errors.ts";
import { digest } from "../keys.ts";
import type { OrderResult } from "../streams.ts";
import { AdmissionRules } from "../trading/execution/admission-rules.ts";
import { planOf } from "../trading/execution/answers.ts";
import { type BookedNews, BookingRules } from "../trading/execution/booking-rules.ts";
import { type BookChange, Books } from "../trading/execution/books.ts";
import * as checks from "../trading/execution/checks.ts";
import { CostRules } from "../trading/execution/cost-rules.ts";
import { IntentRules, mayWait } from "../trading/execution/intent-rules.ts";
import type { Quotes } from "../trading/execution/quotes.ts";
import type { RulePorts } from "../trading/execution/router-parts.ts";
import { decideStep, type Step } from "../trading/execution/steps.ts";
import type { Connector } from "./connector.ts";
import { Dispatch } from "./dispatch.ts";
import type { News } from "./exchange-news.ts";
import { ForcedCloses } from "./forced-closes.ts";
import { Looks } from "./looks.ts";
import { Newest } from "./newest.ts";
import { Protector } from "./protector.ts";
import type { Timeline } from "./timeline.ts";

/** The newest fills and orders of an instrument that a fit looks at. */
const WINDOW = 500;
const FIT_EVERY_MS = 3_600_000;
/** What was not let in is tried again so much later. */
const AFTER_FAILURE_MS = 1_000;
const GREEN = { level: "GREEN" } as const;

/** Nobody asks a second time here, and what the exchange tells is at most its latency late. */
const FINISHED_MAX = 12;

export class DeskBooks extends Books {
  protected override readonly finishedMax = FINISHED_MAX;

  /** Grows with each change. */
  version = 0;

  /** Shows the change; answers what it tells. */
  commit(change: BookChange): OrderResult[] {
    this.version++;
    const touched = this.touchedBy(change);
    const results = this.resultsOf(change, touched);
    this.show(change, touched);
    return results;
  }
}

export interface RouterParts {
  readonly timeline: Timeline;
  readonly connector: Connector;
  readonly ports: RulePorts;
  readonly market: Quotes;
  /** Everybody hears what became of an intent. */
  told(result: OrderResult): void;
}

export type Word = OrderAnswer | Problem;
interface Waiter {
  readonly intentId: string;
  readonly then: (word: Word) => void;
  isOver: boolean;
}

export class RouterDesk {
  readonly book: DeskBooks;
  readonly fills: Fill[] = [];
  private readonly orders = new Map<string, Order>();
  private readonly newestFills = new Newest<Fill>(WINDOW);
  private readonly newestOrders = new Newest<Order>(WINDOW);
  private readonly parts: RouterParts;
  private readonly rules: IntentRules;
  private readonly admission: AdmissionRules;
  private readonly booking: BookingRules;
  private readonly costs: CostRules;
  private readonly dispatch: Dispatch;
  private readonly protector: Protector;
  private readonly forced: ForcedCloses;
  private readonly intents: Looks;
  private readonly instruments: Looks;
  private waiters: Waiter[] = [];

  constructor(parts: RouterParts) {
    this.parts = parts;
    const { timeline, connector, ports, market } = parts;
    this.book = new DeskBooks(ports);
    const { book } = this;
    this.costs = new CostRules(ports, market);
    this.booking = new BookingRules(ports, book, market);
    const shared = { ports, book, market, costs: this.costs, health: GREEN };
    this.rules = new IntentRules({ ...shared, entriesStopped: () => undefined });
    this.admission = new AdmissionRules({ ...shared, intents: this.rules });
    this.dispatch = new Dispatch({
      ...{ ports, book, market, connector },
      take: (clientId, news) => this.take(clientId, news),
      ended: (order) => this.pokeInstrument(order.instrument),
    });
    this.protector = new Protector({
      ...{ ports, book, market, connector, timeline, dispatch: this.dispatch },
      commit: (change) => this.commit(change),
      exit: (intent) => this.admitOwn(intent),
      hurry: (instrument, why) => this.hurry(instrument, why),
      poke: (instrument) => this.instruments.poke(instrument),
    });
    this.forced = new ForcedCloses({ ports, book, commit: (change) => this.commit(change) });
    this.intents = new Looks(timeline, (id) => this.look(id));
    this.instruments = new Looks(timeline, (instrument) => this.protector.look(instrument));
    timeline.every(FIT_EVERY_MS, () => {
      for (const [instrument, count] of this.costs.fresh) if (count > 0) this.refit(instrument);
    });
  }

  /** Executes an intent; `then` hears the first answer, or why it is not let in. */
  place(intent: Intent, decision: Decision | undefined, then: (word: Word) => void): void {
    const { timeline, ports } = this.parts;
    const { admission, book } = this;
    if (admission.admitting.has(intent.intent_id)) {
      then(new Problem("STILL_RUNNING", "the first request with this intent_id is still running"));
      return;
    }
    const known = book.intent(intent.intent_id);
    if (known) {
      then(known.first_answer ?? known.answer);
      return;
    }
    const hash = digest(JSON.stringify(intent));
    admission.admitting.set(intent.intent_id, admission.slotOf(intent, hash));
    try {
      this.admit(intent, hash, decision);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      admission.admitting.delete(intent.intent_id);
      then(error);
      return;
    }
    const waiter: Waiter = { intentId: intent.intent_id, then, isOver: false };
    this.waiters.push(waiter);
    timeline.after(ports.settings.answerWaitMs, () => this.answer(waiter));
  }

  private admit(intent: Intent, hash: string, decision: Decision | undefined): void {
    const { admission } = this;
    checks.checkShape(intent);
    const entry = isEntry(intent.kind);
    const listing = entry ? admission.entryMayPass(intent) : admission.listed(intent);
    const plan = admission.plan(intent, listing, decision);
    const room = entry ? admission.reserve(intent, plan, listing) : { reserved: zero, notional: zero };
    const record = admission.recordOf(intent, { hash, decision, plan, reserved: room.reserved });
    this.commit(admission.firstChange(record));
    this.intents.poke(intent.intent_id);
  }

  /** What the router itself asks. False: it is known already. */
  private admitOwn(intent: Intent): boolean {
    if (this.admission.admitting.has(intent.intent_id) || this.book.intent(intent.intent_id)) return false;
    try {
      this.admit(intent, digest(JSON.stringify(intent)), undefined);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.parts.timeline.after(AFTER_FAILURE_MS, () => this.instruments.poke(intent.instrument));
    }
    return true;
  }

  private answer(waiter: Waiter): void {
    if (waiter.isOver) return;
    waiter.isOver = true;
    this.waiters = this.waiters.filter((each) => each !== waiter);
    this.admission.admitting.delete(waiter.intentId);
    const record = this.book.intent(waiter.intentId);
    if (!record) return;
    this.commit({ intents: [{ ...record, first_answer: record.answer }] });
    waiter.then(record.answer);
  }

  order(client_order_id: string): Order | undefined {
    return this.orders.get(client_order_id);
  }

  /** A change is seen at once; whoever waits for it looks after that. */
  private commit(change: BookChange | undefined): boolean {
    if (!change) return false;
    const results = this.book.commit(change);
    for (const fill of change.fills ?? []) {
      this.newestFills.put(fill.instrument, String(this.fills.length), { one: fill, isKnown: false });
      this.fills.push(fill);
    }
    for (const order of change.orders ?? []) {
      const { instrument, client_order_id: id } = order;
      this.newestOrders.put(instrument, id, { one: order, isKnown: this.orders.has(id) });
      this.orders.set(id, order);
    }
    const ids = [...(change.intents ?? []), ...(change.orders ?? []), ...(change.fills ?? [])];
    for (const { intent_id } of ids) this.changed(intent_id);
    if (change.holding) this.instruments.poke(change.holding.instrument);
    const { timeline, told } = this.parts;
    // Whoever asked has the answer before it comes to everybody.
    for (const waiter of [...this.waiters]) {
      if (this.admission.isAnswered(waiter.intentId)) timeline.soon(() => this.answer(waiter));
    }
    for (const result of results) timeline.afterwards(() => told(result));
    return true;
  }

  private changed(intentId: string): void {
    const record = this.book.intent(intentId);
    if (record) this.pokeInstrument(record.instrument);
    this.intents.poke(intentId);
  }

  private pokeInstrument(instrument: InstrumentId): void {
    this.instruments.poke(instrument);
    for (const record of this.book.running(instrument)) this.intents.poke(record.intent_id);
  }

  private take(clientId: string, news: BookedNews): boolean {
    const order = this.book.order(clientId);
    const record = order && this.book.intent(order.intent_id);
    if (!order || !record) return false;
    this.commit(this.booking.changeOf(order, record, news));
    return true;
  }

  hear(news: Extract<News, { kind: "execution" }>): void {
    const told: BookedNews = {
      by: "STREAM",
      report: {
        status: news.status,
        order_id: news.order_id,
        filled_qty: news.filled_qty,
        avg_price: news.avg_price,
        message: news.reason,
      },
      fills: news.fill ? [news.fill] : [],
    };
    if (this.take(news.client_order_id, told) || !this.forced.book(news)) return;
    this.take(news.client_order_id, told);
  }

  /** The guard hears every price. */
  heardPrice(instrument: InstrumentId): void {
    this.protector.heardPrice(instrument);
  }

  private look(intentId: string): number | undefined {
    const record = this.book.intent(intentId);
    if (!record || record.state === "DONE") return undefined;
    if (planOf(record).style.startsWith("MOVE")) {
      const end = this.rules.moveEnds(record);
      if (!end.ended) return end.lookInMs;
      this.finish(record);
      return undefined;
    }
    return this.perform(record, decideStep(this.rules.viewOf(record)));
  }

  private perform(record: IntentRecord, step: Step): number | undefined {
    const { dispatch } = this;
    switch (step.do) {
      case "wait":
        return step.until === undefined ? undefined : Math.max(1, step.until - this.parts.timeline.now());
      case "send":
        this.commit({ orders: [this.rules.orderOf(record, step)] });
        return 0;
      case "submit":
        dispatch.submit(step.order, record.intent.leverage);
        return undefined;
      case "drop":
        dispatch.drop(step.order, step.why);
        return 0;
      case "cancel":
      case "ask":
      case "fetch_fills":
        return dispatch.approach(step.do, step.order);
      case "done":
        this.finish(record);
        return undefined;
    }
  }

  private finish({ intent_id, instrument }: IntentRecord): void {
    const current = this.book.intent(intent_id);
    if (!current || current.state === "DONE") return;
    const orders = this.book.ownOrders(intent_id);
    this.commit(this.rules.ending(current));
    if (planOf(current).cancel_reason !== undefined) return;
    const isDue = this.costs.ended(instrument, orders);
    this.costs.notePosts(orders);
    if (isDue) this.refit(instrument);
  }

  private refit(instrument: InstrumentId): void {
    this.costs.fresh.set(instrument, 0);
    const newest = { fills: this.newestFills.of(instrument), orders: this.newestOrders.of(instrument) };
    const curve = this.costs.fitted(instrument, newest);
    if (curve) this.costs.curves.set(instrument, curve);
  }

  /** Lets an exit in slices, or one that rests at its price, wait no longer. */
  private hurry(instrument: InstrumentId, why: string): void {
    for (const record of this.book.running(instrument)) {
      if (isEntry(record.intent.kind) || !mayWait(planOf(record))) continue;
      this.commit({ intents: [{ ...record, plan: { ...planOf(record), hurry_reason: why } }] });
    }
  }
}
