/** Blobs in MinIO or another S3 store. A put is one object; an append is one more object, which a read joins on. */
import { randomBytes } from "node:crypto";
import type { BlobInfo, Blobs, Clock } from "../kit/ports.ts";
import { checkKey, checkLimit, readCursor, writeCursor } from "./blob-key.ts";
import { joined } from "./s3/bodies.ts";
import { each } from "./s3/each.ts";
import { behind, canBeginKey, objectName, prefixOf, readName } from "./s3/names.ts";
import { type Found, PATIENCE, type Patience, S3Objects, type S3Place } from "./s3/objects.ts";
import { PART_LIMITS, Parted, type PartLimits } from "./s3/parted.ts";
import { Replaced } from "./s3/trouble.ts";

export interface S3Options extends S3Place {
  clock: Pick<Clock, "now">;
  patience?: Partial<Patience>;
  partLimits?: PartLimits;
}

/** Appends that wait for the one before them go together, up to this. */
const TOGETHER_BYTES_MAX = 4 * 1024 * 1024;
const READS_MAX = 5;
const LIST_PAGE_MAX = 1_000;
const NAME_BYTES = 5;

interface Together {
  readonly bodies: Uint8Array[];
  bytes: number;
  done: Promise<void>;
}
interface Group {
  readonly key: string;
  own: Found | undefined;
  readonly parts: Found[];
}

export class S3Blobs implements Blobs {
  readonly #objects: S3Objects;
  readonly #parted: Parted;
  /** What is done to a key, one after another. */
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #together = new Map<string, Together>();

  /** Asks nothing yet. Throws Error for an address that is none. */
  constructor({ clock, patience, partLimits = PART_LIMITS, ...place }: S3Options) {
    this.#objects = new S3Objects(place, newName, { ...PATIENCE, ...patience });
    this.#parted = new Parted({ objects: this.#objects, now: () => clock.now(), newName, limits: partLimits });
  }

  async put(key: string, body: Uint8Array): Promise<void> {
    const name = objectName(key);
    if (body.length > this.#objects.partBytes) return this.write(key, once(body));
    await this.#inTurn(key, async () => {
      await this.#objects.put(name, body);
      await this.#parted.replaced(key);
    });
  }

  async write(key: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    const name = objectName(key);
    await this.#inTurn(key, async () => {
      await this.#objects.upload(name, pieces);
      await this.#parted.replaced(key);
    });
  }

  async append(key: string, body: Uint8Array): Promise<void> {
    checkKey(key);
    const waiting = this.#together.get(key);
    if (waiting && waiting.bytes + body.length <= TOGETHER_BYTES_MAX) {
      waiting.bodies.push(body.slice());
      waiting.bytes += body.length;
      return waiting.done;
    }
    const made: Together = { bodies: [body.slice()], bytes: body.length, done: Promise.resolve() };
    made.done = this.#inTurn(key, async () => {
      if (this.#together.get(key) === made) this.#together.delete(key);
      await this.#parted.append(key, made.bodies.length === 1 ? made.bodies[0]! : Buffer.concat(made.bodies));
      // Nobody waits for it: as it is, it can be read.
      if (this.#parted.isLong(key)) this.#inTurn(key, () => this.#parted.compact(key)).catch(() => {});
    });
    this.#together.set(key, made);
    return made.done;
  }

  async delete(key: string): Promise<void> {
    const name = objectName(key);
    await this.#inTurn(key, async () => {
      await this.#objects.remove(name);
      await this.#parted.replaced(key);
    });
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    checkKey(key);
    for (let attempt = 1; ; attempt++) {
      try {
        const body = await this.read(key);
        return body && (await joined(body));
      } catch (error) {
        if (!(error instanceof Replaced) || attempt === READS_MAX) throw error;
      }
    }
  }

  async read(key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    const snapshot = await this.#parted.snapshot(checkKey(key));
    return snapshot && this.#parted.whole(snapshot);
  }

  async list(
    prefix: string,
    { limit, cursor }: { limit: number; cursor?: string },
  ): Promise<{ items: BlobInfo[]; next_cursor?: string }> {
    checkLimit(limit);
    const after = readCursor(cursor);
    if (!canBeginKey(prefix)) return { items: [] };
    const groups: Required<Group>[] = [];
    const all = this.#objects.all(prefixOf(prefix), after && behind(after), Math.min(limit + 2, LIST_PAGE_MAX));
    for await (const group of grouped(all)) {
      // Without an object of their own parts belong to nothing any more.
      if (group.own) groups.push(group);
      if (groups.length > limit) break;
    }
    const items = await each(groups.slice(0, limit), async ({ key, own, parts }) => {
      const { bytes, modified_at } = await this.#parted.measured(key, own!, parts);
      return { key, bytes, modified_at };
    });
    return groups.length > limit ? { items, next_cursor: writeCursor(items.at(-1)!.key) } : { items };
  }

  /** None for what lies in several parts. */
  async link(key: string, options: { ttlMs: number; filename: string }): Promise<string | undefined> {
    const snapshot = await this.#parted.snapshot(checkKey(key));
    await snapshot?.body.return(undefined);
    if (snapshot?.parts.length === 0) return this.#objects.link(objectName(key), options);
  }

  ping(): Promise<void> {
    return this.#objects.ping();
  }

  #inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    // Appends from now on come after this.
    this.#together.delete(key);
    const done = (this.#turns.get(key) ?? Promise.resolve()).then(work);
    const settled = done
      .catch(() => {})
      .then(() => {
        if (this.#turns.get(key) === settled) this.#turns.delete(key);
      });
    this.#turns.set(key, settled);
    return done;
  }
}

/** Lower-case letters and digits, another one each time. */
const newName = (): string =>
  BigInt(`0x${randomBytes(NAME_BYTES).toString("hex")}`)
    .toString(36)
    .padStart(8, "0");

async function* once(body: Uint8Array) {
  yield body;
}

/** Each blob with what lies right behind it by its name. */
async function* grouped(all: AsyncIterable<Found>): AsyncGenerator<Group> {
  let group: Group | undefined;
  for await (const found of all) {
    const named = readName(found.name);
    if (!named) continue;
    if (group?.key !== named.key) {
      if (group) yield group;
      group = { key: named.key, own: undefined, parts: [] };
    }
    if (named.part) group.parts.push(found);
    else group.own = found;
  }
  if (group) yield group;
}
