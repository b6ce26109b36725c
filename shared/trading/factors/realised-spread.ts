/** What takers lost to makers, measured some time after their trades. */
import { type FactorState, family, type TradeSeen } from "./factor.ts";
import type { Inputs } from "./inputs.ts";
import type { Memory } from "./memory.ts";
import { RollingMoments } from "./rolling.ts";
import { TimeRing } from "./windows.ts";

/** Trades wait this long at most, which bounds what is remembered of them. */
const WAIT_MS_MAX = 60_000;

/** Columns of a trade that waits. */
const PRICE = 1;
const SIDE = 2;
const MID = 3;

/**
 * Mean of `2·d·(p − m₊)/m·10⁴` over the last n trades that are old enough: d is 1 for a taker's buy and −1 for a sell,
 * p its price, m the mid at the trade, m₊ the mid that held a wait later. Trades without a mid before or after are left
 * out. Source: Huang and Stoll, Dealer versus auction markets, 1996.
 */
class RealisedSpread implements FactorState {
  #waiting = new TimeRing(3);
  #spreads: RollingMoments;
  #waitMs: number;
  #inputs: Inputs;
  /** The mid since the last ticker; the inputs may hold a newer one already. */
  #mid: number;

  constructor(length: number, waitMs: number, inputs: Inputs) {
    this.#spreads = new RollingMoments(length);
    this.#waitMs = waitMs;
    this.#inputs = inputs;
    this.#mid = inputs.top.mid;
  }

  onTrade(now: number, { price, takerBuys }: TradeSeen): void {
    this.#settle(now);
    if (Number.isNaN(this.#mid)) return;
    const ring = this.#waiting;
    ring.push(now);
    ring.set(ring.size - 1, PRICE, price);
    ring.set(ring.size - 1, SIDE, takerBuys ? 1 : -1);
    ring.set(ring.size - 1, MID, this.#mid);
  }

  onTop(now: number): void {
    this.#settle(now);
    this.#mid = this.#inputs.top.mid;
  }

  /** Settling early or late gives the same: what is due before now was due at the mid that has held since. */
  read(now: number): number {
    this.#settle(now);
    return this.#spreads.mean;
  }

  keep(memory: Memory): void {
    this.#waiting.keep(memory);
    this.#spreads.keep(memory);
    this.#mid = memory.number(this.#mid);
  }

  /** Those due now still wait: the mid of this very millisecond may change once more. */
  #settle(now: number): void {
    const ring = this.#waiting;
    while (ring.size > 0 && ring.get(0, 0) + this.#waitMs < now) {
      const price = ring.get(0, PRICE);
      const side = ring.get(0, SIDE);
      const mid = ring.get(0, MID);
      ring.shift();
      if (!Number.isNaN(this.#mid)) this.#spreads.push(((2 * side * (price - this.#mid)) / mid) * 1e4);
    }
  }
}

export const realisedSpread = family({
  family: "realised_spread",
  pattern: "realised_spread_{n}_{w}",
  example: "realised_spread_50_5s",
  formula: "mean of 2·d·(price − mid a wait later)/mid·10⁴ over the last n trades older than the wait, in bps",
  source: "Huang and Stoll 1996",
  range: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  needs: ["trade", "ticker"],
  lag: "the wait: it speaks of trades that are at least that old",
  accepts: ({ windowMs }) => windowMs <= WAIT_MS_MAX,
  make: ({ numbers: [n], windowMs }, inputs) => new RealisedSpread(n!, windowMs, inputs),
});
