/** Binance's kline intervals: where each bar begins, and how longer ones are put together from those a market keeps. */
import type { Market } from "../../../shared/domain/instrument.ts";

const COMMON = ["1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M"];
export const INTERVALS: Readonly<Record<Market, ReadonlySet<string>>> = {
  SPOT: new Set(["1s", ...COMMON]),
  FUT: new Set(COMMON),
};

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: HOUR, d: DAY, w: 7 * DAY };
/** 1970-01-01 was a Thursday; weeks begin on Monday. */
const FIRST_MONDAY = 4 * DAY;

/** The interval's length, ms; months have none of their own. */
export function lengthOf(interval: string): number | undefined {
  const unit = UNITS[interval.slice(-1)];
  return unit === undefined ? undefined : Number.parseInt(interval, 10) * unit;
}

/** First and last ms of the bar that holds `ts`, all epoch ms, in a zone that is `offsetMs` ahead of UTC. */
export function barAround(interval: string, ts: number, offsetMs = 0): { openTs: number; closeTs: number } {
  const local = ts + offsetMs;
  if (interval === "1M") {
    const date = new Date(local);
    const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
    return { openTs: Date.UTC(year, month, 1) - offsetMs, closeTs: Date.UTC(year, month + 1, 1) - offsetMs - 1 };
  }
  const ms = lengthOf(interval) ?? DAY;
  const start = interval.endsWith("w") ? FIRST_MONDAY : 0;
  const openTs = Math.floor((local - start) / ms) * ms + start - offsetMs;
  return { openTs, closeTs: openTs + ms - 1 };
}

/** `8`, `-1:30`, `+08:00` as ms ahead of UTC, from −12 to +14 hours; nothing for other text. */
export function readTimeZone(text: string): number | undefined {
  const match = /^([+-]?)(\d{1,2})(?::([0-5]\d))?$/.exec(text);
  if (!match) return undefined;
  const ms = (Number(match[2]) * 60 + Number(match[3] ?? 0)) * 60_000 * (match[1] === "-" ? -1 : 1);
  return ms >= -12 * HOUR && ms <= 14 * HOUR ? ms : undefined;
}
