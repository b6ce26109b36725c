/** The order book as rows to draw: prices at the instrument's precision, sizes as shares of the deepest. */
import type { Depth, Level } from "../../../../shared/domain/market.ts";
import { amountText, shortText } from "../format/numbers.ts";

export interface LadderRow {
  readonly price: string;
  readonly size: string;
  readonly total: string;
  /** Cumulative size over the deepest side's, 0 to 1. */
  readonly share: number;
  /** We have an order working at this price. */
  readonly ours: boolean;
}
export interface Ladder {
  /** Best first. */
  readonly bids: readonly LadderRow[];
  readonly asks: readonly LadderRow[];
  /** Bid size over all size shown, 0 to 1; 0.5 when empty. */
  readonly bidShare: number;
}

interface LadderFormat {
  priceDigits: number;
  /** Prices of our working orders, as numbers. */
  ours: ReadonlySet<number>;
}

export const LADDER_ROWS = 20;

export function ladderOf(depth: Depth | undefined, format: LadderFormat): Ladder {
  const bids = totalled(depth?.bids ?? []);
  const asks = totalled(depth?.asks ?? []);
  const bidTotal = bids.at(-1)?.total ?? 0;
  const askTotal = asks.at(-1)?.total ?? 0;
  const deepest = Math.max(bidTotal, askTotal) || 1;
  const rows = (levels: Totalled[]): LadderRow[] =>
    levels.map(({ price, qty, total }) => ({
      price: amountText(price, { digits: format.priceDigits }),
      size: shortText(qty),
      total: shortText(total),
      share: total / deepest,
      ours: format.ours.has(Number(price)),
    }));
  const both = bidTotal + askTotal;
  return { bids: rows(bids), asks: rows(asks), bidShare: both > 0 ? bidTotal / both : 0.5 };
}

interface Totalled {
  price: string;
  qty: number;
  total: number;
}
function totalled(levels: readonly Level[]): Totalled[] {
  let total = 0;
  return levels.slice(0, LADDER_ROWS).map(([price, text]) => {
    const qty = Number(text);
    total += qty;
    return { price, qty, total };
  });
}
