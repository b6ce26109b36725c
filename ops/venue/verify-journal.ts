/** Reads a journal that nobody writes, from its oldest entry to its newest, and lives through it again. */
import { existsSync, readFileSync } from "node:fs";
import { applyFact } from "../../shared/engine/apply.ts";
import type { Listing } from "../../shared/engine/listing.ts";
import { ExchangeState } from "../../shared/engine/state.ts";
import { ChainCheck } from "./journal-chain.ts";
import { bytesOf, type Checkpoint, partsOf, readCheckpoint, readPart } from "./journal-parts.ts";
import { loadState } from "./state-dump.ts";
import { hashState } from "./state-hash.ts";

export interface Verified {
  /** Number of the first entry that is kept. */
  readonly from: number;
  readonly entries: number;
  readonly head: string;
  readonly state_hash: string;
  readonly files: number;
  readonly bytes: number;
  /** The checkpoint's entry, and whether the state was lived through up to it or had to be taken from it. */
  readonly checkpoint: { n: number; proven: boolean } | null;
  /** Characters of a line that was being written when the venue died. */
  readonly torn: number;
  readonly orders: number;
  readonly trades: number;
}

/**
 * Throws an Error that names what is wrong: a line that does not continue the chain, a checkpoint that says another
 * state than the entries before it make, a ledger that does not sum to zero.
 */
export function verifyJournal(path: string, listings: readonly Listing[]): Verified {
  if (!existsSync(path)) throw new Error(`There is no journal ${path}`);
  const base = readCheckpoint(path);
  const parts = partsOf(path);
  const check = new ChainCheck(base);
  const life = new Life(listings, base);
  for (const part of parts) {
    const { rest } = check.lines(readPart(part), part.file, (entry) => life.take(entry));
    if (rest > 0) throw new Error(`The venue's journal ${part.file} breaks off in mid-line`);
  }
  const { rest: torn } = check.lines(readFileSync(path, "utf8"), path, (entry) => life.take(entry));
  const { n, head } = check.end(path);
  const state = life.end();
  for (const [asset, total] of state.ledger.sums()) {
    if ((total as bigint) !== 0n) throw new Error(`The ledger's ${asset} sums to ${total}, not to zero`);
  }
  return {
    from: life.from ?? n + 1,
    entries: n,
    head,
    state_hash: hashState(state),
    files: parts.length + 1,
    bytes: bytesOf(path) + parts.reduce((sum, { file }) => sum + bytesOf(file), 0),
    checkpoint: base ? { n: base.n, proven: life.isProven } : null,
    torn,
    orders: state.orders.size,
    trades: state.trades.length,
  };
}

/** The state, entry by entry: from nothing, else from the checkpoint on. */
class Life {
  from: number | undefined;
  /** The checkpoint's state was reached by living through everything before it. */
  isProven = false;
  private state: ExchangeState | undefined;
  private readonly listings: readonly Listing[];
  private readonly base: Checkpoint | undefined;

  constructor(listings: readonly Listing[], base: Checkpoint | undefined) {
    this.listings = listings;
    this.base = base;
  }

  take({ n, at, facts }: { n: number; at: number; facts: readonly Parameters<typeof applyFact>[1][] }): void {
    const { base } = this;
    this.from ??= n;
    if (this.from === 1 && this.state === undefined) this.state = new ExchangeState(this.listings);
    if (base && n > base.n) this.state ??= this.loaded(base);
    if (!this.state) return;
    for (const fact of facts) applyFact(this.state, fact, at);
    if (n !== base?.n) return;
    const hash = hashState(this.state);
    if (hash !== base.state_hash) {
      throw new Error(`The checkpoint at entry ${n} says state ${base.state_hash}, its entries make ${hash}`);
    }
    this.isProven = true;
  }

  end(): ExchangeState {
    const { base } = this;
    return this.state ?? (base ? this.loaded(base) : new ExchangeState(this.listings));
  }

  private loaded(base: Checkpoint): ExchangeState {
    const state = new ExchangeState(this.listings);
    loadState(base.state, state);
    const hash = hashState(state);
    if (hash !== base.state_hash) throw new Error(`The checkpoint at entry ${base.n} does not make its own state`);
    return state;
  }
}
