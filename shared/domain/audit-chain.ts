/** The chain of audit entries: how an entry's hash is made, and what is not as it was chained. */
import { createHash } from "node:crypto";
import { canonicalJson } from "./canonical.ts";

/** Hex zeros: what comes before the very first entry. */
export const CHAIN_START = "0".repeat(64);

/** What of an entry counts here; the rest of it is hashed as it is. */
export interface Chained {
  readonly audit_id: string;
  readonly seq?: number | undefined;
  readonly prev_hash?: string | undefined;
  readonly hash?: string | undefined;
  readonly owner?: string | undefined;
  readonly owner_seq?: number | undefined;
}

/** Hex SHA-256 of the entry's canonical JSON, without `hash` and `prev_hash`, followed by `prev_hash`. */
export function entryHash(entry: Chained, prev_hash: string): string {
  const { hash: _hash, prev_hash: _prev, ...rest } = entry;
  return createHash("sha256").update(canonicalJson(rest), "utf8").update(prev_hash, "utf8").digest("hex");
}

/** The entry in its place behind `prev`. */
export function chained<T extends Chained>(entry: T, prev: { seq: number; hash: string }) {
  const placed = { ...entry, seq: prev.seq + 1 };
  return { ...placed, prev_hash: prev.hash, hash: entryHash(placed, prev.hash) };
}

/** The same text in a form that can be hashed: halves of characters, which canonical JSON refuses, are replaced. */
export function hashable<T extends object>(event: T): T {
  const entries = Object.entries(event).map(([name, value]) => [name, hashableValue(value)] as const);
  return Object.fromEntries(entries) as T;
}

function hashableValue(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (value === null || typeof value !== "object") return value;
  try {
    canonicalJson(value);
    return value;
  } catch {
    // Too deep, or odd in the names of its members: kept as text.
    return JSON.stringify(value).toWellFormed();
  }
}

/** CHANGED covers an entry that was moved: its place is hashed with it. */
export type ChainFaultKind =
  | "CHANGED"
  | "REPLACED"
  | "DELETED"
  | "INSERTED"
  | "TRUNCATED"
  | "REWRITTEN"
  | "OLD_CHANGED"
  | "HEAD"
  | "OWNER_GAP"
  | "OWNER_DOUBLE"
  | "OWNER_EXTRA";

export interface ChainFault {
  kind: ChainFaultKind;
  /** Where, in places of the chain; of an owner's fault, in its own numbers. */
  from: number;
  to: number;
  audit_id?: string;
  owner?: string;
  detail: string;
}

export interface Place {
  readonly seq: number;
  readonly hash: string;
}

/** What an owner's store says of the entries that it has made. */
export interface Made {
  readonly count: number;
  /** From this number on it still holds them, to be told or told again. */
  readonly kept_from?: number | undefined;
}

/**
 * Reads a log from its beginning: `old` with each entry that has no place, by `audit_id`; `add` with each that has one,
 * by `seq`, then `audit_id`; then `end`. Entries are as they were found: nothing of them is believed. Anchors are heads
 * kept elsewhere, in any order; `head` is the log's own, read before its entries.
 */
export class ChainReader {
  readonly faults: ChainFault[] = [];
  entries = 0;
  oldEntries = 0;
  /** Chained entries that no store has numbered: those on their way when numbering began. */
  unnumbered = 0;
  /** Not in the log yet, and still held by who made them. */
  readonly pending: { owner: string; from: number; to: number }[] = [];
  readonly #owners = new Map<string, OwnerNumbers>();
  readonly #head: Place | undefined;
  readonly #anchors: Map<number, Set<string>>;
  #startHash = CHAIN_START;
  /** All that claim the place which is being read. */
  #claims: Chained[] = [];
  #last: Place | undefined;
  #isLastFine = true;
  #anchorsAgree = { up: 0, now: true };

  constructor(anchors: readonly Place[], head: Place | undefined) {
    this.#head = head;
    this.#anchors = new Map([...Map.groupBy(anchors, ({ seq }) => seq)].map(([seq, at]) => [seq, hashesOf(at)]));
  }

  old(entry: Chained): void {
    this.oldEntries++;
    this.#startHash = hashOf(entry, this.#startHash) ?? CHAIN_START;
    this.#number(entry);
  }

  add(entry: Chained): void {
    this.entries++;
    const at = this.#claims[0];
    if (at && at.seq !== entry.seq) this.#settle(entry);
    this.#claims.push(entry);
    if (!this.#number(entry)) this.unnumbered++;
  }

  /** `head`: the log's own, read after its entries. `made`: by owner, read before them and after. */
  end(head: Place | undefined, made?: Record<"before" | "after", ReadonlyMap<string, Made>>): void {
    this.#settle(undefined);
    const last = this.#last?.seq ?? 0;
    const known = [...this.#anchors.keys(), this.#head?.seq ?? 0].reduce((a, b) => Math.max(a, b), 0);
    if (known > last) {
      const where = this.#head?.seq === known ? "the head" : "a head kept in Blobs";
      this.#fault("TRUNCATED", [last + 1, known], `the log ends at ${last}, ${where} says ${known}`);
    }
    if (head && last > head.seq) this.#fault("INSERTED", [head.seq + 1, last], "behind the head of the chain");
    if (!head && last > 0) this.#fault("HEAD", [last, last], "the head of the chain is gone");
    for (const owner of new Set([...this.#owners.keys(), ...(made?.before.keys() ?? [])])) {
      const numbers = this.#owners.get(owner) ?? new OwnerNumbers();
      const said = { before: made?.before.get(owner), after: made?.after.get(owner) };
      const { faults, pending } = numbers.end(owner, said);
      this.faults.push(...faults);
      if (pending) this.pending.push(pending);
    }
  }

  /** What the entries without a place amount to: the first with one is chained to it. */
  get startHash(): string {
    return this.#startHash;
  }

  /** The newest entry's place. */
  get last(): Place | undefined {
    return this.#last;
  }

  /** Decides which of those that claim a place has it, and whether it is as it was; `next` is chained to it. */
  #settle(next: Chained | undefined): void {
    const claims = this.#claims;
    this.#claims = [];
    if (claims.length === 0) return;
    const follows = next?.seq === (claims[0]?.seq ?? 0) + 1 ? next : undefined;
    const held =
      claims.find((entry) => follows && entry.hash === follows.prev_hash) ??
      claims.find((entry) => isWhole(entry) && entry.prev_hash === this.#last?.hash) ??
      (claims[0] as Chained);
    for (const other of claims) {
      if (other !== held) this.#faultAt("INSERTED", other, `place ${other.seq} is ${held.audit_id}'s`);
    }
    this.#check(held);
  }

  #check(entry: Chained): void {
    const { seq, hash = "", prev_hash } = entry;
    const isFine = isWhole(entry);
    const last = this.#last?.seq ?? 0;
    if (seq === undefined || !Number.isInteger(seq) || seq <= last) {
      this.#faultAt("INSERTED", entry, "it claims a place that is none, or is taken");
      return;
    }
    if (seq > last + 1) this.#fault("DELETED", [last + 1, seq - 1], `missing before ${entry.audit_id}`);
    else if (isFine && last === 0 && prev_hash !== this.#startHash) {
      this.#fault("OLD_CHANGED", [0, 0], "the entries from before the chain are not those that it began with");
    } else if (isFine && this.#isLastFine && last > 0 && prev_hash !== this.#last?.hash) {
      this.#replaced(`entry ${seq}`);
    }
    if (!isFine) this.#faultAt("CHANGED", entry, "it is not what its hash says: edited, or moved here");
    this.#last = { seq, hash };
    this.#isLastFine = isFine;
    if (isFine && seq === this.#head?.seq && hash !== this.#head.hash) this.#replaced("the head");
    this.#compare(seq, hash);
  }

  #replaced(by: string): void {
    const { seq } = this.#last as Place;
    this.#fault("REPLACED", [seq, seq], `whole in itself, but ${by} was chained to another`);
  }

  #compare(seq: number, hash: string): void {
    const said = this.#anchors.get(seq);
    if (!said) return;
    // More than one hash for a place: the chain went on from an older state.
    const agrees = said.has(hash) && said.size === 1;
    if (!agrees && this.#anchorsAgree.now) {
      const detail = said.has(hash) ? "heads kept in Blobs contradict each other" : "a head kept in Blobs was another";
      this.#fault("REWRITTEN", [this.#anchorsAgree.up + 1, seq], detail);
    }
    this.#anchorsAgree = { up: agrees ? seq : this.#anchorsAgree.up, now: agrees };
  }

  /** False when it has no number. */
  #number({ owner, owner_seq }: Chained): boolean {
    if (typeof owner !== "string" || owner_seq === undefined || !Number.isInteger(owner_seq)) return false;
    const numbers = this.#owners.get(owner) ?? new OwnerNumbers();
    this.#owners.set(owner, numbers);
    numbers.add(owner_seq);
    return true;
  }

  #faultAt(kind: ChainFaultKind, { seq = 0, audit_id }: Chained, detail: string): void {
    this.faults.push({ kind, from: seq, to: seq, audit_id, detail });
  }

  #fault(kind: ChainFaultKind, [from, to]: [number, number], detail: string): void {
    this.faults.push({ kind, from, to, detail });
  }
}

/** Undefined for what cannot be hashed: nothing like it was ever chained. */
function hashOf(entry: Chained, prev_hash: string): string | undefined {
  try {
    return entryHash(entry, prev_hash);
  } catch {
    return undefined;
  }
}

const isWhole = (entry: Chained): boolean =>
  typeof entry.prev_hash === "string" && entry.hash !== undefined && entry.hash === hashOf(entry, entry.prev_hash);

const hashesOf = (places: readonly Place[]): Set<string> => new Set(places.map(({ hash }) => hash));

const missing = (owner: string, from: number, to: number): ChainFault => ({
  kind: "OWNER_GAP",
  ...{ from, to, owner },
  detail: `${owner} has made entries that are not in the log`,
});

/** One owner's numbers, in whatever order they come. */
class OwnerNumbers {
  /** All up to here have been seen. */
  #whole = 0;
  readonly #ahead = new Set<number>();
  readonly #doubles: number[] = [];

  add(n: number): void {
    if (n <= this.#whole || this.#ahead.has(n)) {
      this.#doubles.push(n);
      return;
    }
    this.#ahead.add(n);
    while (this.#ahead.delete(this.#whole + 1)) this.#whole++;
  }

  end(
    owner: string,
    made: Record<"before" | "after", Made | undefined>,
  ): { faults: ChainFault[]; pending?: ChainReader["pending"][number] } {
    const faults = this.#doubles.map(
      (n): ChainFault => ({ kind: "OWNER_DOUBLE", from: n, to: n, owner, detail: `${owner}'s number is there twice` }),
    );
    let whole = this.#whole;
    for (const n of [...this.#ahead].sort((a, b) => a - b)) {
      if (n > whole + 1) faults.push(missing(owner, whole + 1, n - 1));
      whole = n;
    }
    const most = made.after?.count ?? whole;
    if (most < whole) {
      const detail = `${owner} says that it has made ${most}`;
      faults.push({ kind: "OWNER_EXTRA", from: most + 1, to: whole, owner, detail });
    }
    const { count, kept_from = Number.POSITIVE_INFINITY } = made.before ?? { count: whole };
    const lost = Math.min(count, kept_from - 1);
    if (lost > whole) faults.push(missing(owner, whole + 1, lost));
    const from = Math.max(whole + 1, kept_from);
    return count >= from ? { faults, pending: { owner, from, to: count } } : { faults };
  }
}
