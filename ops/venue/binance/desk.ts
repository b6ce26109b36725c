/** What the endpoints work with: the exchange, its market, keys and time, and the shape of an endpoint. */
import { type InstrumentId, instrumentOf, type Market } from "../../../shared/domain/instrument.ts";
import { type Amount, dec, mul } from "../../../shared/domain/money.ts";
import type { Exchange } from "../../../shared/engine/exchange.ts";
import { type Listing, priceOf } from "../../../shared/engine/listing.ts";
import type { Clock, Random } from "../../../shared/kit/ports.ts";
import type { MarketModel } from "../market.ts";
import { errors } from "./errors.ts";
import type { Keys } from "./keys.ts";
import type { Limits } from "./limits.ts";
import type { ListenKeys } from "./listen-keys.ts";
import type { Params } from "./request.ts";

export interface Desk {
  readonly exchange: Exchange;
  readonly market: MarketModel;
  readonly clock: Clock;
  readonly random: Random;
  readonly keys: Keys;
  readonly listenKeys: ListenKeys;
  /** Who listens by this listen key hears nothing more. */
  endListening(listenKey: string | undefined): void;
  readonly limits: Limits;
  /** What this market really has. */
  readonly listed: readonly Listing[];
  /** True for an order that a lagging query does not know yet. */
  isHidden(createdAt: number, now: number): boolean;
  /** The last public trade's price. */
  lastPrice(instrument: InstrumentId): Amount | undefined;
  /** Does what trades have set off so far, which comes before anything that is asked now. */
  catchUp(): void;
  /** The newest trade frames, oldest first. */
  recentTrades(instrument: InstrumentId, limit: number): string[];
}

export interface Call {
  readonly desk: Desk;
  readonly params: Params;
  /** Empty for public endpoints. */
  readonly account: string;
  /** The key that asks for it. */
  readonly apiKey?: string | undefined;
  /** Whole epoch ms. */
  readonly now: number;
}

/** Request weight, which may depend on what is asked for. */
export type Weight = number | ((params: Params) => number);

export interface Route {
  readonly security: "public" | "key" | "signed";
  readonly weight: Weight;
  /** Answers what is sent as JSON; a string is sent as it is. */
  run(call: Call): unknown;
}
export type Routes = Readonly<Record<string, Route>>;

export const unsigned = (weight: Weight, run: Route["run"]): Route => ({ security: "public", weight, run });
export const keyed = (weight: Weight, run: Route["run"]): Route => ({ security: "key", weight, run });
export const signed = (weight: Weight, run: Route["run"]): Route => ({ security: "signed", weight, run });

/** The listing of the request's mandatory symbol. */
export function mustListing({ desk, params }: Call, market: Market): Listing {
  const symbol = params.symbol();
  if (symbol === undefined) throw errors.mandatory("symbol");
  return listingOf(desk, market, symbol);
}

/** Of the symbol if one is given. */
export function maybeListing({ desk, params }: Call, market: Market): Listing | undefined {
  const symbol = params.symbol();
  return symbol === undefined ? undefined : listingOf(desk, market, symbol);
}

function listingOf(desk: Desk, market: Market, symbol: string): Listing {
  const instrument = instrumentOf(market, symbol);
  const listing = desk.listed.find((each) => each.instrument === instrument);
  if (!listing) throw errors.symbol();
  return listing;
}

/** Mark price on futures, last price on spot, mid where there is neither yet; nothing while there is no book. */
export function referencePrice(desk: Desk, listing: Listing): Amount | undefined {
  if (listing.market === "FUT") return markPrice(desk, listing);
  return desk.lastPrice(listing.instrument) ?? midPrice(desk, listing);
}

export function markPrice(desk: Desk, listing: Listing): Amount | undefined {
  return desk.exchange.mark(listing.instrument) ?? marketMark(desk.market, listing);
}

/** The middle of the spot book of the same base; the mark where this market has none. */
export function indexPrice(desk: Desk, listing: Listing): Amount | undefined {
  const spot = desk.listed.find(({ market, base }) => market === "SPOT" && base === listing.base);
  return (spot && midPrice(desk, spot)) ?? markPrice(desk, listing);
}

const MARK_STEP = 10n ** 10n;

/** The market's mark in quote, to 10⁻⁸. */
export function marketMark(market: MarketModel, listing: Listing): Amount | undefined {
  const ticks = market.mark(listing.instrument);
  if (ticks === undefined) return undefined;
  const hundredths = BigInt(Math.round(ticks * 100));
  const exact = (hundredths * listing.tick) / 100n;
  return ((exact / MARK_STEP) * MARK_STEP) as Amount;
}

function midPrice(desk: Desk, listing: Listing): Amount | undefined {
  const best = desk.market.matcher(listing.instrument).best();
  if (!best) return undefined;
  return mul(priceOf(listing, best.bidTicks + best.askTicks), dec("0.5"));
}
