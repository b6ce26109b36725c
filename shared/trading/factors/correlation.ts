/** How two instruments' returns go together. */
import { type Closes, newestOfBoth } from "./closes.ts";
import { type FactorState, family, type Sources } from "./factor.ts";
import type { Memory } from "./memory.ts";

/**
 * Correlation of the last n pairs of numbers. Each has a place of its own by its index, and sums are made anew
 * whenever a turn of n is complete, so that the value does not depend on where one began but for the turn before.
 */
class RollingCorrelation {
  readonly length: number;
  count = 0;
  #x: Float64Array;
  #y: Float64Array;
  /** Sums of x, y, x², y² and xy. */
  #sums = new Float64Array(5);
  /** How many of the newest x, and y, are equal. */
  #equalX = 0;
  #equalY = 0;

  constructor(length: number) {
    this.length = length;
    this.#x = new Float64Array(length);
    this.#y = new Float64Array(length);
  }

  clear(): void {
    this.count = 0;
    this.#equalX = 0;
    this.#equalY = 0;
    this.#x.fill(0);
    this.#y.fill(0);
    this.#sums.fill(0);
  }

  push(index: number, x: number, y: number): void {
    const place = index % this.length;
    const before = (place + this.length - 1) % this.length;
    this.#equalX = this.count > 0 && this.#x[before] === x ? this.#equalX + 1 : 1;
    this.#equalY = this.count > 0 && this.#y[before] === y ? this.#equalY + 1 : 1;
    this.#add(this.#x[place]!, this.#y[place]!, -1);
    this.#x[place] = x;
    this.#y[place] = y;
    this.#add(x, y, 1);
    this.count++;
    if (place < this.length - 1) return;
    this.#sums.fill(0);
    for (let at = 0; at < this.length; at++) this.#add(this.#x[at]!, this.#y[at]!, 1);
  }

  /** NaN before n pairs, and while one of the two does not move at all. */
  get value(): number {
    const n = this.length;
    if (this.count < n || this.#equalX >= n || this.#equalY >= n) return Number.NaN;
    const sums = this.#sums;
    const x = sums[0]!;
    const y = sums[1]!;
    const xx = sums[2]!;
    const yy = sums[3]!;
    const xy = sums[4]!;
    const both = Math.sqrt((xx - (x * x) / n) * (yy - (y * y) / n));
    return Math.max(-1, Math.min(1, (xy - (x * y) / n) / both));
  }

  keep(memory: Memory): void {
    this.count = memory.number(this.count);
    memory.numbers(this.#x);
    memory.numbers(this.#y);
    memory.numbers(this.#sums);
    this.#equalX = memory.number(this.#equalX);
    this.#equalY = memory.number(this.#equalY);
  }

  #add(x: number, y: number, times: 1 | -1): void {
    const sums = this.#sums;
    sums[0]! += times * x;
    sums[1]! += times * y;
    sums[2]! += times * x * x;
    sums[3]! += times * y * y;
    sums[4]! += times * x * y;
  }
}

/** Pearson's ρ of the two's `ln(C/C₋₁)` over the last n bars that both have closed. */
class Correlation implements FactorState {
  #pairs: RollingCorrelation;
  #sources: Sources;
  /** Where the newest bar begins that both have closed and that is counted. */
  #countedTs = Number.NaN;

  constructor(length: number, sources: Sources) {
    this.#pairs = new RollingCorrelation(length);
    this.#sources = sources;
  }

  read(now: number): number {
    const own = this.#sources.own();
    const peer = this.#sources.peer();
    const newestTs = newestOfBoth(now, own, peer);
    if (Number.isNaN(newestTs)) return Number.NaN;
    if (newestTs !== this.#countedTs) this.#count(newestTs, own!, peer!);
    return this.#pairs.value;
  }

  keep(memory: Memory): void {
    this.#countedTs = memory.number(this.#countedTs);
    this.#pairs.keep(memory);
  }

  #count(newestTs: number, own: Closes, peer: Closes): void {
    const { ms } = own;
    const isKnown = (ts: number) => !Number.isNaN(own.at(ts)) && !Number.isNaN(peer.at(ts));
    let ts = this.#countedTs + ms;
    if (!(ts <= newestTs && isKnown(this.#countedTs))) {
      this.#pairs.clear();
      // From the beginning of the last whole turn, as far as both are known.
      const turn = this.#pairs.length * ms;
      ts = Math.max(Math.floor(newestTs / turn) * turn - turn, own.oldestTs + ms, peer.oldestTs + ms);
    }
    for (; ts <= newestTs; ts += ms) {
      this.#pairs.push(ts / ms, Math.log(own.at(ts) / own.at(ts - ms)), Math.log(peer.at(ts) / peer.at(ts - ms)));
    }
    this.#countedTs = newestTs;
  }
}

export const correlation = family({
  family: "corr",
  pattern: "corr_{n}_{tf}",
  example: "corr_60_1m@SPOT:BTCUSDT",
  formula: "Pearson's ρ of ln(C/C₋₁) of both instruments over the last n bars that both have closed",
  source: "Pearson 1895",
  range: [-1, 1],
  needs: ["bar"],
  pair: true,
  bars: ({ numbers: [n] }) => n! + 1,
  accepts: ({ numbers: [n] }) => n! >= 2,
  usesOfPeer: ({ numbers: [n], timeframe }) => [`log_ret_${n}_${timeframe}`],
  make: ({ numbers: [n] }, _, sources) => new Correlation(n!, sources),
});
