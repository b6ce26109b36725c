/** Rule hits as small multiples: one row of columns a rule, all over the same stretch of time and to the same height. */
import type { RuleHitsAnswer } from "../../../../shared/client/gen/types.ts";

export const HITS_PICTURE = { width: 240, height: 40 } as const;
const GAP_SHARE = 0.2;

export interface HitColumn {
  /** The bucket's beginning, epoch ms. */
  readonly ts: number;
  readonly fired: number;
  readonly unfired: number;
  readonly unknown: number;
  readonly x: number;
  readonly width: number;
  /** Heights from the bottom up. */
  readonly firedHeight: number;
  readonly unknownHeight: number;
  readonly unfiredHeight: number;
}
export interface RuleSeries {
  readonly rule_id: string;
  readonly fired: number;
  readonly unfired: number;
  readonly unknown: number;
  readonly columns: readonly HitColumn[];
}

/** The most often fired first. A column's height is how often the rule was looked at, against the most of all. */
export function seriesOf({ items, from_ts, to_ts, bucket_ms }: RuleHitsAnswer): RuleSeries[] {
  const first = Math.floor(from_ts / bucket_ms);
  const count = Math.max(1, Math.floor(to_ts / bucket_ms) - first + 1);
  const step = HITS_PICTURE.width / count;
  const looked = (item: Counts) => item.fired + item.unfired + item.unknown;
  const most = Math.max(1, ...items.map(looked));
  const heightOf = (hits: number) => (hits / most) * HITS_PICTURE.height;
  const byRule = Map.groupBy(items, ({ rule_id }) => rule_id);
  return [...byRule]
    .map(([rule_id, hits]) => ({
      rule_id,
      ...sumOf(hits),
      columns: hits.map((hit) => ({
        ...hit,
        x: (Math.floor(hit.ts / bucket_ms) - first) * step,
        width: step * (1 - GAP_SHARE),
        firedHeight: heightOf(hit.fired),
        unknownHeight: heightOf(hit.unknown),
        unfiredHeight: heightOf(hit.unfired),
      })),
    }))
    .toSorted((a, b) => b.fired - a.fired || looked(b) - looked(a) || a.rule_id.localeCompare(b.rule_id));
}

type Counts = Pick<RuleSeries, "fired" | "unfired" | "unknown">;
const sumOf = (hits: readonly Counts[]): Counts => ({
  fired: hits.reduce((sum, hit) => sum + hit.fired, 0),
  unfired: hits.reduce((sum, hit) => sum + hit.unfired, 0),
  unknown: hits.reduce((sum, hit) => sum + hit.unknown, 0),
});

export const BUCKETS = ["5m", "1h", "1d"] as const;
export type Bucket = (typeof BUCKETS)[number];
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The shortest that a picture has room for; five minutes where nobody chose a period. */
export function bucketFor({ from_ts, to_ts }: { from_ts?: number; to_ts?: number }, nowTs: number): Bucket {
  if (from_ts === undefined) return "5m";
  const ms = (to_ts ?? nowTs) - from_ts;
  return ms <= 12 * HOUR_MS ? "5m" : ms <= 8 * DAY_MS ? "1h" : "1d";
}
