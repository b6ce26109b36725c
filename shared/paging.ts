/** Lists page by page: what can be asked of one, how its documents are found, and what it answers. */
import { z } from "@hono/zod-openapi";
import type { Page, Query, Scalar, Test } from "./kit/ports.ts";

/** How many items a page of a list may have. */
export const PAGE_ITEMS_MAX = 1000;
/** The query of a list: `limit` and `cursor`. */
export const Paging = {
  limit: z.coerce.number().int().min(1).max(PAGE_ITEMS_MAX).default(100),
  cursor: z.string().max(500).optional(),
};
/** Which page of a list. */
export type Place = { limit: number; cursor?: string | undefined };

/** The last moment that a date can name. Source: ECMA-262, "Time Values and Time Range". */
const TS_MAX = 8_640_000_000_000_000;
const Moment = z.coerce.number().min(0).max(TS_MAX).optional();
/** The query of a list by time, epoch ms; wrap the whole object in `inOrder`. */
export const Period = { from_ts: Moment, to_ts: Moment };
type Period = { from_ts?: number | undefined; to_ts?: number | undefined };

/** For an object with `Period`'s fields: an end before its beginning is a mistake, and not an empty answer. */
export const inOrder = <T extends z.ZodObject>(shape: T): T =>
  shape.refine(
    (query) => {
      const { from_ts, to_ts } = query as Period;
      return from_ts === undefined || to_ts === undefined || from_ts <= to_ts;
    },
    { path: ["to_ts"], message: "is before from_ts" },
  );

/** The answer of a list. */
export const ListOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), next_cursor: z.string().optional() });

/** Which page a query is for. */
export const placeOf = ({ limit, cursor }: Place): Pick<Query, "limit" | "cursor"> => ({
  limit,
  ...(cursor !== undefined && { cursor }),
});

/** Both ends included; undefined where neither is given. */
export function within(from: Scalar | undefined, to: Scalar | undefined): Test | undefined {
  if (from === undefined && to === undefined) return undefined;
  return { ...(from !== undefined && { gte: from }), ...(to !== undefined && { lte: to }) };
}

/** What is given of these tests. */
export function whereOf(tests: Record<string, Test | undefined>): Record<string, Test> {
  const where: Record<string, Test> = {};
  for (const [field, test] of Object.entries(tests)) if (test !== undefined) where[field] = test;
  return where;
}

/** A page, newest first by `field`, which lies in the period; `tests` that are undefined do not count. */
export const newestFirst = (
  asked: Place & Period,
  field: string,
  tests: Record<string, Test | undefined> = {},
): Query => ({
  where: whereOf({ [field]: within(asked.from_ts, asked.to_ts), ...tests }),
  sort: { field, order: "desc" },
  ...placeOf(asked),
});

interface List<T> {
  items: T[];
  next_cursor?: string;
}

/** A page of documents as a list answers it; `show` makes of each what people see. */
export function pageOf<T>(page: Page<T>): List<T>;
export function pageOf<T, S>(page: Page<T>, show: (value: T) => S): List<S>;
export function pageOf<T>(page: Page<T>, show: (value: T) => unknown = (value) => value): List<unknown> {
  const items = page.items.map(({ value }) => show(value));
  return { items, ...(page.next_cursor !== undefined && { next_cursor: page.next_cursor }) };
}
