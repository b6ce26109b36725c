/** Which part of the instruments an instance of a service answers for, so that several can share the work. */
import { assert } from "../errors.ts";

export interface Shard {
  /** From 0 to `count` − 1. */
  readonly index: number;
  readonly count: number;
  /** `key`: an instrument, or whatever a stream is keyed by. */
  owns(key: string): boolean;
}

export const SHARDS_MAX = 64;

/** All of it: what a service answers for that is not split. */
export const WHOLE: Shard = { index: 0, count: 1, owns: () => true };

export function shard(index: number, count: number): Shard {
  assert(Number.isInteger(count) && count >= 1 && count <= SHARDS_MAX, `there are 1 to ${SHARDS_MAX} shards`);
  assert(Number.isInteger(index) && index >= 0 && index < count, `there is no shard ${index} of ${count}`);
  return count === 1 ? WHOLE : { index, count, owns: (key) => shardOf(key, count) === index };
}

/**
 * The same in every process and for ever, since documents are filed by it: in which of `count` equal ranges the key's
 * 32-bit FNV-1a lies. Not its remainder: the low bits of names that differ little are too much alike.
 */
export function shardOf(key: string, count: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) {
    hash ^= key.charCodeAt(at);
    hash = Math.imul(hash, 0x01000193);
  }
  return Math.floor(((hash >>> 0) / 2 ** 32) * count);
}
