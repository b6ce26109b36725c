/** How far the mean of one sample lies from that of another, and how sure that is. */
import { type BootstrapOptions, bootstrapInterval, type Interval, type Resampling } from "../stats/bootstrap.ts";

/**
 * mean(a) − mean(b), with an interval by drawing each sample anew from itself: Efron and Tibshirani, An Introduction to
 * the Bootstrap, 1993, ch. 8.3. Of an empty one there is none.
 */
export function meanDifference(a: readonly number[], b: readonly number[], options: BootstrapOptions): Interval {
  const values = Float64Array.from([...a, ...b]);
  const statistic = (rows: Uint32Array) =>
    mean(values, rows, [0, a.length]) - mean(values, rows, [a.length, rows.length]);
  return bootstrapInterval(eachFromItself(a.length, b.length), statistic, options);
}

function eachFromItself(first: number, second: number): Resampling {
  const draw: Resampling["draw"] = (chance, rows) => {
    for (let at = 0; at < first; at++) rows[at] = Math.floor(chance.next() * first);
    for (let at = 0; at < second; at++) rows[first + at] = first + Math.floor(chance.next() * second);
  };
  return { count: first + second, block: 1, draw };
}

function mean(values: Float64Array, rows: Uint32Array, [from, to]: readonly [number, number]): number {
  let total = 0;
  for (let at = from; at < to; at++) total += values[rows[at] as number] as number;
  return total / (to - from);
}
