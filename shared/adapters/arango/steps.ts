/** A commit's operations made ready to be written: checked, encoded, and free of what callers may change later. */
import { assert } from "../../errors.ts";
import type { Collection, Op, ServiceId } from "../../kit/ports.ts";
import type { Step, StoredDocument } from "./draft.ts";
import { keyOf, shardKey, vertexOf } from "./key.ts";
import { hex, placesOf } from "./place.ts";
import { textsOf } from "./words.ts";

const DAY_SECONDS = 86_400;
/** How long a processed message is remembered: far longer than any stream can hand it out again. */
export const INBOX_DAYS = 30;

export interface Encoder {
  owner: ServiceId;
  shard: number | undefined;
  /** Those of the owner. */
  own: ReadonlyMap<string, readonly string[]>;
  now(): number;
}

const LONE_SURROGATE = /\\ud[89a-f][0-9a-f]{2}/;

/** The steps and how many characters of JSON they are. Throws what is wrong with an operation. */
export function stepsOf(ops: readonly Op[], encoder: Encoder): { steps: Step[]; size: number } {
  let size = 0;
  const frozen = (value: unknown): unknown => {
    const text = JSON.stringify(value);
    size += text.length;
    // ArangoDB takes well-formed Unicode only.
    return LONE_SURROGATE.test(text) ? JSON.parse(text, wellFormed) : JSON.parse(text);
  };
  return { steps: ops.map((op) => stepOf(op, encoder, frozen)), size };
}

const wellFormed = (_name: string, value: unknown) => (typeof value === "string" ? value.toWellFormed() : value);

function stepOf(op: Op, encoder: Encoder, frozen: (value: unknown) => unknown): Step {
  const { owner, shard } = encoder;
  switch (op.op) {
    case "put": {
      const { collection } = op;
      const fields = ownOf(collection, encoder);
      const key = collection.key(op.value as never);
      assert(typeof key === "string" && key !== "", `a document of ${collection.name} has a key`);
      const stored = storedOf(collection, { key, value: frozen(op.value), shard, fields });
      const expected = op.expectRev === undefined ? {} : { expected: op.expectRev };
      return { step: "put", collection: collection.name, key, stored, ...expected };
    }
    case "delete": {
      const { collection, key } = op;
      ownOf(collection, encoder);
      const name = `${collection.name}/${key}`;
      const expected = op.expectRev === undefined ? {} : { expected: op.expectRev };
      const ref = vertexOf(name);
      return { step: "delete", collection: collection.name, key: shardKey(shard, key), ref, name, ...expected };
    }
    case "emit":
      return emitStep(op, encoder, frozen);
    case "link": {
      const name = op.child.slice(0, op.child.indexOf("/"));
      assert(encoder.own.has(name), `${owner} writes no edges for ${op.child}`);
      return { step: "link", edge: edgeOf(op, shard) };
    }
    case "done": {
      const { stream, group, id } = op;
      const at = encoder.now();
      return {
        step: "done",
        message: messageOf({ stream, group, id, at }, shard),
        what: `${group} has done message ${id} of ${stream} already.`,
      };
    }
  }
}

function emitStep(op: Op & { op: "emit" }, { owner, shard }: Encoder, frozen: (value: unknown) => unknown): Step {
  const { stream, key, event, traceparent } = op;
  assert(stream.mode === "reliable", `${stream.family} is lossy: it is published, not committed`);
  assert(stream.from === "all" || stream.from.includes(owner), `${owner} says nothing on ${stream.family}`);
  assert(!stream.keyed || key, `${stream.family} needs a key`);
  const entry = { family: stream.family, key: key ?? "", event: frozen(event) };
  return {
    step: "emit",
    entry: traceparent === undefined ? entry : { ...entry, traceparent },
    ...(stream.numbered && { owner: nameOf(owner, shard) }),
  };
}

function ownOf(collection: Collection<never>, { owner, own }: Encoder): readonly string[] {
  const fields = own.get(collection.name);
  assert(fields, `${owner} does not own ${collection.name}`);
  return fields;
}

/** The head of an outbox's ids: the owner, and which of several shards. */
export const nameOf = (owner: ServiceId, shard: number | undefined): string =>
  shard === undefined ? owner : `${owner}.${shard}`;

export function storedOf(
  collection: Pick<Collection, "search">,
  row: { key: string; value: unknown; shard: number | undefined; fields: readonly string[] },
): StoredDocument {
  const { key, value, shard, fields } = row;
  return {
    _key: shardKey(shard, key),
    id: key.toWellFormed(),
    place: hex(key),
    shard: shard ?? 0,
    doc: value,
    by: placesOf(fields, value),
    ...(collection.search && { words: textsOf(collection.search, value) }),
  };
}

/** Named by its ends, so that a second one is the same. */
export function edgeOf({ child, parent }: Pick<Op & { op: "link" }, "child" | "parent">, shard: number | undefined) {
  const ends = { _from: vertexOf(child), _to: vertexOf(parent) };
  return { _key: keyOf(shard ?? 0, child, parent), ...ends, child, parent, shard: shard ?? 0 };
}

export function messageOf(
  { stream, group, id, at }: { stream: string; group: string; id: string; at: number },
  shard: number | undefined,
) {
  const expires_at = Math.ceil(at / 1_000) + INBOX_DAYS * DAY_SECONDS;
  return {
    _key: keyOf(shard ?? 0, stream, group, id),
    shard: shard ?? 0,
    stream,
    consumers: group,
    id,
    at,
    expires_at,
  };
}
