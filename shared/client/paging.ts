/** All items of a list, page by page, as a loop asks for them. */
import type { CallOptions } from "./call-options.ts";

interface Listing<T> {
  items: readonly T[];
  next_cursor?: string;
}

/** `for await (const order of each(chimera.listOrders, { status: "FILLED" })) …`; `limit` is a page's size. */
export async function* each<I extends { cursor?: string }, T>(
  list: (input?: I, options?: CallOptions) => Promise<Listing<T>>,
  input: I = {} as I,
  options?: CallOptions,
): AsyncGenerator<T, void, undefined> {
  let cursor = input.cursor;
  do {
    const page = await list(cursor === undefined ? input : { ...input, cursor }, options);
    yield* page.items;
    cursor = page.next_cursor;
  } while (cursor !== undefined);
}
