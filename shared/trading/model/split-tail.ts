/** Sets the newest rows apart to measure on: whatever of the older ones has seen any of their time is left out. */
import { refuse } from "../../errors.ts";
import type { Span } from "../stats/purged-folds.ts";

/** Places in the list given, each in order of `from_ts`. */
export interface TailSplit {
  train: number[];
  tail: number[];
  /** Neither: their labels end in the tail, or so shortly before it as the embargo says. */
  purged: number[];
}

export interface TailOptions {
  /** Of the rows, those in the tail; all that begin at its first moment are in it. */
  readonly share: number;
  readonly embargo_ms: number;
}

/**
 * One step of a walk forward with the gap that the labels' spans ask for: a row trains only when its label ended before
 * the tail begins. López de Prado, Advances in Financial Machine Learning, 2018, ch. 7.4.
 */
export function splitTail(spans: readonly Span[], { share, embargo_ms }: TailOptions): TailSplit {
  if (!(share > 0 && share < 1)) refuse("INVALID", `The tail's share lies between 0 and 1: ${share}`);
  if (!(embargo_ms >= 0)) refuse("INVALID", `An embargo is not negative: ${embargo_ms}`);
  if (spans.some(({ from_ts, to_ts }) => !(from_ts <= to_ts))) refuse("INVALID", "A label ends before it begins.");
  const order = [...spans.keys()].sort((a, b) => spans[a]!.from_ts - spans[b]!.from_ts || a - b);
  const split: TailSplit = { train: [], tail: [], purged: [] };
  const first = order[Math.floor(order.length * (1 - share))];
  if (first === undefined) return split;
  const begins = spans[first]!.from_ts;
  for (const i of order) {
    const { from_ts, to_ts } = spans[i]!;
    if (from_ts >= begins) split.tail.push(i);
    else if (to_ts < begins - embargo_ms) split.train.push(i);
    else split.purged.push(i);
  }
  return split;
}
