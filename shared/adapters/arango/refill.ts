/** Brings documents of an older declaration up to date: what indexes and searches look at is made from them anew. */
import type { Collection } from "../../kit/ports.ts";
import { Binder, type Statement } from "./aql.ts";
import { placesOf } from "./place.ts";
import { indexedFields } from "./reader.ts";
import type { Server } from "./server.ts";
import { textsOf } from "./words.ts";

const BATCH = 500;

interface Stored extends Position {
  _key: string;
  _rev: string;
  doc: unknown;
}

interface Position {
  place: string;
  shard: number;
}

/** Some documents behind a place, of all shards. */
export function readingStored(collection: string, { place, shard }: Position, limit: number): Statement {
  const bind = new Binder();
  const at = bind.value(place);
  return bind.statement(
    `FOR d IN ${bind.collection(collection)}`,
    `FILTER d.place > ${at} OR (d.place == ${at} AND d.shard > ${bind.value(shard)})`,
    "SORT d.place ASC, d.shard ASC",
    `LIMIT ${bind.value(limit)}`,
    "RETURN { _key: d._key, _rev: d._rev, place: d.place, shard: d.shard, doc: d.doc }",
  );
}

/** What has changed since it was read, or is gone, stays: whoever wrote it wrote all of it. */
export function updating(collection: string, changes: readonly unknown[]): Statement {
  const bind = new Binder();
  const list = bind.value(changes);
  return bind.statement(
    `FOR d IN ${list}`,
    `UPDATE d IN ${bind.collection(collection)}`,
    "OPTIONS { ignoreRevs: false, ignoreErrors: true }",
  );
}

export class Refill {
  readonly #server: Server;
  readonly #collection: Collection<never>;

  constructor(server: Server, collection: Collection<never>) {
    this.#server = server;
    this.#collection = collection;
  }

  /** Answers how many documents there are. */
  async run(): Promise<number> {
    const { name, search } = this.#collection;
    const fields = indexedFields(this.#collection);
    let count = 0;
    for (let after: Position = { place: "", shard: -1 }; ; ) {
      const rows = await this.#server.read<Stored>(readingStored(name, after, BATCH));
      const changes = rows.map(({ _key, _rev, doc }) => ({
        ...{ _key, _rev },
        by: placesOf(fields, doc),
        ...(search && { words: textsOf(search, doc) }),
      }));
      if (changes.length > 0) await this.#server.query(updating(name, changes));
      count += rows.length;
      if (rows.length < BATCH) return count;
      after = rows.at(-1)!;
    }
  }
}
