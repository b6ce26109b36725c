/** The venue's journal: every batch of facts as one JSON line, chained by SHA-256, written before anybody is told. */
import { createHash } from "node:crypto";
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { applyFact } from "../../shared/engine/apply.ts";
import type { Batch } from "../../shared/engine/facts.ts";
import type { ExchangeState } from "../../shared/engine/state.ts";

/** One line. `hash` = SHA-256 of `prev` and the line's body without `hash`, hex. */
export interface Entry extends Batch {
  readonly n: number;
  readonly prev: string;
  readonly hash: string;
}

export interface Journal {
  /** What was there when it was opened, oldest first. */
  readonly restored: readonly Batch[];
  /** Set when the last line was torn and has been dropped. */
  readonly notice: string | undefined;
  /** Hash of the newest entry. */
  head(): string;
  length(): number;
  /** Survives `kill -9` once it returns; throws when it cannot be written. */
  append(batch: Batch): void;
  /** Entries from number `from` (the first is 1), oldest first. */
  read(from: number, limit: number): Entry[];
  close(): void;
}

/** Folds what was there into a fresh state. Throws an Error that names the entry which this version cannot read. */
export function restore({ restored }: Journal, state: ExchangeState): void {
  for (const [i, { at, facts }] of restored.entries()) {
    try {
      for (const fact of facts) applyFact(state, fact, at);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const advice = "It was written by another version, or for other listings: use that one, or begin another folder.";
      throw new Error(`The venue's journal cannot be replayed from entry ${i + 1} on: ${why}. ${advice}`);
    }
  }
}

const GENESIS = "0".repeat(64);

function sealed(body: string, prev: string): { hash: string; line: string } {
  const hash = createHash("sha256").update(prev).update(body).digest("hex");
  return { hash, line: `${body.slice(0, -1)},"prev":"${prev}","hash":"${hash}"}\n` };
}

const bodyOf = (n: number, batch: Batch): string => JSON.stringify({ n, at: batch.at, facts: batch.facts });

/** Keeps everything in memory: for the simulator and tests. */
export function memoryJournal(): Journal {
  return chain([], () => {}, { close: () => {} });
}

/**
 * Opens or creates the file. A torn last line (a crash in mid-write) is dropped, with a notice; a line that does not
 * continue the chain is an Error that names it.
 */
export function fileJournal(path: string): Journal {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, "a+");
  const text = readFileSync(path, "utf8");
  const { entries, bytes, notice } = parse(text, path);
  if (notice !== undefined) ftruncateSync(file, bytes);
  return chain(entries, (line) => writeAll(file, line), { notice, close: () => closeSync(file) });
}

function writeAll(file: number, line: string): void {
  const bytes = Buffer.from(line);
  let written = 0;
  while (written < bytes.length) written += writeSync(file, bytes, written);
}

/** Reads whole lines; `bytes` is where the last good one ends. */
function parse(text: string, path: string): { entries: Entry[]; bytes: number; notice?: string } {
  const entries: Entry[] = [];
  let prev = GENESIS;
  let from = 0;
  while (from < text.length) {
    const to = text.indexOf("\n", from);
    if (to < 0) break;
    const entry = readLine(text.slice(from, to));
    const expected = entry && sealed(bodyOf(entry.n, entry), entry.prev).hash;
    if (!entry || entry.n !== entries.length + 1 || entry.prev !== prev || entry.hash !== expected) {
      throw new Error(
        `The venue's journal ${path} is broken at line ${entries.length + 1}: it does not continue the chain`,
      );
    }
    entries.push(entry);
    prev = entry.hash;
    from = to + 1;
  }
  const bytes = Buffer.byteLength(text.slice(0, from));
  if (from === text.length) return { entries, bytes };
  return { entries, bytes, notice: `Dropped a torn last line of ${text.length - from} characters in ${path}` };
}

function readLine(line: string): Entry | undefined {
  try {
    const entry = JSON.parse(line) as Entry;
    return typeof entry?.n === "number" && Array.isArray(entry.facts) ? entry : undefined;
  } catch {
    return undefined;
  }
}

/** Goes on from `entries`, which it takes over. */
function chain(
  entries: Entry[],
  write: (line: string) => void,
  end: { notice?: string | undefined; close: () => void },
): Journal {
  const restored = [...entries];
  let head = entries.at(-1)?.hash ?? GENESIS;
  const append = (batch: Batch): void => {
    const n = entries.length + 1;
    const { hash, line } = sealed(bodyOf(n, batch), head);
    write(line);
    entries.push({ n, at: batch.at, facts: batch.facts, prev: head, hash });
    head = hash;
  };
  return {
    restored,
    notice: end.notice,
    head: () => head,
    length: () => entries.length,
    append,
    read: (from, limit) => entries.slice(Math.max(0, from - 1), Math.max(0, from - 1) + limit),
    close: end.close,
  };
}
