/**
 * Quotes both sides of a quiet market in turn: a bid, then an offer, each for a few seconds, leaning with the book.
 *
 * An account holds one trade an instrument, so the two quotes take turns instead of resting together. The price is the
 * mid, moved towards the microprice (what the book's weight says the price is worth) and away from it by a half spread
 * that widens with volatility (after Avellaneda and Stoikov 2008, with one unit of inventory at most). Stop and target
 * are the engine's.
 */
import type { Program } from "../../../shared/domain/program.ts";

interface State {
  /** Whose turn it is. */
  next: "BUY" | "SELL";
  /** Quotes made so far. */
  quotes: number;
}

/** Basis points of the mid: the least half spread, and how long a quote rests. */
const HALF_SPREAD_BPS = 0.8;
const REST_MS = 3_000;
/** Of the microprice's distance from the mid. */
const LEAN = 0.5;
/** A half spread is at least this share of the ATR of five seconds. */
const ATR_SHARE = 0.15;
const BPS = 10_000;

export default {
  start: (): State => ({ next: "BUY", quotes: 0 }),

  decide(state, { features, bid, ask }) {
    const { mid, microprice, atr_14_5s: atr, regime } = features;
    const known = typeof mid === "number" && typeof microprice === "number" && typeof atr === "number";
    // In a market that runs away a resting quote is filled only when it is wrong.
    if (!known || bid === null || ask === null || regime === 1) return { state, intents: [] };
    const side = state.next;
    const half = Math.max((HALF_SPREAD_BPS / BPS) * mid, ATR_SHARE * atr);
    const fair = mid + LEAN * (microprice - mid);
    // Never through the other side: a quote makes, it does not take.
    const price = side === "BUY" ? Math.min(fair - half, bid) : Math.max(fair + half, ask);
    const why = `fair ${fair.toFixed(2)}, half spread ${half.toFixed(2)}`;
    return {
      state: { next: side === "BUY" ? "SELL" : "BUY", quotes: state.quotes + 1 },
      intents: [{ side, price, rest_ms: REST_MS, why }],
    };
  },
} satisfies Program<State>;
