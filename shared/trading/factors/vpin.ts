/** Toxicity of the order flow: how one-sided the last equal portions of volume were. */
import { type FactorParams, type FactorState, family, type TradeSeen } from "./factor.ts";
import type { Memory } from "./memory.ts";

/**
 * Volume-synchronised probability of informed trading: trades fill buckets of V quote units each, a trade that does
 * not fit goes on in the next; `VPIN = Σ|taker buys − taker sells| / (n·V)` of the last n full buckets. Buys and sells
 * are told by the exchange, where the source had to guess them.
 * Source: Easley, López de Prado and O'Hara, Flow Toxicity and Liquidity in a High-frequency World, 2012.
 */
class Toxicity implements FactorState {
  #size: number;
  #oneSided: Float64Array;
  #at = 0;
  #count = 0;
  #sum = 0;
  #volume = 0;
  #signed = 0;

  constructor({ numbers: [buckets, thousands] }: FactorParams) {
    this.#oneSided = new Float64Array(buckets!);
    this.#size = thousands! * 1_000;
  }

  onTrade(_now: number, { price, qty, takerBuys }: TradeSeen): void {
    const sign = takerBuys ? 1 : -1;
    let rest = price * qty;
    // What fills all buckets and one more leaves nothing of what was before: only where it ends in the last matters.
    const enough = this.#size * (this.#oneSided.length + 1);
    if (rest > enough + this.#size) rest = enough + (rest % this.#size);
    while (this.#volume + rest >= this.#size) {
      const part = this.#size - this.#volume;
      rest -= part;
      this.#close(this.#signed + sign * part);
    }
    this.#volume += rest;
    this.#signed += sign * rest;
  }

  read(): number {
    const { length } = this.#oneSided;
    return this.#count < length ? Number.NaN : Math.max(0, Math.min(1, this.#sum / (length * this.#size)));
  }

  keep(memory: Memory): void {
    memory.numbers(this.#oneSided);
    this.#at = memory.number(this.#at);
    this.#count = memory.number(this.#count);
    this.#sum = memory.number(this.#sum);
    this.#volume = memory.number(this.#volume);
    this.#signed = memory.number(this.#signed);
  }

  #close(signed: number): void {
    const { length } = this.#oneSided;
    this.#sum += Math.abs(signed) - this.#oneSided[this.#at]!;
    this.#oneSided[this.#at] = Math.abs(signed);
    this.#volume = 0;
    this.#signed = 0;
    if (this.#count < length) this.#count++;
    this.#at++;
    if (this.#at < length) return;
    this.#at = 0;
    this.#sum = 0;
    for (const one of this.#oneSided) this.#sum += one;
  }
}

export const toxicity = family({
  family: "vpin",
  pattern: "vpin_{n}_{n}k",
  example: "vpin_50_10k",
  formula: "Σ|taker buys − taker sells|/(n·V) over the last n buckets of V thousand quote units; numbers are n, V",
  source: "Easley, López de Prado and O'Hara 2012",
  range: [0, 1],
  needs: ["trade"],
  lag: "until the present bucket is full",
  make: (params) => new Toxicity(params),
});
