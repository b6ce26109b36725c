/** Makes many bars or points few enough to be drawn, without hiding their extremes. */
import { MINUTE_MS, type MinuteBar } from "../../shared/trading/labels/price-path.ts";

/** Neighbouring minutes as one bar each, at most `max` of them: first open, last close, highest high, lowest low. */
export function merged(bars: readonly MinuteBar[], max: number): { bar_ms: number; bars: MinuteBar[] } {
  const [first, last] = [bars[0], bars.at(-1)];
  if (!first || !last) return { bar_ms: MINUTE_MS, bars: [] };
  const minutes = (last.open_ts - first.open_ts) / MINUTE_MS + 1;
  const bar_ms = Math.ceil(minutes / max) * MINUTE_MS;
  const found: MinuteBar[] = [];
  for (const bar of bars) {
    const open_ts = first.open_ts + Math.floor((bar.open_ts - first.open_ts) / bar_ms) * bar_ms;
    const before = found.at(-1);
    if (before?.open_ts !== open_ts) {
      found.push({ ...bar, open_ts });
      continue;
    }
    const high = Number(bar.high) > Number(before.high) ? bar.high : before.high;
    const low = Number(bar.low) < Number(before.low) ? bar.low : before.low;
    found[found.length - 1] = { ...before, high, low, close: bar.close };
  }
  return { bar_ms, bars: found };
}

/** At most `max`, evenly chosen, the first and the last among them. */
export function evenly<T>(points: readonly T[], max: number): T[] {
  if (points.length <= max) return [...points];
  const step = (points.length - 1) / (max - 1);
  return Array.from({ length: max }, (_, at) => points[Math.round(at * step)] as T);
}
