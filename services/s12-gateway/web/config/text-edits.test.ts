import { describe, expect, test } from "bun:test";
import { appliedTo, commented, indented, newLine, outdented, type Selected, type TextEdit } from "./text-edits.ts";

/** `|` stands for the caret, or for both ends of what is selected. */
function selected(marked: string): Selected {
  const start = marked.indexOf("|");
  const end = marked.lastIndexOf("|");
  const text = marked.replaceAll("|", "");
  return { text, start, end: end > start ? end - 1 : start };
}
function after(marked: string, how: (given: Selected) => TextEdit): string {
  const given = selected(marked);
  const edit = how(given);
  const [from, to] = edit.select;
  const text = appliedTo(given.text, edit);
  return from === to
    ? `${text.slice(0, from)}|${text.slice(from)}`
    : `${text.slice(0, from)}|${text.slice(from, to)}|${text.slice(to)}`;
}

describe("keys in the editor", () => {
  test("Tab puts two spaces in, and moves the lines that are selected", () => {
    expect(after("a: |1", indented)).toBe("a:   |1");
    expect(after("a:\n|b: 1\nc: 2|\nd: 3", indented)).toBe("a:\n  |b: 1\n  c: 2|\nd: 3");
  });
  test("Shift-Tab takes them out again, and never more than there are", () => {
    expect(after("a:\n  b: |1", outdented)).toBe("a:\nb: |1");
    expect(after(" b: |1", outdented)).toBe("b: |1");
    expect(after("b: |1", outdented)).toBe("b: |1");
    expect(after("|  b: 1\n  c: 2\n|d: 3", outdented)).toBe("|b: 1\nc: 2\n|d: 3");
  });
  test("Enter keeps the indent, under a list item too, and goes deeper after a key without a value", () => {
    expect(after("  b: 1|", newLine)).toBe("  b: 1\n  |");
    expect(after("  - f: mid|", newLine)).toBe("  - f: mid\n    |");
    expect(after("rules:|", newLine)).toBe("rules:\n  |");
    expect(after("rules: # mine|", newLine)).toBe("rules: # mine\n  |");
  });
  test("comments come and go by whole lines, at the depth of the shallowest", () => {
    const plain = "|a:\n  b: 1|";
    const off = after(plain, commented);
    expect(off.replaceAll("|", "")).toBe("# a:\n#   b: 1");
    expect(after(off, commented).replaceAll("|", "")).toBe("a:\n  b: 1");
    expect(after("  b|: 1", commented)).toBe("  # b|: 1");
  });
});
