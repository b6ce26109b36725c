/** The simulator's clock and event loop: time jumps from one due event to the next, always in the same order. */
import { drainMicrotasks } from "bun:jsc";
import { EventHeap, type TimedEvent } from "../engine/event-heap.ts";
import { assert } from "../errors.ts";
import type { Cancel, Clock } from "../kit/ports.ts";

/** Events between two breaths, in which the runtime may serve signals and draw progress. */
const EVENTS_PER_BREATH = 20_000;

interface Held {
  settled: Promise<unknown>;
  deliver(): void;
}

/**
 * `run` takes the next due event in order of (time, order, age), sets `now`, runs it, drains microtasks, waits for
 * holds in the order taken, and goes on. The same calls therefore give the same run.
 */
export class VirtualClock implements Clock {
  #now: number;
  readonly #start: number;
  readonly #heap = new EventHeap();
  readonly #held: Held[] = [];
  #delivering: Promise<void> | undefined;
  #running = false;
  #failure: { error: unknown } | undefined;
  readonly #onError: (error: unknown) => void;

  /** Without `onError`, what a callback throws or rejects with ends `run`, which throws it. */
  constructor(start = 0, onError?: (error: unknown) => void) {
    this.#start = start;
    this.#now = start;
    this.#onError = onError ?? ((error) => (this.#failure ??= { error }));
  }

  now(): number {
    return this.#now;
  }

  mono(): number {
    return this.#now - this.#start;
  }

  after(ms: number, run: () => unknown, order = ""): Cancel {
    assert(!Number.isNaN(ms), "a wait is a number of milliseconds");
    const event = this.#heap.push(this.#now + Math.max(0, ms), order, run);
    return () => this.#heap.cancel(event);
  }

  every(ms: number, run: () => unknown): Cancel {
    assert(ms > 0 && Number.isFinite(ms), "a period is above zero");
    let event: TimedEvent | undefined;
    let stopped = false;
    const arm = () => {
      if (!stopped) event = this.#heap.push((Math.floor(this.#now / ms) + 1) * ms, "", fire);
    };
    const fire = () => {
      const result = this.#call(run);
      if (result === undefined) arm();
      else return result.then(arm);
    };
    arm();
    return () => {
      stopped = true;
      if (event) this.#heap.cancel(event);
    };
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = () => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = this.after(ms, () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      });
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  hold<T>(work: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let deliver = () => {};
      const settled = work.then(
        (value) => {
          deliver = () => resolve(value);
        },
        (error) => {
          deliver = () => reject(error);
        },
      );
      this.#held.push({ settled, deliver: () => deliver() });
      this.#delivering ??= this.#deliverHeld();
    });
  }

  /** Events waiting, for those who want to know whether anything is still to come. */
  get waiting(): number {
    return this.#heap.size;
  }

  /**
   * Runs to a time (which becomes `now`), until the condition holds (asked before every event), or until nothing is
   * due any more.
   */
  async run(until: number | (() => boolean) = Number.POSITIVE_INFINITY): Promise<void> {
    assert(!this.#running, "a virtual clock runs once at a time");
    this.#running = true;
    try {
      drainMicrotasks();
      while (!(await this.#runSome(until))) await breath();
      if (typeof until === "number" && Number.isFinite(until)) this.#now = Math.max(this.#now, until);
    } finally {
      this.#running = false;
    }
  }

  /** True when finished; false when a hold or a breath has to be waited for. */
  async #runSome(until: number | (() => boolean)): Promise<boolean> {
    while (this.#delivering) await this.#delivering;
    const end = typeof until === "number" ? until : Number.POSITIVE_INFINITY;
    const done = typeof until === "function" ? until : undefined;
    for (let events = 0; events < EVENTS_PER_BREATH; events++) {
      if (this.#failure) this.#fail();
      if (done?.()) return true;
      const event = this.#heap.popDue(end);
      if (!event) return true;
      this.#now = event.time;
      this.#call(event.run);
      drainMicrotasks();
      if (this.#delivering) return false;
    }
    return false;
  }

  #fail(): never {
    const failure = this.#failure;
    this.#failure = undefined;
    throw failure?.error;
  }

  #call(run: () => unknown): Promise<unknown> | undefined {
    try {
      const result = run();
      return result instanceof Promise ? result.catch(this.#onError) : undefined;
    } catch (error) {
      this.#onError(error);
    }
  }

  /** One at a time, each with all that follows from it, so that how fast each was does not matter. */
  async #deliverHeld(): Promise<void> {
    for (let next = this.#held.shift(); next; next = this.#held.shift()) {
      await next.settled;
      next.deliver();
      drainMicrotasks();
    }
    this.#delivering = undefined;
  }
}

const breath = () => new Promise<void>((resolve) => setImmediate(resolve));
