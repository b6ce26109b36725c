/** The lines of a text file, plain, gzip or the one file in a zip, in bounded memory; the first damage ends it. */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { type Readable, Transform } from "node:stream";
import { crc32, createGunzip } from "node:zlib";
import { type Entry, openPromise } from "yauzl";
import { Damage, shown } from "../../shared/market-data/damage.ts";

const CHUNK_BYTES = 256 * 1024;
/** Longer lines are no market data. */
export const LINE_CHARACTERS_MAX = 4_000_000;
/** What unpacks to more than this many times its size is no market data but made to fill a memory or a disk. */
export const UNPACKED_TIMES_MAX = 400;
/** Below this a file may unpack to anything. */
const UNPACKED_FREE_BYTES = 64 * 1024 * 1024;

export interface TextFile {
  /** What damages are said of: the file, and its one member where it is a zip. */
  readonly name: string;
  /** Lines without their ends, many at a time. Throws a Damage. */
  batches(): AsyncGenerator<string[]>;
  close(): void;
}

export type TextForm = "zip" | "gzip" | "text";
export type FileForm = TextForm | "parquet" | "arrow";

const MAGIC: readonly (readonly [FileForm, string])[] = [
  ["zip", "504b0304"],
  // Without members.
  ["zip", "504b0506"],
  ["gzip", "1f8b"],
  ["parquet", "50415231"],
  ["arrow", "4152524f5731"],
];

/** By content: files come under any name. Throws a Damage for one that is empty or cannot be read. */
export async function formOf(path: string): Promise<FileForm> {
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    throw new Damage(path, 0, error.code === "ENOENT" ? "There is no such file" : `Cannot be read: ${error.message}`);
  });
  try {
    if (!(await file.stat()).isFile()) throw new Damage(path, 0, "No file");
    const { buffer, bytesRead } = await file.read(Buffer.alloc(6), 0, 6, 0);
    if (bytesRead === 0) throw new Damage(path, 0, "The file is empty");
    const head = buffer.subarray(0, bytesRead).toString("hex");
    return MAGIC.find(([, magic]) => head.startsWith(magic))?.[0] ?? "text";
  } finally {
    await file.close();
  }
}

/** `onBytes` is called with the packed bytes taken so far. */
export async function openText(path: string, form: TextForm, onBytes: (bytes: number) => void): Promise<TextFile> {
  if (form === "zip") return openZip(path, onBytes);
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const taken = counter(onBytes);
  if (form === "text") return textFile(path, chain(file, taken.stream));
  const plain = createGunzip({ chunkSize: CHUNK_BYTES });
  return textFile(
    path,
    chain(
      file,
      taken.stream,
      plain,
      bombGuard(() => taken.bytes()),
    ),
  );
}

async function openZip(path: string, onBytes: (bytes: number) => void): Promise<TextFile> {
  try {
    const zip = await openPromise(path, { lazyEntries: true, autoClose: false, strictFileNames: true });
    const files: Entry[] = [];
    for await (const entry of zip.eachEntry()) if (!entry.fileName.endsWith("/")) files.push(entry);
    const [entry] = files;
    if (entry === undefined || files.length > 1) {
      zip.close();
      throw new Damage(path, 0, `A zip of ${files.length} files; there must be one`);
    }
    if (entry.uncompressedSize > Math.max(UNPACKED_FREE_BYTES, entry.compressedSize * UNPACKED_TIMES_MAX)) {
      zip.close();
      throw new Damage(path, 0, TOO_FULL);
    }
    const unpacked = await zip.openReadStreamPromise(entry);
    const share = entry.compressedSize / Math.max(1, entry.uncompressedSize);
    const name = `${path}(${entry.fileName})`;
    const text = textFile(name, chain(unpacked, counter((bytes) => onBytes(bytes * share)).stream, checked(entry)));
    return {
      ...text,
      close() {
        text.close();
        zip.close();
      },
    };
  } catch (error) {
    if (error instanceof Damage) throw error;
    throw new Damage(path, 0, `No whole zip: ${(error as Error).message}`);
  }
}

const TOO_FULL = `It unpacks to more than ${UNPACKED_TIMES_MAX} times its size, which market data does not`;

function textFile(name: string, stream: Readable): TextFile {
  return { name, batches: () => split(name, stream), close: () => void stream.destroy() };
}

async function* split(name: string, stream: Readable): AsyncGenerator<string[]> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  let line = 0;
  try {
    for await (const chunk of stream) {
      const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split("\n");
      rest = lines.pop() as string;
      if (rest.length > LINE_CHARACTERS_MAX) {
        throw new Damage(name, line + lines.length + 1, `Longer than ${LINE_CHARACTERS_MAX} characters`);
      }
      line += lines.length;
      if (lines.length > 0) yield lines.map(withoutReturn);
    }
    rest += decoder.decode();
  } catch (error) {
    if (error instanceof Damage) throw error;
    const what =
      error instanceof TypeError ? "Not text in UTF-8" : `The file breaks off here: ${(error as Error).message}`;
    throw new Damage(name, line + 1, what);
  }
  if (rest !== "") yield [withoutReturn(rest)];
}

const withoutReturn = (line: string): string => (line.endsWith("\r") ? line.slice(0, -1) : line);

/** Each into the next; an error or an end of one is one of all. */
function chain(first: Readable, ...others: Transform[]): Readable {
  return others.reduce<Readable>((from, to) => {
    from.on("error", (error) => to.destroy(error));
    to.on("close", () => from.destroy());
    return from.pipe(to);
  }, first);
}

function counter(onBytes: (bytes: number) => void): { stream: Transform; bytes(): number } {
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      bytes += chunk.length;
      onBytes(bytes);
      done(null, chunk);
    },
  });
  return { stream, bytes: () => bytes };
}

function bombGuard(packed: () => number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      bytes += chunk.length;
      const isTooFull = bytes > Math.max(UNPACKED_FREE_BYTES, packed() * UNPACKED_TIMES_MAX);
      done(isTooFull ? new Error(TOO_FULL) : null, chunk);
    },
  });
}

/** The zip reader holds sizes, not content: a flipped bit shows in the sum. */
function checked(entry: Entry): Transform {
  let sum = 0;
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      sum = crc32(chunk, sum);
      done(null, chunk);
    },
    flush(done) {
      const isWhole = sum >>> 0 === entry.crc32 >>> 0;
      done(isWhole ? null : new Error(`its content does not add up to its checksum (${shown(entry.fileName)})`));
    },
  });
}
