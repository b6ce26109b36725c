/** Values as AQL compares and calls them ("Type and value order", "Functions"): only those functions the store may use. */
import { AqlError } from "./aql-error.ts";

export type Value = null | boolean | number | string | Value[] | { [name: string]: Value };
export type Document = { [name: string]: Value };

/** Texts are compared by the server's language. */
export type CompareTexts = (a: string, b: string) => number;
const PLAIN = /^[0-9a-f]*$/;

/** `da`: "aa" comes behind "z" there. */
export function languageOf(name: string): CompareTexts {
  const { compare } = new Intl.Collator(name);
  const isPlainInOrder = compare("aa", "ab") < 0 && compare("dd", "de") < 0;
  return (a, b) => {
    if (a === b) return 0;
    // The same in most languages, and fast.
    return isPlainInOrder && PLAIN.test(a) && PLAIN.test(b) ? (a < b ? -1 : 1) : compare(a, b);
  };
}
/** That of a server set up without one. */
export const ENGLISH = languageOf("en-US");

export const kindOf = (value: Value | undefined): number => {
  if (value === null || value === undefined) return 0;
  if (typeof value === "boolean") return 1;
  if (typeof value === "number") return 2;
  if (typeof value === "string") return 3;
  return Array.isArray(value) ? 4 : 5;
};

/** Null, false, true, numbers, texts, arrays, objects. */
export function compare(a: Value, b: Value, texts: CompareTexts = ENGLISH): number {
  const kinds = kindOf(a) - kindOf(b);
  if (kinds !== 0) return kinds;
  if (typeof a === "string" && typeof b === "string") return texts(a, b);
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  if (Array.isArray(a) && Array.isArray(b)) return compareArrays(a, b, texts);
  if (a === null || b === null) return 0;
  return compareObjects(a as Document, b as Document, texts);
}

function compareArrays(a: readonly Value[], b: readonly Value[], texts: CompareTexts): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const order = compare(a[at] ?? null, b[at] ?? null, texts);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareObjects(a: Document, b: Document, texts: CompareTexts): number {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].toSorted();
  for (const name of names) {
    const order = compare(a[name] ?? null, b[name] ?? null, texts);
    if (order !== 0) return order;
  }
  return 0;
}

/** `==` looks at the bytes of texts, not at their language. */
export function equal(a: Value, b: Value): boolean {
  if (typeof a === "string" || typeof b === "string") return a === b;
  return compare(a, b) === 0;
}

/** What counts as true in a condition. */
export const isTrue = (value: Value): boolean => value !== null && value !== false && value !== 0 && value !== "";

interface AqlFunction {
  least: number;
  most: number;
  call(args: Value[]): Value;
}
const fn = (least: number, most: number, call: AqlFunction["call"]): AqlFunction => ({ least, most, call });

const FUNCTIONS: Readonly<Record<string, AqlFunction>> = {
  IS_STRING: fn(1, 1, ([value]) => typeof value === "string"),
  IS_BOOL: fn(1, 1, ([value]) => typeof value === "boolean"),
  IS_NUMBER: fn(1, 1, ([value]) => typeof value === "number"),
  TO_HEX: fn(1, 1, ([value]) => Buffer.from(textOf(value!)).toString("hex")),
  LOWER: fn(1, 1, ([value]) => textOf(value!).toLowerCase()),
  TO_NUMBER: fn(1, 1, ([value]) => numberOf(value!)),
  LENGTH: fn(1, 1, ([value]) => lengthOf(value!)),
  UNION: fn(2, Number.POSITIVE_INFINITY, (lists) => lists.flatMap(arrayOf)),
};
/** Only in a SEARCH, or of a document that one found. */
const SEARCHING: Readonly<Record<string, [number, number]>> = {
  ANALYZER: [2, 2],
  STARTS_WITH: [2, 3],
  PHRASE: [2, Number.POSITIVE_INFINITY],
  BM25: [1, 3],
};

/** Throws AqlError 1540 or 1541 for a function that there is not, or not with so many arguments. */
export function functionOf(name: string, args: number, where: "search" | "value"): AqlFunction["call"] | undefined {
  const plain = FUNCTIONS[name];
  const [least, most] = plain ? [plain.least, plain.most] : (SEARCHING[name] ?? []);
  if (least === undefined || most === undefined) throw new AqlError(1540, `usage of unknown function '${name}()'`, 400);
  if (args < least || args > most) {
    throw new AqlError(1541, `invalid number of arguments for function '${name}()'`, 400);
  }
  if (!plain && name !== "BM25" && where === "value") {
    throw new AqlError(1501, `${name}() can only be called in a SEARCH`, 400);
  }
  return plain?.call;
}

function textOf(value: Value): string {
  if (typeof value === "string") return value;
  return value === null ? "" : JSON.stringify(value);
}

function numberOf(value: Value): Value {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "number") return value;
  if (typeof value === "string" && value.trim() !== "") return Number.isNaN(Number(value)) ? 0 : Number(value);
  return 0;
}

function lengthOf(value: Value): number {
  if (value === null) return 0;
  if (typeof value === "string") return [...value].length;
  if (typeof value === "object") return Object.keys(value).length;
  return typeof value === "boolean" ? Number(value) : String(value).length;
}

function arrayOf(value: Value): Value[] {
  if (!Array.isArray(value)) throw new AqlError(1563, "array expected", 400);
  return value;
}
