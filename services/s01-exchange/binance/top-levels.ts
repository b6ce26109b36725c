/** The best levels of a book as text, writing anew only what has changed since the last look. */
import type { Level } from "../../../shared/domain/market.ts";
import type { Side } from "../../../shared/domain/order.ts";
import type { L2Book } from "../../../shared/engine/l2.ts";
import type { Listed } from "../types.ts";

export const LEVELS_SHOWN = 20;

export class TopLevels {
  private readonly on: Listed;
  private readonly side: Side;
  private ticks = new Float64Array(LEVELS_SHOWN);
  private lots = new Float64Array(LEVELS_SHOWN);
  private spareTicks = new Float64Array(LEVELS_SHOWN);
  private spareLots = new Float64Array(LEVELS_SHOWN);
  private levels: Level[] = [];

  constructor(on: Listed, side: Side) {
    this.on = on;
    this.side = side;
  }

  /** Best first. Both the old and the new look are sorted, so one walk finds what can be kept. */
  of(book: L2Book): Level[] {
    const count = Math.min(LEVELS_SHOWN, book.size(this.side));
    const { ticks: oldTicks, lots: oldLots, levels: old, spareTicks: ticks, spareLots: lots } = this;
    const direction = this.side === "BUY" ? -1 : 1;
    const next = new Array<Level>(count);
    let before = 0;
    for (let rank = 0; rank < count; rank++) {
      const price = book.ticksAt(this.side, rank);
      const quantity = book.lotsAt(this.side, rank);
      while (before < old.length && direction * (oldTicks[before]! - price) < 0) before++;
      const stands = before < old.length && oldTicks[before] === price;
      if (stands && oldLots[before] === quantity) next[rank] = old[before]!;
      else next[rank] = [stands ? old[before]![0] : this.on.price.show(price), this.on.qty.show(quantity)];
      ticks[rank] = price;
      lots[rank] = quantity;
    }
    this.ticks = ticks;
    this.lots = lots;
    this.spareTicks = oldTicks;
    this.spareLots = oldLots;
    this.levels = next;
    return next;
  }
}
