/** Expressions of AQL by their precedence ("Operators", "Operator precedence"): ternary, or, and, equality, sums, members. */
import { parseError } from "./aql-error.ts";
import { type Token, tokensOf } from "./aql-tokens.ts";
import type { Expression, Operation } from "./aql-tree.ts";

const COMPARES = new Set(["==", "!=", "<", "<=", ">", ">="]);

export abstract class ExpressionParser {
  readonly #tokens: Token[];
  #at = 0;
  /** Inside the value of an INSERT or REMOVE the word IN ends it, unless it is in brackets. */
  #isInEnding = false;

  constructor(text: string) {
    this.#tokens = tokensOf(text);
  }

  protected abstract subquery(): Operation[];

  get peek(): Token {
    return this.#tokens[this.#at]!;
  }

  next(): Token {
    return this.#tokens[this.#at++]!;
  }

  mark(): number {
    return this.#at;
  }

  reset(mark: number): void {
    this.#at = mark;
  }

  sees(kind: Token["kind"], text: string): boolean {
    return this.peek.kind === kind && this.peek.text === text;
  }

  skips(kind: Token["kind"], text: string): boolean {
    const isThere = this.sees(kind, text);
    if (isThere) this.#at++;
    return isThere;
  }

  /** A word that is one of AQL's only where it stands: OPTIONS, SEARCH, COUNT. */
  skipsWord(word: string): boolean {
    const isThere = this.peek.kind === "name" && this.peek.text.toUpperCase() === word;
    if (isThere) this.#at++;
    return isThere;
  }

  take(kind: Token["kind"], text: string): void {
    if (!this.skips(kind, text)) this.fail(text);
  }

  name(): string {
    const token = this.next();
    if (token.kind !== "name") throw parseError(`unexpected '${token.text}', expecting a name`);
    return token.text;
  }

  fail(expected: string): never {
    throw parseError(`unexpected '${this.peek.text || "end of query"}' at ${this.peek.at}, expecting ${expected}`);
  }

  expression(options: { without?: "IN" } = {}): Expression {
    const before = this.#isInEnding;
    this.#isInEnding = options.without === "IN";
    const expression = this.#choice();
    this.#isInEnding = before;
    return expression;
  }

  #choice(): Expression {
    const test = this.#or();
    if (!this.skips("operator", "?")) return test;
    const yes = this.#choice();
    this.take("operator", ":");
    return { type: "choice", test, yes, no: this.#choice() };
  }

  #or(): Expression {
    let left = this.#and();
    while (this.skips("operator", "||") || this.skips("keyword", "OR")) left = binary("OR", left, this.#and());
    return left;
  }

  #and(): Expression {
    let left = this.#comparison();
    while (this.skips("operator", "&&") || this.skips("keyword", "AND")) left = binary("AND", left, this.#comparison());
    return left;
  }

  #comparison(): Expression {
    let left = this.sum();
    for (;;) {
      const { kind, text } = this.peek;
      if (kind === "operator" && COMPARES.has(text)) {
        this.next();
        left = binary(text, left, this.sum());
      } else if (!this.#isInEnding && this.skips("keyword", "IN")) left = binary("IN", left, this.sum());
      else return left;
    }
  }

  sum(): Expression {
    let left = this.#unary();
    while (this.sees("operator", "+") || this.sees("operator", "-"))
      left = binary(this.next().text, left, this.#unary());
    return left;
  }

  #unary(): Expression {
    if (this.skips("operator", "!") || this.skips("keyword", "NOT")) return { type: "not", of: this.#unary() };
    if (this.skips("operator", "-")) return { type: "negative", of: this.#unary() };
    return this.simple();
  }

  /** A value with its members. */
  simple(): Expression {
    let of = this.#value();
    for (;;) {
      if (this.skips("operator", ".")) of = this.#member(of);
      else if (this.skips("operator", "[")) {
        of = { type: "index", of, at: this.expression() };
        this.take("operator", "]");
      } else return of;
    }
  }

  #member(of: Expression): Expression {
    const token = this.next();
    if (token.kind === "name") return { type: "member", of, name: token.text };
    if (token.kind === "bind") return { type: "boundMember", of, name: token.text };
    throw parseError(`unexpected '${token.text}', expecting an attribute's name (reserved words are to be quoted)`);
  }

  #value(): Expression {
    const token = this.next();
    switch (token.kind) {
      case "number":
      case "string":
        return { type: "literal", value: token.value };
      case "bind":
        return { type: "bind", name: token.text };
      case "name":
        return this.skips("operator", "(") ? this.#call(token.text) : { type: "name", name: token.text };
      case "keyword":
        if (token.text === "TRUE" || token.text === "FALSE") return { type: "literal", value: token.text === "TRUE" };
        if (token.text === "NULL") return { type: "literal", value: null };
        break;
      case "operator":
        if (token.text === "(") return this.#bracket();
        if (token.text === "[") return this.#array();
        if (token.text === "{") return this.#object();
    }
    throw parseError(`unexpected '${token.text || "end of query"}' at ${token.at}, expecting a value`);
  }

  #call(name: string): Expression {
    return { type: "call", name: name.toUpperCase(), args: this.#list(")") };
  }

  #bracket(): Expression {
    const { kind, text } = this.peek;
    const begins =
      kind === "keyword" && ["FOR", "LET", "RETURN", "INSERT", "REPLACE", "UPDATE", "REMOVE"].includes(text);
    const inner: Expression = begins ? { type: "subquery", query: this.subquery() } : this.expression();
    this.take("operator", ")");
    return inner;
  }

  #array(): Expression {
    return { type: "array", items: this.#list("]") };
  }

  #list(end: ")" | "]"): Expression[] {
    const items: Expression[] = [];
    while (!this.skips("operator", end)) {
      items.push(this.expression());
      if (!this.sees("operator", end)) this.take("operator", ",");
    }
    return items;
  }

  #object(): Expression {
    const members: [string, Expression][] = [];
    while (!this.skips("operator", "}")) {
      const token = this.next();
      if (token.kind !== "name" && token.kind !== "string") throw parseError(`unexpected '${token.text}' in an object`);
      this.take("operator", ":");
      members.push([token.kind === "string" ? token.value : token.text, this.expression()]);
      if (!this.sees("operator", "}")) this.take("operator", ",");
    }
    return { type: "object", members };
  }
}

const binary = (operator: string, left: Expression, right: Expression): Expression => ({
  type: "binary",
  operator,
  left,
  right,
});
