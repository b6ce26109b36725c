/** What a taker would trade with the makers it would meet, found without trading: costs, fill-or-kill, quote orders. */
import type { Side } from "../domain/order.ts";
import type { NewOrder, Wish } from "./matcher.ts";
import { isWithin, type RestingOrder } from "./order-book.ts";
import { isOwn, taken } from "./prevention.ts";

export type Maker = Pick<RestingOrder, "ticks" | "lots" | "hidden" | "peak" | "owner">;

/** The worst price an order takes: a market order takes any. */
export function limitOf(order: { kind: NewOrder["kind"]; side: Side; ticks: number }): number {
  if (order.kind === "limit") return order.ticks;
  return order.side === "BUY" ? Infinity : 0;
}

/** Trades by price, best first; `makers` are all of the other side, next to trade first. */
export function previewTrades(taker: Wish, makers: Iterable<Maker>): [ticks: number, lots: number][] {
  const trades: [ticks: number, lots: number][] = [];
  let left = taker.lots;
  let level: Maker[] = [];
  const limitTicks = limitOf(taker);
  for (const maker of makers) {
    if (!isWithin(taker.side, maker.ticks, limitTicks)) break;
    if (level.length > 0 && level[0]!.ticks !== maker.ticks) {
      left = takeLevel(taker, left, { level, trades });
      level = [];
      if (left === 0) return trades;
    }
    level.push(maker);
  }
  takeLevel(taker, left, { level, trades });
  return trades;
}

/** One level in its order, in which an iceberg's next slice stands behind the others; answers what is left. */
function takeLevel(
  taker: Wish,
  asked: number,
  { level, trades }: { level: Maker[]; trades: [number, number][] },
): number {
  let left = asked;
  let traded = 0;
  // Slices are appended while the queue is walked.
  for (const maker of level) {
    if (left === 0) break;
    if (isOwn(taker, maker)) {
      left -= taken(taker.stp, left, maker.lots + maker.hidden)[0];
      continue;
    }
    const lots = Math.min(left, maker.lots);
    traded += lots;
    left -= lots;
    const next = Math.min(maker.peak, maker.hidden);
    if (lots === maker.lots && next > 0) level.push({ ...maker, lots: next, hidden: maker.hidden - next });
  }
  if (traded > 0) trades.push([level[0]!.ticks, traded]);
  return left;
}
