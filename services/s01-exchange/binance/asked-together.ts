/** One question to the exchange for all who ask before it is sent: what is dear is asked a few times, then every few seconds. */
import type { Clock } from "../../../shared/kit/ports.ts";

/**
 * Only a question that has not been sent yet is joined. An answer to one that was under way may be older than what the
 * second asker knows, and whoever brings its books and the exchange together would believe it.
 */
export class AskedTogether<T> {
  private readonly clock: Clock;
  private readonly spacingMs: number;
  private readonly atOnce: number;
  private readonly ask: () => Promise<T>;
  private next: Promise<T> | undefined;
  /** When all that was sent would have been sent, had it been spaced. */
  private spacedUntil = Number.NEGATIVE_INFINITY;

  /** `atOnce`: so many questions wait for nothing; each that was spared comes back after `spacingMs`. */
  constructor(clock: Clock, { spacingMs, atOnce }: { spacingMs: number; atOnce: number }, ask: () => Promise<T>) {
    this.clock = clock;
    this.spacingMs = spacingMs;
    this.atOnce = atOnce;
    this.ask = ask;
  }

  /** At once when few have asked lately, else when the spacing allows it. */
  answer(): Promise<T> {
    this.next ??= this.send();
    return this.next;
  }

  private async send(): Promise<T> {
    const { clock, spacingMs, atOnce } = this;
    const due = this.spacedUntil - (atOnce - 1) * spacingMs;
    await clock.sleep(Math.max(0, due - clock.mono()));
    this.next = undefined;
    this.spacedUntil = Math.max(this.spacedUntil, clock.mono()) + spacingMs;
    return this.ask();
  }
}
