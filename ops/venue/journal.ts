/** The venue's journal: every batch of facts as one JSON line, chained by SHA-256, written before anybody is told. */
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { applyFact } from "../../shared/engine/apply.ts";
import type { Batch } from "../../shared/engine/facts.ts";
import { ExchangeState } from "../../shared/engine/state.ts";
import { Chain, ChainCheck, type Entry } from "./journal-chain.ts";
import {
  bytesOf,
  type Checkpoint,
  finishPart,
  type Part,
  packPart,
  partsOf,
  readCheckpoint,
  readPart,
  writeCheckpoint,
} from "./journal-parts.ts";
import { dumpState, loadState } from "./state-dump.ts";
import { hashState } from "./state-hash.ts";

export interface Journal {
  /** Where `restored` begins, when what came before is no longer read. */
  readonly base: Checkpoint | undefined;
  /** What was there when it was opened, oldest first. */
  readonly restored: readonly Batch[];
  /** Set when the last line was torn and has been dropped. */
  readonly notice: string | undefined;
  /** Hash of the newest entry. */
  head(): string;
  length(): number;
  /** Survives `kill -9` once it returns; throws when it cannot be written. */
  append(batch: Batch): void;
  /** Entries from number `from` (the first is 1), oldest first; those that are no longer kept are left out. */
  read(from: number, limit: number): Entry[];
  /** A part was filled since the last checkpoint or its attempt: time to write one. */
  wantsCheckpoint(): boolean;
  /** Keeps the state after the newest entry, and drops the oldest parts that are over the bound. */
  checkpoint(state: string, stateHash: string): void;
  close(): void;
}

export interface JournalBounds {
  /** A file that has grown beyond this becomes a part, which is packed. */
  readonly partBytesMax?: number;
  /** All files together, checkpoint aside: the oldest parts go when there is more. */
  readonly diskBytesMax?: number;
}

/** `CHIMERA_VENUE_JOURNAL_MB_MAX`: all files together, 1 or more; throws an Error for anything else. */
export function journalBounds(env: Readonly<Record<string, string | undefined>>): JournalBounds {
  const text = env.CHIMERA_VENUE_JOURNAL_MB_MAX;
  if (text === undefined) return {};
  const megabytes = Number(text);
  if (!(megabytes >= 1 && Number.isFinite(megabytes))) {
    throw new Error(`CHIMERA_VENUE_JOURNAL_MB_MAX must be a number from 1, not ${JSON.stringify(text)}.`);
  }
  const diskBytesMax = Math.floor(megabytes * 1024 * 1024);
  return { diskBytesMax, partBytesMax: Math.min(PART_BYTES_MAX, Math.ceil(diskBytesMax / 4)) };
}

const PART_BYTES_MAX = 32 * 1024 * 1024;
const DISK_BYTES_MAX = 2 * 1024 * 1024 * 1024;

/** Brings a fresh state to where the journal ends. Throws an Error that names what this version cannot read. */
export function restore({ base, restored }: Journal, state: ExchangeState): void {
  const advice = "It was written by another version, or for other listings: use that one, or begin another folder.";
  if (base) {
    loadState(base.state, state);
    if (hashState(state) !== base.state_hash) {
      throw new Error(`The venue's checkpoint at entry ${base.n} makes another state than it says. ${advice}`);
    }
  }
  for (const [i, { at, facts }] of restored.entries()) {
    try {
      for (const fact of facts) applyFact(state, fact, at);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const entry = (base?.n ?? 0) + i + 1;
      throw new Error(`The venue's journal cannot be replayed from entry ${entry} on: ${why}. ${advice}`);
    }
  }
}

/** Writes a checkpoint where one is due, once the state is known to come back from its text as it is. */
export function keep(journal: Journal, state: ExchangeState): void {
  if (!journal.wantsCheckpoint()) return;
  const text = dumpState(state);
  const back = new ExchangeState(state.listings.values());
  loadState(text, back);
  if (dumpState(back) !== text) throw new Error("Invariant: the venue's state does not come back from its own text");
  journal.checkpoint(text, hashState(state));
}

/** Keeps everything in memory: for the simulator and tests. */
export function memoryJournal(): Journal {
  const entries: Entry[] = [];
  const chain = new Chain();
  return {
    base: undefined,
    restored: [],
    notice: undefined,
    head: () => chain.head,
    length: () => chain.n,
    append: (batch) => void entries.push(chain.next(batch).entry),
    read: (from, limit) => entries.slice(Math.max(0, from - 1), Math.max(0, from - 1) + limit),
    wantsCheckpoint: () => false,
    checkpoint: () => {},
    close: () => {},
  };
}

/**
 * Opens or creates the file. A torn last line (a crash in mid-write) is dropped, with a notice; a line that does not
 * continue the chain is an Error that names its file and line.
 */
export function fileJournal(path: string, bounds: JournalBounds = {}): Journal {
  return new FileJournal(path, bounds);
}

class FileJournal implements Journal {
  readonly base: Checkpoint | undefined;
  readonly restored: readonly Batch[];
  readonly notice: string | undefined;
  private readonly path: string;
  private readonly partBytesMax: number;
  private readonly diskBytesMax: number;
  private readonly chain: Chain;
  private parts: Part[];
  private file: number;
  private bytes: number;
  /** Entries of the file that is written. */
  private recent: Entry[];
  private isDue = false;

  constructor(path: string, bounds: JournalBounds) {
    this.path = path;
    this.partBytesMax = bounds.partBytesMax ?? PART_BYTES_MAX;
    this.diskBytesMax = bounds.diskBytesMax ?? DISK_BYTES_MAX;
    mkdirSync(dirname(path), { recursive: true });
    this.parts = partsOf(path);
    this.base = readCheckpoint(path);
    this.file = openSync(path, "a+");
    const read = readJournal(path, this.parts, this.base);
    this.restored = read.restored;
    this.notice = read.notice;
    this.recent = read.recent;
    this.bytes = read.bytes;
    this.chain = new Chain(read.n, read.head);
    if (read.notice !== undefined) ftruncateSync(this.file, read.bytes);
    for (const part of this.parts) void this.pack(part);
  }

  head(): string {
    return this.chain.head;
  }

  length(): number {
    return this.chain.n;
  }

  append(batch: Batch): void {
    const { n, head } = this.chain;
    const { entry, line } = this.chain.next(batch);
    try {
      this.bytes += writeAll(this.file, line);
    } catch (error) {
      this.chain.n = n;
      this.chain.head = head;
      throw error;
    }
    this.recent.push(entry);
    if (this.bytes >= this.partBytesMax) this.rotate();
  }

  private rotate(): void {
    closeSync(this.file);
    const part = finishPart(this.path, (this.recent[0] as Entry).n);
    this.parts.push(part);
    this.file = openSync(this.path, "a+");
    this.recent = [];
    this.bytes = 0;
    this.isDue = true;
    void this.pack(part);
  }

  private async pack(part: Part): Promise<void> {
    if (part.file.endsWith(".gz")) return;
    try {
      const packed = await packPart(part);
      this.parts = this.parts.map((each) => (each.from === part.from ? packed : each));
    } catch {
      // It stays as it is, which is as good; the next start tries again.
    }
  }

  read(from: number, limit: number): Entry[] {
    const first = this.recent[0]?.n ?? this.chain.n + 1;
    const found: Entry[] = [];
    for (const [at, part] of this.parts.entries()) {
      const end = this.parts[at + 1]?.from ?? first;
      if (end <= from || found.length >= limit) continue;
      found.push(...entriesOf(readPart(part)).filter(({ n }) => n >= from));
    }
    return [...found, ...this.recent.filter(({ n }) => n >= from)].slice(0, limit);
  }

  wantsCheckpoint(): boolean {
    const isDue = this.isDue;
    this.isDue = false;
    return isDue;
  }

  checkpoint(state: string, stateHash: string): void {
    const { n, head: hash } = this.chain;
    writeCheckpoint(this.path, { n, hash, state_hash: stateHash, state });
    let bytes = this.bytes + this.parts.reduce((sum, { file }) => sum + bytesOf(file), 0);
    while (bytes > this.diskBytesMax && this.parts.length > 0) {
      const oldest = this.parts.shift() as Part;
      bytes -= bytesOf(oldest.file);
      rmSync(oldest.file, { force: true });
    }
  }

  close(): void {
    closeSync(this.file);
  }
}

function writeAll(file: number, line: string): number {
  const bytes = Buffer.from(line);
  let written = 0;
  while (written < bytes.length) written += writeSync(file, bytes, written);
  return written;
}

const entriesOf = (text: string): Entry[] =>
  text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Entry]));

interface Read {
  readonly restored: Batch[];
  readonly recent: Entry[];
  readonly n: number;
  readonly head: string;
  /** Good bytes of the file that is written. */
  readonly bytes: number;
  readonly notice: string | undefined;
}

/** Everything after the checkpoint, or from the beginning. */
function readJournal(path: string, parts: readonly Part[], base: Checkpoint | undefined): Read {
  const restored: Batch[] = [];
  const check = new ChainCheck(base);
  const take = (entry: Entry): void => {
    if (entry.n > (base?.n ?? 0)) restored.push({ at: entry.at, facts: entry.facts });
  };
  for (const [at, part] of parts.entries()) {
    const next = parts[at + 1];
    if (base && next && next.from <= base.n) continue;
    const { rest } = check.lines(readPart(part), part.file, take);
    if (rest > 0) throw new Error(`The venue's journal ${part.file} breaks off in mid-line`);
  }
  const recent: Entry[] = [];
  const text = readFileSync(path, "utf8");
  const { rest } = check.lines(text, path, (entry) => {
    recent.push(entry);
    take(entry);
  });
  const { n, head } = check.end(path);
  const bytes = Buffer.byteLength(rest === 0 ? text : text.slice(0, -rest));
  const notice = rest === 0 ? undefined : `Dropped a torn last line of ${rest} characters in ${path}`;
  return { restored, recent, n, head, bytes, notice };
}
