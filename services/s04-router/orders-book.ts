/** The router's books: intents, orders, fills and holdings in memory, changed only together with the store. */
import { put } from "../../shared/changes.ts";
import {
  fills as fillsKept,
  holdings as holdingsKept,
  type IntentRecord,
  intents as intentsKept,
  orders as ordersKept,
} from "../../shared/collections/orders.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import {
  type Fill,
  type Intent,
  isEntry,
  isTerminal,
  type Order,
  type OrderAnswer,
  type OrderStatus,
} from "../../shared/domain/order.ts";
import { asProblem, refuse } from "../../shared/errors.ts";
import type { Collection, Op } from "../../shared/kit/ports.ts";
import { orderResults } from "../../shared/streams.ts";
import { type BookChange, Books, type Entry, fillKey } from "../../shared/trading/execution/books.ts";
import { all, keptOf, orderNumbered } from "./kept.ts";
import { planOps } from "./plans.ts";
import type { Ports } from "./types.ts";

const LIVE: readonly OrderStatus[] = ["PENDING", "SENT", "NEW", "PARTIALLY_FILLED", "UNKNOWN"];

const LOADED_WITHIN_MS = 500;

/** What happens at once: all of it is durable, then all of it is seen. */
export interface Change extends BookChange {
  /** Links, audit entries, marks of done messages. */
  ops?: readonly Op[];
}

/** What a change that is durable brought to one intent: each fill and each end comes once. */
export interface Booked {
  readonly intent: Intent;
  /** Orders that are over with it. */
  readonly ended: readonly Order[];
  readonly fills: readonly Fill[];
  /** What the intent came to, where its plan ended with it. */
  readonly came?: OrderAnswer["status"];
}

export class OrdersBook extends Books {
  private readonly queues = new Map<InstrumentId, Promise<unknown>>();
  private readonly watchers = new Set<(intentId: string) => void>();
  private tell: (booked: Booked) => void = () => {};
  private readonly ports: Ports;
  private isWhole = false;
  /** Intents that were running when the books were loaded, until their next order is known not to have left before. */
  readonly inherited = new Set<string>();
  /** Changes that were to add risk when the store went away: it may have taken them, and nothing of them was sent. */
  readonly unanswered: Change[] = [];

  constructor(ports: Ports) {
    super(ports);
    this.ports = ports;
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

  /** Everything that is still open, as puts: what `take` reads. */
  picture(): Op[] {
    const open = [...this.entries.values()].filter((e) => e.record.state === "RUNNING" || this.isNeeded(e));
    return [
      ...open.flatMap(({ record, orders, fills }) => [
        put(intentsKept, record),
        ...[...orders.values()].map((order) => put(ordersKept, order)),
        ...[...fills.values()].map((fill) => put(fillsKept, fill)),
      ]),
      ...[...this.held.values()].map((holding) => put(holdingsKept, holding)),
    ];
  }

  /** In place of `load`, where the store is away: what was open then, and all that was put aside since. */
  take(ops: readonly Op[]): void {
    const rows = <T>(collection: Collection<T>) =>
      ops.flatMap((op) => (op.op === "put" && op.collection.name === collection.name ? [op.value as T] : []));
    for (const record of rows(intentsKept)) {
      const entry = this.entries.get(record.intent_id) ?? { record, orders: new Map(), fills: new Map() };
      entry.record = record;
      this.file(entry);
    }
    for (const order of rows(ordersKept)) {
      this.entries.get(order.intent_id)?.orders.set(order.client_order_id, order);
      this.owners.set(order.client_order_id, order.intent_id);
    }
    for (const fill of rows(fillsKept)) this.entries.get(fill.intent_id)?.fills.set(fillKey(fill), fill);
    for (const holding of rows(holdingsKept)) this.held.set(holding.instrument, holding);
    for (const { record } of this.entries.values()) {
      if (record.state === "RUNNING") this.inherited.add(record.intent_id);
      else this.finished.push(record.intent_id);
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
    this.file({
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

  /** The order in memory that has this number at the exchange. */
  numbered({ instrument, order_id }: Pick<Order, "instrument" | "order_id">): Order | undefined {
    return order_id === undefined ? undefined : this.allOrders(instrument).find((each) => each.order_id === order_id);
  }

  /** An order of ours has this id at the exchange, in memory or, long finished, in the store. */
  async isOurs(instrument: InstrumentId, order_id: string): Promise<boolean> {
    if (this.numbered({ instrument, order_id })) return true;
    return (await orderNumbered(this.ports.store, order_id, instrument)) !== undefined;
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
    const risk = this.addsRisk(change);
    try {
      await this.ports.store.commit(this.opsOf(instrument, change, touched), { sync, risk });
    } catch (error) {
      if (risk && asProblem(error).status >= 500) this.unanswered.push(change);
      throw error;
    }
    const booked = touched.map((made) => this.bookedOf(change, made));
    this.show(change, touched);
    booked.forEach(this.tell);
    for (const { record } of touched) for (const watch of [...this.watchers]) watch(record.intent_id);
    return true;
  }

  /** It lets an entry in, or adds an order to one: without a store that can wait. */
  private addsRisk({ intents = [], orders = [] }: Change): boolean {
    const lets = intents.some(({ intent_id, intent }) => isEntry(intent.kind) && !this.entries.has(intent_id));
    return lets || orders.some(({ kind, client_order_id }) => isEntry(kind) && !this.owners.has(client_order_id));
  }

  private opsOf(instrument: InstrumentId, change: Change, touched: readonly Entry[]): Op[] {
    const results = this.resultsOf(change, touched).map(
      (event): Op => ({ op: "emit", stream: orderResults as never, key: instrument, event }),
    );
    return [
      ...touched.map(({ record }) => put(intentsKept, record)),
      ...(change.orders ?? []).map((order) => put(ordersKept, order)),
      ...(change.fills ?? []).map((fill) => put(fillsKept, fill)),
      ...(change.holding ? [put(holdingsKept, change.holding)] : []),
      ...touched.flatMap((made) => planOps(made, this.entries.get(made.record.intent_id), this.ports.clock.now())),
      ...(change.ops ?? []),
      ...results,
    ];
  }

  private bookedOf({ orders = [], fills = [] }: Change, { record }: Entry): Booked {
    const { intent_id, intent, state, answer } = record;
    const known = this.entries.get(intent_id);
    const wasOpen = ({ client_order_id }: Order) =>
      !isTerminal(known?.orders.get(client_order_id)?.status ?? "PENDING");
    const isOver = state === "DONE" && known?.record.state !== "DONE";
    return {
      intent,
      ended: orders.filter((order) => order.intent_id === intent_id && isTerminal(order.status) && wasOpen(order)),
      fills: fills.filter((fill) => fill.intent_id === intent_id && !known?.fills.has(fillKey(fill))),
      ...(isOver && { came: answer.status }),
    };
  }

  protected override forgotten(intentId: string): void {
    this.inherited.delete(intentId);
  }

  // ---- watching

  /** Called after each commit that brought something new. */
  onBooked(tell: (booked: Booked) => void): void {
    this.tell = tell;
  }

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
}
