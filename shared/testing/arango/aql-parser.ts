/**
 * Parses the part of AQL that the store may use, by ArangoDB's documentation ("AQL Syntax", "High-level operations",
 * "Operators", "Traversals"). Everything else is refused: operations and operators that are not listed here, and a
 * statement that ends early or goes on too long.
 */
import { parseError } from "./aql-error.ts";
import { ExpressionParser } from "./aql-expressions.ts";
import type { Expression, Operation, Source, Write } from "./aql-tree.ts";

/** The operations of a statement, in their order. Throws AqlError 1501. */
export function parseAql(text: string): Operation[] {
  const parser = new Parser(text);
  const operations = parser.operations();
  parser.end();
  return operations;
}

class Parser extends ExpressionParser {
  operations(): Operation[] {
    const operations: Operation[] = [];
    for (;;) {
      const operation = this.#operation();
      operations.push(operation);
      if (operation.op === "return") return operations;
      if (operation.op === "write" && !this.sees("keyword", "RETURN") && !this.sees("keyword", "LET"))
        return operations;
    }
  }

  end(): void {
    if (this.peek.kind !== "end") this.fail("nothing more");
  }

  protected override subquery(): Operation[] {
    return this.operations();
  }

  #operation(): Operation {
    const { kind, text } = this.peek;
    if (kind !== "keyword") this.fail("an operation");
    switch (text) {
      case "FOR":
        return this.#for();
      case "FILTER":
        this.next();
        return { op: "filter", test: this.expression() };
      case "LET": {
        this.next();
        const variable = this.name();
        this.take("operator", "=");
        return { op: "let", variable, value: this.expression() };
      }
      case "SORT":
        return this.#sort();
      case "LIMIT":
        return this.#limit();
      case "COLLECT":
        return this.#count();
      case "RETURN":
        this.next();
        return { op: "return", value: this.expression() };
      case "INSERT":
      case "REPLACE":
      case "UPDATE":
      case "REMOVE":
        return this.#write(text);
      default:
        return this.fail("an operation");
    }
  }

  #for(): Operation {
    this.next();
    const variables = [this.name()];
    while (this.skips("operator", ",")) variables.push(this.name());
    this.take("keyword", "IN");
    const traversal = this.#traversal(variables);
    if (traversal) return traversal;
    if (variables.length > 1) throw parseError("a FOR loop over a collection has one variable");
    const source = this.#sourceOrArray();
    const search = this.skipsWord("SEARCH") ? this.expression() : undefined;
    const options = this.#options();
    return { op: "for", variable: variables[0]!, source, ...(search && { search }), ...(options && { options }) };
  }

  /** Looks ahead: a traversal begins with a direction, or with a depth and then a direction. */
  #traversal(variables: string[]): Operation | undefined {
    if (this.peek.kind === "data") return undefined;
    const back = this.mark();
    let depth: [Expression, Expression] = [ONE, ONE];
    if (!this.#direction()) {
      const least = this.sum();
      depth = this.skips("operator", "..") ? [least, this.sum()] : [least, least];
    }
    const direction = this.#direction();
    if (!direction) {
      this.reset(back);
      return undefined;
    }
    this.next();
    const start = this.expression();
    this.take("keyword", "GRAPH");
    const graph = this.expression();
    const options = this.#options();
    if (variables.length > 3) throw parseError("a traversal has at most three variables");
    return { op: "traverse", variables, depth, direction, start, graph, ...(options && { options }) };
  }

  #direction(): "INBOUND" | "OUTBOUND" | "ANY" | undefined {
    const { kind, text } = this.peek;
    return kind === "keyword" && (text === "INBOUND" || text === "OUTBOUND" || text === "ANY") ? text : undefined;
  }

  #sort(): Operation {
    this.next();
    const by: { value: Expression; descending: boolean }[] = [];
    do {
      const value = this.expression();
      const descending = this.skips("keyword", "DESC");
      if (!descending) this.skips("keyword", "ASC");
      by.push({ value, descending });
    } while (this.skips("operator", ","));
    return { op: "sort", by };
  }

  #limit(): Operation {
    this.next();
    const first = this.simple();
    if (!this.skips("operator", ",")) return { op: "limit", offset: { type: "literal", value: 0 }, count: first };
    return { op: "limit", offset: first, count: this.simple() };
  }

  /** Of COLLECT only `COLLECT WITH COUNT INTO name`. */
  #count(): Operation {
    this.next();
    this.take("keyword", "WITH");
    if (!this.skipsWord("COUNT")) this.fail("COUNT");
    this.take("keyword", "INTO");
    return { op: "count", into: this.name() };
  }

  #write(kind: Write): Operation {
    this.next();
    const value = this.expression({ without: "IN" });
    const changes =
      (kind === "UPDATE" || kind === "REPLACE") && this.skips("keyword", "WITH")
        ? this.expression({ without: "IN" })
        : undefined;
    // "INTO" and "IN" may both be written for every one of them.
    if (!this.skips("keyword", "INTO")) this.take("keyword", "IN");
    const into = this.#source();
    const options = this.#options();
    return { op: "write", kind, value, into, ...(changes && { with: changes }), ...(options && { options }) };
  }

  #options(): Expression | undefined {
    if (!this.skipsWord("OPTIONS")) return undefined;
    if (!this.sees("operator", "{")) this.fail("an object after OPTIONS");
    return this.simple();
  }

  #source(): Source {
    const token = this.next();
    if (token.kind === "data") return { bound: token.text };
    if (token.kind === "name") return { named: token.text };
    return this.fail("a collection");
  }

  #sourceOrArray(): Source | Expression {
    if (this.peek.kind === "data") return this.#source();
    return this.expression();
  }
}

const ONE: Expression = { type: "literal", value: 1 };
