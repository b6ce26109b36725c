/** Whose markets are followed: the instruments that are traded now, and those with anything open or under way. */
import { holdings, intents } from "../../shared/collections/orders.ts";
import { trades } from "../../shared/collections/trades.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import type { Store } from "../../shared/kit/ports.ts";

/** More than one installation has open at once. */
const OPEN_MAX = 1_000;
const OPEN = ["PENDING_ENTRY", "ACTIVE", "PENDING_CLOSING"];

interface Parts {
  store: Pick<Store, "query">;
  follow(instruments: readonly InstrumentId[]): void;
}

/**
 * A revision that is taken back may leave trades on instruments that no other has: they need prices to their end. So do
 * orders under way, whose trades begin with their first fill, and what the router holds and guards by itself.
 */
export class Followed {
  private readonly parts: Parts;
  private traded: readonly InstrumentId[] = [];
  /** Not traded any more, and perhaps held. */
  private left = new Set<InstrumentId>();

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** What is in force has changed. What falls out of it is followed on until it is known that nothing of it is open. */
  trade(instruments: readonly InstrumentId[]): void {
    const before = [...this.traded, ...this.left];
    this.traded = instruments;
    this.left = new Set(before.filter((instrument) => !instruments.includes(instrument)));
    this.follow();
  }

  /** A job calls it; what cannot be read changes nothing. */
  async look(): Promise<void> {
    const open = await this.open();
    const held = new Set(open.filter((instrument) => !this.traded.includes(instrument)));
    if (held.size === this.left.size && [...held].every((instrument) => this.left.has(instrument))) return;
    this.left = held;
    this.follow();
  }

  /** Orders before positions before trades, the way that what is open goes: nothing slips through between two answers. */
  private async open(): Promise<InstrumentId[]> {
    const { store } = this.parts;
    const running = await store.query(intents, { where: { state: "RUNNING" }, limit: OPEN_MAX });
    const held = await store.query(holdings, { limit: OPEN_MAX });
    const open = await store.query(trades, { where: { status: { in: OPEN } }, limit: OPEN_MAX });
    const holding = held.items.filter(({ value }) => value.qty !== "0");
    return [...running.items, ...holding, ...open.items].map(({ value }) => value.instrument);
  }

  private follow(): void {
    this.parts.follow([...this.traded, ...this.left]);
  }
}
