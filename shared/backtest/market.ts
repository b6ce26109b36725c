/** What a backtest needs of a market, whatever it is known by: steps in order of time, where orders meet, what is heard. */
import type { Side } from "../domain/order.ts";
import type { Listing } from "../engine/listing.ts";
import type { MatchEvent, Matcher } from "../engine/matcher.ts";
import type { ClosedBar } from "../trading/factors/series.ts";

/** One side's levels by rank, 0 the best, as whole ticks and lots. */
export interface BookView {
  size(side: Side): number;
  ticksAt(side: Side, rank: number): number;
  lotsAt(side: Side, rank: number): number;
}

/** Where the desk listens. `who` is into the market's listings; `exchTs` is the exchange's own time, epoch ms. */
export interface MarketEar {
  trade(who: number, exchTs: number, trade: { id: number; ticks: number; lots: number; takerBuys: boolean }): void;
  ticker(
    who: number,
    exchTs: number,
    top: { seq: number; bidTicks: number; bidLots: number; askTicks: number; askLots: number },
  ): void;
  /** The book as it is now, valid until the next call; `ok` is false while it has a gap. */
  depth(who: number, exchTs: number, book: BookView, ok: boolean): void;
  /** `mark` as a price. */
  funding(who: number, exchTs: number, told: { mark: number; rate: number; nextAt: number }): void;
  /** The whole bars that close at this moment, shortest first, where there are no trades to build them from. */
  bars(who: number, exchTs: number, closed: readonly ClosedBar[]): void;
}

/**
 * The market as a list of steps. A step happens at the exchange first (`apply`), and is heard by the desk a feed's
 * delay later (`tell`), when other steps may have been applied already; both are called once for each step, in order.
 */
export interface BacktestMarket {
  readonly listings: readonly Listing[];
  readonly count: number;
  /** Futures without a recorded mark: true lets it follow every step, false once a second as the exchange does. */
  readonly marksEveryStep: boolean;
  /** Epoch ms, never going back. */
  at(step: number): number;
  who(step: number): number;
  /** The first step not before `ts`, `count` where there is none. Bars that end then are before it, others are not. */
  stepAt(ts: number): number;
  /** What happened to resting orders as the market moved. */
  apply(step: number): readonly MatchEvent[];
  /**
   * After `apply`, of markets of bars: the price has stopped on its way, at one where something `waits`. Settle, trigger
   * what is due at `tradeTicks` and `mark`, then apply the same step again.
   */
  readonly isUnderway?: boolean;
  /** A price on the way within a bar: between two looks of those who look now and then. */
  isWithin?(step: number): boolean;
  /** Of the public trade in this step, as far as it was applied; NaN: it has none. */
  tradeTicks(step: number): number;
  /** What funding is paid now, as a share of notional, where the record says so; undefined: by `funding` and time. */
  settlement(step: number): number | undefined;
  tell(step: number, ear: MarketEar): void;
  /** All that is heard at one moment has been told. */
  endTurn?(ear: MarketEar): void;
  /** Once a second, of a future whose mark is not recorded: what the exchange tells of it, to be heard a feed later. */
  markTold?(who: number, exchTs: number): ((ear: MarketEar) => void) | undefined;
  matcher(who: number): Matcher;
  /** Ticks, possibly with a fraction: as it was told, else the mid; undefined while there is neither. */
  mark(who: number): number | undefined;
  /** The rate to come and when it is due (epoch ms); undefined where nothing is known of it. */
  funding(who: number): { rate: number; nextAt: number } | undefined;
  readonly assumed: readonly string[];
}

/** What a market may ask of the account: markets of bars go the worse way for the open position. */
export interface OpenPositions {
  side(who: number): Side | undefined;
  /** Prices in ticks, perhaps between two, at which something happens: stops that wait there, a liquidation. */
  waits(who: number): readonly number[];
}
