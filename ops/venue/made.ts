/** What makes a stream's messages while somebody listens: what it is given, and what it may hear. */
import type { InstrumentId, Market } from "../../shared/domain/instrument.ts";
import type { Desk } from "./binance/desk.ts";
import type { FrameStream } from "./market.ts";

/** Makes the messages of one topic until it is stopped. */
export interface Made {
  /** Which of the market's frames it is made of. */
  readonly from?: FrameStream;
  frame?(raw: string, instrument: InstrumentId): void;
  stop(): void;
}

export interface MadeContext {
  readonly desk: Desk;
  readonly instrument: InstrumentId | undefined;
  readonly market: Market;
  publish(raw: string): void;
}
