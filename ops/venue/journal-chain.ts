/** The journal's chain: how an entry is sealed with the one before it, and the check that a text continues it. */
import { createHash } from "node:crypto";
import type { Batch } from "../../shared/engine/facts.ts";
import type { Checkpoint } from "./journal-parts.ts";

/** One line. `hash` = SHA-256 of `prev` and the line's body without `hash`, hex. */
export interface Entry extends Batch {
  readonly n: number;
  readonly prev: string;
  readonly hash: string;
}

const GENESIS = "0".repeat(64);

function sealed(body: string, prev: string): { hash: string; line: string } {
  const hash = createHash("sha256").update(prev).update(body).digest("hex");
  return { hash, line: `${body.slice(0, -1)},"prev":"${prev}","hash":"${hash}"}\n` };
}

const partsOf = (n: number, { at, by, facts }: Batch) => ({ n, at, ...(by !== undefined && { by }), facts });
const bodyOf = (n: number, batch: Batch): string => JSON.stringify(partsOf(n, batch));

/** The newest entry's number and hash, and the entry that follows. */
export class Chain {
  n: number;
  head: string;

  constructor(n = 0, head = GENESIS) {
    this.n = n;
    this.head = head;
  }

  next(batch: Batch): { entry: Entry; line: string } {
    const n = this.n + 1;
    const { hash, line } = sealed(bodyOf(n, batch), this.head);
    const entry = { ...partsOf(n, batch), prev: this.head, hash };
    this.n = n;
    this.head = hash;
    return { entry, line };
  }
}

/** Follows the chain through texts, one after the other, from the beginning or to a checkpoint and beyond it. */
export class ChainCheck {
  private readonly base: Checkpoint | undefined;
  private last: { n: number; head: string } | undefined;

  constructor(base: Checkpoint | undefined) {
    this.base = base;
  }

  /** Calls `take` with every entry; `rest` characters follow the last whole line. Throws an Error that names the line. */
  lines(text: string, file: string, take: (entry: Entry) => void): { rest: number } {
    let from = 0;
    for (let line = 1; from < text.length; line++) {
      const to = text.indexOf("\n", from);
      if (to < 0) break;
      const entry = readLine(text.slice(from, to));
      if (!entry || !this.continues(entry)) {
        throw new Error(`The venue's journal ${file} is broken at line ${line}: it does not continue the chain`);
      }
      this.last = { n: entry.n, head: entry.hash };
      take(entry);
      from = to + 1;
    }
    return { rest: text.length - from };
  }

  private continues(entry: Entry): boolean {
    const before = this.last ?? this.start(entry);
    if (entry.n !== before.n + 1 || entry.prev !== before.head) return false;
    if (entry.n === this.base?.n && entry.hash !== this.base.hash) return false;
    return entry.hash === sealed(bodyOf(entry.n, entry), entry.prev).hash;
  }

  /** Before the checkpoint the first entry that is kept is taken at its word; the checkpoint's own hash proves it. */
  private start({ n, prev }: Entry): { n: number; head: string } {
    const { base } = this;
    if (base === undefined || n === 1) return { n: 0, head: GENESIS };
    return n <= base.n ? { n: n - 1, head: prev } : { n: base.n, head: base.hash };
  }

  /** Where the chain ends. Throws an Error where that is before the checkpoint. */
  end(file: string): { n: number; head: string } {
    const { base } = this;
    const start = base === undefined ? { n: 0, head: GENESIS } : { n: base.n, head: base.hash };
    const end = this.last ?? start;
    if (end.n < start.n) throw new Error(`The venue's journal ${file} ends before its checkpoint`);
    return end;
  }
}

function readLine(line: string): Entry | undefined {
  try {
    const entry = JSON.parse(line) as Entry;
    return typeof entry?.n === "number" && Array.isArray(entry.facts) ? entry : undefined;
  } catch {
    return undefined;
  }
}
