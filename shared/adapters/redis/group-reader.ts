/** Reads all lanes that one group has in one partition, by XREADGROUP. */
import type { RedisConnection } from "./connection.ts";
import { AHEAD_MAX, type Lane } from "./lane.ts";
import { ReadLoop, type Reply } from "./read-loop.ts";

export class GroupReader {
  readonly #group: string;
  readonly #reader: string;
  readonly #blockMs: number;
  readonly #lanes = new Map<string, Lane>();
  readonly #loop: ReadLoop;
  #reading: Lane[] = [];

  constructor(connection: RedisConnection, at: { key: string; group: string; reader: string; blockMs: number }) {
    this.#group = at.group;
    this.#reader = at.reader;
    this.#blockMs = at.blockMs;
    this.#loop = new ReadLoop(connection, {
      key: at.key,
      next: () => this.#next(),
      deliver: (reply) => this.#deliver(reply),
      // What the server has handed out and the answer did not bring is pending; groups that are gone are made again.
      failed: () => {
        for (const lane of this.#reading) void lane.takeWhatIsPending();
      },
    });
  }

  get isEmpty(): boolean {
    return this.#lanes.size === 0;
  }

  add(lane: Lane): void {
    this.#lanes.set(lane.place.stream, lane);
  }

  hungry(lane: Lane): void {
    const isMine = this.#lanes.get(lane.place.stream) === lane;
    if (isMine && !this.#reading.includes(lane) && lane.mayRead(this.#blockMs)) this.#loop.wake();
  }

  /** Resolves when nothing more is read for the lane. */
  remove(lane: Lane): Promise<void> {
    if (this.#lanes.get(lane.place.stream) === lane) this.#lanes.delete(lane.place.stream);
    return this.quiet(lane);
  }

  /** Resolves when no read is on its way that could bring the lane messages. */
  async quiet(lane: Lane): Promise<void> {
    if (this.#reading.includes(lane)) await this.#loop.quiet();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  abandon(): void {
    this.#loop.abandon();
  }

  #next(): string[] | undefined {
    this.#reading = [...this.#lanes.values()].filter((lane) => lane.mayRead(this.#blockMs));
    if (this.#reading.length === 0) return undefined;
    const names = this.#reading.map((lane) => lane.place.stream);
    const how = ["COUNT", String(AHEAD_MAX / 2), "BLOCK", String(this.#blockMs)];
    const after = names.map(() => ">");
    return ["XREADGROUP", "GROUP", this.#group, this.#reader, ...how, "STREAMS", ...names, ...after];
  }

  #deliver(reply: Reply): void {
    const reading = new Map(this.#reading.map((lane) => [lane.place.stream, lane]));
    this.#reading = [];
    for (const [stream, raws] of reply) reading.get(stream)?.offer(raws);
  }
}
