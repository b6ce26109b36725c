/** Numbers as text: money from decimal strings without ever becoming a float, ratios and sizes from numbers. */
import { type Amount, dec, isDecimal, showFixed, stepDigits } from "../../../../shared/domain/money.ts";

export const MINUS = "\u2212";
export const NOTHING = "\u2013";

/** `"12345.678"` → `"12,345.678"`. */
export function grouped(plain: string): string {
  const [whole = "", part] = plain.replace("-", "").split(".");
  const text = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return `${plain.startsWith("-") ? MINUS : ""}${part === undefined ? text : `${text}.${part}`}`;
}

interface AmountFormat {
  digits: number;
  /** Shows + before what is above zero. */
  sign?: boolean;
}

/** An amount with exactly `digits` decimals, grouped; what is no decimal shows as a dash. */
export function amountText(value: string | Amount | undefined, format: AmountFormat): string {
  if (value === undefined || (typeof value === "string" && !isDecimal(value))) return NOTHING;
  const amount = typeof value === "string" ? dec(value) : value;
  const plain = showFixed(amount, format.digits);
  const isZero = /^-?[0.]*$/.test(plain);
  const text = grouped(isZero ? plain.replace("-", "") : plain);
  return format.sign && amount > 0n && !isZero ? `+${text}` : text;
}

export const usdtText = (value: string | Amount | undefined, sign = false): string =>
  amountText(value, { digits: 2, sign });

/** A decimal string as it is, grouped, without trailing zeros cut or added. */
export const asGiven = (value: string | undefined): string =>
  value === undefined || !isDecimal(value) ? NOTHING : grouped(value);

/** An average as it is, but for digits that only its division made. */
export function averageText(value: string | undefined): string {
  const digits = Number(value) < 1 ? 10 : 4;
  const [, part = ""] = (value ?? "").split(".");
  return part.length <= digits ? asGiven(value) : amountText(value, { digits });
}

/** A fraction as per cent: `0.1234` → `12.34 %`. */
export function percentText(fraction: number | undefined, digits = 2, sign = false): string {
  if (fraction === undefined || !Number.isFinite(fraction)) return NOTHING;
  const fixed = (fraction * 100).toFixed(digits);
  const isZero = Number(fixed) === 0;
  const text = grouped(isZero ? fixed.replace("-", "") : fixed);
  return `${sign && fraction > 0 && !isZero ? "+" : ""}${text}\u00a0%`;
}

/** A float that is no money: factors, bps, latencies. */
export function numberText(value: number | null | undefined, digits = 2): string {
  if (value === undefined || value === null || !Number.isFinite(value)) return NOTHING;
  return grouped(value.toFixed(digits));
}

/** Up to five characters for a size: `1234567` → `1.23M`. */
export function shortText(value: number): string {
  if (!Number.isFinite(value)) return NOTHING;
  const size = Math.abs(value);
  if (size >= 1e9) return `${(value / 1e9).toFixed(2)}B`;
  if (size >= 1e6) return `${(value / 1e6).toFixed(2)}M`;
  if (size >= 1e4) return `${(value / 1e3).toFixed(1)}k`;
  return value.toFixed(size >= 100 ? 0 : size >= 1 ? 2 : 4);
}

/** Decimals of an instrument's tick or step: `"0.10"` → 1. */
export const digitsOf = (step: string | undefined, otherwise: number): number =>
  step !== undefined && isDecimal(step) ? stepDigits(dec(step)) : otherwise;

export type Direction = "up" | "down" | "flat";
export function directionOf(value: string | number | Amount | undefined): Direction {
  if (value === undefined) return "flat";
  const comparable = typeof value === "string" ? (isDecimal(value) ? dec(value) : 0n) : value;
  return comparable > 0 ? "up" : comparable < 0 ? "down" : "flat";
}
/** Never colour alone: the mark that goes with it. */
export const ARROW: Record<Direction, string> = { up: "\u25b2", down: "\u25bc", flat: "" };
