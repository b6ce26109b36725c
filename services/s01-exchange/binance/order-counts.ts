/** New orders against Binance's limits, counted by Binance itself in each answer; some room is kept for exits. */
import type { Clock } from "../../../shared/kit/ports.ts";

const MS: Readonly<Record<string, number>> = { SECOND: 1_000, MINUTE: 60_000, HOUR: 3_600_000, DAY: 86_400_000 };
/** Of the orders that an account may send, what is kept for reduce-only ones. */
const RESERVE_SHARE = 0.15;

/** As exchangeInfo lists it: so many orders in `intervalNum` intervals. */
export interface OrderLimit {
  readonly interval: string;
  readonly intervalNum: number;
  readonly limit: number;
}

interface Window {
  /** Such as `x-mbx-order-count-10s`. */
  readonly header: string;
  readonly ms: number;
  readonly limit: number;
  used: number;
  /** Number of the window that `used` is of; windows begin at multiples of their length. */
  at: number;
}

export class OrderCounts {
  private readonly clock: Pick<Clock, "now">;
  private windows: Window[] = [];

  constructor(clock: Pick<Clock, "now">) {
    this.clock = clock;
  }

  setLimits(limits: readonly OrderLimit[]): void {
    const known = new Map(this.windows.map((window) => [window.header, window]));
    this.windows = limits.flatMap(({ interval, intervalNum, limit }) => {
      const ms = (MS[interval] ?? 0) * intervalNum;
      if (!(ms > 0 && limit > 0)) return [];
      const header = `x-mbx-order-count-${intervalNum}${interval[0]!.toLowerCase()}`;
      const { used, at } = known.get(header) ?? { used: 0, at: -1 };
      return [{ header, ms, limit, used, at }];
    });
  }

  read(headers: Readonly<Record<string, string>>): void {
    for (const window of this.windows) {
      const text = headers[window.header];
      if (text === undefined) continue;
      window.used = Number(text) || 0;
      window.at = Math.floor(this.clock.now() / window.ms);
    }
  }

  /** Milliseconds until an entry may be sent; 0: now. */
  waitMs(): number {
    const now = this.clock.now();
    let wait = 0;
    for (const { ms, limit, used, at } of this.windows) {
      const isFull = at === Math.floor(now / ms) && used >= limit * (1 - RESERVE_SHARE);
      if (isFull) wait = Math.max(wait, ms - (now % ms));
    }
    return wait;
  }
}
