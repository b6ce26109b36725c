/**
 * Values in the form in which they are compared. ArangoDB compares texts by the server's language, where "a" < "B" and
 * some texts that differ are equal; the store's order is that of their UTF-8 bytes. So texts are kept as the hex digits
 * of their bytes, whose order is the same in most languages; `init` refuses a server of another, as Danish, in which
 * "aa" comes behind "ff".
 */
import type { Scalar } from "../../kit/ports.ts";
import { Binder, type Statement } from "./aql.ts";

/** Absent values are `null`, truth is 1 or 0, texts are hex; numbers come before texts, as in AQL. */
export type Place = string | number | null;

export const hex = (text: string): string => Buffer.from(text).toString("hex");

/** In their order. Languages that break it take two letters for one, so pairs tell. */
export const everyPair = (): string[] => Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function sortingTexts(texts: readonly string[]): Statement {
  const bind = new Binder();
  return bind.statement(`FOR t IN ${bind.value(texts)}`, "SORT t ASC", "RETURN t");
}

/** Anything but a scalar counts as absent. */
export function placeOf(value: unknown): Place {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "string") return hex(value);
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** The same, of an attribute of a document, in AQL: for fields that no index names. */
export const placeIn = (path: string): string =>
  `(IS_STRING(${path}) ? LOWER(TO_HEX(${path})) : (IS_BOOL(${path}) ? TO_NUMBER(${path}) : ` +
  `(IS_NUMBER(${path}) ? ${path} : null)))`;

const NAME = /^[a-z][a-z0-9_]*$/;

/** A name that may be a field's: lower-case letters, digits and underscores. */
export const isField = (name: string): boolean => NAME.test(name) && name.length <= 64;

/** What an index holds of a document: each field that one of its collection's names, by its place. */
export function placesOf(fields: readonly string[], value: unknown): Record<string, Place> {
  const record = value as Record<string, Scalar>;
  const places: Record<string, Place> = {};
  for (const field of fields) {
    const place = placeOf(record[field]);
    if (place !== null) places[field] = place;
  }
  return places;
}
