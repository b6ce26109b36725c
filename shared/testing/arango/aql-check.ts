/** What is wrong with a statement before anything is done: variables, parameters, options, one write per collection. */
import { AqlError } from "./aql-error.ts";
import type { Expression, Operation, Source } from "./aql-tree.ts";
import { type Document, functionOf } from "./aql-values.ts";

/** By what they belong to; "If you specify unknown options, query warnings are raised" is an error here. */
const OPTIONS: Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>> = {
  INSERT: { overwriteMode: ["ignore", "replace", "update", "conflict"], ignoreErrors: [true, false] },
  REPLACE: { ignoreRevs: [true, false], ignoreErrors: [true, false] },
  UPDATE: { ignoreRevs: [true, false], ignoreErrors: [true, false], mergeObjects: [true, false] },
  REMOVE: { ignoreRevs: [true, false], ignoreErrors: [true, false] },
  traverse: { order: ["bfs", "dfs"], uniqueVertices: ["path", "global", "none"], uniqueEdges: ["path", "none"] },
  search: { waitForSync: [true, false] },
};

export interface Uses {
  read: Set<string>;
  written: Set<string>;
}

/** Answers the collections and views used by name. Throws AqlError. */
export function checkAql(operations: readonly Operation[], bound: Document): Uses {
  const check = new Check(bound);
  check.query(operations, new Set());
  for (const name of Object.keys(bound)) {
    if (!check.parameters.has(name)) throw new AqlError(1552, `bind parameter '${name}' was not declared in the query`);
  }
  return { read: check.read, written: check.written };
}

class Check {
  readonly parameters = new Set<string>();
  readonly read = new Set<string>();
  readonly written = new Set<string>();
  readonly #bound: Document;

  constructor(bound: Document) {
    this.#bound = bound;
  }

  query(operations: readonly Operation[], outer: ReadonlySet<string>): void {
    let known = new Set(outer);
    let loops = 0;
    for (const operation of operations) {
      if (operation.op === "for" || operation.op === "traverse") loops++;
      known = this.#operation(operation, known, loops);
    }
  }

  #operation(operation: Operation, known: Set<string>, loops: number): Set<string> {
    switch (operation.op) {
      case "for":
        return this.#for(operation, known);
      case "traverse": {
        for (const each of [...operation.depth, operation.start, operation.graph]) this.expression(each, known);
        this.#options("traverse", operation.options);
        return this.#declare(operation.variables, known);
      }
      case "filter":
        this.expression(operation.test, known);
        return known;
      case "let":
        this.expression(operation.value, known);
        return this.#declare([operation.variable], known);
      case "sort":
        for (const { value } of operation.by) this.expression(value, known);
        return known;
      case "limit":
        this.expression(operation.offset, new Set());
        this.expression(operation.count, new Set());
        return known;
      case "count":
        if (loops === 0) throw new AqlError(1501, "COLLECT without a FOR");
        return new Set([operation.into]);
      case "return":
        this.expression(operation.value, known);
        return known;
      case "write":
        return this.#write(operation, known);
    }
  }

  #for(operation: Operation & { op: "for" }, known: Set<string>): Set<string> {
    const { source } = operation;
    if ("bound" in source || "named" in source) this.#reads(this.#name(source));
    else if (source.type === "name" && !known.has(source.name)) this.#reads(source.name);
    else this.expression(source, known);
    const inside = this.#declare([operation.variable], known);
    if (operation.search) this.expression(operation.search, inside, "search");
    this.#options("search", operation.options);
    return inside;
  }

  #reads(name: string): void {
    if (this.written.has(name)) throw new AqlError(1579, `access after data-modification by collection '${name}'`);
    this.read.add(name);
  }

  #write(operation: Operation & { op: "write" }, known: Set<string>): Set<string> {
    this.expression(operation.value, known);
    if (operation.with) this.expression(operation.with, known);
    const name = this.#name(operation.into);
    // "It is not possible to use multiple data modification operations for the same collection in the same query."
    if (this.written.has(name)) throw new AqlError(1579, `access after data-modification by collection '${name}'`);
    this.written.add(name);
    this.#options(operation.kind, operation.options);
    const made = operation.kind === "INSERT" ? ["NEW"] : operation.kind === "REMOVE" ? ["OLD"] : ["OLD", "NEW"];
    return new Set([...known, ...made]);
  }

  #declare(variables: readonly string[], known: ReadonlySet<string>): Set<string> {
    for (const name of variables) {
      if (known.has(name)) throw new AqlError(1511, `variable '${name}' is assigned multiple times`);
    }
    return new Set([...known, ...variables]);
  }

  #options(of: string, options: Expression | undefined): void {
    if (!options) return;
    if (options.type !== "object") throw new AqlError(1575, "query options must be readable at query compile time");
    for (const [name, value] of options.members) {
      if (value.type !== "literal") throw new AqlError(1575, "query options must be readable at query compile time");
      if (!OPTIONS[of]?.[name]?.includes(value.value)) throw new AqlError(1501, `unknown option ${name} of ${of}`);
    }
  }

  #name(source: Source): string {
    if ("named" in source) return source.named;
    const name = this.#value(source.bound);
    if (typeof name !== "string") throw new AqlError(1553, `bind parameter '${source.bound}' has an invalid value`);
    return name;
  }

  #value(parameter: string): unknown {
    this.parameters.add(parameter);
    if (!Object.hasOwn(this.#bound, parameter)) {
      throw new AqlError(1551, `no value specified for declared bind parameter '${parameter}'`);
    }
    return this.#bound[parameter];
  }

  expression(expression: Expression, known: ReadonlySet<string>, where: "search" | "value" = "value"): void {
    switch (expression.type) {
      case "bind":
        this.#value(expression.name);
        break;
      case "name":
        if (!known.has(expression.name)) throw new AqlError(1512, `unknown variable '${expression.name}'`);
        break;
      case "boundMember":
        if (typeof this.#value(expression.name) !== "string")
          throw new AqlError(1553, "an attribute's name is a string");
        break;
      case "call":
        functionOf(expression.name, expression.args.length, where);
        break;
      case "subquery":
        if (where === "search") throw new AqlError(1501, "no subquery in SEARCH");
        this.query(expression.query, known);
    }
    for (const part of partsOf(expression)) this.expression(part, known, where);
  }
}

function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.type) {
    case "member":
    case "boundMember":
    case "not":
    case "negative":
      return [expression.of];
    case "index":
      return [expression.of, expression.at];
    case "array":
      return expression.items;
    case "object":
      return expression.members.map(([, value]) => value);
    case "binary":
      return [expression.left, expression.right];
    case "choice":
      return [expression.test, expression.yes, expression.no];
    case "call":
      return expression.args;
    default:
      return [];
  }
}
