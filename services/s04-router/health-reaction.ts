/**
 * What the router does the moment S11 speaks: entries end where none may be made, and makers' posts are counted anew.
 *
 * RED, or no entries for another reason: no entry is let in, and one that is under way is ended as the kill switch
 * ends it, since each further slice and each fill of what rests would be an entry in RED. It does not go on when health
 * is better: its signal is old by then. A change to YELLOW or ORANGE leaves what is under way as it was planned.
 */
import type { HealthHeard } from "../../shared/health-heard.ts";
import type { HealthEvent } from "../../shared/streams.ts";
import type { Costs } from "./costs.ts";
import { endEntries } from "./end-entries.ts";
import type { OrdersBook } from "./orders-book.ts";

export class HealthReaction {
  private readonly parts: { readonly health: HealthHeard; readonly book: OrdersBook; readonly costs: Costs };

  constructor(parts: HealthReaction["parts"]) {
    this.parts = parts;
  }

  async hear(event: HealthEvent): Promise<void> {
    const { health, costs } = this.parts;
    await health.hear(event);
    await this.enforce();
    await costs.hearTakersOnly(health.effects.takers_only !== undefined);
  }

  /** Also after a start: what stopped between hearing it and ending the entries goes on here. */
  async enforce(): Promise<void> {
    const { health, book } = this.parts;
    if (health.noEntries !== undefined) await endEntries(book, health.noEntries);
  }
}
