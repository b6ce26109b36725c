/**
 * Blobs that are appended to, in a store of whole objects: a blob's own object names a generation, whose parts follow.
 * Whatever replaces the object ends the generation with it, at once.
 */
import { refuse } from "../../errors.ts";
import { joined } from "./bodies.ts";
import { each } from "./each.ts";
import { objectName, partName, partsPrefix, readName } from "./names.ts";
import type { Found, Head, S3Objects } from "./objects.ts";
import { Replaced } from "./trouble.ts";

export interface PartLimits {
  /** So many parts become one object when they are as long as what they follow. */
  few: number;
  /** So many do in any case. */
  many: number;
}
export const PART_LIMITS: PartLimits = { few: 60, many: 600 };

/** How often to begin anew when others keep changing it. */
const TRIES = 5;
const READ_AHEAD = 4;
const KNOWN_MAX = 2_000;

/** What is known of a blob that was appended to. */
interface State {
  readonly generation: string;
  /** Of the newest part. */
  moment: number;
  parts: number;
  partBytes: number;
  readonly ownBytes: number;
  /** Parts that may or may not be there: whoever appended them was told that it failed. */
  readonly doubtful: string[];
}
/** A blob as it is at one moment. */
interface Snapshot {
  readonly head: Head;
  readonly body: AsyncGenerator<Uint8Array>;
  readonly parts: readonly Found[];
}

export interface PartedOptions {
  objects: S3Objects;
  now(): number;
  newName(): string;
  limits: PartLimits;
}

/** Changes one key once at a time: whoever calls sees to that. */
export class Parted {
  readonly #objects: S3Objects;
  readonly #options: PartedOptions;
  /** Keeps parts apart that writers make who know nothing of one another. */
  readonly #writer: string;
  readonly #known = new Map<string, State>();
  /** Blobs that may or may not have begun, with the generations that they would have. */
  readonly #doubtful = new Map<string, string[]>();

  constructor(options: PartedOptions) {
    this.#objects = options.objects;
    this.#options = options;
    this.#writer = options.newName();
  }

  /** Resolves when it is there and belongs to the blob. After an error it is not there, once another append has gone well. */
  async append(key: string, body: Uint8Array): Promise<void> {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const state = this.#known.get(key) ?? (await this.#look(key));
      if (state ? await this.#add(key, body, state) : await this.#begin(key, body)) return;
      this.#known.delete(key);
    }
    refuse("UNAVAILABLE", "Others keep replacing the blob; append again.");
  }

  /** There is something else in its place, or nothing; parts that belong to nothing any more are removed if they can be. */
  async replaced(key: string): Promise<void> {
    this.#known.delete(key);
    this.#doubtful.delete(key);
    // Nobody reads them; who lists the blob next time only has to look past them.
    await this.#sweep(key).catch(() => {});
  }

  isLong(key: string): boolean {
    const state = this.#known.get(key);
    if (!state) return false;
    const { few, many } = this.#options.limits;
    return state.parts >= many || (state.parts >= few && state.partBytes >= state.ownBytes);
  }

  /** Makes one object of all parts. */
  async compact(key: string): Promise<void> {
    const state = this.#known.get(key);
    const now = state && (await this.snapshot(key));
    if (!state || !now) return;
    this.#known.delete(key);
    if (now.head.generation !== state.generation || state.doubtful.length > 0) {
      await now.body.return(undefined);
      return;
    }
    const generation = this.#options.newName();
    const terms = { generation, instead: now.head.etag };
    if (!(await this.#objects.upload(objectName(key), this.whole(now), terms))) return;
    const next = { ...newState(generation, now.head.bytes + sum(now.parts)), moment: state.moment };
    const taken = new Set(now.parts.map(({ name }) => name));
    for (const { name } of await this.#partsOf(key, state.generation)) {
      if (taken.has(name)) continue;
      // Somebody else's, acknowledged just before: it goes on behind the new one.
      const late = await this.#objects.open(name);
      if (late) await this.#put(key, await joined(late.body), next);
    }
    this.#remember(key, next);
    await this.#sweep(key, generation).catch(() => {});
  }

  /** Undefined: there is none. Its body has to be read or returned. */
  async snapshot(key: string): Promise<Snapshot | undefined> {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const own = await this.#objects.open(objectName(key));
      if (!own) return;
      const { generation } = own.head;
      if (generation === undefined) return { ...own, parts: [] };
      try {
        const parts = await this.#partsOf(key, generation);
        // Parts go only after their generation has ended: while it has not, these are all.
        if ((await this.#objects.head(objectName(key)))?.generation === generation) return { ...own, parts };
      } catch (error) {
        await own.body.return(undefined);
        throw error;
      }
      await own.body.return(undefined);
    }
    return refuse("UNAVAILABLE", "Others keep replacing the blob; read it again.");
  }

  /** Its bytes, in order. */
  async *whole({ body, parts }: Snapshot): AsyncGenerator<Uint8Array> {
    yield* body;
    const ahead: Promise<Uint8Array>[] = [];
    const begin = (at: number) => {
      const part = parts[at];
      if (!part) return;
      const read = this.#part(part.name);
      // Whoever comes to it hears of its failure; nobody may.
      read.catch(() => {});
      ahead.push(read);
    };
    for (let at = 0; at < READ_AHEAD; at++) begin(at);
    for (let at = READ_AHEAD; ahead.length > 0; at++) {
      yield await (ahead.shift() as Promise<Uint8Array>);
      begin(at);
    }
  }

  /** How long all of it is, and since when, by what a list has told of it and of all parts by its name. */
  async measured(key: string, own: Found, parts: readonly Found[]): Promise<Pick<Found, "bytes" | "modified_at">> {
    if (parts.length === 0) return own;
    const generation = (await this.#objects.head(objectName(key)))?.generation;
    const its = parts.filter(({ name }) => readName(name)?.part?.generation === generation);
    return {
      bytes: own.bytes + sum(its),
      modified_at: its.reduce((newest, { modified_at }) => Math.max(newest, modified_at), own.modified_at),
    };
  }

  async #part(name: string): Promise<Uint8Array> {
    const part = await this.#objects.open(name);
    if (!part) throw new Replaced();
    return joined(part.body);
  }

  #partsOf(key: string, generation: string): Promise<Found[]> {
    return Array.fromAsync(this.#objects.all(partsPrefix(key, generation)));
  }

  /** Removes all parts by that name but those of the generation. */
  async #sweep(key: string, generation?: string): Promise<void> {
    const names: string[] = [];
    for await (const { name } of this.#objects.all(partsPrefix(key))) {
      const part = readName(name)?.part;
      if (part && part.generation !== generation) names.push(name);
    }
    await each(names, (name) => this.#objects.remove(name));
  }

  /** False: somebody else was first. */
  async #begin(key: string, body: Uint8Array): Promise<boolean> {
    const generation = this.#options.newName();
    this.#doubtful.set(key, [...(this.#doubtful.get(key) ?? []), generation]);
    if (!(await this.#objects.put(objectName(key), body, { generation, isNew: true }))) return false;
    this.#doubtful.delete(key);
    this.#remember(key, newState(generation, body.length));
    return true;
  }

  /** What is there to append to; undefined: nothing. */
  async #look(key: string): Promise<State | undefined> {
    const name = objectName(key);
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const head = await this.#objects.head(name);
      if (!head) return;
      if (head.generation === undefined) {
        const generation = this.#options.newName();
        if (!(await this.#objects.markParted(name, head.etag, generation))) continue;
        return this.#remember(key, newState(generation, head.bytes));
      }
      const parts = await this.#partsOf(key, head.generation);
      if (parts.length === 0 && this.#doubtful.get(key)?.includes(head.generation)) {
        const generation = this.#options.newName();
        const terms = { generation, instead: head.etag };
        if (!(await this.#objects.put(name, new Uint8Array(), terms))) continue;
        this.#doubtful.delete(key);
        return this.#remember(key, newState(generation, 0));
      }
      const moment = readName(parts.at(-1)?.name ?? "")?.part?.moment ?? 0;
      const about = { moment, parts: parts.length, partBytes: sum(parts) };
      return this.#remember(key, { ...newState(head.generation, head.bytes), ...about });
    }
    return refuse("UNAVAILABLE", "Others keep replacing the blob; append again.");
  }

  /** False: the generation has ended meanwhile, and the part with it. */
  async #add(key: string, body: Uint8Array, state: State): Promise<boolean> {
    while (state.doubtful.length > 0) {
      // Emptied, not removed: what is still under way to the store finds the name taken.
      await this.#objects.put(state.doubtful[0] as string, new Uint8Array());
      state.doubtful.shift();
      state.parts++;
    }
    const name = await this.#put(key, body, state);
    try {
      const head = await this.#objects.head(objectName(key));
      if (head?.generation === state.generation) return true;
    } catch (error) {
      state.doubtful.push(name);
      throw error;
    }
    await this.#objects.remove(name).catch(() => {});
    return false;
  }

  async #put(key: string, body: Uint8Array, state: State): Promise<string> {
    state.moment = Math.max(state.moment + 1, Math.floor(this.#options.now()));
    const { generation, moment } = state;
    const name = partName(key, { generation, moment, writer: this.#writer });
    try {
      const isThere = await this.#objects.put(name, body, { isNew: true });
      if (!isThere) refuse("UNAVAILABLE", "Something else lies where the part is to be; append again.");
    } catch (error) {
      state.doubtful.push(name);
      throw error;
    }
    state.parts++;
    state.partBytes += body.length;
    return name;
  }

  #remember(key: string, state: State): State {
    this.#known.delete(key);
    this.#known.set(key, state);
    if (this.#known.size > KNOWN_MAX) {
      const [oldest] = this.#known.keys();
      this.#known.delete(oldest as string);
    }
    return state;
  }
}

const newState = (generation: string, ownBytes: number): State => ({
  ...{ generation, ownBytes, moment: 0, parts: 0, partBytes: 0, doubtful: [] },
});

const sum = (found: readonly Found[]): number => found.reduce((total, { bytes }) => total + bytes, 0);
