/**
 * Documents' keys as ArangoDB takes them. A `_key` has at most 254 bytes, of letters, digits and `_-:.@()+,=;$!*'%`
 * (docs.arangodb.com, "Document keys"); ours may be any text.
 */
import { createHash } from "node:crypto";

const BYTES_MAX = 254;
/** A shard's number and its point stand before the key. */
const SHARD_BYTES = 5;
const KEPT_BYTES = 150;
const SAFE = /[A-Za-z0-9_\-:.@()+,=;$!*']/;

/**
 * One `_key` for each key and none for two: every other character is `%` and two hex digits for each byte of its UTF-8,
 * half of a surrogate pair `%u` and four. What gets too long is cut and goes on with `%-` and its SHA-256; the document
 * itself keeps the whole key.
 */
export function encodeKey(key: string): string {
  let encoded = "";
  for (const character of key) encoded += SAFE.test(character) ? character : percent(character);
  if (encoded.length <= BYTES_MAX - SHARD_BYTES) return encoded;
  return `${encoded.slice(0, KEPT_BYTES)}%-${hashOf(key)}`;
}

function percent(character: string): string {
  if (!character.isWellFormed()) return `%u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, "0").toUpperCase()}`).join("");
}

/** The `_key` of a document in one of several shards of its owner: each shard has documents of its own. */
export const shardKey = (shard: number | undefined, key: string): string =>
  shard === undefined ? encodeKey(key) : `${shard};${encodeKey(key)}`;

/** What an edge leads to or from. Whoever writes it need not know in which shard the document lies. */
export function vertexOf(ref: string): string {
  const slash = ref.indexOf("/");
  return `${ref.slice(0, slash)}/${encodeKey(ref.slice(slash + 1))}`;
}

/** A `_key` made of several texts. */
export const keyOf = (...parts: readonly (string | number)[]): string => hashOf(JSON.stringify(parts));

/** UTF-8 first, and what has no UTF-8 by its code units, so that no two texts have one hash. */
const hashOf = (text: string): string =>
  createHash("sha256")
    .update(text.isWellFormed() ? text : JSON.stringify(text))
    .digest("hex");
