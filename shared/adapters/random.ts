/** Chance: a seeded source that repeats itself exactly, and the system's, which nobody can guess. */
import { assert } from "../errors.ts";
import type { Random } from "../kit/ports.ts";
import { seededBits, unitOf } from "../trading/stats/seeded-chance.ts";

/** What both sources make of 32 random bits at a time. */
function fromBits(bits: () => number, fork: (name: string) => Random): Random {
  const next = () => unitOf(bits);
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

/** Its forks have seeds of their own, made of its seed and their name. */
export function seededRandom(seed: number | string): Random {
  const text = String(seed);
  return fromBits(seededBits(text), (name) => seededRandom(`${text}/${name}`));
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
