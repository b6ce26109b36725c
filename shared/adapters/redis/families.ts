/** Which streams there are: the keys of each family, kept in Redis, and told to everybody at once when one is new. */
import type { Stream } from "../../kit/ports.ts";
import type { RedisConnection } from "./connection.ts";
import { FAMILIES, groupsName, keysName, NEWS } from "./names.ts";
import { Script } from "./script.ts";

/** Also when full: who joins to hear what is there makes room. Key: a set. Arguments: members. Answer: how many are new. */
const ADD = new Script("return redis.call('SADD', KEYS[1], unpack(ARGV))", { evenWhenFull: true });

export class Families {
  readonly #connection: RedisConnection;
  readonly #onError: (error: unknown) => void;
  readonly #onKey: (family: string, key: string) => void;
  /** What this process put there, to be put there again should the server lose it. */
  readonly #announced = new Map<string, Set<string>>();
  readonly #announcing = new Map<string, Promise<void>>();
  readonly #groups = new Map<string, Set<string>>();
  readonly #reliable = new Set<string>();
  readonly #watched = new Set<string>();
  readonly #timer: ReturnType<typeof setInterval>;
  #listening: Promise<unknown> | undefined;

  constructor(
    connection: RedisConnection,
    options: {
      /** Between two looks, for what the news did not reach. */
      lookMs: number;
      /** May be told of a key more than once. */
      onKey(family: string, key: string): void;
      onError(error: unknown): void;
    },
  ) {
    this.#connection = connection;
    this.#onError = options.onError;
    this.#onKey = options.onKey;
    this.#timer = setInterval(() => {
      if (connection.isReady) void this.#look().catch(options.onError);
    }, options.lookMs);
  }

  isAnnounced(family: string, key: string): boolean {
    return this.#announced.get(family)?.has(key) ?? false;
  }

  /** Asked by many at once it answers them in their order. */
  announce({ family, mode }: Pick<Stream, "family" | "mode">, key: string): Promise<void> {
    const name = keysName(family) + key;
    const known = this.#announcing.get(name);
    if (known) return known;
    const announcing = this.#announce(family, key, mode === "reliable").finally(() => this.#announcing.delete(name));
    this.#announcing.set(name, announcing);
    return announcing;
  }

  async #announce(family: string, key: string, isReliable: boolean): Promise<void> {
    if (isReliable) await this.#addFamily(family);
    const added = await ADD.run(this.#connection, [keysName(family)], [key]);
    remember(this.#announced, family, key);
    this.#onKey(family, key);
    if (added === 1) await this.#connection.ask(this.#connection.client.publish(NEWS, JSON.stringify([family, key])));
  }

  /** The family's keys so far; later ones are told. */
  async watch(family: string): Promise<string[]> {
    this.#watched.add(family);
    this.#listening ??= this.#listen();
    // First: a key that comes between the two is told.
    await this.#listening;
    return this.#connection.ask(this.#connection.client.smembers(keysName(family)));
  }

  /** The families that are kept. */
  async reliable(): Promise<string[]> {
    return this.#connection.ask(this.#connection.client.smembers(FAMILIES));
  }

  async #addFamily(family: string): Promise<void> {
    if (this.#reliable.has(family)) return;
    await ADD.run(this.#connection, [FAMILIES], [family]);
    this.#reliable.add(family);
  }

  async addGroup(family: string, group: string): Promise<void> {
    await this.#addFamily(family);
    remember(this.#groups, family, group);
    await ADD.run(this.#connection, [groupsName(family)], [group]);
  }

  async groupsOf(family: string): Promise<string[]> {
    return this.#connection.ask(this.#connection.client.smembers(groupsName(family)));
  }

  async keysOf(family: string): Promise<string[]> {
    return this.#connection.ask(this.#connection.client.smembers(keysName(family)));
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #listen(): Promise<unknown> {
    const listener = this.#connection.openListener();
    listener.on("message", (_: string, text: string) => {
      const [family, key] = JSON.parse(text) as [string, string];
      if (this.#watched.has(family)) this.#onKey(family, key);
    });
    // It subscribes again by itself after a break; the first time may fail, and then the looks must do.
    return this.#connection.ask(listener.subscribe(NEWS)).catch(this.#onError);
  }

  async #look(): Promise<void> {
    const kept = [...this.#announced].map(([family, keys]) => ADD.run(this.#connection, [keysName(family)], [...keys]));
    const groups = [...this.#groups].map(([family, names]) =>
      ADD.run(this.#connection, [groupsName(family)], [...names]),
    );
    const families = this.#reliable.size > 0 ? [ADD.run(this.#connection, [FAMILIES], [...this.#reliable])] : [];
    await Promise.all([...kept, ...groups, ...families]);
    await Promise.all(
      [...this.#watched].map(async (family) => {
        for (const key of await this.keysOf(family)) this.#onKey(family, key);
      }),
    );
  }
}

function remember(sets: Map<string, Set<string>>, name: string, member: string): void {
  const set = sets.get(name);
  if (set) set.add(member);
  else sets.set(name, new Set([member]));
}
