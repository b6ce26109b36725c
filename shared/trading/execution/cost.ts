/** What an order is expected to cost as a maker and as a taker, in basis points of its notional. */

/** Slippage of our own takers: `base_bps + slope_bps·sqrt(notional/1000 USDT)`, against the mid when they were sent. */
export interface SlippageCurve {
  readonly base_bps: number;
  readonly slope_bps: number;
}

export interface CostTerms {
  /** Fractions of notional. */
  readonly makerFee: number;
  readonly takerFee: number;
  readonly spreadBps: number;
  readonly notionalUsdt: number;
  /** How long the maker would rest. */
  readonly waitMs: number;
  /** Undefined until enough of our own fills are known; then `slippageBps` is assumed. */
  readonly curve: SlippageCurve | undefined;
  readonly slippageBps: number;
  /** Share of a posted quantity that is filled as a maker. */
  readonly fillShare: number;
  /** Variance of the mid's moves per ms, bps²; 0 when it is not known. */
  readonly varianceBpsPerMs: number;
}

export interface ExpectedCost {
  readonly maker_bps: number;
  readonly taker_bps: number;
}

const BPS = 10_000;

/** The square-root impact law, as in Grinold and Kahn, "Active Portfolio Management", chapter on transaction costs. */
export const curveBps = (curve: SlippageCurve, notionalUsdt: number): number =>
  curve.base_bps + curve.slope_bps * Math.sqrt(Math.max(0, notionalUsdt) / 1_000);

/**
 * Mean absolute move of the mid while a maker rests: that of a random walk without drift, `σ·sqrt(2/π·t)` (the
 * half-normal's mean). Who is not filled saw it move away.
 */
export const driftBps = (varianceBpsPerMs: number, waitMs: number): number =>
  Math.sqrt((2 / Math.PI) * Math.max(0, varianceBpsPerMs) * Math.max(0, waitMs));

/**
 * Expected cost of both ways: taker = taker fee + crossing; maker, the mean over being filled or not, = p·maker fee +
 * (1 − p)·(taker fee + crossing + drift during the wait), p from our own posts. Crossing is half the spread plus
 * the assumed slippage; once a curve is known it is the curve, which is measured from the mid and so holds half the
 * spread already, but never less than half the spread of this moment.
 */
export function expectedCost(terms: CostTerms): ExpectedCost {
  const { curve, fillShare } = terms;
  const half = terms.spreadBps / 2;
  const crossing = curve ? Math.max(half, curveBps(curve, terms.notionalUsdt)) : half + terms.slippageBps;
  const taker_bps = terms.takerFee * BPS + crossing;
  const missed = taker_bps + driftBps(terms.varianceBpsPerMs, terms.waitMs);
  return { maker_bps: fillShare * terms.makerFee * BPS + (1 - fillShare) * missed, taker_bps };
}
