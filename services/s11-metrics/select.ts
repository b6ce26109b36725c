/** Picks the wanted series out of rows, and makes of each one point a step: a value, a rate or a quantile. */
import { refuse } from "../../shared/errors.ts";
import { type Figures, increase } from "./fold.ts";
import { readSeriesKey, seriesKey } from "./prometheus.ts";
import { type Bucket, bucketQuantile, readBound } from "./quantile.ts";
import type { KeptRow } from "./rows.ts";

const SECOND_MS = 1_000;
/** Of all series together, in one answer. */
const POINTS_MAX = 250_000;
const TOO_MANY = `metric: more than ${POINTS_MAX} points; name metric and labels, or take a shorter time or a longer step`;

export interface Wanted {
  readonly metric: string | undefined;
  /** A series must have all of them. */
  readonly labels: ReadonlyMap<string, string>;
  readonly show: "last" | "min" | "max" | "mean";
  readonly quantile: number | undefined;
  /** Told is how much it grew: a rate or a quantile. */
  readonly grows: boolean;
  readonly step: number;
}
interface Point {
  readonly start: number;
  readonly ts: number;
  readonly until: number;
  figures: Figures;
}
interface Told {
  metric: string;
  labels: Record<string, string>;
  points: [number, number][];
}

export class Collected {
  readonly #wanted: Wanted;
  /** By series; null: it is not wanted. */
  readonly #found = new Map<string, { metric: string; labels: Record<string, string>; points: Point[] } | null>();

  #points = 0;

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
  }

  /** Rows of a step come one after the other; of a service, oldest first. */
  take({ start, ts, until, values }: KeptRow): void {
    for (const [key, figures] of values) {
      let found = this.#found.get(key);
      if (found === undefined) {
        found = this.#isWanted(key) ? { ...readSeriesKey(key), points: [] } : null;
        this.#found.set(key, found);
      }
      if (found === null) continue;
      const last = found.points.at(-1);
      if (last?.start !== start) {
        if (++this.#points > POINTS_MAX) refuse("INVALID", TOO_MANY);
        found.points.push({ start, ts, until, figures: [...figures] });
      }
      // Where only the last of a step is read it comes newest first: an older one of another service is no news.
      else if (this.#wanted.show !== "last") add(last.figures, figures);
    }
  }

  /** Oldest first, from then on. */
  series(from: number): Told[] {
    const { quantile, grows } = this.#wanted;
    const found = [...this.#found.values()].filter((each) => each !== null);
    if (quantile !== undefined) return quantiles(found, quantile, from);
    const told = found.map(({ metric, labels, points }) => ({
      ...{ metric, labels },
      points: grows ? rates(points) : points.map((p): [number, number] => [p.ts, shown(p.figures, this.#wanted.show)]),
    }));
    for (const each of told) each.points = each.points.filter(([ts]) => ts >= from);
    return told.filter(({ points }) => points.length > 0);
  }

  #isWanted(key: string): boolean {
    const { metric, labels } = this.#wanted;
    if (metric !== undefined && !key.startsWith(`${metric}{`)) return false;
    if (labels.size === 0) return true;
    const has = readSeriesKey(key).labels;
    return [...labels].every(([name, value]) => has[name] === value);
  }
}

function add(to: Figures, [last, least, greatest, sum, count]: Figures): void {
  to[0] = last;
  to[1] = Math.min(to[1], least);
  to[2] = Math.max(to[2], greatest);
  to[3] += sum;
  to[4] += count;
}
function shown([last, least, greatest, sum, count]: Figures, show: Wanted["show"]): number {
  if (show === "mean") return sum / count;
  return show === "min" ? least : show === "max" ? greatest : last;
}

/** A second, from the step before. */
function rates(points: readonly Point[]): [number, number][] {
  return points.slice(1).map((point, at) => {
    const before = points[at]!;
    const grew = increase(before.figures[0], point.figures);
    return [point.ts, (grew / Math.max(1, point.until - before.until)) * SECOND_MS];
  });
}

type Found = { metric: string; labels: Record<string, string>; points: Point[] };
function quantiles(found: readonly Found[], quantile: number, from: number): Told[] {
  const histograms = new Map<string, Told & { steps: Map<number, Bucket[]> }>();
  for (const { metric: bucket, labels, points } of found) {
    const { le, ...apart } = labels;
    if (le === undefined) continue;
    const metric = bucket.replace(/_bucket$/, "");
    const key = seriesKey({ metric, labels: apart });
    const histogram = histograms.get(key) ?? { metric, labels: apart, points: [], steps: new Map() };
    histograms.set(key, histogram);
    for (const [at, point] of points.slice(1).entries()) {
      const grew = { le: readBound(le), upTo: increase(points[at]!.figures[0], point.figures) };
      histogram.steps.set(point.ts, [...(histogram.steps.get(point.ts) ?? []), grew]);
    }
  }
  return [...histograms.values()].map(({ metric, labels, steps }) => {
    const points = [...steps].map(([ts, buckets]) => [ts, bucketQuantile(buckets, quantile)] as const);
    return { metric, labels, points: points.filter((p): p is [number, number] => p[1] !== null && p[0] >= from) };
  });
}
