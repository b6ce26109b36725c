/** Binance's stream names and WebSocket paths: what a client asks to hear, and in which envelope. */
import { type InstrumentId, instrumentOf, type Market } from "../../../shared/domain/instrument.ts";
import { TIMEFRAMES, type Timeframe } from "../../../shared/domain/market.ts";
import type { FrameStream } from "../market.ts";
import { INTERVALS } from "./intervals.ts";

export const WINDOWS = ["1h", "4h", "1d"] as const;
/** `ticker` and `miniTicker` are over 24 hours; `1h` and the like are rolling windows. */
export type TickerKind = "ticker" | "miniTicker" | "avgPrice" | `ticker_${(typeof WINDOWS)[number]}`;

/** What a stream is made of. `all` is every instrument of the market in one. */
export type Feed =
  /** As the market tells it. */
  | { readonly kind: "frame"; readonly stream: FrameStream }
  | { readonly kind: "aggTrade" }
  /** Differences gathered for so long. */
  | { readonly kind: "depth"; readonly everyMs: number }
  /** The best levels of the book. */
  | { readonly kind: "partial"; readonly levels: number; readonly everyMs: number }
  | { readonly kind: "kline"; readonly interval: string; readonly offsetMs: number; readonly continuous?: boolean }
  | { readonly kind: "ticker"; readonly ticker: TickerKind }
  | { readonly kind: "markPrice"; readonly everyMs: number }
  | { readonly kind: "forceOrder" };

export interface Wanted {
  readonly market: Market;
  /** Nothing: all of the market's. */
  readonly instrument: InstrumentId | undefined;
  readonly feed: Feed;
  /** The same for names that mean the same. */
  readonly topic: string;
}

const DEPTH_SPEEDS = { SPOT: ["100ms", "1000ms"], FUT: ["0ms", "100ms", "250ms", "500ms"] } as const;
const DEPTH_DEFAULT = { SPOT: "1000ms", FUT: "250ms" } as const;
/** What the markets themselves send, or faster. */
const DEPTH_DIRECT_MS = 100;
const EIGHT_HOURS_MS = 8 * 3_600_000;

/** What a stream name means; nothing for one this venue does not have. */
export function readStreamName(market: Market, name: string): Wanted | undefined {
  const all = readAll(market, name);
  if (all) return { market, instrument: undefined, feed: all, topic: `${market}|*|${JSON.stringify(all)}` };
  const match = /^([a-z0-9]{2,24})(?:_perpetual)?@([a-zA-Z0-9_]+)(?:@([\w+:-]+))?$/.exec(name);
  if (!match) return undefined;
  const [, symbol = "", what = "", more] = match;
  const feed = readOne(market, what, more);
  if (!feed || name.includes("_perpetual") !== what.startsWith("continuousKline_")) return undefined;
  const instrument = instrumentOf(market, symbol.toUpperCase());
  return { market, instrument, feed, topic: frameTopic(instrument, feed) };
}

/** Frames that are passed on as they are have the topic under which they are published. */
const frameTopic = (instrument: InstrumentId, feed: Feed): string =>
  `${instrument}|${feed.kind === "frame" ? feed.stream : JSON.stringify(feed)}`;

function readOne(market: Market, what: string, more: string | undefined): Feed | undefined {
  if (what === "depth") return depth(market, more);
  const partial = /^depth(5|10|20)$/.exec(what);
  if (partial) return speedOf(market, more, (everyMs) => ({ kind: "partial", levels: Number(partial[1]), everyMs }));
  if (what.startsWith("kline_")) return kline(market, what.slice("kline_".length), more);
  if (what === "markPrice" && market === "FUT") return markPrice(more);
  if (more !== undefined) return undefined;
  if (what === "trade" || what === "bookTicker") return { kind: "frame", stream: what };
  if (what === "aggTrade") return { kind: "aggTrade" };
  if (market === "FUT") return futuresOnly(what);
  const ticker = tickerOf(market, what);
  return ticker && { kind: "ticker", ticker };
}

function futuresOnly(what: string): Feed | undefined {
  if (what === "forceOrder") return { kind: "forceOrder" };
  if (what === "ticker" || what === "miniTicker") return { kind: "ticker", ticker: what };
  const interval = what.startsWith("continuousKline_") ? what.slice("continuousKline_".length) : "";
  return INTERVALS.FUT.has(interval) ? { kind: "kline", interval, offsetMs: 0, continuous: true } : undefined;
}

function tickerOf(market: Market, what: string): TickerKind | undefined {
  if (what === "ticker" || what === "miniTicker") return what;
  if (market === "FUT") return undefined;
  if (what === "avgPrice") return what;
  return WINDOWS.map((window) => `ticker_${window}` as const).find((name) => name === what);
}

function speedOf(market: Market, more: string | undefined, make: (everyMs: number) => Feed): Feed | undefined {
  const speed = more ?? DEPTH_DEFAULT[market];
  const isKnown = (DEPTH_SPEEDS[market] as readonly string[]).includes(speed);
  return isKnown ? make(Math.max(DEPTH_DIRECT_MS, Number.parseInt(speed, 10))) : undefined;
}

function depth(market: Market, more: string | undefined): Feed | undefined {
  return speedOf(market, more, (everyMs) =>
    everyMs <= DEPTH_DIRECT_MS ? { kind: "frame", stream: "depth" } : { kind: "depth", everyMs },
  );
}

function kline(market: Market, interval: string, more: string | undefined): Feed | undefined {
  if (!INTERVALS[market].has(interval)) return undefined;
  const kept = TIMEFRAMES.find((timeframe: Timeframe) => timeframe === interval);
  if (more === undefined && kept) return { kind: "frame", stream: `kline_${kept}` };
  if (more === undefined) return { kind: "kline", interval, offsetMs: 0 };
  return market === "SPOT" && more === "+08:00" ? { kind: "kline", interval, offsetMs: EIGHT_HOURS_MS } : undefined;
}

function markPrice(more: string | undefined): Feed | undefined {
  if (more === "1s") return { kind: "frame", stream: "markPrice" };
  return more === undefined ? { kind: "markPrice", everyMs: 3_000 } : undefined;
}

function readAll(market: Market, name: string): Feed | undefined {
  const match = /^!([a-zA-Z0-9_]+)(?:@arr)?(?:@(1s))?$/.exec(name);
  if (!match) return undefined;
  const [, what = "", speed] = match;
  if (market === "FUT" && what === "markPrice") return { kind: "markPrice", everyMs: speed ? 1_000 : 3_000 };
  if (speed !== undefined) return undefined;
  if (what === "bookTicker" && market === "FUT") return { kind: "frame", stream: "bookTicker" };
  if (what === "forceOrder" && market === "FUT") return { kind: "forceOrder" };
  const ticker = tickerOf(market, what);
  return ticker && ticker !== "avgPrice" ? { kind: "ticker", ticker } : undefined;
}

export interface SocketPath {
  readonly kind: "streams" | "ws-api";
  readonly market: Market;
  /** Frames come as `{"stream":…,"data":…}`. */
  readonly combined: boolean;
  /** Stream names or listen keys that the path itself asks for. */
  readonly names: readonly string[];
  readonly query: URLSearchParams;
}

/** Reads every path form that Binance's clients use; nothing for an unknown one. */
export function readSocketPath(host: "spot" | "um", path: string): SocketPath | undefined {
  const question = path.indexOf("?");
  const bare = question < 0 ? path : path.slice(0, question);
  const query = new URLSearchParams(question < 0 ? "" : path.slice(question + 1));
  const parts = bare.split("/").filter((part) => part !== "");
  if (parts[0] === "ws-api" || parts[0] === "ws-fapi") {
    const market = parts[0] === "ws-api" ? "SPOT" : "FUT";
    return { kind: "ws-api", market, combined: false, names: [], query };
  }
  const routed = parts[0] === "public" || parts[0] === "market" || parts[0] === "private";
  if (routed) parts.shift();
  const market: Market = routed || host === "um" ? "FUT" : "SPOT";
  if (parts[0] !== "ws" && parts[0] !== "stream") return undefined;
  const combined = parts[0] === "stream" && parts[1] !== "ws";
  const inPath = parts.slice(parts[0] === "stream" && parts[1] === "ws" ? 2 : 1);
  const names = [...inPath.filter(isName), ...(query.get("streams") ?? "").split("/"), query.get("listenKey") ?? ""];
  return { kind: "streams", market, combined, names: names.filter((name) => name !== ""), query };
}

/** ccxt numbers its connections in the path: those parts name nothing. */
const isName = (part: string): boolean => !/^\d{1,6}$/.test(part);
