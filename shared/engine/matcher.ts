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
}

/**
 * What happened, in order. A taker's trade at a price level is followed by its makers' trades, where the maker is an
 * order that was placed here (and not a recorded stranger); lots of one `orderId` never add up to more than it asked.
 * An order that is filled has no further event: its trades say it.
 */
export type MatchEvent =
  | { kind: "trade"; orderId: string; maker: boolean; ticks: number; lots: number }
  | { kind: "resting"; orderId: string; lots: number }
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

export interface Matcher {
  /** Throws "Invariant: …" for an id that already rests, or for ticks or lots that are no positive whole numbers. */
  place(order: NewOrder): MatchEvent[];
  /** Nothing when no such order rests. */
  cancel(orderId: string): MatchEvent[];
  /** Nothing while one side is empty. */
  best(): Best | undefined;
  depth(levels: number): Depth;
}
