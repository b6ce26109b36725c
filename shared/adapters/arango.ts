/** The production store: one database in ArangoDB for all owners, documents by collection, each commit one transaction. */
import { assert, refuse } from "../errors.ts";
import type {
  Collection,
  Op,
  OutboxEntry,
  Page,
  PortableStore,
  Query,
  Ref,
  Row,
  ServiceId,
  Store,
  StoreRecord,
} from "../kit/ports.ts";
import type { StoredEntry } from "./arango/draft.ts";
import { dumpShard, type ShardPlace } from "./arango/dump.ts";
import { asProblems } from "./arango/faults.ts";
import { type ArangoOrigin, claimHead } from "./arango/head.ts";
import { clearShard, isShardEmpty, loadShard } from "./arango/load.ts";
import { indexedFields, Reader } from "./arango/reader.ts";
import { type ArangoAddress, Server } from "./arango/server.ts";
import { findingExpired, readingOutbox } from "./arango/statements.ts";
import { type Encoder, nameOf, stepsOf } from "./arango/steps.ts";
import { Writer } from "./arango/writer.ts";

export interface ArangoStoreOptions {
  address: ArangoAddress;
  owner: ServiceId;
  /** Every collection there is. */
  collections: readonly Collection<never>[];
  /** The number of the lease by which the shard is written; without it the store takes the next one itself. */
  fence?: number;
  /** Which of several shards of this owner it is: each has documents and message ids of its own. */
  shard?: number;
  /** How many shards an owner's documents lie in; 1 by default. */
  shards?: (owner: ServiceId) => number;
  /** What the installation is; a database of another is refused. */
  origin?: ArangoOrigin;
  /** Searches see all that was committed before: for tests, since each then waits up to a second for the view. */
  searchSync?: boolean;
  /** Epoch ms, to number outbox entries; the machine's clock by default. */
  now?: () => number;
  /** Of one request. */
  timeoutMs?: number;
  /** How long to ask after a commit that was not answered. */
  resolveMs?: number;
}

const DAY_MS = 86_400_000;
const EXPIRE_BATCH = 1_000;
const READ_MAX = 10_000;
const FORGET_MAX = 500;

/** Opens at the first use; who had the shard before can write no more from then on. */
export function openArango(options: ArangoStoreOptions): ArangoStore {
  return new ArangoStore(options);
}

export class ArangoStore implements PortableStore {
  readonly owner: ServiceId;
  readonly outbox: Store["outbox"];
  readonly #options: ArangoStoreOptions;
  readonly #server: Server;
  readonly #reader: Reader;
  readonly #encoder: Encoder;
  readonly #own: ReadonlyMap<string, Collection<never>>;
  readonly #wakes: (() => void)[] = [];
  #opening: Promise<Writer> | undefined;
  #isClosed = false;

  constructor(options: ArangoStoreOptions) {
    const { address, owner, collections, fence, shard, shards, searchSync, timeoutMs } = options;
    assert(fence === undefined || (Number.isSafeInteger(fence) && fence > 0), "a fence is a whole number above zero");
    this.owner = owner;
    this.#options = options;
    this.#server = new Server(address, { ...(timeoutMs !== undefined && { timeoutMs }) });
    const own = { owner, ...(shard !== undefined && { shard }) };
    this.#reader = new Reader({
      ...{ server: this.#server, collections, own },
      ...(shards && { shards }),
      ...(searchSync && { searchSync }),
    });
    this.#own = new Map(collections.filter((each) => each.owner === owner).map((each) => [each.name, each]));
    this.#encoder = {
      ...{ owner, shard, now: options.now ?? Date.now },
      own: new Map([...this.#own].map(([name, collection]) => [name, indexedFields(collection)])),
    };
    this.outbox = this.#makeOutbox();
  }

  async get<T>(collection: Collection<T>, key: string): Promise<Row<T> | undefined> {
    await this.#writer();
    return asProblems(() => this.#reader.get(collection, key));
  }

  async query<T>(collection: Collection<T>, query: Query): Promise<Page<T>> {
    await this.#writer();
    return asProblems(() => this.#reader.query(collection, query));
  }

  async count<T>(collection: Collection<T>, where?: Query["where"]): Promise<number> {
    await this.#writer();
    return asProblems(() => this.#reader.count(collection, where));
  }

  async search<T>(collection: Collection<T>, text: string, limit: number): Promise<Row<T>[]> {
    await this.#writer();
    return asProblems(() => this.#reader.search(collection, text, limit));
  }

  async commit(ops: readonly Op[], options: { sync?: "normal" | "full" } = {}): Promise<void> {
    if (ops.length === 0) return;
    const { steps, size } = stepsOf(ops, this.#encoder);
    const writer = await this.#writer();
    await writer.write(steps, { size, sync: options.sync === "full" });
    if (ops.some((op) => op.op === "emit")) for (const wake of this.#wakes) wake();
  }

  async isDone(stream: string, group: string, id: string): Promise<boolean> {
    await this.#writer();
    return asProblems(() => this.#reader.isDone(this.owner, { stream, group, id }));
  }

  async traverse(
    start: Ref,
    direction: "parents" | "children",
    depthMax: number,
  ): Promise<{ ref: Ref; depth: number }[]> {
    await this.#writer();
    return asProblems(() => this.#reader.traverse(start, direction, depthMax));
  }

  /** What was processed long ago is forgotten by the server itself, by an index on its time. */
  async expire<T>(collection: Collection<T>, now: number): Promise<number> {
    const own = this.#own.get(collection.name);
    assert(own, `${this.owner} does not own ${collection.name}`);
    const writer = await this.#writer();
    const { retentionDays, retentionField } = own;
    // As by any write, one that was passed learns of it here.
    if (retentionDays === undefined || retentionField === undefined) return 0;
    const shard = this.#options.shard ?? 0;
    const past = { field: retentionField, before: now - retentionDays * DAY_MS, shard, limit: EXPIRE_BATCH };
    const finding = findingExpired(own, past);
    for (let expired = 0; ; ) {
      const keys = await asProblems(() => this.#server.read<string>(finding));
      const ops = keys.map((key): Op => ({ op: "delete", collection: own, key }));
      await writer.write(stepsOf(ops, this.#encoder).steps);
      expired += keys.length;
      if (keys.length < EXPIRE_BATCH) return expired;
    }
  }

  /** As of when the first record is asked for. */
  dump(): AsyncIterable<StoreRecord> {
    return dumpShard(this.#place);
  }

  /** Nobody else uses the store meanwhile: whoever reads it sees it half full. */
  async load(records: AsyncIterable<StoreRecord>): Promise<void> {
    const writer = await this.#writer({ forLoad: true });
    await asProblems(async () => {
      if (writer.head.loading) writer.head = await clearShard(this.#place, writer.head);
      else if (!(await isShardEmpty(this.#place, writer.head)))
        refuse("CONFLICT", `${this.owner}'s store is not empty.`);
      try {
        writer.head = await loadShard(this.#place, writer.head, records);
      } finally {
        await writer.readAgain();
      }
    });
  }

  /** Removes all that it holds; its fence stays, and message ids go on above. */
  async clear(): Promise<void> {
    const writer = await this.#writer({ forLoad: true });
    await asProblems(async () => {
      writer.head = await clearShard(this.#place, writer.head);
    });
  }

  /** Throws Problem FENCED when a newer holder has opened the shard: for what is done outside it. */
  async mustBeNewest(): Promise<void> {
    await (await this.#writer()).mustBeNewest();
  }

  async ping(): Promise<void> {
    await this.#writer();
    await asProblems(() => this.#reader.ping());
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const writer = await this.#opening?.catch(() => undefined);
    await writer?.settled();
    this.#server.close();
  }

  get #place(): ShardPlace {
    const { owner, shard, collections } = this.#options;
    return { server: this.#server, owner, shard, collections };
  }

  /** Opens when it is first asked for, and again when that failed. */
  async #writer(options: { forLoad?: boolean } = {}): Promise<Writer> {
    const writer = await this.#opened();
    if (writer.head.loading && !options.forLoad) {
      refuse("UNAVAILABLE", `What ${this.owner} holds came only in part: carry it over again.`);
    }
    return writer;
  }

  #opened(): Promise<Writer> {
    assert(!this.#isClosed, `${this.owner}'s store is closed`);
    this.#opening ??= asProblems(() => this.#open()).catch((error) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #open(): Promise<Writer> {
    const { owner, shard, fence, origin, resolveMs } = this.#options;
    const claim = { server: this.#server, owner, shard, fence, origin, now: this.#encoder.now };
    const head = await claimHead(claim);
    return new Writer({ server: this.#server, owner, head, resolveMs });
  }

  #makeOutbox(): Store["outbox"] {
    const shard = this.#options.shard ?? 0;
    const name = nameOf(this.owner, this.#options.shard);
    const idOf = (n: number) => `${name}-${n}`;
    const read = async (after: number, upTo: number, limit: number) => {
      const range = { shard, after, upTo, limit: Math.min(limit, READ_MAX) };
      const rows = await asProblems(() => this.#server.read<StoredEntry>(readingOutbox(this.owner, range)));
      return rows.map((row) => entryOf(row, idOf));
    };
    return {
      read: async (limit) => read((await this.#writer()).head.told, Number.MAX_SAFE_INTEGER, limit),
      readTold: async (limit, after) =>
        read(after === undefined ? 0 : numberOf(after), (await this.#writer()).head.told, limit),
      tell: async (upTo) => (await this.#writer()).write([{ step: "tell", upTo: numberOf(upTo) }]),
      forget: async (upTo) => (await (await this.#writer()).forget(numberOf(upTo), FORGET_MAX)) === FORGET_MAX,
      state: async () => {
        const { epoch, told } = (await this.#writer()).head;
        return { ...(epoch !== undefined && { epoch }), ...(told > 0 && { told: idOf(told) }) };
      },
      setEpoch: async (epoch) => (await this.#writer()).write([{ step: "epoch", epoch }]),
      onCommit: (wake) => void this.#wakes.push(wake),
    };
  }
}

const numberOf = (id: string): number => Number(id.slice(id.lastIndexOf("-") + 1));

function entryOf({ n, family, key, event, traceparent }: StoredEntry, idOf: (n: number) => string): OutboxEntry {
  return { id: idOf(n), family, key, event, ...(traceparent !== undefined && { traceparent }) };
}
