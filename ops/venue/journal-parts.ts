/** The files of a journal: full parts, packed in the background, the one that is written, and the checkpoint. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync, gzip } from "node:zlib";

const pack = promisify(gzip);
const DIGITS = 12;

export interface Part {
  readonly file: string;
  /** Number of its first entry. */
  readonly from: number;
}

/** The state after entry `n`, whose hash is `hash`: what came before need not be kept. */
export interface Checkpoint {
  readonly n: number;
  readonly hash: string;
  readonly state_hash: string;
  readonly state: string;
}

const checkpointFile = (path: string): string => `${path}.checkpoint`;
const nameOf = (path: string, from: number): string => `${path}.${String(from).padStart(DIGITS, "0")}`;

/** Full parts, oldest first. What a crash left half done is removed. */
export function partsOf(path: string): Part[] {
  const folder = dirname(path);
  if (!existsSync(folder)) return [];
  const pattern = /^\.(\d{12})(\.gz)?$/;
  const name = basename(path);
  const found = new Map<number, Part>();
  for (const file of readdirSync(folder).sort()) {
    if (!file.startsWith(name)) continue;
    if (file.endsWith(".tmp")) rmSync(join(folder, file), { force: true });
    const match = pattern.exec(file.slice(name.length));
    if (!match) continue;
    const from = Number(match[1]);
    // The packed one comes second in order, and is whole once it has its name.
    const plain = found.get(from);
    if (plain) rmSync(plain.file, { force: true });
    found.set(from, { file: join(folder, file), from });
  }
  return [...found.values()].sort((a, b) => a.from - b.from);
}

export function readPart({ file }: Part): string {
  const bytes = readFileSync(file);
  return (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
}

/** The written file becomes a full part. */
export function finishPart(path: string, from: number): Part {
  const file = nameOf(path, from);
  renameSync(path, file);
  return { file, from };
}

/** Packs a part; until that is done it is there as it was. */
export async function packPart(part: Part): Promise<Part> {
  const packed = await pack(readFileSync(part.file));
  const file = `${part.file}.gz`;
  await writeFile(`${file}.tmp`, packed);
  if (!existsSync(part.file)) {
    rmSync(`${file}.tmp`, { force: true });
    return part;
  }
  renameSync(`${file}.tmp`, file);
  rmSync(part.file, { force: true });
  return { file, from: part.from };
}

export const bytesOf = (file: string): number => (existsSync(file) ? statSync(file).size : 0);

/** Nothing where there is none; throws an Error for one that is damaged. */
export function readCheckpoint(path: string): Checkpoint | undefined {
  const file = checkpointFile(path);
  if (!existsSync(file)) return undefined;
  try {
    const read = JSON.parse(readFileSync(file, "utf8")) as Checkpoint;
    if (Number.isSafeInteger(read.n) && typeof read.hash === "string" && typeof read.state === "string") return read;
  } catch {
    // Said below.
  }
  throw new Error(`The venue's checkpoint ${file} is damaged`);
}

/** Replaces the one before; whole or not at all. */
export function writeCheckpoint(path: string, checkpoint: Checkpoint): void {
  const file = checkpointFile(path);
  const temporary = `${file}.tmp`;
  const written = openSync(temporary, "w");
  writeSync(written, JSON.stringify(checkpoint));
  fsyncSync(written);
  closeSync(written);
  renameSync(temporary, file);
}
