/** What the paper venue asks of a market: where orders meet, what its subscribers hear, what it assumes. */
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import type { Timeframe } from "../../shared/domain/market.ts";
import type { MatchEvent, Matcher } from "../../shared/engine/matcher.ts";
import type { Bar } from "./klines.ts";

/** Streams as Binance names them after the symbol, without their speed. */
export type FrameStream = "depth" | "trade" | "bookTicker" | "markPrice" | `kline_${Timeframe}`;

export interface MarketHooks {
  /** A frame to hand to subscribers, as Binance says it: raw inner data JSON text. `exchTs` is epoch ms. */
  frame(instrument: InstrumentId, stream: FrameStream, raw: string, exchTs: number): void;
  /** Spares the market what nobody listens to; without it every frame is made. */
  wants?(instrument: InstrumentId, stream: FrameStream): boolean;
  /** What happened to clients' resting orders because the market moved (not what `place` and `cancel` returned). */
  matched(instrument: InstrumentId, events: MatchEvent[]): void;
  /** The recording is played to its end; never for a market without one. */
  ended(): void;
}

/** `from` and `to` are epoch ms and bound the bars' open times, both included; the newest `limit` of them are given. */
export interface KlineQuery {
  from?: number;
  to?: number;
  limit: number;
}

export interface MarketModel {
  /** Throws a Problem INSTRUMENT_DISABLED for an unknown instrument. */
  matcher(instrument: InstrumentId): Matcher;
  start(hooks: MarketHooks): void;
  stop(): void;
  /** Oldest first; the last may still be open. */
  klines(instrument: InstrumentId, timeframe: string, query: KlineQuery): Bar[];
  /** Ticks, possibly with a fraction; the mid where nothing better is known. Nothing while there is no book. */
  mark(instrument: InstrumentId): number | undefined;
  /** `nextAt` is epoch ms. */
  funding(instrument: InstrumentId): { rate: number; nextAt: number };
  /** The last update id of what `matcher(instrument).depth()` shows: `lastUpdateId` of a snapshot. */
  sequence(instrument: InstrumentId): number;
  /** Why the instrument takes no orders just now; nothing while it trades, and for markets that never halt. */
  halted?(instrument: InstrumentId): string | undefined;
  /** Declared assumptions for what is not known, such as "mark=mid". */
  readonly assumed: readonly string[];
}
