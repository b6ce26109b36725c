/** Carries out a parsed statement on what one transaction sees. Eager: each operation is done before the next begins. */
import { AqlError } from "./aql-error.ts";
import { searchIn } from "./aql-search.ts";
import type { Expression, Operation, Source, Write } from "./aql-tree.ts";
import { type CompareTexts, compare, type Document, equal, functionOf, isTrue, type Value } from "./aql-values.ts";

/** A view's links: per collection the fields (with points) and what analyzers each is indexed by. */
export type Links = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

/** What one transaction sees and may do. */
export interface Data {
  /** Throws AqlError 1203, 403 or 1652 for what is not there or not allowed. */
  scan(collection: string): Iterable<Document>;
  get(collection: string, key: string): Document | undefined;
  write(kind: Write, collection: string, value: Value, options: Document): { OLD: Value; NEW: Value };
  links(view: string): Links;
  isView(name: string): boolean;
  compareTexts: CompareTexts;
  /** The edge collections of a graph. Throws AqlError 1924. */
  edges(graph: string): readonly string[];
}

type Row = { [variable: string]: Value };
type Compiled = (row: Row) => Value;

/** The rows of the answer. Throws AqlError. */
export function runAql(operations: readonly Operation[], bound: Document, data: Data): Value[] {
  return new Run(bound, data).query(operations, {});
}

class Run {
  readonly #bound: Document;
  readonly #data: Data;
  readonly #scores = new Map<Value, number>();

  constructor(bound: Document, data: Data) {
    this.#bound = bound;
    this.#data = data;
  }

  query(operations: readonly Operation[], outer: Row): Value[] {
    let rows: Row[] = [outer];
    for (let at = 0; at < operations.length; at++) {
      const operation = operations[at]!;
      if (operation.op === "return") return rows.map(this.compile(operation.value));
      if (operation.op === "for") {
        // Filters that follow at once are looked at while the collection is gone through.
        const tests: Expression[] = [];
        for (let next = operations[at + 1]; next?.op === "filter"; next = operations[++at + 1]) tests.push(next.test);
        rows = rows.flatMap((row) => this.#for(operation, tests, row));
      } else rows = this.#step(operation, rows);
    }
    return [];
  }

  #step(operation: Operation, rows: Row[]): Row[] {
    switch (operation.op) {
      case "filter": {
        const test = this.compile(operation.test);
        return rows.filter((row) => isTrue(test(row)));
      }
      case "let": {
        const value = this.compile(operation.value);
        return rows.map((row) => ({ ...row, [operation.variable]: value(row) }));
      }
      case "sort":
        return this.#sort(operation, rows);
      case "limit": {
        const offset = this.#whole(operation.offset, rows[0]);
        return rows.slice(offset, offset + this.#whole(operation.count, rows[0]));
      }
      case "count":
        return [{ [operation.into]: rows.length }];
      case "traverse":
        return rows.flatMap((row) => this.#traverse(operation, row));
      case "write": {
        const value = this.compile(operation.value);
        const options = (operation.options ? this.compile(operation.options)({}) : {}) as Document;
        const into = this.#name(operation.into);
        return rows.flatMap((row) => {
          try {
            return [{ ...row, ...this.#data.write(operation.kind, into, value(row), options) }];
          } catch (error) {
            if (options.ignoreErrors !== true || !(error instanceof AqlError)) throw error;
            return [];
          }
        });
      }
      default:
        throw new AqlError(1501, `${operation.op} is not expected here`);
    }
  }

  #for(operation: Operation & { op: "for" }, tests: readonly Expression[], row: Row): Row[] {
    const { variable } = operation;
    const found = this.#documents(operation, tests, row);
    const checks = tests.map((test) => this.compile(test));
    const rows: Row[] = [];
    for (const document of found) {
      const next = { ...row, [variable]: document };
      if (checks.every((check) => isTrue(check(next)))) rows.push(next);
    }
    return rows;
  }

  #documents(
    { variable, source, search }: Operation & { op: "for" },
    tests: readonly Expression[],
    row: Row,
  ): Iterable<Value> {
    const name = this.#collection(source, row);
    if (name === undefined) {
      const list = this.compile(source as Expression)(row);
      if (!Array.isArray(list)) throw new AqlError(1563, "array expected");
      return list;
    }
    if (!this.#data.isView(name)) {
      if (search) throw new AqlError(1501, "SEARCH condition used on non-view");
      return this.#keyed(name, variable, tests, row) ?? this.#data.scan(name);
    }
    const documents: Document[] = [];
    for (const [collection, fields] of this.#data.links(name)) {
      const matches = search
        ? searchIn(search, { variable, fields, value: (each) => this.compile(each)(row) })
        : () => 1;
      for (const document of this.#data.scan(collection)) {
        const score = matches(document);
        if (score === 0) continue;
        this.#scores.set(document, score);
        documents.push(document);
      }
    }
    return documents;
  }

  /** By the primary index, where a filter asks for `_key == x` or `_key IN list`. */
  #keyed(collection: string, variable: string, tests: readonly Expression[], row: Row): Document[] | undefined {
    for (const test of tests) {
      if (test.type !== "binary" || (test.operator !== "==" && test.operator !== "IN")) continue;
      const { left, right } = test;
      if (left.type !== "member" || left.name !== "_key" || left.of.type !== "name" || left.of.name !== variable)
        continue;
      if (right.type !== "bind") continue;
      const wanted = this.compile(right)(row);
      const keys = test.operator === "IN" ? (wanted as Value[]) : [wanted];
      return [...new Set(keys)].flatMap((key): Document[] => {
        const document = this.#data.get(collection, String(key));
        return document ? [document] : [];
      });
    }
    return undefined;
  }

  #sort({ by }: Operation & { op: "sort" }, rows: Row[]): Row[] {
    const values = by.map(({ value }) => this.compile(value));
    const keyed = rows.map((row) => ({ row, keys: values.map((value) => value(row)) }));
    keyed.sort((a, b) => {
      for (const [at, { descending }] of by.entries()) {
        const order = compare(a.keys[at]!, b.keys[at]!, this.#data.compareTexts);
        if (order !== 0) return descending ? -order : order;
      }
      return 0;
    });
    return keyed.map(({ row }) => row);
  }

  #traverse(operation: Operation & { op: "traverse" }, row: Row): Row[] {
    const [least, most] = operation.depth.map((depth) => this.#whole(depth, row)) as [number, number];
    const options = (operation.options ? this.compile(operation.options)({}) : {}) as Document;
    if (options.order !== "bfs" || options.uniqueVertices !== "global") {
      throw new AqlError(1501, "of traversals only breadth first with globally unique vertices is known here");
    }
    const start = this.compile(operation.start)(row);
    const edges = this.#data.edges(String(this.compile(operation.graph)(row)));
    const [from, to] = operation.direction === "OUTBOUND" ? ["_from", "_to"] : ["_to", "_from"];
    if (operation.direction === "ANY") throw new AqlError(1501, "ANY is not known here");
    const seen = new Set<Value>([start]);
    const rows: Row[] = [];
    let frontier: { at: Value; path: Value[] }[] = [{ at: start, path: [] }];
    for (let depth = 1; depth <= most && frontier.length > 0; depth++) {
      const ends = new Map(frontier.map((each) => [each.at, each.path]));
      frontier = [];
      for (const edge of edges.flatMap((collection) => [...this.#data.scan(collection)])) {
        const path = ends.get(edge[from!]!);
        if (!path || seen.has(edge[to!]!)) continue;
        seen.add(edge[to!]!);
        const walked = [...path, edge];
        frontier.push({ at: edge[to!]!, path: walked });
        if (depth < least) continue;
        const all: Value[] = [this.#vertex(edge[to!]!), edge, { edges: walked, vertices: [] }];
        rows.push({ ...row, ...Object.fromEntries(operation.variables.map((name, at) => [name, all[at]!])) });
      }
    }
    return rows;
  }

  #vertex(id: Value): Value {
    const [collection, key] = String(id).split("/");
    return this.#data.get(collection!, key!) ?? null;
  }

  compile(expression: Expression): Compiled {
    switch (expression.type) {
      case "literal":
        return () => expression.value;
      case "bind": {
        const value = this.#bound[expression.name]!;
        return () => value;
      }
      case "name":
        return (row) => row[expression.name] ?? null;
      case "member":
        return this.#member(expression.of, expression.name);
      case "boundMember":
        return this.#member(expression.of, String(this.#bound[expression.name]));
      case "index": {
        const [of, at] = [this.compile(expression.of), this.compile(expression.at)];
        return (row) => (of(row) as Value[] | null)?.[at(row) as number] ?? null;
      }
      case "array": {
        const items = expression.items.map((item) => this.compile(item));
        return (row) => items.map((item) => item(row));
      }
      case "object": {
        const members = expression.members.map(([name, value]) => [name, this.compile(value)] as const);
        return (row) => Object.fromEntries(members.map(([name, value]) => [name, value(row)]));
      }
      case "choice": {
        const [test, yes, no] = [expression.test, expression.yes, expression.no].map((each) => this.compile(each));
        return (row) => (isTrue(test!(row)) ? yes!(row) : no!(row));
      }
      case "subquery":
        return (row) => this.query(expression.query, row);
      default:
        return this.#operator(expression);
    }
  }

  #member(of: Expression, name: string): Compiled {
    const from = this.compile(of);
    return (row) => {
      const value = from(row);
      return value !== null && typeof value === "object" && Object.hasOwn(value, name)
        ? (value as Document)[name]!
        : null;
    };
  }

  #operator(expression: Expression): Compiled {
    if (expression.type === "not") {
      const of = this.compile(expression.of);
      return (row) => !isTrue(of(row));
    }
    if (expression.type === "negative") {
      const of = this.compile(expression.of);
      return (row) => -Number(of(row));
    }
    if (expression.type === "call") return this.#call(expression);
    if (expression.type !== "binary") throw new AqlError(1501, `${expression.type} is not expected here`);
    const [left, right] = [this.compile(expression.left), this.compile(expression.right)];
    const operate = OPERATORS[expression.operator];
    const { compareTexts } = this.#data;
    if (operate) return (row) => operate(left(row), right(row), compareTexts);
    if (expression.operator === "AND") return (row) => isTrue(left(row)) && isTrue(right(row));
    return (row) => isTrue(left(row)) || isTrue(right(row));
  }

  #call({ name, args }: Expression & { type: "call" }): Compiled {
    const call = functionOf(name, args.length, "value");
    if (!call) {
      const document = this.compile(args[0]!);
      return (row) => this.#scores.get(document(row)) ?? 0;
    }
    const values = args.map((each) => this.compile(each));
    return (row) => call(values.map((value) => value(row)));
  }

  #whole(expression: Expression, row: Row | undefined): number {
    const value = this.compile(expression)(row ?? {});
    if (!Number.isInteger(value) || (value as number) < 0) throw new AqlError(1504, "number out of range");
    return value as number;
  }

  #name(source: Source): string {
    return "bound" in source ? String(this.#bound[source.bound]) : source.named;
  }

  /** A plain name is a variable where there is one of that name, else a collection. */
  #collection(source: Source | Expression, row: Row): string | undefined {
    if ("bound" in source || "named" in source) return this.#name(source);
    return source.type === "name" && !(source.name in row) ? source.name : undefined;
  }
}

const OPERATORS: Readonly<Record<string, (a: Value, b: Value, texts: CompareTexts) => Value>> = {
  "==": equal,
  "!=": (a, b) => !equal(a, b),
  "<": (a, b, texts) => compare(a, b, texts) < 0,
  "<=": (a, b, texts) => compare(a, b, texts) <= 0,
  ">": (a, b, texts) => compare(a, b, texts) > 0,
  ">=": (a, b, texts) => compare(a, b, texts) >= 0,
  IN: (a, b) => Array.isArray(b) && b.some((each) => equal(a, each)),
  "+": (a, b) => Number(a) + Number(b),
  "-": (a, b) => Number(a) - Number(b),
};
