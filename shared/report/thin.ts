/** Makes many points few enough to be drawn, without hiding their extremes. */

export type Point = readonly [ts: number, value: number];

/** Of each of about `max`/4 spans of time its first, lowest, highest and last point, in order of time. */
export function thinned(points: readonly Point[], max: number): Point[] {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || points.length <= max) return [...points];
  const spans = Math.max(1, Math.floor(max / 4));
  const length = (last[0] - first[0]) / spans || 1;
  const kept: Point[] = [];
  let from = 0;
  for (let span = 0; span < spans && from < points.length; span++) {
    let to = from;
    const end = span === spans - 1 ? Number.POSITIVE_INFINITY : first[0] + (span + 1) * length;
    let [low, high] = [from, from];
    for (; to < points.length && points[to]![0] < end; to++) {
      if (points[to]![1] < points[low]![1]) low = to;
      if (points[to]![1] > points[high]![1]) high = to;
    }
    if (to > from) {
      const places = [...new Set([from, low, high, to - 1])].sort((a, b) => a - b);
      for (const place of places) kept.push(points[place]!);
    }
    from = to;
  }
  return kept;
}
