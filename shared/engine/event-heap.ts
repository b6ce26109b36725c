/** A binary heap of timed events whose order is total: time, then the order string, then age. */

export interface TimedEvent {
  readonly time: number;
  readonly order: string;
  readonly age: number;
  /** Gone once it is cancelled or taken. */
  run: (() => unknown) | undefined;
}

/** Below this many cancelled events a sweep is not worth its while. */
const SWEEP_MIN = 1_024;

const before = (a: TimedEvent, b: TimedEvent): boolean =>
  a.time !== b.time ? a.time < b.time : a.order !== b.order ? a.order < b.order : a.age < b.age;

export class EventHeap {
  #events: TimedEvent[] = [];
  #cancelled = 0;
  #age = 0;

  get size(): number {
    return this.#events.length - this.#cancelled;
  }

  /** When the first event is due; infinite while there is none. */
  get firstTime(): number {
    for (let first = this.#events[0]; first; first = this.#events[0]) {
      if (first.run) return first.time;
      this.#removeFirst();
      this.#cancelled--;
    }
    return Number.POSITIVE_INFINITY;
  }

  /** The order string of the event that `firstTime` is of. */
  get firstOrder(): string {
    return this.#events[0]?.order ?? "";
  }

  push(time: number, order: string, run: () => unknown): TimedEvent {
    const event: TimedEvent = { time, order, age: this.#age++, run };
    this.#events.push(event);
    this.#rise(this.#events.length - 1);
    return event;
  }

  /** In constant time: the event stays in place without its callback, and sweeps remove such events in bulk. */
  cancel(event: TimedEvent): void {
    if (!event.run) return;
    event.run = undefined;
    this.#cancelled++;
    if (this.#cancelled > SWEEP_MIN && this.#cancelled > this.#events.length / 2) this.#sweep();
  }

  /** Takes the first event if it is due by `end`; after that it can no longer be cancelled. */
  popDue(end: number): { time: number; run: () => unknown } | undefined {
    for (let first = this.#events[0]; first; first = this.#events[0]) {
      if (first.run && first.time > end) return undefined;
      this.#removeFirst();
      if (first.run) {
        const { time, run } = first;
        first.run = undefined;
        return { time, run };
      }
      this.#cancelled--;
    }
  }

  #removeFirst(): void {
    const last = this.#events.pop()!;
    if (this.#events.length === 0) return;
    this.#events[0] = last;
    this.#sink(0);
  }

  #rise(from: number): void {
    const events = this.#events;
    const event = events[from]!;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(event, events[parent]!)) break;
      events[at] = events[parent]!;
      at = parent;
    }
    events[at] = event;
  }

  #sink(from: number): void {
    const events = this.#events;
    const event = events[from]!;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= events.length) break;
      if (child + 1 < events.length && before(events[child + 1]!, events[child]!)) child++;
      if (!before(events[child]!, event)) break;
      events[at] = events[child]!;
      at = child;
    }
    events[at] = event;
  }

  #sweep(): void {
    this.#events = this.#events.filter((event) => event.run);
    this.#cancelled = 0;
    for (let at = (this.#events.length >> 1) - 1; at >= 0; at--) this.#sink(at);
  }
}
