/** What an order book must do, whoever keeps it: orders in price-time priority, icebergs shown a slice at a time. */
import type { Side } from "../domain/order.ts";
import type { Best, Depth } from "./matcher.ts";

/** An order to rest: what it shows first, and what stays hidden behind that. */
export interface NewResting {
  readonly id: string;
  readonly side: Side;
  readonly ticks: number;
  readonly lots: number;
  readonly hidden?: number;
  /** Shown at most at a time, where some of it is hidden. */
  readonly peak?: number;
  readonly owner?: string;
}

export interface RestingOrder {
  readonly id: string;
  readonly side: Side;
  readonly ticks: number;
  /** Shown and next to trade; above zero while it rests. */
  readonly lots: number;
  /** Shows itself when `lots` are gone, at the end of the queue. */
  readonly hidden: number;
  readonly peak: number;
  /** Empty where nobody asked. */
  readonly owner: string;
}

/**
 * Two of them that were told the same hold the same orders in the same priority, to the last lot. A command that
 * cannot be (an id that rests twice, more lots than there are) is our own bug and throws.
 */
export interface OrderBook {
  readonly size: number;
  get(id: string): RestingOrder | undefined;
  /** Puts an order at the end of its level's queue; it is the caller's duty that it does not cross. */
  add(order: NewResting): void;
  /** Takes an order out whole; answers the lots that were left, hidden ones included, and zero when none rests. */
  remove(id: string): number;
  /** The oldest order at a side's best price: the next to trade. */
  front(side: Side): RestingOrder | undefined;
  /** Fills shown lots; an order without any left leaves, an iceberg shows its next slice behind the others. */
  fill(id: string, lots: number): void;
  /** Cuts an order to `left` lots, hidden ones first; it keeps its place. */
  cut(id: string, left: number): void;
  /** Lots that a taker of `side` would find within `limitTicks`, hidden ones included, counted up to `enough`. */
  available(side: Side, limitTicks: number, enough: number): number;
  /** Shown lots at a price; zero where none rest. */
  lotsAt(side: Side, ticks: number): number;
  /** Every order of a side, next to trade first. The book must not change while it is walked. */
  walk(side: Side): Iterable<RestingOrder>;
  /** Nothing while one side is empty. */
  best(): Best | undefined;
  /** What is shown. */
  depth(count: number): Depth;
}

/** True when a price is at least as good for the taker as its limit. */
export const isWithin = (takerSide: Side, ticks: number, limitTicks: number): boolean =>
  takerSide === "BUY" ? ticks <= limitTicks : ticks >= limitTicks;

export const leftOf = (order: RestingOrder): number => order.lots + order.hidden;

/** A bid at or above an ask: never after matching. */
export function isCrossed(book: OrderBook): boolean {
  const [bid, ask] = [book.front("BUY"), book.front("SELL")];
  return bid !== undefined && ask !== undefined && bid.ticks >= ask.ticks;
}

/** The book as one text: equal for equal books. */
export const bookText = (book: OrderBook): string =>
  (["BUY", "SELL"] as const)
    .flatMap((side) => [...book.walk(side)])
    .map(({ id, side, ticks, lots, hidden, peak, owner }) => [id, side, ticks, lots, hidden, peak, owner].join(" "))
    .join("\n");
