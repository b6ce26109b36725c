/** Several files of documents read as one: each document is in exactly one of them. */
import { assert, refuse } from "../../errors.ts";
import type { Collection, Page, Query, Ref, Row } from "../../kit/ports.ts";
import type { Bound } from "./connection.ts";
import { type Found, plain, type Reader } from "./reader.ts";
import { PAGE_MAX } from "./select.ts";

const asRow = <T>(row: Found): Row<T> => ({
  key: String(row._key),
  rev: String(row._rev),
  value: JSON.parse(String(row.doc)) as T,
});

export class Union {
  readonly #readers: readonly Reader[];

  constructor(readers: readonly Reader[]) {
    this.#readers = readers;
  }

  get<T>(collection: Collection<T>, key: string): Row<T> | undefined {
    for (const reader of this.#readers) {
      const row = reader.get(plain(collection), key);
      if (row) return asRow(row);
    }
    return undefined;
  }

  /** A cursor is a place in the order of sorting, so that each file goes on behind it for itself. */
  query<T>(collection: Collection<T>, query: Query): Page<T> {
    const answers = this.#readers.flatMap((reader) => reader.query(plain(collection), query) ?? []);
    const descending = query.sort?.order === "desc";
    const rows = merge(
      answers.map((answer) => answer.rows),
      descending ? (a, b) => inOrder(b, a) : inOrder,
    );
    const items = rows.slice(0, query.limit).map(asRow<T>);
    const last = rows.length > query.limit ? rows[query.limit - 1] : undefined;
    if (!last || !answers[0]) return { items };
    return { items, next_cursor: answers[0].cursorAfter(String(last._key), last.sort ?? null) };
  }

  count<T>(collection: Collection<T>, where: Query["where"]): number {
    return this.#readers.reduce((sum, reader) => sum + reader.count(plain(collection), where), 0);
  }

  /** Best match first. How good a match is depends on the other documents of its file: on how rare its words are there. */
  search<T>(collection: Collection<T>, text: string, limit: number): Row<T>[] {
    assert(collection.search, `${collection.name} declares no fields to search`);
    if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_MAX) refuse("INVALID", `limit is from 1 to ${PAGE_MAX}.`);
    const answers = this.#readers.map((reader) => reader.search(plain(collection), text, limit));
    return merge(answers, inOrder)
      .slice(0, limit)
      .map(asRow<T>);
  }

  neighbours(refs: readonly Ref[], direction: "parents" | "children"): Ref[] {
    return this.#readers.flatMap((reader) => reader.neighbours(refs, direction));
  }

  isDone(stream: string, group: string, id: string): boolean {
    return this.#readers.some((reader) => reader.isDone(stream, group, id));
  }

  ping(): void {
    for (const reader of this.#readers) reader.ping();
  }
}

/** Sorted lists as one. */
function merge(lists: readonly Found[][], order: (a: Found, b: Found) => number): Found[] {
  return lists.length === 1 ? lists[0]! : lists.flat().sort(order);
}

/** As SQLite sorts: by the field, then by the key. */
function inOrder(a: Found, b: Found): number {
  return compare(a.sort ?? null, b.sort ?? null) || compare(a._key!, b._key!);
}

/** Absent values, then numbers, then texts by their UTF-8 bytes. */
function compare(a: Bound, b: Bound): number {
  if (a === b) return 0;
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "string" && typeof b === "string") return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return KINDS.indexOf(typeof a) - KINDS.indexOf(typeof b);
}
const KINDS = ["object", "number", "string"];
