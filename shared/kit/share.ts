/** How replicas split a service's shards among themselves, each deciding alone from what all say of themselves. */

export interface Share {
  /** Shards to try to take: free as far as is known. */
  take: number[];
  /** A shard to give up, since another replica has too few. */
  give: number | undefined;
}

/**
 * `mine`: the shards held here; `others`: those that each other living replica holds; `failing`: those that another one
 * cannot start. These are nobody's share: whoever can runs them, and passes them on to nobody.
 */
export function decideShare(
  mine: readonly number[],
  others: readonly (readonly number[])[],
  count: number,
  failing: readonly number[] = [],
): Share {
  const fair = Math.ceil(count / (others.length + 1));
  const least = Math.min(...others.map((shards) => shards.length), Number.POSITIVE_INFINITY);
  const isTooMany = mine.length > fair ? least < mine.length : mine.length >= least + 2;
  const isFailing = (shard: number) => failing.includes(shard);
  const taken = new Set([...mine, ...others.flat()]);
  const free = Array.from({ length: count }, (_, shard) => shard).filter((shard) => !taken.has(shard));
  const rescued = free.filter(isFailing);
  const spare = mine.filter((shard) => !isFailing(shard));
  if (isTooMany) return { take: rescued, give: spare.length > 0 ? Math.max(...spare) : undefined };
  const share = free.filter((shard) => !isFailing(shard)).slice(0, Math.max(0, fair - mine.length));
  return { take: [...rescued, ...share], give: undefined };
}
