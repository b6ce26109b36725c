/** Reads Prometheus text: series with their labels in canonical order. */

export interface Sample {
  metric: string;
  labels: Record<string, string>;
  value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;
const BUCKET = "_bucket";
/** Who tells it, and the bucket's upper bound: these stay apart in every bucket that is kept. */
const ALWAYS = ["service", "shard", "replica", "le"];
/**
 * Histograms whose buckets are kept, so that quantiles can be told, each with the labels that stay apart: buckets that
 * differ in others are added up. All the rest are told by sum and count, since buckets would drown everything else.
 */
const KEPT: ReadonlyMap<string, readonly string[]> = new Map([
  ["chimera_request_ms", []],
  ["chimera_call_ms", ["to"]],
  ["chimera_commit_ms", []],
  ["chimera_order_ack_ms", []],
]);

export function readPrometheus(text: string): Sample[] {
  const samples: Sample[] = [];
  const buckets = new Map<string, Sample>();
  for (const line of text.split("\n")) {
    const match = line.startsWith("#") ? null : LINE.exec(line);
    if (!match) continue;
    const [, metric, labels, number] = match as unknown as [string, string, string | undefined, string];
    const value = Number(number);
    if (!Number.isFinite(value)) continue;
    if (metric.endsWith(BUCKET)) addBucket(buckets, { metric, labels: readLabels(labels ?? ""), value });
    else samples.push({ metric, labels: readLabels(labels ?? ""), value });
  }
  return [...samples, ...buckets.values()];
}

function addBucket(buckets: Map<string, Sample>, { metric, labels, value }: Sample): void {
  const apart = KEPT.get(metric.slice(0, -BUCKET.length));
  if (apart === undefined) return;
  const kept = Object.entries(labels).filter(([name]) => ALWAYS.includes(name) || apart.includes(name));
  const sample = { metric, labels: Object.fromEntries(kept), value };
  const key = seriesKey(sample);
  const before = buckets.get(key);
  if (before) before.value += value;
  else buckets.set(key, sample);
}

function readLabels(text: string): Record<string, string> {
  const pairs = [...text.matchAll(LABEL)].map(
    ([, name, value]) => [name as string, unescaped(value as string)] as const,
  );
  return Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1)));
}
const unescaped = (text: string): string => text.replace(/\\(.)/g, (_m, c: string) => (c === "n" ? "\n" : c));

/** `name{a="1",b="2"}`: one string per series, the same for the same labels. */
export const seriesKey = ({ metric, labels }: Omit<Sample, "value">): string =>
  `${metric}{${Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(",")}}`;

/** The inverse of `seriesKey`. */
export function readSeriesKey(key: string): Omit<Sample, "value"> {
  const at = key.indexOf("{");
  return { metric: key.slice(0, at), labels: readLabels(key.slice(at + 1, -1)) };
}
