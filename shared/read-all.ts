/** Every document of a question, however many pages it has. */
import type { Collection, Query, Store } from "./kit/ports.ts";

const PAGE = 1_000;

/** Oldest first by `field`. */
export async function readAll<T>(
  store: Pick<Store, "query">,
  collection: Collection<T>,
  [field, where]: [string, NonNullable<Query["where"]>],
): Promise<T[]> {
  const found: T[] = [];
  const query: Query = { where, sort: { field, order: "asc" }, limit: PAGE };
  let cursor: string | undefined;
  do {
    const page = await store.query(collection, cursor === undefined ? query : { ...query, cursor });
    found.push(...page.items.map(({ value }) => value));
    cursor = page.next_cursor;
  } while (cursor !== undefined);
  return found;
}
