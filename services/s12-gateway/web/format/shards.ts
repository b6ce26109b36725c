/** Lists of shards as text. */

/** `0–3, 6, 8, 9`: three or more in a row are told by their ends. */
export function shardsText(shards: readonly number[]): string {
  const runs: [first: number, last: number][] = [];
  for (const shard of shards.toSorted((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run?.[1] === shard - 1) run[1] = shard;
    else runs.push([shard, shard]);
  }
  return runs.map(([first, last]) => textOf(first, last)).join(", ");
}

const textOf = (first: number, last: number): string => {
  if (first === last) return String(first);
  return last - first === 1 ? `${first}, ${last}` : `${first}–${last}`;
};
