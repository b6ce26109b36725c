/** What the treasury needs of an exchange: moving funds between the account's own wallets, and the history of it. */
import type { Market } from "../../shared/domain/instrument.ts";
import type { Amount } from "../../shared/domain/money.ts";

export interface Way {
  readonly from: Market;
  readonly to: Market;
}
export interface Movement {
  /** The exchange's own; never used twice. */
  readonly tx_id: string;
  readonly asset: string;
  readonly amount: Amount;
  readonly state: "PENDING" | "DONE" | "FAILED";
  /** Epoch ms. */
  readonly at: number;
}

export interface VenueTransfers {
  /**
   * Moves USDT; answers the exchange's id. Throws EXCHANGE_REFUSED (not done), UNAVAILABLE or RATE_LIMITED (not taken,
   * it may be tried again), EXCHANGE_UNKNOWN (it may have been done).
   */
  move(way: Way, amount: string): Promise<string>;
  /** The newest movements that way, newest first. A short time after it happened, one may be missing. */
  newest(way: Way): Promise<Movement[]>;
  /** Movements that way that are not among `known`, newest first. */
  since(way: Way, known: ReadonlySet<string>): Promise<Movement[]>;
}
