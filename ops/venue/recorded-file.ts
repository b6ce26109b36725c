/** The lines of one recorded file, plain or gzip, read in bounded memory: at once while buffered, else after a fill. */
import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import { createGunzip } from "node:zlib";
import type { RecordedLines } from "../../shared/market-data/recording.ts";

/** Longer lines are no market data; they are dropped so that a file without line ends cannot fill the memory. */
export const LINE_CHARACTERS_MAX = 8_000_000;
const CHUNK_BYTES = 256 * 1024;
const GZIP_MAGIC = 0x1f8b;

export class LineReader implements RecordedLines {
  line = 0;
  bytesRead = 0;
  ended = false;
  private text = "";
  private at = 0;
  private skipping = false;
  private readonly report: (line: number, problem: string) => void;
  private readonly decoder = new TextDecoder();
  private readonly chunks: AsyncIterator<Uint8Array>;
  private readonly close: () => void;

  constructor(path: string, report: (line: number, problem: string) => void) {
    this.report = report;
    // First, since it throws when the file cannot be opened.
    const packed = isGzip(path);
    const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
    file.on("data", (chunk) => {
      this.bytesRead += chunk.length;
    });
    const plain = packed ? createGunzip({ chunkSize: CHUNK_BYTES }) : undefined;
    if (plain !== undefined) {
      file.on("error", (error) => plain.destroy(error));
      file.pipe(plain);
    }
    this.chunks = (plain ?? file)[Symbol.asyncIterator]();
    this.close = () => {
      file.destroy();
      plain?.destroy();
    };
  }

  next(): string | undefined {
    const end = this.text.indexOf("\n", this.at);
    if (end >= 0) {
      const line = this.text.slice(this.at, end);
      this.at = end + 1;
      this.line++;
      return line.endsWith("\r") ? line.slice(0, -1) : line;
    }
    if (!this.ended || this.at >= this.text.length) return undefined;
    const line = this.text.slice(this.at);
    this.at = this.text.length;
    this.line++;
    return line;
  }

  async fill(): Promise<void> {
    if (this.ended) return;
    this.text = this.text.slice(this.at);
    this.at = 0;
    try {
      const { done, value } = await this.chunks.next();
      if (done) this.ended = true;
      else this.take(this.decoder.decode(value, { stream: true }));
    } catch (error) {
      // What is left over is half a line.
      this.text = "";
      this.ended = true;
      this.report(this.line + 1, `The file breaks off here: ${(error as Error).message}`);
    }
  }

  stop(): void {
    this.ended = true;
    this.text = "";
    this.at = 0;
    this.close();
  }

  private take(chunk: string): void {
    let rest = chunk;
    if (this.skipping) {
      const end = rest.indexOf("\n");
      if (end < 0) return;
      rest = rest.slice(end + 1);
      this.skipping = false;
    }
    this.text += rest;
    if (this.text.length <= LINE_CHARACTERS_MAX || this.text.includes("\n")) return;
    this.text = "";
    this.skipping = true;
    this.line++;
    this.report(this.line, `Longer than ${LINE_CHARACTERS_MAX} characters`);
  }
}

/** By content, since recordings come under any name; throws when the file cannot be opened. */
function isGzip(path: string): boolean {
  const file = openSync(path, "r");
  try {
    const head = Buffer.alloc(2);
    return readSync(file, head, 0, 2, 0) === 2 && head.readUInt16BE(0) === GZIP_MAGIC;
  } finally {
    closeSync(file);
  }
}
