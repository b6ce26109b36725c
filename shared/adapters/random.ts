/** Chance: a seeded source that repeats itself exactly, and the system's, which nobody can guess. */
import { assert } from "../errors.ts";
import type { Random } from "../kit/ports.ts";

/** FNV-1a over UTF-16 code units, then a finaliser, so that near seeds start far apart. */
function hash32(text: string, salt: number): number {
  let hash = 0x811c9dc5 ^ salt;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** What both sources make of 32 random bits at a time. */
function fromBits(bits: () => number, fork: (name: string) => Random): Random {
  /** 53 bits, as many as a double holds. */
  const next = () => ((bits() >>> 5) * 0x4000000 + (bits() >>> 6)) / 0x20000000000000;
  const bytes = (count: number) => Uint8Array.from({ length: count }, () => bits() & 0xff);
  return {
    next,
    int(below) {
      assert(Number.isSafeInteger(below) && below > 0, `a whole number above zero, not ${below}`);
      return Math.floor(next() * below);
    },
    bytes,
    uuid: () => uuid4(bytes(16)),
    fork,
  };
}

/** RFC 9562, version 4. */
function uuid4(bytes: Uint8Array): string {
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Buffer.from(bytes).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** SFC32 (Chris Doty-Humphrey, PractRand): 128 bits of state, the last word a counter, so the period is at least 2^32. */
export function seededRandom(seed: number | string): Random {
  const text = String(seed);
  let [a, b, c] = [hash32(text, 1), hash32(text, 2), hash32(text, 3)];
  let counter = 1;
  const bits = () => {
    const drawn = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + drawn) | 0;
    return drawn >>> 0;
  };
  for (let round = 0; round < 12; round++) bits();
  return fromBits(bits, (name) => seededRandom(`${text}/${name}`));
}

/** Cryptographic: for tokens, keys and passwords. Its forks are as good as itself. */
export function systemRandom(): Random {
  const word = new Uint32Array(1);
  const source: Random = fromBits(
    () => crypto.getRandomValues(word)[0]!,
    () => source,
  );
  return {
    ...source,
    bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    uuid: () => crypto.randomUUID(),
  };
}
