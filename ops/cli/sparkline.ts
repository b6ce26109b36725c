/** A curve as one line of blocks, for a terminal. */
const BLOCKS = "▁▂▃▄▅▆▇█";

/** Of each of `width` equal parts its last value; one level alone is drawn in the middle. */
export function sparkline(values: readonly number[], width: number): string {
  if (values.length === 0) return "";
  const count = Math.min(width, values.length);
  const picked = Array.from({ length: count }, (_, part) => {
    return values[Math.ceil(((part + 1) * values.length) / count) - 1] as number;
  });
  const [low, high] = [Math.min(...picked), Math.max(...picked)];
  const level = (value: number): number => (high > low ? Math.round(((value - low) / (high - low)) * 7) : 3);
  return picked.map((value) => BLOCKS[level(value)]).join("");
}
