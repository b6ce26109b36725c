/** Carries blobs from one kind of place to another in pieces, and proves by their hashes that all arrived. */
import { createHash, type Hash } from "node:crypto";
import type { BlobInfo, Blobs } from "../../shared/kit/ports.ts";

export interface BlobsSum {
  count: number;
  bytes: number;
  /** Over every key with its blob's SHA-256, in key order; hex. */
  sha256: string;
}

const PAGE = 1_000;

export async function* allBlobs(blobs: Pick<Blobs, "list">): AsyncGenerator<BlobInfo> {
  for (let cursor: string | undefined; ; ) {
    const page = await blobs.list("", { limit: PAGE, ...(cursor !== undefined && { cursor }) });
    yield* page.items;
    cursor = page.next_cursor;
    if (cursor === undefined) return;
  }
}

export const holdsBlobs = async (blobs: Blobs): Promise<boolean> =>
  (await blobs.list("", { limit: 1 })).items.length > 0;

/**
 * All of them; what is at the target already, from a run that was interrupted, is left when it is the same and removed
 * when the source has it no more. Throws an Error when one is read back otherwise than it was sent, or when the source
 * has changed meanwhile.
 */
export async function carryBlobs(from: Blobs, to: Blobs, told: (done: BlobsSum) => void): Promise<BlobsSum> {
  const kept = new BlobsHash();
  const keys = new Map<string, string>();
  for await (const info of allBlobs(from)) {
    const { key } = info;
    keys.set(key, stateOf(info));
    const there = await hashOf(to, key);
    const isThere = there !== undefined && (await hashOf(from, key))?.sha256 === there.sha256;
    kept.add(key, isThere ? there : await send(from, to, key));
    told(kept.sum());
  }
  const gone: string[] = [];
  for await (const { key } of allBlobs(to)) if (!keys.has(key)) gone.push(key);
  for (const key of gone) await to.delete(key);
  const arrived = await sumOfBlobs(to);
  await mustBeSame(from, keys);
  const { count, sha256 } = kept.sum();
  if (arrived.sha256 === sha256) return arrived;
  throw new Error(`At the target are ${arrived.count} blobs of ${count}, or others than were sent: it is not whole.`);
}

const stateOf = ({ bytes, modified_at }: BlobInfo): string => `${bytes} ${modified_at}`;

/** Whoever wrote to the source meanwhile would be lost with it. */
async function mustBeSame(from: Blobs, before: ReadonlyMap<string, string>): Promise<void> {
  let count = 0;
  for await (const info of allBlobs(from)) {
    if (before.get(info.key) !== stateOf(info)) throw new Error(`The source has changed meanwhile: blob ${info.key}.`);
    count++;
  }
  if (count < before.size) throw new Error("The source has changed meanwhile: blobs are gone.");
}

async function send(from: Blobs, to: Blobs, key: string): Promise<BlobHash> {
  const pieces = await from.read(key);
  if (!pieces) throw new Error(`The blob ${key} has gone while it was to be carried over.`);
  const hash = createHash("sha256");
  await to.write(key, through(pieces, hash));
  const arrived = await hashOf(to, key);
  if (arrived?.sha256 !== hash.digest("hex")) throw new Error(`The blob ${key} arrived otherwise than it was sent.`);
  return arrived;
}

async function* through(pieces: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    hash.update(piece);
    yield piece;
  }
}

export async function sumOfBlobs(blobs: Blobs): Promise<BlobsSum> {
  const hash = new BlobsHash();
  for await (const { key } of allBlobs(blobs)) {
    const one = await hashOf(blobs, key);
    if (one) hash.add(key, one);
  }
  return hash.sum();
}

interface BlobHash {
  bytes: number;
  sha256: string;
}

async function hashOf(blobs: Blobs, key: string): Promise<BlobHash | undefined> {
  const pieces = await blobs.read(key);
  if (!pieces) return undefined;
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const piece of pieces) {
    hash.update(piece);
    bytes += piece.length;
  }
  return { bytes, sha256: hash.digest("hex") };
}

/** Blobs as they come, in the order of their keys. */
class BlobsHash {
  readonly #hash = createHash("sha256");
  #count = 0;
  #bytes = 0;

  add(key: string, { bytes, sha256 }: BlobHash): void {
    this.#hash.update(`${JSON.stringify(key)} ${sha256}\n`);
    this.#count++;
    this.#bytes += bytes;
  }

  sum(): BlobsSum {
    return { count: this.#count, bytes: this.#bytes, sha256: this.#hash.copy().digest("hex") };
  }
}
