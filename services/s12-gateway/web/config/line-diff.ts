/** Two texts side by side, line by line: E. Myers, "An O(ND) Difference Algorithm and Its Variations", 1986. */

export interface DiffLine {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}
export interface DiffRow {
  readonly left: DiffLine | undefined;
  readonly right: DiffLine | undefined;
  readonly isSame: boolean;
}
/** A stretch without a change that is longer than anybody reads. */
export interface Fold {
  readonly folded: readonly DiffRow[];
}

/** Texts with more changes than that are told as one replaced by the other: nobody reads them line by line. */
const CHANGES_MAX = 1_000;
const AROUND = 3;

export function lineDiff(before: string, after: string): DiffRow[] {
  const [a, b] = [before.trimEnd().split("\n"), after.trimEnd().split("\n")];
  let head = 0;
  while (head < Math.min(a.length, b.length) && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < Math.min(a.length, b.length) - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  const middle = pairsOf(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  const same = [
    ...Array.from({ length: head }, (_, i): Pair => [i, i]),
    ...middle.map(([i, j]): Pair => [i + head, j + head]),
    ...Array.from({ length: tail }, (_, i): Pair => [a.length - tail + i, b.length - tail + i]),
  ];
  return rowsOf(a, b, same);
}

type Pair = readonly [left: number, right: number];

/** Lines that stay, by their places in both. */
function pairsOf(a: readonly string[], b: readonly string[]): Pair[] {
  const trace = traceOf(a, b);
  if (!trace) return [];
  const pairs: Pair[] = [];
  let [x, y] = [a.length, b.length];
  for (let d = trace.length - 1; d >= 0; d -= 1) {
    const ends = trace[d]!;
    const k = x - y;
    const isDown = k === -d || (k !== d && (ends.get(k - 1) ?? -1) < (ends.get(k + 1) ?? -1));
    const from = isDown ? k + 1 : k - 1;
    const fromX = d === 0 ? 0 : (ends.get(from) ?? 0);
    const fromY = d === 0 ? 0 : fromX - from;
    while (x > fromX && y > fromY) pairs.push([--x, --y]);
    [x, y] = [fromX, fromY];
  }
  return pairs.reverse();
}

/** For each number of changes the furthest reach on each diagonal before it; undefined: they are too many. */
function traceOf(a: readonly string[], b: readonly string[]): Map<number, number>[] | undefined {
  let ends = new Map<number, number>([[1, 0]]);
  const trace: Map<number, number>[] = [];
  for (let d = 0; d <= Math.min(CHANGES_MAX, a.length + b.length); d += 1) {
    trace.push(ends);
    const next = new Map(ends);
    for (let k = -d; k <= d; k += 2) {
      const isDown = k === -d || (k !== d && (next.get(k - 1) ?? -1) < (next.get(k + 1) ?? -1));
      let x = isDown ? (next.get(k + 1) ?? 0) : (next.get(k - 1) ?? 0) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      next.set(k, x);
      if (x >= a.length && x - k >= b.length) return trace;
    }
    ends = next;
  }
  return undefined;
}

/** What goes and what comes between two lines that stay stand beside each other. */
function rowsOf(a: readonly string[], b: readonly string[], same: readonly Pair[]): DiffRow[] {
  const rows: DiffRow[] = [];
  let [x, y] = [0, 0];
  const line = (lines: readonly string[], at: number) => ({ number: at + 1, text: lines[at]! });
  for (const [i, j] of [...same, [a.length, b.length] as const]) {
    while (x < i || y < j) {
      const left = x < i ? line(a, x++) : undefined;
      const right = y < j ? line(b, y++) : undefined;
      rows.push({ left, right, isSame: false });
    }
    if (i < a.length) rows.push({ left: line(a, x++), right: line(b, y++), isSame: true });
  }
  return rows;
}

/** Unchanged lines beyond a few around each change are folded. */
export function folded(rows: readonly DiffRow[]): (DiffRow | Fold)[] {
  const near = new Set<number>();
  for (const [i, row] of rows.entries()) {
    if (row.isSame) continue;
    for (let at = i - AROUND; at <= i + AROUND; at += 1) near.add(at);
  }
  const shown: (DiffRow | Fold)[] = [];
  let run: DiffRow[] = [];
  const flush = () => {
    if (run.length > 2) shown.push({ folded: run });
    else shown.push(...run);
    run = [];
  };
  for (const [i, row] of rows.entries()) {
    if (!near.has(i)) {
      run.push(row);
      continue;
    }
    flush();
    shown.push(row);
  }
  flush();
  return shown;
}
