/** What one recorded line says: receive time, stream and inner JSON, and the market event in ticks and lots. */
import type { Market } from "../domain/instrument.ts";
import type { Scale } from "../engine/scale.ts";

export const STREAMS = ["depth", "trade", "bookTicker", "markPrice", "snapshot"] as const;
export type RecordedStream = (typeof STREAMS)[number];

export interface Scales {
  price: Scale;
  qty: Scale;
}

/** Levels one after the other: ticks, lots, ticks, lots, … */
export type Levels = number[];

export type RecordedEvent =
  /** Absolute levels; `prev` is the futures' `pu`. */
  | { kind: "depth"; first: number; last: number; prev: number | undefined; bids: Levels; asks: Levels }
  | { kind: "trade"; id: number; ticks: number; lots: number; buyerIsTaker: boolean }
  | { kind: "bookTicker"; seq: number; bidTicks: number; bidLots: number; askTicks: number; askLots: number }
  /** Prices as decimal text: they lie between ticks. */
  | { kind: "markPrice"; mark: string; rate: number; nextAt: number }
  | { kind: "snapshot"; last: number; bids: Levels; asks: Levels };

// biome-ignore lint/suspicious/noExplicitAny: foreign JSON; every field is checked before it is used
type Json = any;

export interface Envelope {
  receiveMs: number;
  stream: RecordedStream;
  /** Upper case; none in a snapshot that was recorded without its envelope. */
  symbol: string | undefined;
  /** What the content alone says of the market; an undefined leaves it to the file. */
  market: Market | undefined;
  /** The inner JSON text as received. */
  raw: string;
  data: Json;
  /** Exchange time, epoch ms; spot book tickers and snapshots have none. */
  exchTs: number | undefined;
}

/** What says nothing that the played streams do not say; a recording may hold them, and they are passed over. */
const PASSED_OVER = /^(?:kline_\w+|aggTrade|miniTicker|ticker|24hrTicker|24hrMiniTicker|kline)$/;

const ENVELOPE = '{"stream":"';
const DATA = '","data":';
const NS_DIGITS_MIN = 13;

/** The envelope, what is wrong with the line, or nothing for a stream that is passed over. */
export function readEnvelope(line: string): Envelope | string | undefined {
  const space = line.indexOf(" ");
  if (space < NS_DIGITS_MIN) return "No receive time in nanoseconds";
  const receiveMs = Number(line.slice(0, space - 6)) + Number(line.slice(space - 6, space)) / 1e6;
  if (!Number.isFinite(receiveMs) || receiveMs <= 0) return "No receive time in nanoseconds";
  let name: string | undefined;
  let raw = line.slice(space + 1);
  if (raw.startsWith(ENVELOPE)) {
    const end = raw.indexOf('"', ENVELOPE.length);
    if (!raw.startsWith(DATA, end) || !raw.endsWith("}")) return "A broken envelope";
    name = raw.slice(ENVELOPE.length, end);
    raw = raw.slice(end + DATA.length, -1);
  }
  let data: Json;
  try {
    data = JSON.parse(raw);
  } catch {
    return "No JSON";
  }
  if (typeof data !== "object" || data === null) return "No JSON object";
  const stream = name === undefined ? streamOf(data) : streamNamed(name);
  if (stream === undefined && PASSED_OVER.test(name?.split("@", 2)[1] ?? String(data.e))) return undefined;
  if (stream === undefined) return `Not a stream that is played: ${(name ?? String(data.e)).slice(0, 40)}`;
  const symbol = typeof data.s === "string" ? data.s : name?.slice(0, name.indexOf("@")).toUpperCase();
  // Of a trade, when it happened: bars are built by that.
  const told = stream === "trade" ? (data.T ?? data.E) : data.E;
  const exchTs = typeof told === "number" ? told : undefined;
  return { receiveMs, stream, symbol, market: marketOf(stream, data), raw, data, exchTs };
}

/** `btcusdt@depth@100ms` is depth; partial books (`depth20`) are not. */
function streamNamed(name: string): RecordedStream | undefined {
  const [, kind] = name.split("@", 2);
  return STREAMS.find((stream) => stream === kind);
}

/** Of a payload without envelope. */
function streamOf(data: Json): RecordedStream | undefined {
  if (data.lastUpdateId !== undefined) return "snapshot";
  if (data.e === "depthUpdate") return "depth";
  if (data.e === "markPriceUpdate") return "markPrice";
  if (data.e === undefined && data.u !== undefined && data.B !== undefined) return "bookTicker";
  return STREAMS.find((stream) => stream === data.e);
}

/** Only futures have `pu` and name their book tickers; only spot trades have `M`. */
function marketOf(stream: RecordedStream, data: Json): Market | undefined {
  if (stream === "depth") return data.pu === undefined ? "SPOT" : "FUT";
  if (stream === "bookTicker") return data.e === undefined ? "SPOT" : "FUT";
  if (stream === "trade") return data.M === undefined ? "FUT" : "SPOT";
  return stream === "markPrice" ? "FUT" : undefined;
}

/** The event in ticks and lots, or what is wrong with it. */
export function readEvent({ stream, data }: Envelope, scales: Scales): RecordedEvent | string {
  if (stream === "depth") return readDepth(data, scales);
  if (stream === "trade") return readTrade(data, scales);
  if (stream === "bookTicker") return readTicker(data, scales);
  if (stream === "snapshot") return readSnapshot(data, scales);
  const rate = Number(data.r === "" ? 0 : data.r);
  if (!(Number(data.p) > 0) || !Number.isFinite(rate) || !isCount(data.T)) return "A mark price without its fields";
  return { kind: "markPrice", mark: data.p, rate, nextAt: data.T };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function readDepth(data: Json, scales: Scales): RecordedEvent | string {
  if (!isCount(data.U) || !isCount(data.u) || (data.pu !== undefined && !isCount(data.pu))) return "No update ids";
  const bids = readLevels(data.b, scales);
  if (typeof bids === "string") return bids;
  const asks = readLevels(data.a, scales);
  if (typeof asks === "string") return asks;
  return { kind: "depth", first: data.U, last: data.u, prev: data.pu, bids, asks };
}

function readSnapshot(data: Json, scales: Scales): RecordedEvent | string {
  if (!isCount(data.lastUpdateId)) return "No update ids";
  const bids = readLevels(data.bids, scales);
  if (typeof bids === "string") return bids;
  const asks = readLevels(data.asks, scales);
  if (typeof asks === "string") return asks;
  return { kind: "snapshot", last: data.lastUpdateId, bids, asks };
}

function readTrade(data: Json, { price, qty }: Scales): RecordedEvent | string {
  const ticks = price.read(data.p);
  const lots = qty.read(data.q);
  if (!(ticks > 0) || !(lots > 0)) return `No price and quantity: ${shown(data.p)}, ${shown(data.q)}`;
  if (!isCount(data.t) || typeof data.m !== "boolean") return "A trade without its fields";
  return { kind: "trade", id: data.t, ticks, lots, buyerIsTaker: !data.m };
}

function readTicker(data: Json, { price, qty }: Scales): RecordedEvent | string {
  const bidTicks = price.read(data.b);
  const bidLots = qty.readDown(data.B);
  const askTicks = price.read(data.a);
  const askLots = qty.readDown(data.A);
  if (!(bidTicks > 0 && askTicks > bidTicks && bidLots >= 0 && askLots >= 0)) {
    return `No best prices: ${shown(data.b)}, ${shown(data.a)}`;
  }
  return isCount(data.u) ? { kind: "bookTicker", seq: data.u, bidTicks, bidLots, askTicks, askLots } : "No update ids";
}

function readLevels(list: Json, { price, qty }: Scales): Levels | string {
  if (!Array.isArray(list)) return "No levels";
  const levels: Levels = new Array(list.length * 2);
  for (let i = 0; i < list.length; i++) {
    const level = list[i];
    if (!Array.isArray(level)) return "No levels";
    const ticks = price.read(level[0]);
    const lots = qty.readDown(level[1]);
    if (!(ticks > 0) || !(lots >= 0)) return `No level: ${shown(level[0])}, ${shown(level[1])}`;
    levels[2 * i] = ticks;
    levels[2 * i + 1] = lots;
  }
  return levels;
}

const shown = (value: unknown): string => String(value).slice(0, 40);
