/** Every family that follows each event once more, in the plainest way: from the list of all that was heard. */
import type { MarketEvent } from "../../testing/market-events.ts";
import type { FactorParams } from "./factor.ts";

/** An event with the watermark after it. */
export interface Heard {
  readonly now: number;
  readonly heard: MarketEvent;
}
export type EventOracle = (past: readonly Heard[], params: FactorParams) => number;

/** In order of arrival; marks leave the watermark where it is. */
export function hearing(events: readonly MarketEvent[]): Heard[] {
  let now = Number.NaN;
  return events.map((heard) => {
    const { exch_ts } = heard.event;
    if (heard.kind !== "funding" && !(exch_ts <= now)) now = exch_ts;
    return { now, heard };
  });
}

const NONE = Number.NaN;
const nowOf = (past: readonly Heard[]): number => past.at(-1)?.now ?? NONE;
const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);

interface Quote {
  now: number;
  bid: number;
  bidQty: number;
  ask: number;
  askQty: number;
  mid: number;
}
const quotes = (past: readonly Heard[]): Quote[] =>
  past.flatMap(({ now, heard }) => {
    if (heard.kind !== "ticker") return [];
    const { bid, bid_qty, ask, ask_qty } = heard.event;
    const mid = Number(ask) > Number(bid) ? (Number(bid) + Number(ask)) / 2 : NONE;
    return [{ now, bid: Number(bid), bidQty: Number(bid_qty), ask: Number(ask), askQty: Number(ask_qty), mid }];
  });
const ofTop = (past: readonly Heard[], read: (top: Quote) => number): number => {
  const at = past.findLastIndex(({ heard }) => heard.kind === "ticker");
  const top = at < 0 ? undefined : quotes(past.slice(at, at + 1))[0];
  return top === undefined || Number.isNaN(top.mid) ? NONE : read(top);
};

/** [Σ quantity, Σ price·quantity] of the best n levels of each side; undefined where the book is not whole. */
function levels(past: readonly Heard[], n: number): { bids: [number, number]; asks: [number, number] } | undefined {
  const heard = past.findLast((one) => one.heard.kind === "depth")?.heard;
  if (heard?.kind !== "depth") return undefined;
  const { ok, bids, asks } = heard.event;
  if (!ok || bids.length < n || asks.length < n || !(Number(bids[0]![0]) < Number(asks[0]![0]))) return undefined;
  const side = (all: readonly (readonly [string, string])[]): [number, number] => {
    const best = all.slice(0, n).map(([price, qty]) => [Number(price), Number(qty)] as const);
    return [sum(best.map(([, qty]) => qty)), sum(best.map(([price, qty]) => price * qty))];
  };
  return { bids: side(bids), asks: side(asks) };
}
const depth = (past: readonly Heard[], n: number): number => {
  if (n === 1) return ofTop(past, (top) => Math.min(top.bid * top.bidQty, top.ask * top.askQty));
  const book = levels(past, n);
  return book === undefined ? NONE : Math.min(book.bids[1], book.asks[1]);
};

interface Trade {
  now: number;
  price: number;
  qty: number;
  buys: boolean;
}
const trades = (past: readonly Heard[]): Trade[] =>
  past.flatMap(({ now, heard }) =>
    heard.kind === "trade"
      ? [{ now, price: Number(heard.event.price), qty: Number(heard.event.qty), buys: heard.event.taker === "BUY" }]
      : [],
  );

/** Taker buys, taker sells and number of trades in the window; undefined until it was watched whole. */
function flow(past: readonly Heard[], windowMs: number): [number, number, number] | undefined {
  const now = nowOf(past);
  const sinceTs = past.find((one) => !Number.isNaN(one.now))?.now ?? NONE;
  if (!(now - windowMs >= sinceTs)) return undefined;
  const inside = trades(past).filter((trade) => trade.now > now - windowMs);
  const side = (buys: boolean) => sum(inside.filter((trade) => trade.buys === buys).map(({ qty }) => qty));
  return [side(true), side(false), inside.length];
}
const ofFlow =
  (read: (buy: number, sell: number, count: number, windowMs: number) => number): EventOracle =>
  (past, { windowMs }) => {
    const known = flow(past, windowMs);
    return known === undefined ? NONE : read(...known, windowMs);
  };

/** The share of each trade that lies in each bucket of the one long line of volume. */
function vpin(past: readonly Heard[], n: number, size: number): number {
  let line = 0;
  const parts = trades(past).map(({ price, qty, buys }) => {
    const from = line;
    line += price * qty;
    return { from, to: line, sign: buys ? 1 : -1 };
  });
  const full = Math.floor(line / size);
  if (full < n) return NONE;
  const buckets = Array.from({ length: n }, (_, at) => full - n + at);
  const signed = (from: number) =>
    sum(parts.map((p) => p.sign * Math.max(0, Math.min(p.to, from + size) - Math.max(p.from, from))));
  return sum(buckets.map((bucket) => Math.abs(signed(bucket * size)))) / (n * size);
}

function realised(past: readonly Heard[], n: number, waitMs: number): number {
  const [now, tops] = [nowOf(past), quotes(past)];
  let quoted = 0;
  const spreads: number[] = [];
  let mid = NONE;
  for (const { now: at, heard } of past) {
    if (heard.kind === "ticker") mid = tops[quoted++]!.mid;
    if (heard.kind !== "trade" || Number.isNaN(mid) || !(at + waitMs < now)) continue;
    const after = tops.findLast((top) => top.now <= at + waitMs)?.mid ?? NONE;
    const side = heard.event.taker === "BUY" ? 1 : -1;
    if (!Number.isNaN(after)) spreads.push((2e4 * side * (Number(heard.event.price) - after)) / mid);
  }
  return spreads.length < n ? NONE : sum(spreads.slice(-n)) / n;
}

const ofFunding =
  (
    read: (funding: { mark: number; index: number; rate: number; nextTs: number }, now: number) => number,
  ): EventOracle =>
  (past) => {
    const heard = past.findLast((one) => one.heard.kind === "funding")?.heard;
    if (heard?.kind !== "funding") return NONE;
    const { mark, index, rate, next_funding_ts: nextTs } = heard.event;
    return read({ mark: Number(mark), index: Number(index), rate, nextTs }, nowOf(past));
  };

/** By pattern. */
export const EVENT_ORACLES: Readonly<Record<string, EventOracle>> = {
  mid: (past) => ofTop(past, ({ mid }) => mid),
  spread_bps: (past) => ofTop(past, ({ bid, ask, mid }) => (1e4 * (ask - bid)) / mid),
  microprice: (past) => ofTop(past, ({ bid, ask, bidQty, askQty }) => bid + ((ask - bid) * bidQty) / (bidQty + askQty)),
  "depth_top{n}_usdt": (past, { numbers: [n] }) => depth(past, n!),
  "obi_{n}": (past, { numbers: [n] }) => {
    const book = levels(past, n!);
    const [bids, asks] = [book?.bids[0] ?? NONE, book?.asks[0] ?? NONE];
    return (bids - asks) / (bids + asks);
  },
  "liq_score_{n}k": (past, { numbers: [n] }) => Math.min(depth(past, 1) / (1_000 * n!), 1),
  "trade_imb_{w}": ofFlow((buy, sell, count) => (count === 0 ? NONE : (buy - sell) / (buy + sell))),
  "trade_rate_{w}": ofFlow((_, __, count, ms) => count / (ms / 1_000)),
  "signed_vol_{w}": ofFlow((buy, sell) => buy - sell),
  "traded_vol_{w}": ofFlow((buy, sell) => buy + sell),
  "maker_taker_{w}": ofFlow((buy, sell) => (buy === 0 ? NONE : sell / buy)),
  "vpin_{n}_{n}k": (past, { numbers: [n, thousands] }) => vpin(past, n!, thousands! * 1_000),
  "realised_spread_{n}_{w}": (past, { numbers: [n], windowMs }) => realised(past, n!, windowMs),
  "ret_{w}": (past, { windowMs }) => {
    const sound = quotes(past).filter(({ mid }) => !Number.isNaN(mid));
    const before = sound.findLast(({ now }) => now <= nowOf(past) - windowMs);
    return ofTop(past, ({ mid }) => (1e4 * (mid - (before?.mid ?? NONE))) / (before?.mid ?? NONE));
  },
  last: (past) => trades(past).at(-1)?.price ?? NONE,
  funding_rate: ofFunding(({ rate }) => rate),
  minutes_to_funding: ofFunding(({ nextTs }, now) => (nextTs >= now ? (nextTs - now) / 60_000 : NONE)),
  basis_bps: ofFunding(({ mark, index }) => 1e4 * (mark / index - 1)),
};
