/** A journal in a file: each line is on the disk before it counts, in room that was taken when the disk still had some. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { assert, Problem } from "../errors.ts";
import type { Journal } from "../kit/ports.ts";

/** A picture of what is open, and some dozen exits with all that becomes of them; more where the disk has room. */
const ROOM_BYTES = 512 * 1024;
/** Every line is an object, and ends in it. */
const LAST = 0x7d;
const BLANK = 0x0a;

export interface FileJournalOptions {
  /** Made where it is missing. */
  dir: string;
  /** Whose it is: `s04-2` for shard 2 of S4. */
  name: string;
  /** Of the lease by which it is written: each holder has a file of its own, and reads those with a lower number. */
  fence: number;
  /** Taken by the first `clear` or `append`. */
  roomBytes?: number;
}

/** Each method throws Problem UNAVAILABLE where the disk does not let it. */
export class FileJournal implements Journal {
  readonly #options: FileJournalOptions;
  #opened: Opened | undefined;

  constructor(options: FileJournalOptions) {
    this.#options = options;
  }

  async read(): Promise<string[]> {
    return attempt(() => this.#fences().flatMap((fence) => linesOf(readFileSync(this.#path(fence)))));
  }

  async append(line: string): Promise<void> {
    assert(!line.includes("\n"), "a line of a journal holds no line break");
    attempt(() => {
      const opened = this.#open();
      opened.end = writeAll(opened.file, Buffer.from(`${line}\n`), opened.end);
      fsyncSync(opened.file);
    });
  }

  async clear(): Promise<void> {
    attempt(() => {
      const opened = this.#open();
      if (opened.end > 0) {
        writeAll(opened.file, Buffer.alloc(opened.end, BLANK), 0);
        fsyncSync(opened.file);
        opened.end = 0;
      }
      for (const fence of this.#fences()) if (fence < this.#options.fence) rmSync(this.#path(fence), { force: true });
    });
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    if (opened) closeSync(opened.file);
  }

  #open(): Opened {
    if (this.#opened) return this.#opened;
    const { dir, fence, roomBytes = ROOM_BYTES } = this.#options;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const path = this.#path(fence);
    const file = openSync(path, existsSync(path) ? "r+" : "w+", 0o600);
    const text = readFileSync(path);
    const opened = { file, end: text.lastIndexOf(LAST) + 1 };
    this.#opened = opened;
    // Whatever follows was cut off by a death: the next line stands for itself.
    if (opened.end > 0) opened.end = writeAll(file, Buffer.of(BLANK), opened.end);
    if (text.length >= roomBytes) return opened;
    writeAll(file, Buffer.alloc(roomBytes - text.length, BLANK), text.length);
    fsyncSync(file);
    return opened;
  }

  /** Its own and those of the holders before it, oldest first. */
  #fences(): number[] {
    const { dir, name, fence } = this.#options;
    if (!existsSync(dir)) return [];
    const numbers = readdirSync(dir).flatMap((file) => {
      const [head, number, kind, ...rest] = file.split(".");
      return head === name && kind === "jsonl" && rest.length === 0 ? [Number(number)] : [];
    });
    return numbers.filter((number) => number <= fence).sort((a, b) => a - b);
  }

  #path(fence: number): string {
    return join(this.#options.dir, `${this.#options.name}.${fence}.jsonl`);
  }
}

interface Opened {
  readonly file: number;
  /** Where the next line begins; only blanks follow. */
  end: number;
}

/** Answers where it ends. */
function writeAll(file: number, bytes: Uint8Array, at: number): number {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(file, bytes, done, bytes.length - done, at + done);
  }
  return at + bytes.length;
}

/** What is not whole was cut off, and never acknowledged. */
function linesOf(text: Buffer): string[] {
  const lines = text.toString("utf8", 0, text.lastIndexOf(LAST) + 1).split("\n");
  return lines.filter((line) => line !== "" && isWhole(line));
}

function isWhole(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const { code = "" } = cause as { code?: string };
    if (!/^E[A-Z]+$/.test(code)) throw cause;
    throw new Problem("UNAVAILABLE", `The journal cannot be written: ${code}.`, { cause });
  }
}
