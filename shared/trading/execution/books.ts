/** The router's books in memory: intents, orders, fills and holdings, what is asked of them, and how a change shows. */
import type { Holding, IntentRecord } from "../../collections/orders.ts";
import type { InstrumentId } from "../../domain/instrument.ts";
import type { Fill, Order } from "../../domain/order.ts";
import { assert } from "../../errors.ts";
import { bookKey } from "../../keys.ts";
import type { OrderResult } from "../../streams.ts";
import { answerOf, isOwnLeg } from "./answers.ts";
import { isLive, missingQty } from "./order-state.ts";
import type { RulePorts } from "./router-parts.ts";

/** What happens at once. */
export interface BookChange {
  intents?: readonly IntentRecord[];
  orders?: readonly Order[];
  fills?: readonly Fill[];
  holding?: Holding;
}

/** An intent with all that belongs to it. */
export interface Entry {
  record: IntentRecord;
  readonly orders: Map<string, Order>;
  readonly fills: Map<string, Fill>;
}

/** Where many ask, and the exchange may tell late. */
const FINISHED_MAX = 200;

export const fillKey = (fill: { instrument: string; fill_id: string }): string => `${fill.instrument}/${fill.fill_id}`;

export class Books {
  protected readonly entries = new Map<string, Entry>();
  /** Of those that are not over, in the same order: they are asked for several times an order, the others are many. */
  private readonly underWay = new Set<string>();
  protected readonly owners = new Map<string, string>();
  protected readonly held = new Map<InstrumentId, Holding>();
  protected readonly finished: string[] = [];
  /** Finished intents kept in memory, for late fills and repeated questions. */
  protected readonly finishedMax: number = FINISHED_MAX;
  protected readonly around: Pick<RulePorts, "account" | "clock">;

  constructor(around: Pick<RulePorts, "account" | "clock">) {
    this.around = around;
  }

  intent(id: string): IntentRecord | undefined {
    return this.entries.get(id)?.record;
  }

  /** Oldest first. */
  ordersOf(intentId: string): Order[] {
    return [...(this.entries.get(intentId)?.orders.values() ?? [])];
  }

  ownOrders(intentId: string): Order[] {
    return this.ordersOf(intentId).filter(isOwnLeg);
  }

  fillsOf(intentId: string): Fill[] {
    return [...(this.entries.get(intentId)?.fills.values() ?? [])];
  }

  /** A fill in memory by its id at the exchange, whichever order it was booked on. */
  fill(key: string): Fill | undefined {
    for (const { fills } of this.entries.values()) {
      const fill = fills.get(key);
      if (fill) return fill;
    }
    return undefined;
  }

  order(clientId: string): Order | undefined {
    return this.entries.get(this.owners.get(clientId) ?? "")?.orders.get(clientId);
  }

  holding(instrument: InstrumentId): Holding | undefined {
    return this.held.get(instrument);
  }

  holdings(): Holding[] {
    return [...this.held.values()];
  }

  running(instrument?: InstrumentId): IntentRecord[] {
    const found: IntentRecord[] = [];
    for (const id of this.underWay) {
      const { record } = this.entries.get(id) as Entry;
      if (instrument === undefined || record.instrument === instrument) found.push(record);
    }
    return found;
  }

  /** An order of the instrument of which nobody knows what became of it. */
  unknownOrder(instrument: InstrumentId): Order | undefined {
    for (const { record, orders } of this.entries.values()) {
      if (record.instrument !== instrument) continue;
      for (const order of orders.values()) if (order.status === "UNKNOWN") return order;
    }
    return undefined;
  }

  /** Into the books, as it now is. */
  protected file(entry: Entry): void {
    const { intent_id, state } = entry.record;
    this.entries.set(intent_id, entry);
    if (state === "RUNNING") this.underWay.add(intent_id);
    else this.underWay.delete(intent_id);
  }

  /** Every order in memory, oldest intent first. */
  allOrders(instrument?: InstrumentId): Order[] {
    const found: Order[] = [];
    for (const { record, orders } of this.entries.values()) {
      if (instrument === undefined || record.instrument === instrument) found.push(...orders.values());
    }
    return found;
  }

  protective(instrument: InstrumentId): Order[] {
    const found: Order[] = [];
    for (const { record, orders } of this.entries.values()) {
      if (record.instrument !== instrument) continue;
      for (const order of orders.values()) if (!isOwnLeg(order)) found.push(order);
    }
    return found;
  }

  /** In memory only: marks on an order that the next commit carries along. */
  mark(order: Order): void {
    const entry = this.entries.get(order.intent_id) as Entry;
    assert(entry?.orders.has(order.client_order_id) === true, `order ${order.client_order_id} is in the books`);
    entry.orders.set(order.client_order_id, order);
  }

  /** What a change makes of each intent it touches. */
  protected touchedBy(change: BookChange): Entry[] {
    const records = new Map((change.intents ?? []).map((record) => [record.intent_id, record]));
    const ids = new Set([
      ...records.keys(),
      ...(change.orders ?? []).map((order) => order.intent_id),
      ...(change.fills ?? []).map((fill) => fill.intent_id),
      ...this.guarded(change.holding),
    ]);
    return [...ids].map((id) => {
      const entry = this.entries.get(id);
      const record = records.get(id) ?? entry?.record;
      assert(record, `intent ${id} is loaded`);
      const orders = new Map(entry?.orders);
      for (const order of change.orders ?? []) if (order.intent_id === id) orders.set(order.client_order_id, order);
      const fills = new Map(entry?.fills);
      for (const fill of change.fills ?? []) if (fill.intent_id === id) fills.set(fillKey(fill), fill);
      const held = change.holding ?? this.held.get(record.instrument);
      const holding = held?.entry_intent_id === id && held.qty !== "0" ? held : undefined;
      const answer = answerOf(record, { orders: [...orders.values()], fills: [...fills.values()], holding });
      const now = this.around.clock.now();
      const ended = record.state === "DONE" && record.done_at === undefined ? { done_at: now } : {};
      return { record: { ...record, ...ended, answer, updated_at: now }, orders, fills };
    });
  }

  /** Whose answer says that the guard is armed, when a change arms or disarms it. */
  protected guarded(holding: Holding | undefined): string[] {
    const before = holding && this.held.get(holding.instrument);
    const id = holding?.entry_intent_id;
    return before && id !== undefined && before.guard !== holding.guard && this.entries.has(id) ? [id] : [];
  }

  /** Adds to what is there, so that marks made while the commit ran stay. */
  protected show(change: BookChange, touched: readonly Entry[]): void {
    for (const made of touched) {
      const id = made.record.intent_id;
      const entry = this.entries.get(id) ?? made;
      const wasDone = entry !== made && entry.record.state === "DONE";
      entry.record = made.record;
      this.file(entry);
      if (made.record.state === "DONE" && !wasDone) this.finished.push(id);
    }
    for (const order of change.orders ?? []) {
      this.entries.get(order.intent_id)?.orders.set(order.client_order_id, order);
      this.owners.set(order.client_order_id, order.intent_id);
    }
    for (const fill of change.fills ?? []) this.entries.get(fill.intent_id)?.fills.set(fillKey(fill), fill);
    if (change.holding) this.held.set(change.holding.instrument, change.holding);
    this.forgetFinished();
  }

  protected forgetFinished(): void {
    for (let left = this.finished.length - this.finishedMax; left > 0; left--) {
      const id = this.finished.shift() as string;
      const entry = this.entries.get(id);
      if (!entry) continue;
      if (this.isNeeded(entry)) {
        this.finished.push(id);
        continue;
      }
      this.entries.delete(id);
      this.forgotten(id);
      for (const clientId of entry.orders.keys()) this.owners.delete(clientId);
    }
  }

  protected isNeeded({ record, orders, fills }: Entry): boolean {
    const known = [...fills.values()];
    const open = [...orders.values()].some((order) => isLive(order) || missingQty(order, known) > 0n);
    const holding = this.held.get(record.instrument);
    return open || (holding?.entry_intent_id === record.intent_id && holding.qty !== "0");
  }

  /** Nothing held, nothing reserved: the start of every instrument. */
  blank(instrument: InstrumentId): Holding {
    return {
      key: bookKey(this.around.account, instrument),
      account: this.around.account,
      instrument,
      qty: "0",
      avg_entry: "0",
      reserved_usdt: "0",
      working_type: "MARK_PRICE",
      guard: false,
      dust: "0",
      next_leg: 0,
      updated_at: this.around.clock.now(),
    };
  }

  /** What the change tells of each intent that it touches; nothing of one of which it says nothing new. */
  protected resultsOf(change: BookChange, touched: readonly Entry[]): OrderResult[] {
    return touched.flatMap(({ record }) => {
      const result = {
        intent: record.intent,
        answer: record.answer,
        orders: (change.orders ?? []).filter((order) => order.intent_id === record.intent_id),
        fills: (change.fills ?? []).filter((fill) => fill.intent_id === record.intent_id),
        ts: this.around.clock.now(),
      };
      const before = this.entries.get(record.intent_id)?.record;
      const told = before?.state === record.state && JSON.stringify(before.answer) === JSON.stringify(record.answer);
      return told && result.orders.length === 0 && result.fills.length === 0 ? [] : [result];
    });
  }

  /** A finished intent has left the memory. */
  protected forgotten(_intentId: string): void {}
}
