import { afterAll, expect, test } from "bun:test";
import { z } from "@hono/zod-openapi";
import { openStore } from "./adapters/sqlite.ts";
import { put } from "./changes.ts";
import { inOrder, newestFirst, Paging, Period, pageOf } from "./paging.ts";
import { COLLECTIONS, notes } from "./testing/store-world.ts";

const Asked = inOrder(z.object({ ...Paging, ...Period }));

const store = openStore({ path: ":memory:", owner: "s04", collections: COLLECTIONS });
await store.commit(
  [1, 2, 3, 4, 5].map((ts) => put(notes, { id: `note-${ts}`, ts, state: ts % 2 === 0 ? "even" : "odd" })),
);
afterAll(() => store.close());

test("a list's pages hold each document once, newest first", async () => {
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = pageOf(await store.query(notes, newestFirst({ limit: 2, cursor }, "ts")), ({ id }) => id);
    seen.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== undefined);
  expect(seen).toEqual(["note-5", "note-4", "note-3", "note-2", "note-1"]);
});

test("both ends of a period belong to it, and what is not asked for does not count", async () => {
  const ask = async (asked: object, tests: Parameters<typeof newestFirst>[2] = {}) =>
    pageOf(await store.query(notes, newestFirst(Asked.parse(asked), "ts", tests))).items.map(({ ts }) => ts);
  expect(await ask({ from_ts: 2, to_ts: 4 })).toEqual([4, 3, 2]);
  expect(await ask({ from_ts: 0 })).toEqual([5, 4, 3, 2, 1]);
  expect(await ask({ to_ts: 0 })).toEqual([]);
  expect(await ask({ from_ts: 2 }, { state: "odd", rank: undefined })).toEqual([5, 3]);
  expect(await ask({}, { ts: { gte: 5 } })).toEqual([5]);
});

test("a period that ends before it begins is refused", () => {
  expect(Asked.safeParse({ from_ts: 2, to_ts: 1 }).error?.issues[0]).toMatchObject({ path: ["to_ts"] });
  expect(Asked.parse({ from_ts: "2", to_ts: "2" })).toEqual({ limit: 100, from_ts: 2, to_ts: 2 });
});
