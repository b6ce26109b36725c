/** Pages of a list narrowed by words that no index holds: read on, within bounds, until there is something to show. */
import type { Collection, Query, Store } from "../../shared/kit/ports.ts";

/** Pages read for one answer; who wants more asks on with the cursor. */
const PAGES_MAX = 20;

interface Narrowed<T> {
  query: Query;
  /** All of them must occur, whatever their case; undefined: any will do. */
  words: string | undefined;
  textOf(value: T): string;
}

/** May have fewer items than asked for, or none, and a cursor all the same: there is more to look through. */
export async function pageWithText<T>(
  store: Pick<Store, "query">,
  collection: Collection<T>,
  { query, words, textOf }: Narrowed<T>,
): Promise<{ items: T[]; next_cursor?: string }> {
  const wanted = (words ?? "").toLowerCase().split(/\s+/);
  const fits = (value: T) => {
    const text = textOf(value).toLowerCase();
    return wanted.every((word) => text.includes(word));
  };
  let cursor = query.cursor;
  for (let read = 1; ; read++) {
    const page = await store.query(collection, { ...query, ...(cursor !== undefined && { cursor }) });
    const items = page.items.map(({ value }) => value).filter(fits);
    cursor = page.next_cursor;
    if (items.length > 0 || cursor === undefined || read >= PAGES_MAX)
      return { items, ...(cursor !== undefined && { next_cursor: cursor }) };
  }
}
