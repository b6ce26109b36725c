/** Makes what the store needs in ArangoDB and is not there yet; can be run on any older state of it, any number of times. */
import { Problem } from "../../errors.ts";
import type { Collection, ServiceId } from "../../kit/ports.ts";
import { Fault } from "./faults.ts";
import { ANALYZER, GRAPH, headsOf, inboxOf, indexOf, lineageOf, outboxOf, viewOf } from "./names.ts";
import { everyPair, sortingTexts } from "./place.ts";
import { Refill } from "./refill.ts";
import { type ArangoAddress, Server } from "./server.ts";

/** One thing that was made, or would be. */
export interface Made {
  what: "database" | "collection" | "index" | "analyzer" | "view" | "graph" | "user" | "grant" | "documents";
  name: string;
  /** False: it was there. */
  isNew: boolean;
}

export interface SchemaOptions {
  /** The address of the database to be made, with a user who administers the server. */
  address: ArangoAddress;
  collections: readonly Collection<never>[];
  /** Nothing is made; what would be is told. */
  dryRun?: boolean;
  timeoutMs?: number;
}

const DOCUMENTS = 2;
const EDGES = 3;
const SYSTEM = "_system";
/** Making an index or a link waits until it is filled. */
const TIMEOUT_MS = 300_000;

/** Whoever owns a collection, in order. */
export const ownersOf = (collections: readonly Collection<never>[]): ServiceId[] =>
  [...new Set(collections.map((each) => each.owner))].toSorted();

/** What an owner may write: its documents and what goes with them. */
export const writtenBy = (owner: ServiceId, collections: readonly Collection<never>[]): string[] => [
  ...collections.filter((each) => each.owner === owner).map((each) => each.name),
  ...[headsOf(owner), outboxOf(owner), inboxOf(owner), lineageOf(owner)],
];

/** Throws Problem UNAVAILABLE for a cluster whose database is not in one shard. */
export async function ensureSchema(options: SchemaOptions): Promise<Made[]> {
  return new Schema(options).ensure();
}

interface IndexInfo {
  type: string;
  name: string;
  fields: string[];
}

class Schema {
  readonly #made: Made[] = [];
  readonly #system: Server;
  readonly #server: Server;
  readonly #options: SchemaOptions;

  constructor(options: SchemaOptions) {
    this.#options = options;
    const { address, timeoutMs = TIMEOUT_MS } = options;
    this.#system = new Server({ ...address, database: SYSTEM }, { timeoutMs });
    this.#server = new Server(address, { timeoutMs });
  }

  async ensure(): Promise<Made[]> {
    try {
      await this.#checkLanguage();
      const isThere = await this.#ensureDatabase();
      await this.#checkSharding(isThere);
      await this.#ensureAnalyzer(isThere);
      const known = isThere ? await this.#collections() : new Set<string>();
      const { collections } = this.#options;
      for (const each of collections) await this.#ensureDocuments(each, known);
      for (const owner of ownersOf(collections)) await this.#ensureOwner(owner, known);
      await this.#ensureGraph(isThere);
      return this.#made;
    } finally {
      this.#server.close();
      this.#system.close();
    }
  }

  /** The language is given once, when a server is set up: by `--icu-language`, else by LANG. */
  async #checkLanguage(): Promise<void> {
    const pairs = everyPair();
    const sorted = await this.#system.read<string>(sortingTexts(pairs.toReversed()));
    const at = sorted.findIndex((pair, position) => pair !== pairs[position]);
    if (at < 0) return;
    throw new Problem(
      "UNAVAILABLE",
      `ArangoDB here has been set up for a language in which ${JSON.stringify(sorted[at])} comes before ` +
        `${JSON.stringify(pairs[at])}: documents would come in a wrong order. Set it up anew with --icu-language en_US.`,
    );
  }

  async #ensureDatabase(): Promise<boolean> {
    const { database } = this.#options.address;
    const { result } = await this.#system.ask<{ result: string[] }>({ path: "/_api/database" });
    const isThere = result.includes(database);
    await this.#make("database", database, isThere, () =>
      // On a single server the option means nothing.
      this.#system.ask({
        method: "POST",
        path: "/_api/database",
        body: { name: database, options: { sharding: "single" } },
      }),
    );
    return isThere;
  }

  /** A commit is whole on a cluster only where all shards lie on one server: in a OneShard database. */
  async #checkSharding(isThere: boolean): Promise<void> {
    const { role } = await this.#system.ask<{ role: string }>({ path: "/_admin/server/role" });
    if (role === "SINGLE" || (this.#options.dryRun && !isThere)) return;
    const { result } = await this.#server.ask<{ result: { sharding?: string } }>({ path: "/_api/database/current" });
    if (result.sharding === "single") return;
    const { version, license } = await this.#system.ask<{ version: string; license: string }>({
      path: "/_api/version",
    });
    throw new Problem(
      "UNAVAILABLE",
      `ArangoDB here is a cluster (${version}, ${license}), and ${this.#options.address.database} is not a OneShard ` +
        "database: a commit would not be whole when a server fails in the middle of it. Use a single server, or a " +
        "cluster that has OneShard (since 3.12.5 every edition, before that the Enterprise Edition), and a database " +
        'made with { sharding: "single" }.',
    );
  }

  async #ensureAnalyzer(isDatabaseThere: boolean): Promise<void> {
    const isThere = isDatabaseThere && (await this.#find(`/_api/analyzer/${ANALYZER}`)) !== undefined;
    await this.#make("analyzer", ANALYZER, isThere, () =>
      this.#server.ask({
        method: "POST",
        path: "/_api/analyzer",
        body: {
          name: ANALYZER,
          type: "delimiter",
          properties: { delimiter: " " },
          features: ["frequency", "norm", "position"],
        },
      }),
    );
  }

  async #ensureDocuments(collection: Collection<never>, known: ReadonlySet<string>): Promise<void> {
    const { name, indexes, search } = collection;
    const isThere = known.has(name);
    await this.#ensureCollection(name, DOCUMENTS, isThere);
    const found = isThere ? await this.#indexes(name) : [];
    const isIndexed = (fields: readonly string[]) => found.some((each) => each.name === indexOf([...fields, "place"]));
    const view = search && isThere ? await this.#find<View>(`/_api/view/${viewOf(name)}/properties`) : undefined;
    const isSearched = search === undefined || isLinked(view, { collection: name, search });
    // Before the rest is made: were this broken off, nobody would know of documents that do not hold what it looks at.
    const isOlder = !isSearched || indexes.some((fields) => !isIndexed(fields));
    if (isThere && isOlder && !this.#options.dryRun) await this.#refill(collection);
    for (const fields of [[], ...indexes]) {
      await this.#ensureIndex(name, isIndexed(fields), {
        ...{ type: "persistent", name: indexOf([...fields, "place"]) },
        fields: [...fields.map((field) => `by.${field}`), "place"],
        inBackground: true,
      });
    }
    if (search) await this.#ensureView({ collection: name, search }, { isThere: view !== undefined, isSearched });
  }

  async #refill(collection: Collection<never>): Promise<void> {
    const filled = await new Refill(this.#server, collection).run();
    if (filled > 0)
      this.#made.push({ what: "documents", name: `${filled} of ${collection.name} indexed`, isNew: true });
  }

  async #ensureView({ collection, search }: Searched, now: { isThere: boolean; isSearched: boolean }): Promise<void> {
    const name = viewOf(collection);
    const fields = Object.fromEntries(search.map((field) => [field, { analyzers: [ANALYZER] }]));
    const links = { [collection]: { includeAllFields: false, fields: { words: { fields } } } };
    await this.#make("view", name, now.isThere && now.isSearched, () =>
      now.isThere
        ? this.#server.ask({ method: "PATCH", path: `/_api/view/${name}/properties`, body: { links } })
        : this.#server.ask({ method: "POST", path: "/_api/view", body: { name, type: "arangosearch", links } }),
    );
  }

  async #ensureOwner(owner: ServiceId, known: ReadonlySet<string>): Promise<void> {
    for (const name of [headsOf(owner), outboxOf(owner), inboxOf(owner)]) {
      await this.#ensureCollection(name, DOCUMENTS, known.has(name));
    }
    await this.#ensureCollection(lineageOf(owner), EDGES, known.has(lineageOf(owner)));
    const indexed = async (name: string, index: string) =>
      known.has(name) && (await this.#indexes(name)).some((each) => each.name === index);
    const order = indexOf(["shard", "n"]);
    await this.#ensureIndex(outboxOf(owner), await indexed(outboxOf(owner), order), {
      ...{ type: "persistent", name: order, fields: ["shard", "n"], inBackground: true },
    });
    // Nothing hangs on what was processed: the server itself may forget it. Documents have edges and are counted.
    const expiry = indexOf(["expires_at"]);
    await this.#ensureIndex(inboxOf(owner), await indexed(inboxOf(owner), expiry), {
      ...{ type: "ttl", name: expiry, fields: ["expires_at"], expireAfter: 0, inBackground: true },
    });
  }

  async #ensureGraph(isDatabaseThere: boolean): Promise<void> {
    const { collections } = this.#options;
    const all = collections.map((each) => each.name);
    const wanted = ownersOf(collections).map((owner) => ({
      collection: lineageOf(owner),
      from: collections.filter((each) => each.owner === owner).map((each) => each.name),
      to: all,
    }));
    const found = isDatabaseThere
      ? await this.#find<{ graph: { edgeDefinitions: Definition[] } }>(`/_api/gharial/${GRAPH}`)
      : undefined;
    if (!found) {
      const body = { name: GRAPH, edgeDefinitions: wanted };
      await this.#make("graph", GRAPH, false, () => this.#server.ask({ method: "POST", path: "/_api/gharial", body }));
      return;
    }
    const known = new Map(found.graph.edgeDefinitions.map((each) => [each.collection, shapeOf(each)]));
    const changed = wanted.filter((each) => known.get(each.collection) !== shapeOf(each));
    await this.#make("graph", GRAPH, changed.length === 0, async () => {
      for (const body of changed) {
        const path = `/_api/gharial/${GRAPH}/edge`;
        if (known.has(body.collection))
          await this.#server.ask({ method: "PUT", path: `${path}/${body.collection}`, body });
        else await this.#server.ask({ method: "POST", path, body });
      }
    });
  }

  async #ensureCollection(name: string, type: number, isThere: boolean): Promise<void> {
    await this.#make("collection", name, isThere, () =>
      // A collection sharded by anything but _key takes no keys of ours on a cluster (error 1466).
      this.#server.ask({ method: "POST", path: "/_api/collection", body: { name, type, shardKeys: ["_key"] } }),
    );
  }

  async #ensureIndex(collection: string, isThere: boolean, body: Index): Promise<void> {
    await this.#make("index", `${collection}.${body.name}`, isThere, () =>
      this.#server.ask({ method: "POST", path: "/_api/index", search: { collection }, body }),
    );
  }

  async #make(what: Made["what"], name: string, isThere: boolean, make: () => Promise<unknown>): Promise<void> {
    if (!isThere && !this.#options.dryRun) await make();
    this.#made.push({ what, name, isNew: !isThere });
  }

  async #collections(): Promise<Set<string>> {
    const { result } = await this.#server.ask<{ result: { name: string }[] }>({
      path: "/_api/collection",
      search: { excludeSystem: "true" },
    });
    return new Set(result.map(({ name }) => name));
  }

  async #indexes(collection: string): Promise<IndexInfo[]> {
    return (await this.#server.ask<{ indexes: IndexInfo[] }>({ path: "/_api/index", search: { collection } })).indexes;
  }

  async #find<T>(path: string): Promise<T | undefined> {
    try {
      return await this.#server.ask<T>({ path });
    } catch (error) {
      if (error instanceof Fault && ABSENT.has(error.number)) return undefined;
      throw error;
    }
  }
}

interface Definition {
  collection: string;
  from: string[];
  to: string[];
}
interface Index {
  type: "persistent" | "ttl";
  name: string;
  fields: readonly string[];
  inBackground: true;
  /** Seconds after the time in the field. */
  expireAfter?: number;
}
interface Searched {
  collection: string;
  search: readonly string[];
}
interface View {
  links?: Links;
}
type Links = Record<string, { fields?: { words?: { fields?: Record<string, unknown> } } }>;

function isLinked(view: View | undefined, { collection, search }: Searched): boolean {
  const linked = Object.keys(view?.links?.[collection]?.fields?.words?.fields ?? {});
  return linked.toSorted().join() === search.toSorted().join();
}

const shapeOf = ({ from, to }: Definition): string => JSON.stringify([from.toSorted(), to.toSorted()]);

/** No such document (analyzers are some), view or collection, graph, user. */
const ABSENT = new Set([1202, 1203, 1703, 1924]);
