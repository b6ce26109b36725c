/** What an owner of work and workers elsewhere say to each other: by which queue, and how values travel. */
import { deserialize, serialize } from "node:v8";
import { z } from "@hono/zod-openapi";
import type { SentError } from "../crew-errors.ts";

/** Where work waits for a worker. */
export const WORK_QUEUE = "work";
/** Where a crew is told that a run is answered. */
export const answersQueue = (crew: string): string => `work/${crew}`;

/** What may take longer than this without a sign of life is given to another worker. */
export const LEASE_MS = 60_000;
export const RENEW_MS = 15_000;
/** So many workers have died over a run that it is the run's fault. */
export const TRIES_MAX = 3;

export const WorkItem = z.object({
  task: z.string(),
  crew: z.string().regex(/^[\da-f]{32}$/),
  run: z.number().int().min(0),
  /** Workers that took it and were not heard of again. */
  tries: z.number().int().min(0),
  input: z.base64(),
});
export type WorkItem = z.output<typeof WorkItem>;
export const itemId = ({ crew, run }: Pick<WorkItem, "crew" | "run">): string => `${crew}/${run}`;

export type Answer = { readonly output: unknown } | { readonly error: SentError };

/** Of a value as threads are given it, with memory that they share. */
export const packed = (value: unknown): Uint8Array => new Uint8Array(serialize(withViews(value, unshared)));
export const unpacked = (bytes: Uint8Array): unknown => deserialize(bytes);
/** Its arrays of numbers lie in memory that all threads of a worker share. */
export const unpackedShared = (bytes: Uint8Array): unknown => withViews(deserialize(bytes), shared);

type View = Uint8Array;
const unshared = (view: View): View => (view.buffer instanceof SharedArrayBuffer ? view.slice() : view);
function shared(view: View): View {
  const Kind = view.constructor as new (memory: SharedArrayBuffer) => View;
  const copy = new Kind(new SharedArrayBuffer(view.byteLength));
  copy.set(view);
  return copy;
}

const isPlain = (value: object): boolean => Object.getPrototypeOf(value) === Object.prototype;

function withViews(value: unknown, change: (view: View) => View): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value)) return change(value as View);
  if (Array.isArray(value)) return value.map((each) => withViews(each, change));
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withViews(each, change)]));
}
