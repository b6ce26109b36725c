import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { csvResponse, csvText, itemsAsCsv, wantsCsv } from "./csv.ts";

describe("who asks for CSV", () => {
  const rows: [string | null, boolean][] = [
    [null, false],
    ["*/*", false],
    ["application/json", false],
    ["text/csv", true],
    ["TEXT/CSV; charset=utf-8", true],
    ["text/csv, application/json;q=0.9", true],
    ["text/csv;q=0.5, application/json", false],
    ["text/csv;q=0, */*", false],
    ["text/html, text/csv, */*;q=0.1", true],
    ["text/csv-schema", false],
  ];
  test.each(rows)("%p → %p", (accept, expected) => expect(wantsCsv(accept)).toBe(expected));
});

describe("cells", () => {
  const one = (value: unknown, name = "note") => csvText([name], [{ [name]: value }]).split("\r\n")[1];
  const rows: [string, unknown, string][] = [
    ["nothing", undefined, ""],
    ["a number", "-0.1", "-0.1"],
    ["a comma", "a,b", '"a,b"'],
    ["a quote", 'say "hi"', '"say ""hi"""'],
    ["a formula", "=1+1", "'=1+1"],
    ["a formula in a quoted cell", '=HYPERLINK("http://x","y")', `"'=HYPERLINK(""http://x"",""y"")"`],
    ["a minus before no number", "-2+3", "'-2+3"],
    ["an at sign", "@SUM(A1)", "'@SUM(A1)"],
    ["a tab", "\t=1", "'\t=1"],
    ["a plus", "+49", "'+49"],
    ["an object", { a: 1 }, '"{""a"":1}"'],
    ["yes", true, "true"],
  ];
  test.each(rows)("%s", (_what, value, expected) => expect(one(value)).toBe(expected));
  test("a line break is kept within quotes", () => {
    expect(csvText(["note"], [{ note: "a\r\nb" }])).toBe('note\r\n"a\r\nb"\r\n');
  });
  test("times are written as people read them, by their name", () => {
    expect(one(0, "opened_at")).toBe("1970-01-01T00:00:00.000Z");
    expect(one(0, "ts")).toBe("1970-01-01T00:00:00.000Z");
    expect(one(0, "lots")).toBe("0");
  });
  test("whatever the texts are, they are read back, and none begins as a formula", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string()), { minLength: 1 }), (pairs) => {
        const text = csvText(
          ["a", "b"],
          pairs.map(([a, b]) => ({ a, b })),
        );
        const [header, ...read] = parse(text);
        expect(header).toEqual(["a", "b"]);
        expect(read.length).toBe(pairs.length);
        for (const [at, cells] of read.entries()) {
          for (const [which, shown] of cells.entries()) {
            const given = pairs[at]?.[which] ?? "";
            expect([given, `'${given}`]).toContain(shown);
            if (!/^-?\d+(\.\d+)?$/.test(shown)) expect(shown).not.toMatch(/^[=+\-@\t\r\n]/);
          }
        }
      }),
      { seed: 7 },
    );
  });
});

test("a page says where the next one begins, and how it is called", async () => {
  const csv = itemsAsCsv<{ a: string }>("a");
  const response = csvResponse(csv as never, { items: [{ a: "1" }], next_cursor: "c2" }, "/trades");
  expect(response.headers.get("chimera-next-cursor")).toBe("c2");
  expect(response.headers.get("content-disposition")).toBe('attachment; filename="trades.csv"');
  expect(await response.text()).toBe("a\r\n1\r\n");
});

/** RFC 4180, read the plain way. */
function parse(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    let value = "";
    if (text[at] === '"') {
      at++;
      while (text[at] !== '"' || text[at + 1] === '"') {
        value += text[at];
        at += text[at] === '"' ? 2 : 1;
      }
      at++;
    } else {
      while (text[at] !== "," && text[at] !== "\r") value += text[at++];
    }
    row.push(value);
    if (text[at] === ",") {
      at++;
      if (text[at] === "\r") row.push("");
      if (text[at] !== "\r") continue;
    }
    at += 2;
    rows.push(row);
    row = [];
  }
  return rows;
}
