/** What an exchange keeps of futures accounts besides orders and money: positions, modes, margin moved by hand. */
import type { InstrumentId } from "../domain/instrument.ts";
import { type Amount, zero } from "../domain/money.ts";
import type { MarginType, PositionSide } from "./facts.ts";
import type { Position } from "./futures.ts";

export interface MarginChange {
  readonly account: string;
  readonly instrument: InstrumentId;
  readonly position_side: PositionSide;
  /** Above zero was added to the position. */
  readonly qty: Amount;
  /** A fill moved it, or the account did. */
  readonly why: "TRADE" | "USER_ADJUST";
  readonly at: number;
}

export interface Modification {
  readonly amendment_id: number;
  readonly order_id: number;
  readonly account: string;
  readonly instrument: InstrumentId;
  readonly client_id: string;
  readonly before: { readonly price: Amount; readonly qty: Amount };
  readonly after: { readonly price: Amount; readonly qty: Amount };
  /** The order's first is 1. */
  readonly count: number;
  readonly at: number;
}

type ModifiedOrder = Pick<Modification, "order_id" | "account" | "instrument" | "client_id"> & Modification["after"];

export interface FundingRate {
  readonly instrument: InstrumentId;
  readonly rate: Amount;
  readonly mark: Amount;
  readonly at: number;
}

export interface Countdown {
  readonly account: string;
  readonly instrument: InstrumentId;
  /** Epoch ms. */
  readonly deadline: number;
}

/** The insurance fund's account: no client can have this name. */
export const FUND = "insurance.fund";

export const POSITION_SIDES = ["BOTH", "LONG", "SHORT"] as const satisfies PositionSide[];
const DEFAULT_LEVERAGE = 20;

/** The ledger's part of the margin bucket that backs an isolated position. */
export const marginPart = ({ instrument, side }: Pick<Position, "instrument" | "side">): string =>
  side === "BOTH" ? instrument : `${instrument}|${side}`;

export class FuturesState {
  readonly positions = new Map<string, Position>();
  /** Accounts in hedge mode. */
  readonly dual = new Set<string>();
  /** Accounts in multi-assets mode. */
  readonly multiAssets = new Set<string>();
  readonly marginChanges: MarginChange[] = [];
  readonly modifications: Modification[] = [];
  private readonly modificationCounts = new Map<number, number>();
  readonly countdowns = new Map<string, Countdown>();
  /** True once somebody has paid into the insurance fund. */
  isInsured = false;
  /** Oldest first. */
  readonly rates: FundingRate[] = [];

  position(account: string, instrument: InstrumentId, side: PositionSide): Position {
    const key = positionKey(account, instrument, side);
    const known = this.positions.get(key);
    if (known) return known;
    for (const each of POSITION_SIDES) {
      const flat = { side: each, qty: zero, cost: zero, realised: zero, carried: zero, updated_at: 0 };
      const terms = { leverage: DEFAULT_LEVERAGE, margin_type: "CROSSED" as MarginType };
      this.positions.set(positionKey(account, instrument, each), { account, instrument, ...flat, ...terms });
    }
    return this.positions.get(key) as Position;
  }

  /** An instrument's three positions of an account; they share leverage and margin type, and some are flat. */
  legs(account: string, instrument: InstrumentId): Position[] {
    return POSITION_SIDES.map((side) => this.position(account, instrument, side));
  }

  /** Every position of the account, flat ones too. */
  of(account: string): Position[] {
    return [...this.positions.values()].filter((position) => position.account === account);
  }

  isDual(account: string): boolean {
    return this.dual.has(account);
  }

  modificationsOf(orderId: number): number {
    return this.modificationCounts.get(orderId) ?? 0;
  }

  /** `order` is as it stands after the change. */
  noteModification(order: ModifiedOrder, before: Modification["before"], at: number): void {
    const { order_id, account, instrument, client_id, price, qty } = order;
    const count = this.modificationsOf(order_id) + 1;
    this.modificationCounts.set(order_id, count);
    const of = { amendment_id: this.modifications.length + 1, order_id, account, instrument, client_id };
    this.modifications.push({ ...of, before, after: { price, qty }, count, at });
  }

  /** As plain values in key order. */
  canonical(): Record<string, unknown> {
    return {
      positions: [...this.positions.entries()]
        .filter(([, position]) => position.updated_at > 0)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
      dual: [...this.dual].sort(),
      multi_assets: [...this.multiAssets].sort(),
      margin_changes: this.marginChanges.length,
      modifications: this.modifications.length,
      countdowns: [...this.countdowns.values()],
      rates: this.rates.length,
    };
  }
}

function positionKey(account: string, instrument: InstrumentId, side: PositionSide): string {
  return side === "BOTH" ? `${account}|${instrument}` : `${account}|${instrument}|${side}`;
}
