/** A group of consumers in this process: its lane in every stream of a family, and who of them handles what. */
import { type Consumer, Lane } from "./lane.ts";
import { streamName } from "./names.ts";
import type { Works } from "./works.ts";

export interface GroupPlace {
  family: string;
  group: string;
  kept: boolean;
  /** The name under which the server knows this process in the group. */
  reader: string;
  /** Head of its leases' tokens: where it is, and its life there. */
  life: string;
}

/** Where lanes are read. */
export interface Readers {
  add(lane: Lane): void;
  hungry(lane: Lane): void;
  /** Resolves when no read is on its way that could bring the lane messages. */
  quiet(lane: Lane): Promise<void>;
  remove(lane: Lane): Promise<void>;
}

export class Group {
  readonly place: GroupPlace;
  readonly consumers: Consumer[] = [];
  readonly lanes = new Map<string, Lane>();
  readonly #works: Works;
  readonly #readers: Readers;
  #tokens = 0;

  constructor(works: Works, readers: Readers, place: GroupPlace) {
    this.#works = works;
    this.#readers = readers;
    this.place = place;
  }

  /** Resolves when the lane was asked for, whoever has it now. `start`: for a group that the stream does not know. */
  async addLane(key: string, start: "0" | "$"): Promise<void> {
    const { family, group, kept, reader, life } = this.place;
    const stream = streamName(family, key);
    if (this.lanes.has(stream)) return;
    const turn = this.lanes.size;
    // Its consumers share the streams out among themselves, each those that it owns.
    const consumer = () => {
      const owners = this.consumers.filter(({ listen }) => listen.owns?.(key) ?? true);
      return owners[turn % owners.length];
    };
    const place = { stream, key, group, kept, start, reader, token: `${life}${reader}/${++this.#tokens}` };
    const lane: Lane = new Lane(this.#works, place, {
      consumer,
      onHungry: () => this.#readers.hungry(lane),
      quiet: () => this.#readers.quiet(lane),
    });
    this.lanes.set(stream, lane);
    this.#readers.add(lane);
    await lane.take();
  }

  join(consumer: Consumer): void {
    this.consumers.push(consumer);
    for (const lane of this.lanes.values()) {
      lane.wake();
      void lane.want();
    }
  }

  /** Takes no more messages for a consumer, and waits for what it is at. */
  async leave(consumer: Consumer): Promise<void> {
    const at = this.consumers.indexOf(consumer);
    if (at >= 0) this.consumers.splice(at, 1);
    const lanes = [...this.lanes.values()];
    if (this.consumers.length > 0) {
      for (const lane of lanes) lane.wake();
      await Promise.all(lanes.map((lane) => lane.idleOf(consumer)));
      await Promise.all(lanes.map((lane) => lane.yield()));
      return;
    }
    this.lanes.clear();
    for (const lane of lanes) lane.end();
    await Promise.all(
      lanes.map(async (lane) => {
        await this.#readers.remove(lane);
        await lane.idleOf(consumer);
        await lane.release().catch(this.#works.onError);
      }),
    );
  }

  abandon(): void {
    for (const lane of this.lanes.values()) lane.end();
  }
}
