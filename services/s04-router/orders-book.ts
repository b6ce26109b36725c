/** The router's books: intents, orders, fills and holdings in memory, changed only together with the store. */
import {
  fills as fillsKept,
  type Holding,
  holdings as holdingsKept,
  type IntentRecord,
  intents as intentsKept,
  orders as ordersKept,
} from "../../shared/collections/orders.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import type { Fill, Order, OrderStatus } from "../../shared/domain/order.ts";
import { assert, refuse } from "../../shared/errors.ts";
import { bookKey } from "../../shared/keys.ts";
import type { Collection, Op } from "../../shared/kit/ports.ts";
import { orderResults } from "../../shared/streams.ts";
import { isLive, missingQty } from "../../shared/trading/execution/order-state.ts";
import { answerOf, isOwnLeg } from "./answers.ts";
import { all, keptOf } from "./kept.ts";
import { planOps } from "./plans.ts";
import type { Ports } from "./types.ts";

/** What happens at once: all of it is durable, then all of it is seen. */
export interface Change {
  intents?: readonly IntentRecord[];
  orders?: readonly Order[];
  fills?: readonly Fill[];
  holding?: Holding;
  /** Links, audit entries, marks of done messages. */
  ops?: readonly Op[];
}

interface Entry {
  record: IntentRecord;
  readonly orders: Map<string, Order>;
  readonly fills: Map<string, Fill>;
}

const LIVE: readonly OrderStatus[] = ["PENDING", "SENT", "NEW", "PARTIALLY_FILLED", "UNKNOWN"];
/** Finished intents kept in memory, for late fills and repeated questions. */
const FINISHED_MAX = 200;
const LOADED_WITHIN_MS = 500;

export const fillKey = (fill: { instrument: string; fill_id: string }): string => `${fill.instrument}/${fill.fill_id}`;

export class OrdersBook {
  private readonly entries = new Map<string, Entry>();
  private readonly owners = new Map<string, string>();
  private readonly held = new Map<InstrumentId, Holding>();
  private readonly finished: string[] = [];
  private readonly queues = new Map<InstrumentId, Promise<unknown>>();
  private readonly watchers = new Set<(intentId: string) => void>();
  private readonly ports: Ports;
  private isWhole = false;
  /** Intents that were running when the books were loaded, until their next order is known not to have left before. */
  readonly inherited = new Set<string>();

  constructor(ports: Ports) {
    this.ports = ports;
  }

  // ---- reading

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
    return [...this.entries.values()]
      .map((entry) => entry.record)
      .filter((r) => r.state === "RUNNING" && (instrument === undefined || r.instrument === instrument));
  }
  /** Every order in memory, oldest intent first. */
  allOrders(instrument?: InstrumentId): Order[] {
    return [...this.entries.values()]
      .filter((entry) => instrument === undefined || entry.record.instrument === instrument)
      .flatMap((entry) => [...entry.orders.values()]);
  }
  protective(instrument: InstrumentId): Order[] {
    return this.allOrders(instrument).filter((order) => !isOwnLeg(order));
  }

  // ---- loading

  /** All that is open is in memory, and what may have been sent before we started is known as such. */
  begin(): void {
    this.isWhole = true;
  }

  /**
   * Throws Problem NOT_READY before that: whoever acts then takes what is held for nothing, what is in flight for
   * resolved, and an order that has left already for one that has not.
   */
  mustBeWhole(): void {
    if (!this.isWhole) refuse("NOT_READY", "the books are not loaded yet", { retryAfterMs: LOADED_WITHIN_MS });
  }

  /** Everything that is still open, as the store has it. */
  async load(): Promise<void> {
    const { account, store } = this.ports;
    for (const { value } of await all(store, holdingsKept, {})) {
      if (value.account === account) this.held.set(value.instrument, value);
    }
    for (const { value } of await all(store, intentsKept, { state: "RUNNING" })) {
      this.inherited.add(value.intent_id);
      await this.ensure(value.intent_id);
    }
    for (const status of LIVE) {
      for (const { value } of await all(store, ordersKept, { status })) await this.ensure(value.intent_id);
    }
    for (const holding of this.held.values()) {
      if (holding.entry_intent_id !== undefined) await this.ensure(holding.entry_intent_id);
    }
  }

  /** The intent with its orders and fills in memory, from the store if need be. */
  async ensure(intentId: string): Promise<IntentRecord | undefined> {
    const known = this.entries.get(intentId);
    if (known) return known.record;
    const row = await this.ports.store.get(intentsKept, intentId);
    if (!row) return undefined;
    const { orders, fills } = await keptOf(this.ports.store, intentId);
    const raced = this.entries.get(intentId);
    if (raced) return raced.record;
    this.entries.set(intentId, {
      record: row.value,
      orders: new Map(orders.map((order) => [order.client_order_id, order])),
      fills: new Map(fills.map((fill) => [fillKey(fill), fill])),
    });
    for (const order of orders) this.owners.set(order.client_order_id, intentId);
    if (row.value.state === "DONE") this.finished.push(intentId);
    return row.value;
  }

  /** The order of a client id, its intent loaded. */
  async find(clientId: string): Promise<Order | undefined> {
    const known = this.order(clientId);
    if (known) return known;
    const row = await this.ports.store.get(ordersKept, clientId);
    if (!row) return undefined;
    await this.ensure(row.value.intent_id);
    return this.order(clientId);
  }

  /** An order of ours has this id at the exchange, in memory or, long finished, in the store. */
  async isOurs(instrument: InstrumentId, order_id: string): Promise<boolean> {
    if (this.allOrders(instrument).some((order) => order.order_id === order_id)) return true;
    const { items } = await this.ports.store.query(ordersKept, { where: { order_id, instrument }, limit: 1 });
    return items.length > 0;
  }

  // ---- changing

  /**
   * Changes one instrument's books: `make` sees the newest state, its result is committed, then shown. Changes of an
   * instrument follow one another; a commit that fails changes nothing and throws.
   */
  change(
    instrument: InstrumentId,
    make: () => Change | undefined,
    sync: "normal" | "full" = "normal",
  ): Promise<boolean> {
    const before = this.queues.get(instrument) ?? Promise.resolve();
    const work = before.then(
      () => this.apply(instrument, make, sync),
      () => this.apply(instrument, make, sync),
    );
    this.queues.set(instrument, work);
    return work;
  }

  private async apply(instrument: InstrumentId, make: () => Change | undefined, sync: "normal" | "full") {
    const change = make();
    if (!change) return false;
    const touched = this.touchedBy(change);
    await this.ports.store.commit(this.opsOf(instrument, change, touched), { sync });
    this.show(change, touched);
    for (const { record } of touched) for (const watch of [...this.watchers]) watch(record.intent_id);
    return true;
  }

  /** In memory only: marks on an order that the next commit carries along. */
  mark(order: Order): void {
    const entry = this.entries.get(order.intent_id) as Entry;
    assert(entry?.orders.has(order.client_order_id) === true, `order ${order.client_order_id} is in the books`);
    entry.orders.set(order.client_order_id, order);
  }

  /** What a change makes of each intent it touches. */
  private touchedBy(change: Change): Entry[] {
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
      const now = this.ports.clock.now();
      const ended = record.state === "DONE" && record.done_at === undefined ? { done_at: now } : {};
      return { record: { ...record, ...ended, answer, updated_at: now }, orders, fills };
    });
  }

  /** Whose answer says that the guard is armed, when a change arms or disarms it. */
  private guarded(holding: Holding | undefined): string[] {
    const before = holding && this.held.get(holding.instrument);
    const id = holding?.entry_intent_id;
    return before && id !== undefined && before.guard !== holding.guard && this.entries.has(id) ? [id] : [];
  }

  private opsOf(instrument: InstrumentId, change: Change, touched: readonly Entry[]): Op[] {
    const put = (collection: Collection<never>, value: unknown): Op => ({ op: "put", collection, value });
    const results = touched.flatMap(({ record }): Op[] => {
      const event = {
        intent: record.intent,
        answer: record.answer,
        orders: (change.orders ?? []).filter((order) => order.intent_id === record.intent_id),
        fills: (change.fills ?? []).filter((fill) => fill.intent_id === record.intent_id),
        ts: this.ports.clock.now(),
      };
      const before = this.entries.get(record.intent_id)?.record;
      const told = before?.state === record.state && JSON.stringify(before.answer) === JSON.stringify(record.answer);
      if (told && event.orders.length === 0 && event.fills.length === 0) return [];
      return [{ op: "emit", stream: orderResults as never, key: instrument, event }];
    });
    return [
      ...touched.map(({ record }) => put(intentsKept as never, record)),
      ...(change.orders ?? []).map((order) => put(ordersKept as never, order)),
      ...(change.fills ?? []).map((fill) => put(fillsKept as never, fill)),
      ...(change.holding ? [put(holdingsKept as never, change.holding)] : []),
      ...touched.flatMap((made) => planOps(made, this.entries.get(made.record.intent_id), this.ports.clock.now())),
      ...(change.ops ?? []),
      ...results,
    ];
  }

  /** Adds to what is there, so that marks made while the commit ran stay. */
  private show(change: Change, touched: readonly Entry[]): void {
    for (const made of touched) {
      const id = made.record.intent_id;
      const entry = this.entries.get(id) ?? made;
      const wasDone = entry !== made && entry.record.state === "DONE";
      entry.record = made.record;
      this.entries.set(id, entry);
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

  private forgetFinished(): void {
    for (let left = this.finished.length - FINISHED_MAX; left > 0; left--) {
      const id = this.finished.shift() as string;
      const entry = this.entries.get(id);
      if (!entry) continue;
      if (this.isNeeded(entry)) {
        this.finished.push(id);
        continue;
      }
      this.entries.delete(id);
      this.inherited.delete(id);
      for (const clientId of entry.orders.keys()) this.owners.delete(clientId);
    }
  }

  private isNeeded({ record, orders, fills }: Entry): boolean {
    const known = [...fills.values()];
    const open = [...orders.values()].some((order) => isLive(order) || missingQty(order, known) > 0n);
    const holding = this.held.get(record.instrument);
    return open || (holding?.entry_intent_id === record.intent_id && holding.qty !== "0");
  }

  // ---- waiting

  onChange(watch: (intentId: string) => void): () => void {
    this.watchers.add(watch);
    return () => this.watchers.delete(watch);
  }

  /** Resolves when `holds` does or `ms` have passed. */
  until(holds: () => boolean, ms: number): Promise<void> {
    if (holds() || ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = () => {
        stop();
        cancel();
        resolve();
      };
      const stop = this.onChange(() => holds() && finish());
      const cancel = this.ports.clock.after(ms, finish);
    });
  }

  /** Nothing held, nothing reserved: the start of every instrument. */
  blank(instrument: InstrumentId): Holding {
    return {
      key: bookKey(this.ports.account, instrument),
      account: this.ports.account,
      instrument,
      qty: "0",
      avg_entry: "0",
      reserved_usdt: "0",
      working_type: "MARK_PRICE",
      guard: false,
      dust: "0",
      next_leg: 0,
      updated_at: this.ports.clock.now(),
    };
  }
}
