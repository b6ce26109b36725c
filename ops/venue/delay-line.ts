/** One direction of a connection: delivers messages after their modelled delay, in order, with one timer. */
import { type Delay, Wire } from "../../shared/engine/latency.ts";
import type { Cancel, Clock, Random } from "../../shared/kit/ports.ts";

/** What a delay is drawn with. */
export interface Delays {
  readonly clock: Clock;
  readonly random: Random;
  readonly delay: Delay;
}

export class DelayLine<T> {
  private readonly delays: Delays;
  private readonly wire: Wire;
  private readonly isInstant: boolean;
  private readonly deliver: (item: T) => void;
  private queue: { due: number; item: T }[] = [];
  private cancel: Cancel | undefined;

  constructor(delays: Delays, deliver: (item: T) => void) {
    this.delays = delays;
    this.wire = new Wire(delays.delay);
    this.isInstant = delays.delay.baseMs === 0 && delays.delay.jitterMs === 0;
    this.deliver = deliver;
  }

  put(item: T): void {
    if (this.isInstant) {
      this.deliver(item);
      return;
    }
    const { clock, random } = this.delays;
    const now = clock.now();
    const due = this.wire.arrival(now, random.next());
    this.queue.push({ due, item });
    this.cancel ??= clock.after(due - now, () => this.release());
  }

  private release(): void {
    this.cancel = undefined;
    const { clock } = this.delays;
    const now = clock.now();
    let count = 0;
    while (count < this.queue.length && this.queue[count]!.due <= now) count++;
    // Timers may come a fraction early; the first item is due in any case.
    const due = this.queue.splice(0, Math.max(1, count));
    const [next] = this.queue;
    if (next) this.cancel = clock.after(Math.max(0, next.due - now), () => this.release());
    for (const { item } of due) this.deliver(item);
  }

  stop(): void {
    this.cancel?.();
    this.cancel = undefined;
    this.queue = [];
  }
}
