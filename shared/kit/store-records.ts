/** What of a store is carried away, checked as it comes back: from a backup, from another kind of store. */
import { z } from "@hono/zod-openapi";
import { refuse } from "../errors.ts";
import type { Collection, StoreRecord } from "./ports.ts";

const Name = z.string().min(1);
/** `orders/ch-9f…`: a collection, a slash, a key. */
const RefText = z.string().regex(/^[^/]+\/./su);
const Whole = z.int().nonnegative();

/** Checked, and handed on as it is: a name such as __proto__ in it is a name like any other. */
const Document = z.unknown().refine(isObject, "an object");
const Entry = z.strictObject({
  id: Name,
  family: Name,
  key: z.string(),
  event: z.unknown(),
  traceparent: z.string().optional(),
});
const RecordShape = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("document"), collection: Name, key: Name, value: Document }),
  z.strictObject({ kind: z.literal("edge"), child: RefText, parent: RefText }),
  z.strictObject({ kind: z.literal("done"), stream: Name, group: z.string(), id: Name, at: z.number() }),
  z.strictObject({ kind: z.literal("outbox"), told: z.boolean(), entry: Entry }),
  z.strictObject({ kind: z.literal("count"), family: Name, count: Whole }),
  z.strictObject({ kind: z.literal("epoch"), epoch: z.string() }),
]);

/** Throws Problem INVALID for what is no record of a store. */
export function readRecord(given: unknown): StoreRecord {
  const { success, data, error } = RecordShape.safeParse(given);
  if (!success) refuse("INVALID", `This is no record of a store: ${z.prettifyError(error)}`);
  return data as StoreRecord;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The collection that a document of an owner goes into. Throws Problem INVALID when the owner has no such collection or
 * the document is another's by its key.
 */
export function collectionFor(
  record: StoreRecord & { kind: "document" },
  own: ReadonlyMap<string, Collection<never>>,
): Collection<never> {
  const collection = own.get(record.collection);
  if (!collection) refuse("INVALID", `The store has no collection ${record.collection}.`);
  const key = collection.key(record.value as never);
  if (key !== record.key) {
    refuse("INVALID", `A document of ${record.collection} lies under ${record.key}, and is ${key} by what it says.`);
  }
  return collection;
}
