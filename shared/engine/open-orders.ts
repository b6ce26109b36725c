/** The open orders, found by id, by account and market, and by instrument where they wait for a price. */
import { type InstrumentId, type Market, marketOf } from "../domain/instrument.ts";

/** As much of an order as finding it takes. */
export interface Filed {
  readonly order_id: number;
  readonly account: string;
  readonly instrument: InstrumentId;
}

type ById<T> = Map<number, T>;

/** Every listing is oldest first. Cost does not grow with the orders of others. */
export class OpenOrders<T extends Filed> {
  private readonly all: ById<T> = new Map();
  /** `account|market`. */
  private readonly byOwner = new Map<string, ById<T>>();
  private readonly waiting = new Map<InstrumentId, ById<T>>();

  get size(): number {
    return this.all.size;
  }

  get(orderId: number): T | undefined {
    return this.all.get(orderId);
  }

  has(orderId: number): boolean {
    return this.all.has(orderId);
  }

  values(): IterableIterator<T> {
    return this.all.values();
  }

  add(order: T, waits: boolean): void {
    this.all.set(order.order_id, order);
    file(this.byOwner, ownerOf(order.account, marketOf(order.instrument)), order);
    if (waits) file(this.waiting, order.instrument, order);
  }

  delete(orderId: number): void {
    const order = this.all.get(orderId);
    if (!order) return;
    this.all.delete(orderId);
    unfile(this.byOwner, ownerOf(order.account, marketOf(order.instrument)), order);
    this.stopWaiting(order);
  }

  /** Its price has come. */
  stopWaiting(order: T): void {
    unfile(this.waiting, order.instrument, order);
  }

  of(account: string, market: Market): Iterable<T> {
    return this.byOwner.get(ownerOf(account, market))?.values() ?? [];
  }

  count(account: string, market: Market): number {
    return this.byOwner.get(ownerOf(account, market))?.size ?? 0;
  }

  waitingOn(instrument: InstrumentId): Iterable<T> {
    return this.waiting.get(instrument)?.values() ?? [];
  }
}

const ownerOf = (account: string, market: Market): string => `${account}|${market}`;

function file<K, T extends Filed>(files: Map<K, ById<T>>, key: K, order: T): void {
  const found = files.get(key);
  if (found) found.set(order.order_id, order);
  else files.set(key, new Map([[order.order_id, order]]));
}

function unfile<K, T extends Filed>(files: Map<K, ById<T>>, key: K, order: T): void {
  const found = files.get(key);
  found?.delete(order.order_id);
  if (found?.size === 0) files.delete(key);
}
