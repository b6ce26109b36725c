/** What a fill cost against the middle of the market when its order was sent. */
import type { Side } from "../../domain/order.ts";

const BPS = 10_000;

/** `dir·(fill − mid)/mid·10⁴`: above zero is worse than the mid. 0 where no mid was known. */
export function slippageBps(side: Side, price: number, mid: number): number {
  if (!(mid > 0)) return 0;
  return ((side === "BUY" ? price - mid : mid - price) / mid) * BPS;
}

/** The spread between best bid and ask, in basis points of their middle. */
export const spreadBps = (bid: number, ask: number): number => ((ask - bid) / ((ask + bid) / 2)) * BPS;
