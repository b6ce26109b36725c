/**
 * Where our orders stand in a recorded price level's queue, which shows only its total.
 *
 * The model. An order joins behind everything displayed. Recorded trades at the price take from the front. When the
 * display falls by more than the trades since its last change explain, the rest were cancels, spread evenly over the
 * queue: of `ahead` lots the same share goes as of the whole (rounded so that we never gain a lot by rounding). What
 * is displayed later joins behind us. We are never behind more than is displayed.
 *
 * The share is an assumption: real cancels fall more often on the back of a queue (it would move us less), and with
 * every order known it needs no model at all. A trade that is recorded after the level change that it caused first
 * moves us as a cancel would; its volume then explains a later fall, so that it is not counted twice for long.
 */

export interface QueueFill {
  orderId: string;
  lots: number;
}

export class RecordedQueue {
  private displayed: number;
  /** Traded since the display last changed. */
  private traded = 0;
  /** Recorded lots ahead of each of our orders, in order of arrival. */
  private readonly ahead = new Map<string, number>();

  constructor(displayed: number) {
    this.displayed = displayed;
  }

  get isEmpty(): boolean {
    return this.ahead.size === 0;
  }

  /** `taken`: displayed lots that our own takers have already taken. */
  join(orderId: string, taken: number): void {
    this.ahead.set(orderId, Math.max(0, this.displayed - taken));
  }

  leave(orderId: string): void {
    this.ahead.delete(orderId);
  }

  /** Lots ahead of an order; undefined when it does not stand here. */
  aheadOf(orderId: string): number | undefined {
    return this.ahead.get(orderId);
  }

  /** The level shows another total. */
  onDisplayed(lots: number): void {
    const before = this.displayed;
    if (lots === before) return;
    const explained = Math.min(this.traded, Math.max(0, before - lots));
    const base = before - explained;
    const kept = lots >= base ? 1 : lots / base;
    this.displayed = lots;
    this.traded = 0;
    for (const [orderId, ahead] of this.ahead) this.ahead.set(orderId, Math.min(lots, Math.ceil(ahead * kept)));
  }

  /**
   * `lots` traded at this price, of which `reaching` came past our better orders. Answers what they fill of ours;
   * `left(orderId)` is what an order still wants.
   */
  onTrade(lots: number, reaching: number, left: (orderId: string) => number): QueueFill[] {
    this.traded += lots;
    const fills: QueueFill[] = [];
    let filled = 0;
    for (const [orderId, ahead] of this.ahead) {
      const reached = Math.min(left(orderId), reaching - ahead - filled);
      if (reached > 0) {
        fills.push({ orderId, lots: reached });
        filled += reached;
      }
      this.ahead.set(orderId, Math.max(0, ahead - reaching));
    }
    return fills;
  }
}
