/** The shapes within S1: its settings, an instrument ready for the hot path, and what its parts are handed. */
import { z } from "@hono/zod-openapi";
import type { Instrument, InstrumentId, Market } from "../../shared/domain/instrument.ts";
import type { Depth, Funding, MarketTrade, Ticker } from "../../shared/domain/market.ts";
import type { Clock, Net, Random } from "../../shared/kit/ports.ts";
import { FineScale } from "./binance/fine-scale.ts";

const Milliseconds = z.number().int().positive();
const Url = z
  .string()
  .regex(/^(https?|wss?):\/\/[^/]/, "is no address")
  .optional();

/** What the paper venue takes from anybody, and no exchange does. */
export const PAPER_KEY = "paper-key";

export const Settings = z.object({
  mode: z.enum(["paper", "testnet", "live"]).default("paper"),
  connector: z
    .enum(["binance", "ccxt"])
    .default("binance")
    .describe("How the exchange is spoken to: Binance natively, or any exchange that ccxt knows"),
  ccxtExchange: z
    .string()
    .regex(/^[a-z0-9]{2,32}$/)
    .default("binance")
    .describe("ccxt's name of the exchange, with CHIMERA_S01_CONNECTOR=ccxt"),
  ccxtMarkets: z
    .string()
    .regex(/^(SPOT|FUT|SPOT,FUT|FUT,SPOT)$/, "is SPOT, FUT or SPOT,FUT")
    .default("SPOT,FUT")
    .describe("The markets that are traded there through ccxt"),
  ccxtStreams: z
    .boolean()
    .default(true)
    .describe("Streams through ccxt where the exchange has them; false: ask again and again"),
  ccxtUrls: z
    .string()
    .optional()
    .describe("JSON in place of ccxt's own addresses of the exchange (its urls.api), such as a proxy's"),
  apiPassword: z.string().optional().describe("The key's third part, where the exchange has one (OKX, KuCoin, Bitget)"),
  venueSpotUrl: Url.describe("Spot REST; unset: the mode's own"),
  venueFutUrl: Url.describe("Futures REST; unset: the mode's own"),
  venueSpotWsUrl: Url.describe("Spot market streams; unset: the mode's own"),
  venueFutWsUrl: Url.describe("Futures market and account streams; unset: the mode's own"),
  venueSpotApiWsUrl: Url.describe(
    "The spot WebSocket API, which carries the spot account stream; unset: the mode's own",
  ),
  paperRemote: z
    .boolean()
    .default(false)
    .describe("Lets paper trading talk to an exchange on another machine, which then must be a paper exchange"),
  apiKey: z.string().min(1).default(PAPER_KEY),
  apiSecret: z.string().min(1).default("paper-secret"),
  liveFirstDayUsdtMax: z
    .number()
    .positive()
    .default(500)
    .describe("Live, within a day of arming: notional of all entries together, USDT"),
  approvals: z
    .enum(["single", "two"])
    .default("single")
    .describe("two: live trading is armed with the word of a second person alone; the gateway's unless set"),
  /** How late a signed request may arrive at the exchange. */
  recvWindowMs: Milliseconds.max(60_000).default(5_000),
  callTimeoutMs: Milliseconds.default(5_000),
  /** A socket from which nothing came for so long is asked for a sign of life, then replaced. */
  silenceMs: Milliseconds.default(10_000),
  /** Binance ends every socket after 24 hours; ours are replaced before, overlapping. */
  socketLifeMs: Milliseconds.default(23 * 3_600_000),
  /** Market data older than this makes S1 not ready. */
  marketAgeMsMax: Milliseconds.default(10_000),
  /** How long an acknowledged order may stay unheard on the account stream before that stream is replaced. */
  executionHeardMsMax: Milliseconds.default(10_000),
  /** The exchange may not know an order yet that it has taken; after this long, "not found" is believed. */
  absenceProvenMs: Milliseconds.default(45_000),
  grantPublicKey: z
    .string()
    .optional()
    .describe("What the gateway's grants are checked with; the data folder's own unless set"),
  recordFrames: z.boolean().default(true),
  recordFlushMs: Milliseconds.max(10_000).default(10_000),
  /** Raw frames held in memory; beyond it frames are left out of the recording, and that is alerted. */
  recordBufferBytesMax: z.coerce
    .number()
    .int()
    .positive()
    .default(32 * 1024 * 1024),
  /** All recordings together; the oldest hours go first. */
  recordTotalBytesMax: z.coerce
    .number()
    .int()
    .positive()
    .default(20 * 1024 * 1024 * 1024),
});
export type Settings = z.output<typeof Settings>;

/** An instrument with the scales that turn its decimal text into whole numbers. */
export interface Listed {
  readonly instrument: InstrumentId;
  readonly market: Market;
  readonly symbol: string;
  readonly info: Instrument;
  readonly price: FineScale;
  readonly qty: FineScale;
}
export const listed = (info: Instrument): Listed => ({
  instrument: info.instrument,
  market: info.market,
  symbol: info.symbol,
  info,
  price: new FineScale(info.tick_size),
  qty: new FineScale(info.step_size),
});

export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}
export type Raise = (
  severity: "INFO" | "WARN" | "ERROR" | "FATAL",
  code: string,
  message: string,
  action?: string,
) => void;

interface Count {
  inc(labels?: Record<string, string>, by?: number): void;
}
interface Gauge {
  set(value: number, labels?: Record<string, string>): void;
}
/** Of labels that come and go: what is not set again is told no longer. */
interface KeptGauge extends Gauge {
  forget(): void;
}
interface Spread {
  observe(value: number, labels?: Record<string, string>): void;
}
export interface Meters {
  frames: Count;
  dropped: Count;
  gaps: Count;
  reconnects: Count;
  accountEvents: Count;
  recordedBytes: Count;
  unrecorded: Count;
  marketAgeMs: KeptGauge;
  usedWeight: Gauge;
  clockOffsetMs: Gauge;
  socketUp: Gauge;
  ackMs: Spread;
}

/** What every part of the connector needs of its surroundings. */
export interface Surroundings {
  readonly settings: Settings;
  readonly net: Net;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly raise: Raise;
  /** Whether the exchange took our key when it was last asked something by it. */
  readonly keyAnswered?: (market: Market, isTaken: boolean) => void;
  readonly meters: Meters;
}

/** Where market events go; each call is one event on its stream. */
export interface MarketOutlet {
  ticker(event: Ticker): void;
  trade(event: MarketTrade): void;
  depth(event: Depth): void;
  funding(event: Funding): void;
}
