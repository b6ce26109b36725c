/** The intervals of Binance's candles, and where their bars and the library's parts begin (UTC). */
import type { Period } from "./kinds.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** 1970-01-05, the first Monday. */
const MONDAY = 4 * DAY;

const LENGTHS: Readonly<Record<string, number>> = {
  "1s": 1_000,
  "1m": MINUTE,
  "3m": 3 * MINUTE,
  "5m": 5 * MINUTE,
  "15m": 15 * MINUTE,
  "30m": 30 * MINUTE,
  "1h": HOUR,
  "2h": 2 * HOUR,
  "4h": 4 * HOUR,
  "6h": 6 * HOUR,
  "8h": 8 * HOUR,
  "12h": 12 * HOUR,
  "1d": DAY,
  "3d": 3 * DAY,
  "1w": 7 * DAY,
};

/** `1mo` is the month, as in Binance's file names: 1M and 1m are one name on some disks. */
export const INTERVALS: readonly string[] = [...Object.keys(LENGTHS), "1mo"];

export const isInterval = (text: string): boolean => INTERVALS.includes(text);

/** When the bar after the one that opens at `ts` opens. */
export function nextOpen(interval: string, ts: number): number {
  const length = LENGTHS[interval];
  if (length !== undefined) return ts + length;
  const date = new Date(ts);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

/** Whether a bar of this interval can open at `ts`. */
export function isOpen(interval: string, ts: number): boolean {
  const length = LENGTHS[interval];
  if (length === undefined) return ts === startOf("month", ts);
  // Where three-day bars begin differs from market to market.
  if (interval === "3d") return ts % DAY === 0;
  return (ts - (interval === "1w" ? MONDAY : 0)) % length === 0;
}

/** Bars that are missing between one that opens at `last` and one at `next`. */
export function missingBetween(interval: string, last: number, next: number): number {
  const length = LENGTHS[interval];
  if (length !== undefined) return Math.max(0, Math.round((next - last) / length) - 1);
  const months = (ts: number): number => new Date(ts).getUTCFullYear() * 12 + new Date(ts).getUTCMonth();
  return Math.max(0, months(next) - months(last) - 1);
}

/** The interval whose bars are `ms` long; months differ. */
export function intervalOf(ms: number): string | undefined {
  const found = Object.keys(LENGTHS).find((name) => LENGTHS[name] === ms);
  return found ?? (ms >= 28 * DAY && ms <= 31 * DAY ? "1mo" : undefined);
}

export function startOf(period: Period, ts: number): number {
  if (period === "hour") return Math.floor(ts / HOUR) * HOUR;
  if (period === "day") return Math.floor(ts / DAY) * DAY;
  const date = new Date(ts);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

export function endOf(period: Period, start: number): number {
  if (period === "month") return nextOpen("1mo", start);
  return start + (period === "hour" ? HOUR : DAY);
}

/** `2024-08`, `2024-08-09` or `2024-08-09-23`. */
export function periodName(period: Period, start: number): string {
  const length = { month: 7, day: 10, hour: 13 }[period];
  return new Date(start).toISOString().slice(0, length).replace("T", "-");
}
