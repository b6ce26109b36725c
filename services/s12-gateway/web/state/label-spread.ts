/** A histogram of labels as a small picture: columns from the worst span to the best, each as high as its share. */

export interface Column {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly tone: "down" | "flat" | "up";
}

export const PICTURE = { width: 90, height: 24 } as const;
const GAP = 1;
/** A single label among thousands is still to be seen. */
const HEIGHT_MIN = 1;

/** The highest column fills the picture; the middle one is what was neither gain nor loss. Empty spans have none. */
export function columnsOf(histogram: readonly number[]): Column[] {
  const highest = Math.max(...histogram, 0);
  const step = PICTURE.width / histogram.length;
  const middle = (histogram.length - 1) / 2;
  return histogram.flatMap((count, at): Column[] => {
    if (count === 0) return [];
    const height = Math.max(HEIGHT_MIN, (count / highest) * PICTURE.height);
    const tone = at === middle ? "flat" : at < middle ? "down" : "up";
    return [{ x: at * step, y: PICTURE.height - height, width: step - GAP, height, tone }];
  });
}
