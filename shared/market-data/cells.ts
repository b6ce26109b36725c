/** Reading single cells: times of any unit, decimals of any spelling, counts and flags; kept as the shortest exact text. */
import { SCALE_DIGITS } from "../domain/money.ts";
import { shown } from "./damage.ts";

const PLAIN = /^-?\d{1,30}(?:\.\d{1,18})?$/;
const WITH_EXPONENT = /^-?\d{1,30}(?:\.\d{0,30})?(?:[eE][+-]?\d{1,3})?$/;
const ISO = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?))?(?:Z|[+-]00:?00| UTC)?$/;

/**
 * The shortest decimal without exponent: "0.50" is "0.5", "6.818e-05" is "0.00006818". What has more than 18 decimals,
 * as floats print them, is rounded to 18. Undefined for what is no decimal.
 */
export function readDecimal(text: string): string | undefined {
  if (!PLAIN.test(text)) return WITH_EXPONENT.test(text) ? fromFloat(text) : undefined;
  if (!text.includes(".")) return text === "-0" ? "0" : text;
  let end = text.length;
  while (text.charCodeAt(end - 1) === 48) end--;
  if (text[end - 1] === ".") end--;
  const short = end === text.length ? text : text.slice(0, end);
  return short === "-0" ? "0" : short;
}

function fromFloat(text: string): string | undefined {
  const value = Number(text);
  if (!Number.isFinite(value) || Math.abs(value) >= 1e21) return undefined;
  return readDecimal(value.toFixed(SCALE_DIGITS));
}

export type TimeUnit = "s" | "ms" | "µs" | "ns" | "date";
/** Digits of an epoch between 2001 and 2286. */
const UNITS: Readonly<Record<number, TimeUnit>> = { 10: "s", 13: "ms", 16: "µs", 19: "ns" };

/** The unit that a time is written in; undefined for what is no time after 2001. */
export function timeUnit(text: string): TimeUnit | undefined {
  if (/^\d+$/.test(text)) return UNITS[text.length];
  return /^\d{13}\.\d{1,3}$/.test(text) ? "ms" : ISO.test(text) ? "date" : undefined;
}

/** Epoch ms with up to three decimals; nanoseconds are cut to microseconds. UTC where a date names no zone. */
export function readTime(text: string, unit: TimeUnit): number {
  if (unit === "ms") return Number(text);
  if (unit === "s") return Number(text) * 1_000;
  if (unit === "µs") return Number(text) / 1_000;
  if (unit === "ns") return Number(text.slice(0, 16)) / 1_000;
  const [, day, clock] = ISO.exec(text) ?? [];
  return Date.parse(`${day}T${clock ?? "00:00"}Z`);
}

const COUNT = /^\d{1,15}(?:\.0)?$/;
export const readCount = (text: string): string | undefined =>
  COUNT.test(text) ? (text.endsWith(".0") ? text.slice(0, -2) : text) : undefined;

export function readFlag(text: string): "true" | "false" | undefined {
  if (text === "true" || text === "True" || text === "TRUE" || text === "1") return "true";
  if (text === "false" || text === "False" || text === "FALSE" || text === "0") return "false";
  return undefined;
}

/** A value of a typed column as text; what no cell can be is named. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") return String(value);
  if (value instanceof Date) return String(value.getTime());
  throw new TypeError(`${shown(value)} is no number, text, time or flag`);
}
