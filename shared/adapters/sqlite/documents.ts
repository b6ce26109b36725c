/** The documents of all owners as one store sees them: whose file is where, opened when it is first asked for. */
import { assert } from "../../errors.ts";
import type { Collection, Page, Query, Ref, Row, ServiceId } from "../../kit/ports.ts";
import { Reader } from "./reader.ts";
import { Union } from "./union.ts";

/** Where documents are: a file, which may come later, or a store in this process. */
export type Source = string | { readonly reader: Reader };
/** All places where an owner's documents are, each document in exactly one of them. */
export type FindSources = (owner: ServiceId) => Source | readonly Source[] | undefined;

const OWNERS: readonly ServiceId[] = Array.from(
  { length: 12 },
  (_, at) => `s${String(at + 1).padStart(2, "0")}` as ServiceId,
);
const REACHED_MAX = 10_000;

export class Documents {
  readonly #collections: ReadonlySet<string>;
  readonly #find: FindSources;
  readonly #files = new Map<string, Reader>();
  readonly #unions = new Map<ServiceId, Union>();

  /** `own`: the reader of the owner's own file, where it has one open for writing. */
  constructor(
    collections: readonly Collection<never>[],
    find: FindSources,
    own?: { owner: ServiceId; reader: Reader },
  ) {
    this.#collections = new Set(collections.map((collection) => collection.name));
    this.#find = find;
    if (own) this.#unions.set(own.owner, new Union([own.reader]));
  }

  get<T>(collection: Collection<T>, key: string): Row<T> | undefined {
    return this.#unionFor(collection)?.get(collection, key);
  }

  query<T>(collection: Collection<T>, query: Query): Page<T> {
    return this.#unionFor(collection)?.query(collection, query) ?? { items: [] };
  }

  count<T>(collection: Collection<T>, where?: Query["where"]): number {
    return this.#unionFor(collection)?.count(collection, where) ?? 0;
  }

  search<T>(collection: Collection<T>, text: string, limit: number): Row<T>[] {
    return this.#unionFor(collection)?.search(collection, text, limit) ?? [];
  }

  /** Breadth first over the edges of all owners; stops at 10 000 documents. */
  traverse(start: Ref, direction: "parents" | "children", depthMax: number): { ref: Ref; depth: number }[] {
    const seen = new Set<Ref>([start]);
    const reached: { ref: Ref; depth: number }[] = [];
    let frontier: Ref[] = [start];
    for (let depth = 1; depth <= depthMax && frontier.length > 0 && reached.length < REACHED_MAX; depth++) {
      const next = OWNERS.flatMap((owner) => this.of(owner)?.neighbours(frontier, direction) ?? []);
      frontier = [...new Set(next)].filter((ref) => !seen.has(ref)).toSorted();
      for (const ref of frontier) {
        seen.add(ref);
        reached.push({ ref, depth });
      }
    }
    return reached.slice(0, REACHED_MAX);
  }

  of(owner: ServiceId): Union | undefined {
    const known = this.#unions.get(owner);
    if (known) return known;
    const found = this.#find(owner);
    if (found === undefined) return undefined;
    const sources = typeof found === "string" || "reader" in found ? [found] : found;
    const union = new Union(sources.map((source) => (typeof source === "string" ? this.#file(source) : source.reader)));
    // A store may be closed and another opened in its place; a file stays where it is.
    if (sources.every((source) => typeof source === "string")) this.#unions.set(owner, union);
    return union;
  }

  close(): void {
    for (const reader of this.#files.values()) reader.close();
    this.#files.clear();
    this.#unions.clear();
  }

  #unionFor<T>(collection: Collection<T>): Union | undefined {
    assert(this.#collections.has(collection.name), `${collection.name} is a declared collection`);
    return this.of(collection.owner);
  }

  #file(path: string): Reader {
    const reader = this.#files.get(path) ?? Reader.ofFile(path);
    this.#files.set(path, reader);
    return reader;
  }
}
