/** Long computations cut into parts: whoever drives one may let others have their turn between two of them. */

/** Ends with its answer; it is the same however the parts are driven. */
export type InParts<T> = Generator<undefined, T, unknown>;

/** All parts one after the other. */
export function atOnce<T>(work: InParts<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/** [from, to) of so many rows each that a part takes some milliseconds, when a row takes so many multiplications. */
export function* rowParts(rows: number, perRow: number): Generator<readonly [from: number, to: number]> {
  const length = Math.max(1, Math.floor(PART / perRow));
  for (let from = 0; from < rows; from += length) yield [from, Math.min(rows, from + length)];
}
const PART = 2_000_000;
