/** What a group of commits amounts to: each decided in its order against what is stored, then all written at once. */
import { Problem } from "../../errors.ts";
import type { OutboxEntry, Ref } from "../../kit/ports.ts";
import type { Head } from "./head.ts";

/** A commit's operations, checked and frozen: nothing that its caller does later changes them. */
export type Step =
  | { step: "put"; collection: string; key: string; stored: StoredDocument; expected?: string | null }
  | { step: "delete"; collection: string; key: string; ref: string; name: string; expected?: string }
  | { step: "emit"; entry: Omit<OutboxEntry, "id">; owner?: string }
  | { step: "link"; edge: StoredEdge }
  | { step: "done"; message: StoredMessage; what: string }
  | { step: "tell"; upTo: number }
  | { step: "epoch"; epoch: string };

export interface StoredDocument {
  _key: string;
  id: string;
  /** The key's place in the order of keys. */
  place: string;
  shard: number;
  doc: unknown;
  by: Record<string, unknown>;
  words?: Record<string, string>;
}
export interface StoredEdge {
  _key: string;
  _from: string;
  _to: string;
  child: Ref;
  parent: Ref;
  shard: number;
}
export interface StoredMessage {
  _key: string;
  shard: number;
  stream: string;
  consumers: string;
  id: string;
  at: number;
  /** Epoch seconds at which it may be forgotten: for the TTL index. */
  expires_at: number;
}
export interface StoredEntry {
  _key: string;
  shard: number;
  n: number;
  family: string;
  key: string;
  event: unknown;
  traceparent?: string;
}

/** What is known of the store: revisions by collection and `_key`, `null` where there is no document, and messages done. */
export interface Known {
  revs: ReadonlyMap<string, string | null>;
  done: ReadonlySet<string>;
}

/** What has to be read before a commit can be decided: only what it expects something of. */
export interface Wanted {
  documents: Map<string, Set<string>>;
  done: Set<string>;
}

export function wantedBy(commits: readonly (readonly Step[])[]): Wanted {
  const wanted: Wanted = { documents: new Map(), done: new Set() };
  for (const step of commits.flat()) {
    if (step.step === "done") wanted.done.add(step.message._key);
    if ((step.step !== "put" && step.step !== "delete") || step.expected === undefined) continue;
    const keys = wanted.documents.get(step.collection) ?? new Set<string>();
    wanted.documents.set(step.collection, keys.add(keyOf(step)));
  }
  return wanted;
}

const keyOf = (step: Step & { step: "put" | "delete" }): string => (step.step === "put" ? step.stored._key : step.key);
const slot = (collection: string, key: string): string => `${collection}/${key}`;

/** `WRITTEN`: written earlier in the same group, so that nobody can know its revision yet. */
const WRITTEN = Symbol("written");
type Rev = string | null | typeof WRITTEN | undefined;

/** The changes of some commits on top of others, to be kept or thrown away together. */
class Layer {
  readonly documents = new Map<string, { collection: string; key: string; stored: StoredDocument | null }>();
  readonly done = new Map<string, StoredMessage>();
  readonly edges = new Map<string, StoredEdge>();
  /** Documents whose edges go before others are written. */
  readonly cut = new Set<string>();
  readonly entries: StoredEntry[] = [];
}

export class Draft {
  readonly #known: Known;
  readonly #kept = new Layer();
  readonly #shard: number;
  head: Head;

  constructor(head: Head, known: Known) {
    this.#known = known;
    this.#shard = Number(head._key);
    this.head = { ...head, group: head.group + 1 };
  }

  /** Takes a commit in, all or nothing. Throws Problem CONFLICT. */
  add(steps: readonly Step[]): void {
    const layer = new Layer();
    const head = { ...this.head, counts: { ...this.head.counts } };
    for (const step of steps) this.#apply(step, layer, head);
    this.head = head;
    for (const [key, message] of layer.done) this.#kept.done.set(key, message);
    for (const from of layer.cut) {
      this.#kept.cut.add(from);
      for (const [key, edge] of this.#kept.edges) if (edge._from === from) this.#kept.edges.delete(key);
    }
    for (const [key, edge] of layer.edges) this.#kept.edges.set(key, edge);
    for (const [key, change] of layer.documents) this.#kept.documents.set(key, change);
    this.#kept.entries.push(...layer.entries);
  }

  get puts(): Map<string, StoredDocument[]> {
    return grouped(
      [...this.#kept.documents.values()].flatMap(({ collection, stored }): [string, StoredDocument][] =>
        stored ? [[collection, stored]] : [],
      ),
    );
  }

  get removes(): Map<string, string[]> {
    return grouped(
      [...this.#kept.documents.values()].flatMap(({ collection, key, stored }): [string, string][] =>
        stored ? [] : [[collection, key]],
      ),
    );
  }

  get cut(): string[] {
    return [...this.#kept.cut];
  }

  get edges(): StoredEdge[] {
    return [...this.#kept.edges.values()];
  }

  get done(): StoredMessage[] {
    return [...this.#kept.done.values()];
  }

  get entries(): StoredEntry[] {
    return this.#kept.entries;
  }

  #apply(step: Step, layer: Layer, head: Head): void {
    switch (step.step) {
      case "put":
      case "delete":
        this.#change(step, layer);
        return;
      case "emit":
        layer.entries.push(entryOf(step, head, this.#shard));
        return;
      case "link":
        layer.edges.set(step.edge._key, step.edge);
        return;
      case "done": {
        const key = step.message._key;
        if (this.#known.done.has(key) || this.#kept.done.has(key) || layer.done.has(key)) {
          throw new Problem("CONFLICT", step.what);
        }
        layer.done.set(key, step.message);
        return;
      }
      case "tell":
        head.told = Math.max(head.told, step.upTo);
        return;
      case "epoch":
        head.epoch = step.epoch;
    }
  }

  #change(step: Step & { step: "put" | "delete" }, layer: Layer): void {
    const key = keyOf(step);
    const at = slot(step.collection, key);
    if (step.expected !== undefined && this.#rev(at, layer) !== step.expected) {
      const what = step.step === "put" ? `${step.collection}/${step.key}` : step.name;
      throw new Problem("CONFLICT", `${what} has changed meanwhile.`);
    }
    const stored = step.step === "put" ? step.stored : null;
    layer.documents.set(at, { collection: step.collection, key, stored });
    if (step.step === "put") return;
    layer.cut.add(step.ref);
    for (const [id, edge] of layer.edges) if (edge._from === step.ref) layer.edges.delete(id);
  }

  #rev(at: string, layer: Layer): Rev {
    const change = layer.documents.get(at) ?? this.#kept.documents.get(at);
    if (change) return change.stored ? WRITTEN : null;
    return this.#known.revs.get(at) ?? null;
  }
}

function grouped<T>(pairs: readonly (readonly [string, T])[]): Map<string, T[]> {
  return new Map(
    Object.entries(Object.groupBy(pairs, ([name]) => name)).map(([name, all]) => [name, all!.map((pair) => pair[1])]),
  );
}

function entryOf({ entry, owner }: Step & { step: "emit" }, head: Head, shard: number): StoredEntry {
  const n = head.next++;
  const { family, key, traceparent } = entry;
  const stored = { _key: `${shard}.${n}`, shard, n, family, key };
  const seq = owner === undefined ? undefined : (head.counts[family] ?? 0) + 1;
  if (seq !== undefined) head.counts[family] = seq;
  const event = seq === undefined ? entry.event : { ...(entry.event as object), owner, owner_seq: seq };
  return { ...stored, event, ...(traceparent !== undefined && { traceparent }) };
}
