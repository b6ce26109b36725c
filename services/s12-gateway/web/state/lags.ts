/** How far behind the readers of each stream are. */
import type { MetricSeries } from "../api/shapes.ts";

export interface Lag {
  readonly stream: string;
  /** The group of readers that is furthest behind. */
  readonly group: string;
  /** Entries that it has not yet heard or not yet acknowledged. */
  readonly waiting: number;
  readonly ts: number;
}

/** One row a stream, by its slowest readers; the longest queue first, then by name. */
export function lagsOf(series: readonly MetricSeries[]): Lag[] {
  const byStream = new Map<string, Lag>();
  for (const { labels, points } of series) {
    const [ts, waiting] = points.at(-1) ?? [];
    const { stream, group = "" } = labels;
    if (ts === undefined || waiting === undefined || stream === undefined) continue;
    const known = byStream.get(stream);
    if (!known || waiting > known.waiting) byStream.set(stream, { stream, group, waiting, ts });
  }
  return [...byStream.values()].sort((a, b) => b.waiting - a.waiting || a.stream.localeCompare(b.stream));
}
