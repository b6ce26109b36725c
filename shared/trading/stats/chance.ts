/** Chance as statistics need it: the caller passes a source, seeded where an answer must repeat itself. */

/** `next` is uniform in [0, 1). */
export interface Chance {
  next(): number;
}
