/** AQL cut into tokens, by ArangoDB's documented lexical rules ("AQL Syntax"); what is none of them is a parse error. */
import { AqlError, parseError } from "./aql-error.ts";

export type Token =
  | { kind: "keyword" | "name" | "bind" | "data" | "operator"; text: string; at: number }
  | { kind: "number"; text: string; at: number; value: number }
  | { kind: "string"; text: string; at: number; value: string }
  | { kind: "end"; text: ""; at: number };

/** Reserved: none may be a variable's or an attribute's name unless quoted. */
const KEYWORDS = new Set(
  (
    "AGGREGATE ALL ALL_SHORTEST_PATHS AND ANY ASC COLLECT DESC DISTINCT FALSE FILTER FOR GRAPH IN INBOUND INSERT INTO " +
    "K_PATHS K_SHORTEST_PATHS LET LIKE LIMIT NONE NOT NULL OR OUTBOUND REMOVE REPLACE RETURN SHORTEST_PATH SORT TRUE " +
    "UPDATE UPSERT WINDOW WITH"
  ).split(" "),
);

const RULES: readonly [Token["kind"] | "space", RegExp][] = [
  ["space", /(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/y],
  ["data", /@@[A-Za-z0-9][A-Za-z0-9_]*/y],
  ["bind", /@[A-Za-z0-9][A-Za-z0-9_]*/y],
  ["number", /(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y],
  ["string", /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/y],
  ["name", /[A-Za-z_][A-Za-z0-9_]*|`[^`]+`/y],
  ["operator", /\.\.|==|!=|<=|>=|&&|\|\||[<>=!+\-*/%?:,.;()[\]{}]/y],
];

export function tokensOf(text: string): Token[] {
  if (text.trim() === "") throw new AqlError(1502, "query is empty");
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    const [kind, match] = matchAt(text, at);
    if (kind !== "space") tokens.push(tokenOf(kind, match, at));
    at += match.length;
  }
  tokens.push({ kind: "end", text: "", at: text.length });
  return tokens;
}

function matchAt(text: string, at: number): [Token["kind"] | "space", string] {
  for (const [kind, rule] of RULES) {
    rule.lastIndex = at;
    const match = rule.exec(text)?.[0];
    // `1..2` is a range: a number does not take its point.
    if (match !== undefined) return [kind, match];
  }
  throw parseError(`unexpected character near '${text.slice(at, at + 20)}'`);
}

function tokenOf(kind: Token["kind"], text: string, at: number): Token {
  if (kind === "number") return { kind, text, at, value: Number(text) };
  if (kind === "string") return { kind, text, at, value: unquote(text) };
  if (kind === "name" && text.startsWith("`")) return { kind, text: text.slice(1, -1), at };
  if (kind === "name" && KEYWORDS.has(text.toUpperCase())) return { kind: "keyword", text: text.toUpperCase(), at };
  if (kind === "bind") return { kind, text: text.slice(1), at };
  // A collection's parameter is bound under its name with one @.
  if (kind === "data") return { kind, text: text.slice(1), at };
  return { kind, text, at } as Token;
}

function unquote(text: string): string {
  if (text.startsWith("'")) return text.slice(1, -1).replace(/\\(.)/g, "$1");
  return JSON.parse(text) as string;
}
