/** One instrument's market, where orders meet: integer ticks and lots, synchronous, no idea of accounts or money. */
import type { Side } from "../domain/order.ts";

export interface NewOrder {
  /** Unique among the resting orders of this market. */
  id: string;
  side: Side;
  kind: "limit" | "market";
  /** The limit; ignored for a market order. */
  ticks: number;
  lots: number;
  /** GTX rests or is done with `would_take`. A market order never rests, whatever stands here. */
  tif: "GTC" | "IOC" | "FOK" | "GTX";
  /** An iceberg shows at most so many lots at a time; all of it when absent. */
  shown?: number;
  /** Whose it is, where self-trade prevention must know. */
  owner?: string;
  /** What happens when it would trade with its own owner's order: the taker's word counts. NONE when absent. */
  stp?: StpMode;
}

/** Which order gives way when both are of one owner; DECREMENT takes the smaller one's lots from both. */
export type StpMode = "NONE" | "EXPIRE_TAKER" | "EXPIRE_MAKER" | "EXPIRE_BOTH" | "DECREMENT";

/**
 * What happened, in order. A taker's trade at a price level is followed by its makers' trades, where the maker is an
 * order that was placed here (and not a recorded stranger); lots of one `orderId` never add up to more than it asked.
 * An order of which nothing is left after a trade or a prevented one has no further event.
 */
export type MatchEvent =
  | { kind: "trade"; orderId: string; maker: boolean; ticks: number; lots: number }
  | { kind: "resting"; orderId: string; lots: number }
  /** Self-trade prevention in place of a trade of `lots`: what it took from the taker (`orderId`) and from the maker. */
  | {
      kind: "prevented";
      orderId: string;
      makerId: string;
      ticks: number;
      lots: number;
      takerLots: number;
      makerLots: number;
    }
  /** `lots` were left unfilled. */
  | { kind: "done"; orderId: string; lots: number; why: "canceled" | "expired" | "would_take" };

export interface Best {
  bidTicks: number;
  bidLots: number;
  askTicks: number;
  askLots: number;
}

/** Levels from the best price outwards, each `[ticks, lots]`. */
export interface Depth {
  bids: [ticks: number, lots: number][];
  asks: [ticks: number, lots: number][];
}

export type Wish = Pick<NewOrder, "side" | "kind" | "ticks" | "lots" | "owner" | "stp">;

export interface Matcher {
  /** Throws "Invariant: …" for an id that already rests, or for ticks or lots that are no positive whole numbers. */
  place(order: NewOrder): MatchEvent[];
  /** Nothing when no such order rests. */
  cancel(orderId: string): MatchEvent[];
  /** Cuts a resting order to `left` lots, fewer than it has; it keeps its place. Throws "Invariant: …" otherwise. */
  cut(orderId: string, left: number): void;
  /** What `place` would trade now, best price first, without doing it. */
  preview(order: Wish): [ticks: number, lots: number][];
  /** Nothing while one side is empty. */
  best(): Best | undefined;
  depth(levels: number): Depth;
}
