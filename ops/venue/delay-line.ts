/** Delivers things a constant time after they were put in, in order, with one timer however many wait. */
import type { Cancel, Clock } from "../../shared/kit/ports.ts";

export class DelayLine<T> {
  private readonly clock: Clock;
  private readonly delayMs: number;
  private readonly deliver: (item: T) => void;
  private queue: { due: number; item: T }[] = [];
  private cancel: Cancel | undefined;

  constructor(clock: Clock, delayMs: number, deliver: (item: T) => void) {
    this.clock = clock;
    this.delayMs = delayMs;
    this.deliver = deliver;
  }

  put(item: T): void {
    if (this.delayMs <= 0) {
      this.deliver(item);
      return;
    }
    this.queue.push({ due: this.clock.now() + this.delayMs, item });
    this.cancel ??= this.clock.after(this.delayMs, () => this.release());
  }

  private release(): void {
    this.cancel = undefined;
    const now = this.clock.now();
    let count = 0;
    while (count < this.queue.length && this.queue[count]!.due <= now) count++;
    // Timers may come a fraction early; the first item is due in any case.
    const due = this.queue.splice(0, Math.max(1, count));
    const [next] = this.queue;
    if (next) this.cancel = this.clock.after(Math.max(0, next.due - now), () => this.release());
    for (const { item } of due) this.deliver(item);
  }

  stop(): void {
    this.cancel?.();
    this.cancel = undefined;
    this.queue = [];
  }
}
