/** Whose markets are followed: the instruments that are traded now, and those of trades that are still open. */
import { trades } from "../../shared/collections/trades.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import type { Store } from "../../shared/kit/ports.ts";

/** More than one installation has open at once. */
const TRADES_MAX = 1_000;
const OPEN = ["PENDING_ENTRY", "ACTIVE", "PENDING_CLOSING"];

interface Parts {
  store: Pick<Store, "query">;
  follow(instruments: readonly InstrumentId[]): void;
}

/** A revision that is taken back may leave trades on instruments that no other has: they need prices to their end. */
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
    const { items } = await this.parts.store.query(trades, { where: { status: { in: OPEN } }, limit: TRADES_MAX });
    const held = new Set(items.map(({ value }) => value.instrument).filter((one) => !this.traded.includes(one)));
    if (held.size === this.left.size && [...held].every((instrument) => this.left.has(instrument))) return;
    this.left = held;
    this.follow();
  }

  private follow(): void {
    this.parts.follow([...this.traded, ...this.left]);
  }
}
