/** Binance's stream names and WebSocket paths: which frames a client asks for, and in which envelope. */
import { type InstrumentId, instrumentOf, type Market } from "../../../shared/domain/instrument.ts";
import { TIMEFRAMES, type Timeframe } from "../../../shared/domain/market.ts";
import type { FrameStream } from "../market.ts";

export interface Wanted {
  readonly instrument: InstrumentId;
  readonly stream: FrameStream;
  /** The frame is a trade that is told as an aggregate of one. */
  readonly aggregate: boolean;
}

const NAME = /^([a-z0-9]{2,24})@([a-zA-Z_0-9]+)(?:@(\d+m?s))?$/;

/** What a stream name means; nothing for one this venue does not have. The speed is taken and ignored. */
export function readStreamName(market: Market, name: string): Wanted | undefined {
  const match = NAME.exec(name);
  if (!match) return undefined;
  const instrument = instrumentOf(market, (match[1] as string).toUpperCase());
  const what = match[2] as string;
  if (what === "aggTrade") return { instrument, stream: "trade", aggregate: true };
  if (what === "trade" || what === "bookTicker" || what === "depth") {
    return { instrument, stream: what, aggregate: false };
  }
  if (what === "markPrice" && market === "FUT") return { instrument, stream: what, aggregate: false };
  const timeframe = what.startsWith("kline_") ? what.slice("kline_".length) : "";
  if (!TIMEFRAMES.includes(timeframe as Timeframe)) return undefined;
  return { instrument, stream: `kline_${timeframe as Timeframe}`, aggregate: false };
}

export interface SocketPath {
  readonly kind: "streams" | "ws-api";
  readonly market: Market;
  /** Frames come as `{"stream":…,"data":…}`. */
  readonly combined: boolean;
  /** Stream names or listen keys that the path itself asks for. */
  readonly names: readonly string[];
}

/** Reads every path form that Binance's clients use; nothing for an unknown one. */
export function readSocketPath(host: "spot" | "um", path: string): SocketPath | undefined {
  const [bare = "", query = ""] = path.split("?", 2);
  const parts = bare.split("/").filter((part) => part !== "");
  if (parts[0] === "ws-api" || parts[0] === "ws-fapi") {
    return { kind: "ws-api", market: parts[0] === "ws-api" ? "SPOT" : "FUT", combined: false, names: [] };
  }
  const routed = parts[0] === "public" || parts[0] === "market" || parts[0] === "private";
  if (routed) parts.shift();
  const market: Market = routed || host === "um" ? "FUT" : "SPOT";
  if (parts[0] !== "ws" && parts[0] !== "stream") return undefined;
  const combined = parts[0] === "stream" && parts[1] !== "ws";
  const params = new URLSearchParams(query);
  const inPath = parts.slice(parts[0] === "stream" && parts[1] === "ws" ? 2 : 1);
  const names = [...inPath.filter(isName), ...(params.get("streams") ?? "").split("/"), params.get("listenKey") ?? ""];
  return { kind: "streams", market, combined, names: names.filter((name) => name !== "") };
}

/** ccxt numbers its connections in the path: those parts name nothing. */
const isName = (part: string): boolean => !/^\d{1,6}$/.test(part);

/** A trade frame as an aggregate of one trade. */
export function aggregateTrade(raw: string): string {
  const trade = JSON.parse(raw) as Record<string, unknown>;
  const { E, s, t, p, q, T, m } = trade;
  const spot = "M" in trade ? { M: trade.M } : {};
  return JSON.stringify({ e: "aggTrade", E, s, a: t, p, q, f: t, l: t, T, m, ...spot });
}
