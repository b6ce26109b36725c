import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type DiffRow, folded, lineDiff } from "./line-diff.ts";

const show = (rows: readonly DiffRow[]) =>
  rows.map(({ left, right, isSame }) => (isSame ? ` ${left?.text}` : `${left?.text ?? ""}|${right?.text ?? ""}`));

describe("texts side by side", () => {
  test("a changed line stands beside what it became", () => {
    expect(show(lineDiff("a\nb\nc", "a\nB\nc"))).toEqual([" a", "b|B", " c"]);
    expect(show(lineDiff("a\nc", "a\nb\nc"))).toEqual([" a", "|b", " c"]);
    expect(show(lineDiff("a\nb\nc", "a\nc"))).toEqual([" a", "b|", " c"]);
    expect(show(lineDiff("x: 1\ny: 2", "y: 2\nx: 1"))).toEqual(["x: 1|", " y: 2", "|x: 1"]);
  });
  test("both texts can be read off, and nothing stays that could not", () => {
    const text = fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(text, text, (one, other) => {
        const rows = lineDiff(one.join("\n"), other.join("\n"));
        expect(rows.flatMap(({ left }) => left?.text ?? [])).toEqual(one);
        expect(rows.flatMap(({ right }) => right?.text ?? [])).toEqual(other);
        for (const { left, right, isSame } of rows) if (isSame) expect(left?.text).toBe(right!.text);
        expect(rows.filter(({ isSame }) => isSame).length).toBe(longestCommon(one, other));
      }),
      { seed: 9, numRuns: 300 },
    );
  });
  test("long unchanged stretches are folded, a few lines around each change are not", () => {
    const lines = Array.from({ length: 30 }, (_, i) => `line ${i}`);
    const rows = lineDiff(lines.join("\n"), lines.with(15, "other").join("\n"));
    const shown = folded(rows);
    expect(shown.length).toBe(1 + 7 + 1);
    expect(shown.flatMap((row) => ("folded" in row ? row.folded : [row])).length).toBe(30);
    expect(folded(lineDiff("a\nb", "a\nB")).every((row) => !("folded" in row))).toBe(true);
  });
});

/** By the textbook's table. */
function longestCommon(a: readonly string[], b: readonly string[]): number {
  const table = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (const [i, x] of a.entries()) {
    for (const [j, y] of b.entries()) {
      table[i + 1]![j + 1] = x === y ? table[i]![j]! + 1 : Math.max(table[i]![j + 1]!, table[i + 1]![j]!);
    }
  }
  return table[a.length]![b.length]!;
}
