/** Reading documents, lineage and what was processed: of all owners, or of one shard of one's own. */
import { assert } from "../../errors.ts";
import type { Collection, Page, Query, Ref, Row, ServiceId } from "../../kit/ports.ts";
import { Binder, type Statement } from "./aql.ts";
import { keyOf, shardKey, vertexOf } from "./key.ts";
import { GRAPH, inboxOf, viewOf } from "./names.ts";
import type { Place } from "./place.ts";
import { searchLines } from "./search.ts";
import { checkLimit, Fields, filters, orderOf } from "./select.ts";
import type { Server } from "./server.ts";

const REACHED_MAX = 10_000;

export interface ReaderOptions {
  server: Server;
  collections: readonly Collection<never>[];
  /** Whose own documents it reads of one shard alone; of all others it reads all shards. */
  own?: { owner: ServiceId; shard?: number };
  /** How many shards an owner's documents lie in; 1 by default. */
  shards?(owner: ServiceId): number;
  /** Searches see what was committed before them; each then waits for the view to be committed. */
  searchSync?: boolean;
}

interface Found {
  key: string;
  rev: string;
  value: unknown;
  at: Place;
}

const asRow = <T>({ key, rev, value }: Found): Row<T> => ({ key, rev, value: value as T });
const ROW = "key: d.id, rev: d._rev, value: d.doc";

export const indexedFields = (collection: Pick<Collection, "indexes">): string[] =>
  [...new Set(collection.indexes.flat())].toSorted();

export class Reader {
  readonly #options: ReaderOptions;
  readonly #fields: ReadonlyMap<string, ReadonlySet<string>>;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#fields = new Map(options.collections.map((each) => [each.name, new Set(indexedFields(each))]));
  }

  async get<T>(collection: Collection<T>, key: string): Promise<Row<T> | undefined> {
    const [found] = await this.#read<Found>(this.getting(collection, key));
    return found && asRow(found);
  }

  getting<T>(collection: Collection<T>, key: string): Statement {
    this.#indexed(collection);
    const bind = new Binder();
    const keys = this.#shardsOf(collection.owner).map((shard) => shardKey(shard, key));
    return bind.statement(
      `FOR d IN ${bind.collection(collection.name)}`,
      `FILTER d._key IN ${bind.value(keys)}`,
      "SORT d.shard",
      "LIMIT 1",
      `RETURN { ${ROW} }`,
    );
  }

  async query<T>(collection: Collection<T>, query: Query): Promise<Page<T>> {
    const { statements, cursorAfter } = this.paging(collection, query);
    const rows: Found[] = [];
    for (const statement of statements) {
      const missing = query.limit + 1 - rows.length;
      if (missing > 0) rows.push(...(await this.#read<Found>(statement(missing))));
    }
    const items = rows.slice(0, query.limit).map(asRow<T>);
    const last = rows.length > query.limit ? rows[query.limit - 1] : undefined;
    return last ? { items, next_cursor: cursorAfter(last.key, last.at) } : { items };
  }

  /** The parts of an answer, each to be asked for as many rows as are missing yet. */
  paging<T>(
    collection: Collection<T>,
    query: Query,
  ): { statements: ((limit: number) => Statement)[]; cursorAfter(key: string, at: Place): string } {
    const indexed = this.#indexed(collection);
    const count = orderOf(query, new Fields(new Binder(), indexed), new Binder()).parts.length;
    const statement = (part: number) => (limit: number) => {
      const bind = new Binder();
      const fields = new Fields(bind, indexed);
      const source = `FOR d IN ${bind.collection(collection.name)}`;
      const order = orderOf(query, fields, bind);
      const tests = filters(fields, bind, query.where);
      return bind.statement(
        source,
        ...fields.lets,
        ...(order.parts[part]?.() ?? []),
        ...tests,
        this.#shardLine(collection.owner, bind),
        order.sort,
        `LIMIT ${bind.value(limit)}`,
        `RETURN { ${ROW}, at: ${order.at} }`,
      );
    };
    const { cursorAfter } = orderOf(query, new Fields(new Binder(), indexed), new Binder());
    // Wrong tests are refused before anything is asked.
    statement(0)(1);
    return { statements: Array.from({ length: count }, (_, part) => statement(part)), cursorAfter };
  }

  async count<T>(collection: Collection<T>, where: Query["where"]): Promise<number> {
    return (await this.#read<number>(this.counting(collection, where)))[0] ?? 0;
  }

  counting<T>(collection: Collection<T>, where: Query["where"]): Statement {
    const bind = new Binder();
    const fields = new Fields(bind, this.#indexed(collection));
    const source = `FOR d IN ${bind.collection(collection.name)}`;
    const tests = filters(fields, bind, where);
    const shard = this.#shardLine(collection.owner, bind);
    return bind.statement(source, ...fields.lets, ...tests, shard, "COLLECT WITH COUNT INTO n", "RETURN n");
  }

  /** Best match first. Every word has to occur, as a whole word or as the beginning of one. */
  async search<T>(collection: Collection<T>, text: string, limit: number): Promise<Row<T>[]> {
    const statement = this.searching(collection, text, limit);
    return statement ? (await this.#read<Found>(statement)).map(asRow<T>) : [];
  }

  /** Nothing when no word is asked for. */
  searching<T>(collection: Collection<T>, text: string, limit: number): Statement | undefined {
    this.#indexed(collection);
    assert(collection.search, `${collection.name} declares no fields to search`);
    checkLimit(limit);
    const bind = new Binder();
    const source = `FOR d IN ${bind.collection(viewOf(collection.name))}`;
    const condition = searchLines(collection.search, text, bind);
    if (!condition) return undefined;
    return bind.statement(
      source,
      condition,
      // Undocumented but in ArangoDB's own tests; each such search waits for a commit of the view.
      this.#options.searchSync ? "OPTIONS { waitForSync: true }" : "",
      this.#shardLine(collection.owner, bind),
      "SORT BM25(d) DESC, d.place ASC",
      `LIMIT ${bind.value(limit)}`,
      `RETURN { ${ROW} }`,
    );
  }

  async traverse(
    start: Ref,
    direction: "parents" | "children",
    depthMax: number,
  ): Promise<{ ref: Ref; depth: number }[]> {
    if (depthMax < 1) return [];
    const reached = await this.#read<{ ref: Ref; depth: number }>(this.traversing(start, direction, depthMax));
    // Nearest first it comes; those equally near are put in the order of their names.
    return reached.sort((a, b) => a.depth - b.depth || (a.ref < b.ref ? -1 : 1));
  }

  /** Over edges to documents that are not there (yet) too: only the edges are looked at. */
  traversing(start: Ref, direction: "parents" | "children", depthMax: number): Statement {
    const bind = new Binder();
    const [way, end] = direction === "parents" ? ["OUTBOUND", "parent"] : ["INBOUND", "child"];
    return bind.statement(
      `FOR v, e, p IN 1..${bind.value(depthMax)} ${way} ${bind.value(vertexOf(start))} GRAPH ${bind.value(GRAPH)}`,
      'OPTIONS { order: "bfs", uniqueVertices: "global" }',
      `LIMIT ${bind.value(REACHED_MAX)}`,
      `RETURN { ref: e.${end}, depth: LENGTH(p.edges) }`,
    );
  }

  async isDone(owner: ServiceId, message: { stream: string; group: string; id: string }): Promise<boolean> {
    return (await this.#read(this.askingDone(owner, message))).length > 0;
  }

  askingDone(owner: ServiceId, { stream, group, id }: { stream: string; group: string; id: string }): Statement {
    const bind = new Binder();
    const keys = this.#shardsOf(owner).map((shard) => keyOf(shard ?? 0, stream, group, id));
    return bind.statement(
      `FOR i IN ${bind.collection(inboxOf(owner))}`,
      `FILTER i._key IN ${bind.value(keys)}`,
      "LIMIT 1",
      "RETURN true",
    );
  }

  async ping(): Promise<void> {
    await this.#read({ text: "RETURN true", values: {} });
  }

  #read<T>(statement: Statement): Promise<T[]> {
    return this.#options.server.read<T>(statement);
  }

  #shardsOf(owner: ServiceId): (number | undefined)[] {
    const { own, shards } = this.#options;
    if (own?.owner === owner) return [own.shard];
    const count = shards?.(owner) ?? 1;
    return count === 1 ? [undefined] : Array.from({ length: count }, (_, shard) => shard);
  }

  #shardLine(owner: ServiceId, bind: Binder): string {
    const { own } = this.#options;
    return own?.owner === owner && own.shard !== undefined ? `FILTER d.shard == ${bind.value(own.shard)}` : "";
  }

  #indexed<T>(collection: Collection<T>): ReadonlySet<string> {
    const fields = this.#fields.get(collection.name);
    assert(fields, `${collection.name} is a declared collection`);
    return fields;
  }
}
