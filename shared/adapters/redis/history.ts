/** Looks into the reliable streams: what they hold, how far their groups are, and their dead letters. */
import { assert, refuse } from "../../errors.ts";
import type { Message, Stream, StreamState } from "../../kit/ports.ts";
import { STATE } from "./bus-scripts.ts";
import type { RedisConnection } from "./connection.ts";
import { asEntry, isRedisId, type Raw, readMessage } from "./entry.ts";
import type { Families } from "./families.ts";
import { dlqName, idsName, marksName, streamName } from "./names.ts";

const READ_MAX = 1_000;

type State = [group: string, lag: number, pending: number, oldest: string, dead: string | number];

interface Found {
  name: string;
  raw: Raw;
  /** Entries of several streams are in order of time, those of the same moment by stream. */
  ms: number;
}

export class History {
  readonly #connection: RedisConnection;
  readonly #families: Families;

  constructor(connection: RedisConnection, families: Families) {
    this.#connection = connection;
    this.#families = families;
  }

  async read<E>(stream: Stream<E>, options: { key?: string; after?: string; limit: number }): Promise<Message<E>[]> {
    assert(stream.mode === "reliable", `${stream.family} is lossy: nothing of it is kept`);
    const { key, after, limit } = options;
    if (!Number.isInteger(limit) || limit < 1 || limit > READ_MAX) refuse("INVALID", `limit is from 1 to ${READ_MAX}.`);
    const names = key === undefined ? await this.#names(stream.family) : [streamName(stream.family, key)];
    const found = await this.#connection.ask(
      after === undefined ? this.#newest(names, limit) : this.#following(names, { after, limit }),
    );
    return found.flatMap(({ name, raw }) => {
      const read = readMessage(stream, name, asEntry(raw));
      return "message" in read ? [read.message] : [];
    });
  }

  async dead(family: string, limit: number): Promise<{ id: string; stream: string; reason: string; body: string }[]> {
    const found = await this.#connection.ask(
      this.#newest((await this.#names(family)).map(dlqName), Math.min(limit, READ_MAX)),
    );
    return found.map(({ name, raw: [, fields] }) => {
      const [, id = "", , group = "", , reason = "", , body = ""] = fields ?? [];
      return { id, stream: name.slice(0, -dlqName("").length), reason: `${group}: ${reason}`, body };
    });
  }

  /** Of all groups that are kept or read, in all streams. */
  async state(now: number, only?: readonly string[]): Promise<StreamState[]> {
    const families = only ?? (await this.#families.reliable());
    const states = await Promise.all(
      families.map(async (family) => {
        const [names, kept] = await Promise.all([this.#names(family), this.#families.groupsOf(family)]);
        return Promise.all(names.map((stream) => this.#stateOf(stream, kept, now)));
      }),
    );
    return states.flat(2);
  }

  async #stateOf(stream: string, kept: readonly string[], now: number): Promise<StreamState[]> {
    const lines = (await STATE.run(this.#connection, [stream, marksName(stream)], kept)) as State[];
    return lines.map(([group, lag, pending, ts, dead]) => {
      const oldestMs = ts === "" ? 0 : Math.max(0, now - Number(ts));
      return { stream, group, lag, pending, oldestMs, dead: Number(dead) };
    });
  }

  async #names(family: string): Promise<string[]> {
    return (await this.#families.keysOf(family)).map((key) => streamName(family, key));
  }

  async #newest(names: readonly string[], limit: number): Promise<Found[]> {
    const found = await Promise.all(
      names.map(async (name) => {
        const raws = (await this.#connection.client.xrevrange(name, "+", "-", "COUNT", limit)) as Raw[];
        return raws.reverse().map((raw) => asFound(name, raw));
      }),
    );
    return found.flat().sort(inOrder).slice(-limit);
  }

  async #following(names: readonly string[], { after, limit }: { after: string; limit: number }): Promise<Found[]> {
    const { client } = this.#connection;
    const looked = await Promise.all(names.map((name) => this.#find(name, after)));
    const holder = looked.find((found) => found !== undefined);
    if (!holder) refuse("NOT_FOUND", "There is no message of that id.");
    const found = await Promise.all(
      names.map(async (name) => {
        const later = name > holder.name ? `${holder.ms}` : `${holder.ms + 1}`;
        const from = name === holder.name ? `(${holder.raw[0]}` : later;
        const raws = (await client.xrange(name, from, "+", "COUNT", limit)) as Raw[];
        return raws.map((raw) => asFound(name, raw));
      }),
    );
    return found.flat().sort(inOrder).slice(0, limit);
  }

  async #find(name: string, id: string): Promise<Found | undefined> {
    const { client } = this.#connection;
    const ms = isRedisId(id) ? undefined : await client.zscore(idsName(name), id);
    if (ms === null) return undefined;
    // A given id is known by its millisecond, in which there may be others.
    const raws = (await client.xrange(name, ms ?? id, ms ?? id)) as Raw[];
    const raw = raws.find((each) => asEntry(each).id === id);
    return raw && asFound(name, raw);
  }
}

const asFound = (name: string, raw: Raw): Found => ({ name, raw, ms: Number(raw[0].split("-")[0]) });

/** Sorting is stable, so that each stream stays in its own order. */
const inOrder = (a: Found, b: Found): number => a.ms - b.ms || (a.name === b.name ? 0 : a.name < b.name ? -1 : 1);
