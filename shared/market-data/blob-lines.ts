/** Recorded lines that lie in Blobs, read as a recording reads its files. */
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { InstrumentId } from "../domain/instrument.ts";
import type { Blobs } from "../kit/ports.ts";
import type { RecordedFile, RecordedLines } from "./recording.ts";

const SLICE_BYTES = 256 * 1024;

/** Gzip members of lines, under a key. */
export interface LinesBlob {
  readonly key: string;
  readonly bytes: number;
  readonly instrument: InstrumentId;
}

export function blobFile(blobs: Blobs, { key, bytes, instrument }: LinesBlob): RecordedFile {
  return { name: key, bytes, instrument, open: (report) => new BlobLines(() => blobs.get(key), report) };
}

class BlobLines implements RecordedLines {
  line = 0;
  bytesRead = 0;
  ended = false;
  private text = "";
  private at = 0;
  private chunks: AsyncIterator<Uint8Array> | undefined;
  private stream: Readable | undefined;
  private readonly get: () => Promise<Uint8Array | undefined>;
  private readonly report: (line: number, problem: string) => void;
  private readonly decoder = new TextDecoder();

  constructor(get: () => Promise<Uint8Array | undefined>, report: (line: number, problem: string) => void) {
    this.get = get;
    this.report = report;
  }

  next(): string | undefined {
    const end = this.text.indexOf("\n", this.at);
    if (end < 0) return undefined;
    const line = this.text.slice(this.at, end);
    this.at = end + 1;
    this.line++;
    return line;
  }

  async fill(): Promise<void> {
    if (this.ended) return;
    this.text = this.text.slice(this.at);
    this.at = 0;
    try {
      const chunks = await this.opened();
      const { done, value } = chunks === undefined ? { done: true, value: undefined } : await chunks.next();
      if (value !== undefined) this.text += this.decoder.decode(value, { stream: true });
      if (!done) return;
      if (chunks === undefined) this.report(1, "It is gone");
      if (this.text !== "") this.report(this.line + 1, "The last line has no end");
    } catch (error) {
      this.report(this.line + 1, `It breaks off here: ${(error as Error).message}`);
    }
    this.ended = true;
    // What is left over is half a line.
    this.text = "";
  }

  stop(): void {
    this.ended = true;
    this.text = "";
    this.at = 0;
    this.stream?.destroy();
  }

  private async opened(): Promise<AsyncIterator<Uint8Array> | undefined> {
    if (this.chunks !== undefined) return this.chunks;
    const body = await this.get();
    if (body === undefined) return undefined;
    this.stream = Readable.from(this.slices(body)).pipe(createGunzip({ chunkSize: SLICE_BYTES }));
    this.chunks = this.stream[Symbol.asyncIterator]();
    return this.chunks;
  }

  private *slices(body: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < body.length; at += SLICE_BYTES) {
      const slice = body.subarray(at, at + SLICE_BYTES);
      this.bytesRead += slice.length;
      yield slice;
    }
  }
}
