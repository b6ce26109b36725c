/** What S1 needs of an exchange, whichever connector speaks to it; one contract suite holds for all that implement it. */
import type { z } from "@hono/zod-openapi";
import type {
  ExchangeFill,
  ExchangeOrder,
  FundingRate,
  History,
  Income,
  SubmitOco,
  SubmitOrder,
} from "../../shared/contracts.ts";
import { type Instrument, type InstrumentId, type Market, marketOf } from "../../shared/domain/instrument.ts";
import type { Kline } from "../../shared/domain/market.ts";
import type { Balance, ExchangePosition } from "../../shared/domain/trade.ts";
import type { AccountEvent } from "../../shared/streams.ts";
import type { Listed, MarketOutlet } from "./types.ts";
import type { VenueTransfers } from "./venue-transfers.ts";

export interface OrderRef {
  instrument: InstrumentId;
  client_order_id: string;
  /** On futures, a stop or target that has not been set off. */
  conditional: boolean;
}

export const isConditional = (order: Pick<SubmitOrder, "instrument" | "type">): boolean =>
  marketOf(order.instrument) === "FUT" && (order.type === "STOP_MARKET" || order.type === "TAKE_PROFIT_MARKET");

export interface VenueListing {
  /** Those that the exchange has; every one must have told its listing before anything is traded. */
  readonly markets: readonly Market[];
  /** What can be traded there now. `isFirst`: nothing can be done without the answer, not even an exit. */
  list(market: Market, isFirst: boolean): Promise<Instrument[]>;
}

/** Each event goes to the outlet once, in order per instrument; a book is whole or says that it is not. */
export interface VenueMarket {
  /** Follows exactly these from now on, as far as the exchange lists them. */
  follow(instruments: readonly InstrumentId[]): void;
  /** The listing has changed, or has come at all. */
  apply(): void;
  /** What keeps an instrument from being decided on, in words. */
  trouble(): string | undefined;
  mark(instrument: InstrumentId): string | undefined;
  /** Brings the metrics up to date. */
  measure(): void;
  stop(): void;
}

/**
 * `before` runs right before the bytes leave, a repeated sending included; what it throws stops them. Throws Problem
 * EXCHANGE_REFUSED, EXCHANGE_UNKNOWN (the order may live), RATE_LIMITED or UNAVAILABLE (nothing was sent), INVALID.
 */
export interface VenueOrders {
  submit(order: SubmitOrder, before: () => void): Promise<ExchangeOrder>;
  /** Take-profit and stop on spot, of which one filled cancels the other; in this order. */
  submitOco(oco: SubmitOco, before: () => void): Promise<ExchangeOrder[]>;
  /** Throws Problem NOT_FOUND, which is no proof that the order does not exist. */
  query(ref: OrderRef): Promise<ExchangeOrder>;
  /** An order that has ended already is answered as it ended. */
  cancel(ref: OrderRef): Promise<ExchangeOrder>;
  /** `forExit`: an exit waits for the answer. */
  openOrders(market: Market, instrument?: InstrumentId, forExit?: boolean): Promise<ExchangeOrder[]>;
  /** All that were sent since (epoch ms), ended ones too, oldest first. Throws Problem RULE where they cannot be asked for. */
  since(instrument: InstrumentId, from_ts: number): Promise<ExchangeOrder[]>;
  /** Isolated margin and this leverage before an entry on futures; nothing is sent when both are known to stand. */
  prepare(instrument: InstrumentId, leverage: number | undefined): Promise<void>;
  /** The refusal says that the filters known here are out of date. */
  isOffFilters(error: unknown): boolean;
}

/** Of one order, or since `from_ts` (epoch ms), or the newest. */
export interface AskFills {
  instrument: InstrumentId;
  order_id?: string | undefined;
  from_ts?: number | undefined;
  /** An exit waits for the answer. */
  for_exit?: boolean | undefined;
}

export interface VenueQueries {
  /** Oldest first. */
  fills(ask: AskFills): Promise<ExchangeFill[]>;
  /** Those that are held; spot has none. */
  positions(account: string, instrument?: InstrumentId): Promise<ExchangePosition[]>;
  balances(): Promise<Balance[]>;
  /** Oldest first; `from_ts` and `to_ts` (epoch ms) bound the opening times. The last bar may be open. */
  history(ask: z.output<typeof History>): Promise<Kline[]>;
  /** Of a perpetual, oldest first, at most a thousand; UNAVAILABLE where the exchange does not tell them. */
  fundingRates(instrument: InstrumentId, span: Span): Promise<FundingRate[]>;
}

/** Epoch ms, both ends included. */
export interface Span {
  from_ts: number;
  to_ts: number;
}
/** The account's credits and charges, each once, oldest first. A short time after it happened, an entry may be missing. */
export interface VenueIncome {
  /** Of both wallets. */
  between(span: Span): Promise<Income[]>;
  /** Funding payments alone. */
  funding(span: Span): Promise<Income[]>;
}

/** Account events in order; every connection begins with a `gap`, because something may have been missed before it. */
export interface VenueStreams {
  start(): void;
  stop(): void;
  /** What is wrong, in words; nothing when every market's stream is up. */
  trouble(): string | undefined;
  setLeverage(instrument: InstrumentId, leverage: number): void;
  /** The exchange took this order, so the stream must tell of it soon. */
  expect(market: Market, clientOrderId: string): void;
  /** Replaces streams that did not tell what they should have. */
  checkHeard(): void;
  keepAlive(): Promise<void>;
}

/** Undefined: the exchange does not tell. */
export interface KeyRights {
  canWithdraw: boolean | undefined;
  isIpBound: boolean | undefined;
}
/** How the account is set up where S1 trades one way, each asset by itself. */
export interface AccountMode {
  /** Long and short are held side by side. */
  isHedged: boolean;
  /** All assets together are the margin of every position. */
  isMultiAsset: boolean;
}

export interface VenueLink {
  measureClock(market: Market): Promise<void>;
  /** Exchange time minus ours, ms, as last measured. */
  clockOffsetMs(market: Market): number;
  /** Monotonic time of the last answer. */
  answeredAt(market: Market): number;
  rights(): Promise<KeyRights>;
  /** Nothing where the exchange has no futures. */
  accountMode(): Promise<AccountMode | undefined>;
}

/** What a connector is handed: where its events go, and what is listed. */
export interface VenuePorts {
  readonly account: string;
  readonly outlet: MarketOutlet;
  listed(instrument: InstrumentId): Listed | undefined;
  /** Something does not fit the listing, which may have changed. */
  doubt(instrument: InstrumentId): void;
  record(instrument: InstrumentId, ts: number, text: string): void;
  tell(event: AccountEvent): void;
  /** An order was heard of: whatever its fate was, it is known now. */
  heard(clientOrderId: string): void;
  /** Funding was paid or received: its entry is in the income history soon. */
  funded(): void;
}

export interface Venue {
  /** `binance`, or `ccxt bybit`. */
  readonly name: string;
  /** What it cannot do of what is asked here, in words, told at every start. */
  readonly lacks: readonly string[];
  readonly listing: VenueListing;
  readonly market: VenueMarket;
  readonly orders: VenueOrders;
  readonly queries: VenueQueries;
  /** Absent where the connector cannot read it. */
  readonly income?: VenueIncome;
  /** Absent where funds cannot be moved, or what was moved cannot be read. */
  readonly transfers?: VenueTransfers;
  readonly streams: VenueStreams;
  readonly link: VenueLink;
  /** After market and streams were stopped: lets go of what is still held. */
  close(): Promise<void>;
}
