/** What differs between two lists of a bundle: equal items pair wherever they stand, then those that are of one thing. */
import { canonicalJson } from "./canonical.ts";

/** A change within a document; `before` and `after` are absent where nothing was. */
export interface PathChange {
  op: "added" | "removed" | "changed";
  path: string;
  before?: unknown;
  after?: unknown;
}

interface Lists {
  before: readonly unknown[];
  after: readonly unknown[];
  path: string;
  /** Of two items that are one thing, what differs within. */
  within(before: unknown, after: unknown, path: string): PathChange[];
}

/** What an item is, most telling first: two items with the same values in all of these are one, changed. */
const IDENTITIES: readonly (readonly string[])[] = [
  ["strategy_id"],
  ["rule_id"],
  ["instrument"],
  ["kind", "factor", "direction"],
  ["kind", "timeframe"],
  ["f", "op", "vf"],
  ["f", "op"],
  ["f"],
  ["allOf"],
  ["anyOf"],
  ["not"],
  ["p_min"],
  ["instruments"],
];
/** Their values differ from one to the next by nature; that an item has them says what sort it is. */
const SORTS: ReadonlySet<string> = new Set(["allOf", "anyOf", "not"]);

/** Lists of numbers, and of such lists, are one value. The order of all others says nothing. */
export function listChanges({ before, after, path, within }: Lists): PathChange[] {
  if ([...before, ...after].every((item) => typeof item === "number" || Array.isArray(item))) {
    return [{ op: "changed", path, before, after }];
  }
  const { pairs, gone, come } = matched(before, after);
  return [
    ...gone.map((i) => ({ op: "removed" as const, path: `${path}[${i}]`, before: before[i] })),
    ...pairs.flatMap(([i, j]) => within(before[i], after[j], `${path}[${j}]`)),
    ...come.map((j) => ({ op: "added" as const, path: `${path}[${j}]`, after: after[j] })),
  ];
}

interface Matched {
  pairs: [number, number][];
  gone: number[];
  come: number[];
}

function matched(before: readonly unknown[], after: readonly unknown[]): Matched {
  let [gone, come] = [[...before.keys()], [...after.keys()]];
  const pairs: [number, number][] = [];
  const pairBy = (keyOf: (item: unknown) => string | undefined): void => {
    const waiting = new Map<string, number[]>();
    for (const i of gone) {
      const key = keyOf(before[i]);
      if (key !== undefined) waiting.set(key, [...(waiting.get(key) ?? []), i]);
    }
    const found = come.flatMap((j): [number, number][] => {
      const key = keyOf(after[j]);
      const i = key === undefined ? undefined : waiting.get(key)?.shift();
      return i === undefined ? [] : [[i, j]];
    });
    pairs.push(...found);
    gone = gone.filter((i) => !found.some(([was]) => was === i));
    come = come.filter((j) => !found.some(([, is]) => is === j));
  };
  pairBy(canonicalJson);
  for (const keys of IDENTITIES) pairBy((item) => identityOf(item, keys));
  return { pairs: pairs.toSorted(([, a], [, b]) => a - b), gone, come };
}

function identityOf(item: unknown, keys: readonly string[]): string | undefined {
  if (typeof item !== "object" || item === null) return undefined;
  const values = item as Record<string, unknown>;
  if (keys.some((key) => values[key] === undefined)) return undefined;
  return canonicalJson(keys.map((key) => (SORTS.has(key) ? key : values[key])));
}
