/** What a store's records amount to, whatever their order and the kind of store: counts, and one hash over all. */
import { createHash } from "node:crypto";
import type { StoreRecord } from "./kit/ports.ts";

export interface StoreSum {
  records: number;
  /** How many documents of each collection, and of each other kind of record: `orders`, `edge`. */
  by: Record<string, number>;
  /** Hex. Equal for the same records in any order, however the members of their objects are ordered. */
  sha256: string;
}

const WORDS = 4;
const MASK = (1n << 64n) - 1n;

/**
 * The records' SHA-256s are added up modulo 2²⁵⁶ and the sum is hashed with their number: two kinds of store that keep
 * their documents in different orders give the same, and a record that is missing, doubled or altered shows.
 */
export class StoreDigest {
  readonly #sum = new BigUint64Array(WORDS);
  readonly #by = new Map<string, number>();
  #records = 0;

  add(record: StoreRecord): void {
    const name = record.kind === "document" ? record.collection : record.kind;
    this.#by.set(name, (this.#by.get(name) ?? 0) + 1);
    this.#records++;
    const hash = createHash("sha256").update(JSON.stringify(record, ordered)).digest();
    let carry = 0n;
    for (let word = 0; word < WORDS; word++) {
      const added = this.#sum[word]! + hash.readBigUInt64LE(word * 8) + carry;
      this.#sum[word] = added & MASK;
      carry = added >> 64n;
    }
  }

  sum(): StoreSum {
    const hash = createHash("sha256").update(String(this.#records)).update(new Uint8Array(this.#sum.buffer));
    const by = Object.fromEntries([...this.#by].sort(([a], [b]) => (a < b ? -1 : 1)));
    return { records: this.#records, by, sha256: hash.digest("hex") };
  }
}

/** The members of every object by name. */
function ordered(_name: string, value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Of all records that come. */
export async function sumOf(records: AsyncIterable<StoreRecord>): Promise<StoreSum> {
  const digest = new StoreDigest();
  for await (const record of records) digest.add(record);
  return digest.sum();
}
