/** SEARCH over a view, as "ArangoSearch functions" has it, with analyzers of type `delimiter` whose delimiter is a space. */
import { AqlError } from "./aql-error.ts";
import type { Expression } from "./aql-tree.ts";
import { type Document, functionOf, type Value } from "./aql-values.ts";

/** How good a match a document is; 0 is none. */
type Match = (document: Document) => number;

interface Scope {
  variable: string;
  /** What is indexed: fields with points, and by what analyzers. */
  fields: ReadonlyMap<string, readonly string[]>;
  value(expression: Expression): Value;
}

/** Throws AqlError for what cannot be in a SEARCH. */
export function searchIn(expression: Expression, scope: Scope, analyzer = "identity"): Match {
  if (expression.type === "binary" && (expression.operator === "AND" || expression.operator === "OR")) {
    const [left, right] = [searchIn(expression.left, scope, analyzer), searchIn(expression.right, scope, analyzer)];
    if (expression.operator === "OR") return (document) => left(document) + right(document);
    return (document) => {
      const [a, b] = [left(document), right(document)];
      return a > 0 && b > 0 ? a + b : 0;
    };
  }
  if (expression.type !== "call") throw new AqlError(1501, "unsupported expression in SEARCH");
  const { name, args } = expression;
  functionOf(name, args.length, "search");
  const [first, second, third] = args;
  if (name === "ANALYZER") return searchIn(first!, scope, textOf(scope.value(second!)));
  if (name === "STARTS_WITH") {
    const prefix = textOf(scope.value(second!));
    return phrase(pathOf(first!, scope), [(token) => token.startsWith(prefix)], { scope, analyzer });
  }
  if (name !== "PHRASE" || args.length > 3) throw new AqlError(1501, `${name}() is not known in SEARCH here`);
  const parts = scope.value(second!);
  if (!Array.isArray(parts)) throw new AqlError(1542, "PHRASE() is known here with an array only");
  const by = third ? textOf(scope.value(third)) : analyzer;
  return phrase(pathOf(first!, scope), parts.map(tokenTest), { scope, analyzer: by });
}

/** Object tokens, to which no analyzer is applied. */
function tokenTest(part: Value): (token: string) => boolean {
  const [name, wanted] = Object.entries((part ?? {}) as Document)[0] ?? [];
  const text = Array.isArray(wanted) ? textOf(wanted[0]!) : textOf(wanted ?? null);
  if (name === "TERM") return (token) => token === text;
  if (name === "STARTS_WITH") return (token) => token.startsWith(text);
  throw new AqlError(1542, `an object token ${JSON.stringify(part)} is not known here`);
}

function phrase(
  path: string,
  tests: readonly ((token: string) => boolean)[],
  by: { scope: Scope; analyzer: string },
): Match {
  // What is not indexed so is not there for a search.
  if (!by.scope.fields.get(path)?.includes(by.analyzer)) return () => 0;
  const names = path.split(".");
  return (document) => {
    let value: Value | undefined = document;
    for (const name of names) value = (value as Document | null)?.[name];
    if (typeof value !== "string") return 0;
    const tokens = value.split(" ");
    let found = 0;
    for (let at = 0; at + tests.length <= tokens.length; at++) {
      if (tests.every((test, next) => test(tokens[at + next]!))) found++;
    }
    return found / (1 + tokens.length);
  };
}

function pathOf(expression: Expression, scope: Scope): string {
  if (expression.type === "name" && expression.name === scope.variable) return "";
  if (expression.type !== "member" && expression.type !== "boundMember") {
    throw new AqlError(1501, "an attribute of the view's document is expected in SEARCH");
  }
  const name =
    expression.type === "member" ? expression.name : textOf(scope.value({ type: "bind", name: expression.name }));
  const before = pathOf(expression.of, scope);
  return before === "" ? name : `${before}.${name}`;
}

function textOf(value: Value): string {
  if (typeof value !== "string") throw new AqlError(1542, "a string is expected");
  return value;
}
