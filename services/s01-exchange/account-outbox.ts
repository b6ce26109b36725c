/** Publishes account events one after another, so that a slow or failing bus can neither reorder nor lose them unseen. */
import type { AccountEvent } from "../../shared/streams.ts";
import type { Surroundings } from "./types.ts";

const WAITING_MAX = 10_000;
const RETRY_MS = 250;

type Publish = (event: AccountEvent) => Promise<unknown>;

export class AccountOutbox {
  private readonly around: Pick<Surroundings, "clock" | "log" | "raise" | "meters">;
  private readonly publish: Publish;
  private waiting: AccountEvent[] = [];
  private pumping = false;
  private stopped = false;

  constructor(around: Pick<Surroundings, "clock" | "log" | "raise" | "meters">, publish: Publish) {
    this.around = around;
    this.publish = publish;
  }

  /** Past its limit everything that waits becomes one gap per market, which makes the listeners ask again. */
  add(event: AccountEvent): void {
    this.around.meters.accountEvents.inc({ kind: event.kind });
    this.waiting.push(event);
    if (this.waiting.length > WAITING_MAX) this.collapse();
    if (!this.pumping) void this.pump();
  }

  stop(): void {
    this.stopped = true;
  }

  private collapse(): void {
    const now = this.around.clock.now();
    const from_ts = this.waiting[0]?.ts ?? now;
    this.waiting = (["SPOT", "FUT"] as const).map((instrument) => ({ kind: "gap", instrument, from_ts, ts: now }));
    this.around.raise("ERROR", "ACCOUNT_EVENTS_LOST", "Account events could not be published", "Told as a gap");
  }

  private async pump(): Promise<void> {
    this.pumping = true;
    while (this.waiting.length > 0 && !this.stopped) {
      const event = this.waiting[0]!;
      try {
        await this.publish(event);
        if (this.waiting[0] === event) this.waiting.shift();
      } catch (error) {
        this.around.log.error("Account event not published", { error: String(error) });
        await this.around.clock.sleep(RETRY_MS);
      }
    }
    this.pumping = false;
  }
}
