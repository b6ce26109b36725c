/** Reads a whole collection, page by page. */
import type { Collection, Query, Store } from "../../shared/kit/ports.ts";

const PAGE = 1_000;

/** In key order; for the ends of runs and for checks, never on a hot path. */
export async function readAll<T>(store: Store, collection: Collection<T>, where?: Query["where"]): Promise<T[]> {
  const values: T[] = [];
  let cursor: string | undefined;
  do {
    const query: Query = { limit: PAGE, ...(where && { where }), ...(cursor !== undefined && { cursor }) };
    const page = await store.query(collection, query);
    values.push(...page.items.map((row) => row.value));
    cursor = page.next_cursor;
  } while (cursor !== undefined);
  return values;
}
