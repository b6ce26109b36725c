import { describe, expect, test } from "bun:test";
import { movedMarks, paintedLine } from "./line-paint.ts";

const inked = (line: string) =>
  paintedLine(line, 0, [])
    .filter(({ ink }) => ink !== "plain")
    .map(({ text, ink }) => `${ink}:${text}`);

describe("painted lines", () => {
  test("nothing of a line is lost", () => {
    for (const line of ["", "   ", '  - { f: mid, op: ">=", v: -0.5 } # why', "a: 'it''s'", "{[,:", "x: 5s"]) {
      expect(
        paintedLine(line, 0, [])
          .map(({ text }) => text)
          .join(""),
      ).toBe(line);
    }
  });
  test("keys, texts, numbers and comments are told apart", () => {
    expect(inked("leverage: 20 # a lot")).toEqual(["key:leverage", "sign::", "number:20", "comment:# a lot"]);
    expect(inked('note: "a: 1 # no comment"')).toEqual(["key:note", "sign::", 'text:"a: 1 # no comment"']);
    expect(inked("timeframe: 5s").slice(0, 2)).toEqual(["key:timeframe", "sign::"]);
    // A text that goes on in the next line, and a word that is none.
    expect(inked('note: "they look: often')).toEqual(["key:note", "sign::", 'text:"they look: often']);
    expect(inked("note: it's fine: 3")).not.toContain("text:'s fine: 3");
    expect(inked("enabled: true")).toContain("number:true");
    expect(inked("instrument: FUT:BTCUSDT")).not.toContain("key:FUT");
  });
  test("what was found is underlined, an error over a warning", () => {
    const marks = [
      { from: 102, to: 106, severity: "warning" },
      { from: 104, to: 105, severity: "error" },
      { from: 300, to: 301, severity: "error" },
    ] as const;
    const marked = paintedLine("a: 1234", 100, marks).filter(({ severity }) => severity);
    expect(marked.map(({ text, severity }) => `${severity}:${text}`)).toEqual([
      "warning: ",
      "warning:1",
      "error:2",
      "warning:3",
    ]);
  });
});

describe("marks while one types", () => {
  const mark = (from: number, to: number) => ({ from, to, severity: "error" as const });
  const before = "one: 1\ntwo: 2\n";
  test("those before a change stay, those after it move, the one within goes", () => {
    expect(movedMarks([mark(0, 3), mark(5, 6), mark(7, 10)], before, "one: 100\ntwo: 2\n")).toEqual([
      mark(0, 3),
      mark(5, 6),
      mark(9, 12),
    ]);
    expect(movedMarks([mark(5, 6)], before, "one: \ntwo: 2\n")).toEqual([]);
    expect(movedMarks([mark(5, 6)], before, before)).toEqual([mark(5, 6)]);
  });
});
