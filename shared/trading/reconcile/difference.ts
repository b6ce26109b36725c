/** What our books and the exchange's can differ in, and how much of it all they agree on. */
import type { InstrumentId } from "../../domain/instrument.ts";

export type DifferenceKind =
  /** Open at the exchange, and not open in our books. */
  | "ORDER_MISSING_HERE"
  /** Open in our books, and not open at the exchange. */
  | "ORDER_GONE_THERE"
  /** Open in both, and not told alike; or ended in our books and open at the exchange. */
  | "ORDER_DIFFERS"
  /** A futures position is not what was booked. */
  | "POSITION_DIFFERS"
  /** The wallet has less of an asset than is held in it for spot trades. */
  | "HOLDING_DIFFERS"
  /** A trade is open by another quantity than the router holds. */
  | "TRADE_DIFFERS";

export interface Difference {
  readonly kind: DifferenceKind;
  /** A client order id, or an instrument. */
  readonly ref: string;
  readonly instrument: InstrumentId;
  /** What either side says of it, in words: a quantity (signed), or an order's state. */
  readonly ours: string;
  readonly theirs: string;
  /** Of orders: what repairing one wants to know. */
  readonly order?: {
    readonly conditional: boolean;
    readonly reduce_only: boolean;
    /** ENDED: here it has; FILLS: it has traded more there; TERMS: quantity or price are others there. */
    readonly why?: "ENDED" | "FILLS" | "TERMS";
  };
}

export interface Comparison {
  /** |A∪B|: orders, positions, assets and trades that either side knows of. */
  readonly checked: number;
  readonly differences: readonly Difference[];
}

const idOf = ({ kind, instrument, ref, ours, theirs }: Difference): string =>
  JSON.stringify([kind, instrument, ref, ours, theirs]);

/**
 * Differences that two looks some time apart saw alike. Each look takes a while, and what is on its way meanwhile is
 * told by one side before the other: only what stands still is a difference.
 */
export function settled(before: readonly Difference[], now: readonly Difference[]): Difference[] {
  const seen = new Set(before.map(idOf));
  return now.filter((difference) => seen.has(idOf(difference)));
}

/** Jaccard |A∩B|/|A∪B| over what either side knows of; a thing told differently is in the union alone. 1 of nothing. */
export const agreement = (checked: number, differences: number): number =>
  checked === 0 ? 1 : (checked - differences) / checked;
