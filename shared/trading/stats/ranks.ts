/** Ranks of values from 1 up; equal ones share the mean of their ranks. */

export interface Ranks {
  readonly ranks: number[];
  /** How many values share each rank, in rising order; all 1 where no two are equal. */
  readonly ties: number[];
}

/** NaN has no rank: callers keep it out. */
export function ranksOf(values: readonly number[]): Ranks {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Array<number>(values.length);
  const ties: number[] = [];
  for (let first = 0; first < order.length; ) {
    let next = first + 1;
    while (next < order.length && values[order[next]!] === values[order[first]!]) next++;
    for (let at = first; at < next; at++) ranks[order[at]!] = (first + 1 + next) / 2;
    ties.push(next - first);
    first = next;
  }
  return { ranks, ties };
}
