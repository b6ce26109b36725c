/** Reads Prometheus text: series with their labels in canonical order. */

export interface Sample {
  metric: string;
  labels: Record<string, string>;
  value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;
/** Histogram buckets are left out: sums and counts give the mean, and the buckets' number would drown the rest. */
const SKIPPED = /_bucket$/;

export function readPrometheus(text: string): Sample[] {
  const samples: Sample[] = [];
  for (const line of text.split("\n")) {
    const match = line.startsWith("#") ? null : LINE.exec(line);
    if (!match) continue;
    const [, metric, labels, number] = match as unknown as [string, string, string | undefined, string];
    const value = Number(number);
    if (SKIPPED.test(metric) || !Number.isFinite(value)) continue;
    samples.push({ metric, labels: readLabels(labels ?? ""), value });
  }
  return samples;
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
