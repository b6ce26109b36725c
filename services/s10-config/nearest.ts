/** Finds the known name that was probably meant. */

/** Farther than this share of a name's length is another word, not a slip. */
const DISTANCE_SHARE_MAX = 0.4;

/** Levenshtein distance, one row at a time. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(swap, previous[j]! + 1, row[j - 1]! + 1));
    }
    previous = row;
  }
  return previous[b.length]!;
}

/** The closest of `known`, or undefined when none is close; on a tie the first in order. Letters that changed places are one slip. */
export function nearest(given: string, known: readonly string[]): string | undefined {
  const word = given.slice(0, 64);
  const swapped = known.find((name) => letters(name) === letters(word));
  if (swapped !== undefined) return swapped;
  let best: { name: string; distance: number } | undefined;
  for (const name of known) {
    const distance = editDistance(word, name);
    if (best === undefined || distance < best.distance) best = { name, distance };
  }
  if (!best || best.distance > Math.max(1, Math.ceil(word.length * DISTANCE_SHARE_MAX))) return undefined;
  return best.name;
}

const letters = (word: string): string => [...word].sort().join("");
