/** An entry of a stream as Redis holds it, and the message that it is. */
import type { Message, Stream } from "../../kit/ports.ts";
import { readStored } from "../embedded-bus/lane.ts";

export interface Entry {
  /** Redis' own id of it, `milliseconds-number`. */
  readonly at: string;
  /** The id given by the publisher, else `at`. */
  readonly id: string;
  /** One more than that of the entry before it; 0 where it was not told. */
  readonly seq: number;
  /** Counts what its writer told on all lossy streams; 0 where it was not told. */
  readonly nth: number;
  readonly version: number;
  readonly ts: number;
  readonly traceparent: string;
  readonly key: string;
  readonly event: string;
  /** How often it has been handed out. */
  tries: number;
}

/** As Redis answers with it: an id and its fields, names and values in turns; no fields when it is gone. */
export type Raw = [at: string, fields: string[] | null];

export function asEntry([at, fields]: Raw, tries = 1): Entry {
  const found: Record<string, string> = {};
  for (let i = 0; i + 1 < (fields?.length ?? 0); i += 2) found[fields![i]!] = fields![i + 1]!;
  return {
    at,
    id: found.id || at,
    seq: Number(found.seq ?? 0),
    nth: Number(found.nth ?? 0),
    version: Number(found.version ?? Number.NaN),
    ts: Number(found.ts ?? Number.NaN),
    traceparent: found.traceparent ?? "",
    key: found.key ?? "",
    event: found.event ?? "",
    tries,
  };
}

/** The message, or why the entry is none. */
export function readMessage<E>(
  stream: Stream<E>,
  name: string,
  entry: Entry,
): { message: Message<E> } | { reason: string } {
  const read = readStored(stream, entry);
  if ("reason" in read) return read;
  const { id, key, version, ts, traceparent, tries } = entry;
  return {
    message: {
      ...{ id, stream: name, key, version, event: read.event as Readonly<E>, ts },
      ...(traceparent !== "" && { traceparent }),
      attempt: tries,
    },
  };
}

/** Whether `at` comes after `other`; both are ids that Redis gave. */
export function isAfter(at: string, other: string): boolean {
  const [ms, n] = at.split("-") as [string, string];
  const [otherMs, otherN] = other.split("-") as [string, string];
  return ms === otherMs ? Number(n) > Number(otherN) : Number(ms) > Number(otherMs);
}

/** Orders entries of several streams as they were written: by the server's time, within a millisecond by the writer. */
export const asWritten = (a: Entry, b: Entry): number =>
  Number(a.at.slice(0, a.at.indexOf("-"))) - Number(b.at.slice(0, b.at.indexOf("-"))) || a.nth - b.nth;

export const BEGINNING = "0-0";
export const isRedisId = (id: string): boolean => /^\d+-\d+$/.test(id);
