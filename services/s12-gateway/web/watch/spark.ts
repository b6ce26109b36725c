/** A series as a small line, without axes: its shape is all it tells. */

/** An SVG path from left to right by time, 0 at the bottom and the highest value (at least 1) at the top. */
export function sparkPath(
  points: readonly (readonly [ts: number, value: number])[],
  { width, height }: { width: number; height: number },
): string {
  const [first, last] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 0];
  const span = Math.max(1, last - first);
  const top = Math.max(1, ...points.map(([, value]) => value));
  const place = ([ts, value]: readonly [number, number]): string =>
    `${round(((ts - first) / span) * width)} ${round(height - (Math.max(0, value) / top) * height)}`;
  return points.map((point, i) => `${i === 0 ? "M" : "L"}${place(point)}`).join("");
}

const round = (value: number): number => Math.round(value * 100) / 100;
