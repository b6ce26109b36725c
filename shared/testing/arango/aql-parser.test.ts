import { describe, expect, test } from "bun:test";
import { everyStatement } from "../../adapters/arango/catalogue.ts";
import { notes } from "../store-world.ts";
import { checkAql } from "./aql-check.ts";
import { AqlError } from "./aql-error.ts";
import { parseAql } from "./aql-parser.ts";
import type { Document } from "./aql-values.ts";

const run = (text: string, bound: Document = {}) => checkAql(parseAql(text), bound);
function numberOf(text: string, bound: Document = {}): number | undefined {
  try {
    run(text, bound);
  } catch (error) {
    if (error instanceof AqlError) return error.number;
    throw error;
  }
  return undefined;
}

describe("what the store says", () => {
  for (const { about, statement } of everyStatement(notes as never, { id: "new", text: "a b", ts: 1 })) {
    test(`${about} is of the grammar, and all that it names is bound`, () => {
      run(statement.text, statement.values as Document);
    });
    test(`${about} names no value in its text`, () => {
      const literals = statement.text.match(/"[^"]*"|'[^']*'/g) ?? [];
      const allowed = new Set(['"bfs"', '"global"', '"replace"', '"ignore"', '"conflict"']);
      expect(literals.filter((literal) => !allowed.has(literal))).toEqual([]);
    });
  }
});

describe("refused", () => {
  const rows: [string, number, string, Document?][] = [
    ["nothing", 1502, " "],
    ["an end too early", 1501, "FOR d IN notes FILTER"],
    ["an end too late", 1501, "RETURN 1 RETURN 2"],
    ["a FOR that answers nothing", 1501, "FOR d IN notes"],
    ["SQL", 1501, "SELECT * FROM notes"],
    ["a single equals sign", 1501, "FOR d IN notes FILTER d.a = 1 RETURN d"],
    ["a reserved word as an attribute", 1501, "FOR d IN notes RETURN d.window"],
    ["a reserved word as a variable", 1501, "FOR filter IN notes RETURN 1"],
    ["an unknown operation", 1501, "FOR d IN notes WHERE d.a == 1 RETURN d"],
    ["an unknown function", 1540, "RETURN NOW()"],
    ["too many arguments", 1541, "RETURN LENGTH(1, 2)"],
    ["an unknown variable", 1512, "FOR d IN notes RETURN e"],
    ["a variable twice", 1511, "FOR d IN notes FOR d IN others RETURN d"],
    ["a parameter without a value", 1551, "RETURN @a"],
    ["a value without a parameter", 1552, "RETURN 1", { a: 1 }],
    ["a collection that is no name", 1553, "FOR d IN @@c RETURN d", { "@c": 1 }],
    ["an unknown option", 1501, "FOR d IN @l INSERT d INTO notes OPTIONS { overwrite: true }", { l: [] }],
    [
      "an option that is computed",
      1575,
      "FOR d IN @l INSERT d INTO notes OPTIONS { ignoreErrors: @x }",
      { l: [], x: true },
    ],
    ["reading what was written", 1579, "LET a = (FOR d IN notes REMOVE d IN notes) FOR d IN notes RETURN d"],
    ["writing twice", 1579, "LET a = (FOR d IN @l INSERT d INTO n) FOR d IN @l REMOVE d IN n", { l: [] }],
    ["search functions outside of SEARCH", 1501, 'FOR d IN notes FILTER STARTS_WITH(d.a, "b") RETURN d'],
    ["a limit that is not constant", 1512, "FOR d IN notes LIMIT d.a RETURN d"],
    ["a text that does not end", 1501, 'RETURN "a'],
  ];
  for (const [name, number, text, bound] of rows) {
    test(`${name}: ${number}`, () => {
      expect(numberOf(text, bound)).toBe(number);
    });
  }
});
