/**
 * Canonical JSON after RFC 8785, so that equal values have equal bytes and therefore equal hashes.
 *
 * Numbers print as ECMAScript prints them, keys sort by UTF-16 code units, strings escape only what they must.
 */
import { hash } from "node:crypto";

/** Deeper values are refused before they can exhaust the stack. */
const DEPTH_MAX = 200;

/**
 * The canonical text of plain data. Keys whose value is undefined are left out, as JSON.stringify leaves them.
 * Throws a TypeError on what JSON cannot say: NaN, infinities, bigint, functions, lone surrogates, non-plain objects.
 */
export const canonicalJson = (value: unknown): string => write(value, 0);

/** Hex SHA-256 of the canonical text. */
export const canonicalHash = (value: unknown): string => hash("sha256", canonicalJson(value), "hex");

function write(value: unknown, depth: number): string {
  if (depth > DEPTH_MAX) throw new TypeError(`Nested deeper than ${DEPTH_MAX} levels`);
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return writeNumber(value);
  if (typeof value === "string") return writeString(value);
  if (Array.isArray(value)) return `[${value.map((item) => write(item ?? null, depth + 1)).join(",")}]`;
  if (typeof value === "object") return writeObject(value, depth);
  throw new TypeError(`JSON has no ${typeof value}`);
}

function writeNumber(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`JSON has no ${value}`);
  return JSON.stringify(value);
}

function writeString(value: string): string {
  if (!value.isWellFormed()) throw new TypeError("A string holds half of a surrogate pair");
  return JSON.stringify(value);
}

function writeObject(value: object, depth: number): string {
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError(`Only plain objects have a canonical form, not ${value.constructor?.name ?? "this one"}`);
  }
  const members: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined) members.push(`${writeString(key)}:${write(member, depth + 1)}`);
  }
  return `{${members.join(",")}}`;
}
