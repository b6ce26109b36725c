/** Chance that repeats itself exactly: the same seed draws the same numbers, on every machine. */
import type { Chance } from "./chance.ts";

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

/**
 * 32 bits at a time. SFC32 (Chris Doty-Humphrey, PractRand): 128 bits of state, the last word a counter, so the period
 * is at least 2^32.
 */
export function seededBits(seed: string): () => number {
  let [a, b, c] = [hash32(seed, 1), hash32(seed, 2), hash32(seed, 3)];
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
  return bits;
}

/** In [0, 1), with the 53 bits that a double holds. */
export const unitOf = (bits: () => number): number => ((bits() >>> 5) * 0x4000000 + (bits() >>> 6)) / 0x20000000000000;

export function seededChance(seed: number | string): Chance {
  const bits = seededBits(String(seed));
  return { next: () => unitOf(bits) };
}
