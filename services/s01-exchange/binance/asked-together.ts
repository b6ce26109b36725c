/** One question to the exchange for all who ask before it is sent: what is dear to ask is asked every few seconds only. */
import type { Clock } from "../../../shared/kit/ports.ts";

/**
 * Only a question that has not been sent yet is joined. An answer to one that was under way may be older than what the
 * second asker knows, and whoever brings its books and the exchange together would believe it.
 */
export class AskedTogether<T> {
  private readonly clock: Clock;
  private readonly spacingMs: number;
  private readonly ask: () => Promise<T>;
  private next: Promise<T> | undefined;
  private sentAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, spacingMs: number, ask: () => Promise<T>) {
    this.clock = clock;
    this.spacingMs = spacingMs;
    this.ask = ask;
  }

  /** At once when nobody has asked lately, else when the spacing since the last sending is over. */
  answer(): Promise<T> {
    this.next ??= this.send();
    return this.next;
  }

  private async send(): Promise<T> {
    await this.clock.sleep(Math.max(0, this.sentAt + this.spacingMs - this.clock.mono()));
    this.next = undefined;
    this.sentAt = this.clock.mono();
    return this.ask();
  }
}
