/** Market frames as Binance writes them: the inner JSON text of depth, trade, bookTicker, kline and markPrice. */
import type { InstrumentId, Market } from "../../shared/domain/instrument.ts";
import type { Timeframe } from "../../shared/domain/market.ts";
import { fromSteps, mul, show, showFixed, toNumber } from "../../shared/domain/money.ts";
import type { Listing } from "../../shared/engine/listing.ts";
import type { Best } from "../../shared/engine/matcher.ts";
import { Scale } from "../../shared/engine/scale.ts";
import type { Bar } from "./klines.ts";

/** Binance spot prints every number with eight decimals. */
const SPOT_DIGITS = 8;

/** Ticks and lots of one instrument as its exchange prints them. */
export interface Print {
  readonly instrument: InstrumentId;
  readonly market: Market;
  readonly symbol: string;
  readonly price: Scale;
  readonly qty: Scale;
  /** Σ ticks × lots as quote money. */
  quote(units: number): string;
  /** A price that may lie between two ticks. */
  between(ticks: number): string;
  /** The inverse of `between`, to a float: for marks and statistics. */
  ticksBetween(price: string): number;
  /** The inverse of `quote`, to the nearest whole: for bars from elsewhere. */
  quoteUnits(quote: number): number;
}

export function printOf({ instrument, market, symbol, tick, step, price_digits, qty_digits }: Listing): Print {
  const digits = market === "SPOT" ? SPOT_DIGITS : 0;
  return {
    instrument,
    market,
    symbol,
    price: new Scale(show(tick), Math.max(digits, price_digits)),
    qty: new Scale(show(step), Math.max(digits, qty_digits)),
    quote: (units) => showFixed(mul(tick, fromSteps(units, step)), SPOT_DIGITS),
    between: (ticks) => showFixed(mul(tick, fromSteps(Math.round(ticks * 100), HUNDREDTH)), SPOT_DIGITS),
    ticksBetween: (price) => Number(price) / toNumber(tick),
    quoteUnits: (quote) => Math.round(quote / (toNumber(tick) * toNumber(step))),
  };
}
const HUNDREDTH = (10n ** 16n) as Listing["tick"];

/** Changed levels, each `[ticks, lots]`; zero lots removes. `prev` is written for futures only. */
export interface DepthChange {
  first: number;
  last: number;
  prev: number;
  bids: readonly (readonly [ticks: number, lots: number])[];
  asks: readonly (readonly [ticks: number, lots: number])[];
}

export function depthFrame(print: Print, at: number, { first, last, prev, bids, asks }: DepthChange): string {
  const times = print.market === "FUT" ? `"E":${at},"T":${at}` : `"E":${at}`;
  const ids = print.market === "FUT" ? `"U":${first},"u":${last},"pu":${prev}` : `"U":${first},"u":${last}`;
  const levels = (list: DepthChange["bids"]) =>
    list.map(([ticks, lots]) => `["${print.price.show(ticks)}","${print.qty.show(lots)}"]`).join(",");
  return `{"e":"depthUpdate",${times},"s":"${print.symbol}",${ids},"b":[${levels(bids)}],"a":[${levels(asks)}]}`;
}

export interface PrintedTrade {
  id: number;
  ticks: number;
  lots: number;
  buyerIsTaker: boolean;
}

export function tradeFrame(print: Print, at: number, { id, ticks, lots, buyerIsTaker }: PrintedTrade): string {
  const what = `"t":${id},"p":"${print.price.show(ticks)}","q":"${print.qty.show(lots)}"`;
  const maker = `"m":${!buyerIsTaker}`;
  return print.market === "FUT"
    ? `{"e":"trade","E":${at},"T":${at},"s":"${print.symbol}",${what},"X":"MARKET",${maker}}`
    : `{"e":"trade","E":${at},"s":"${print.symbol}",${what},"T":${at},${maker},"M":true}`;
}

export function tickerFrame(print: Print, at: number, { seq, best }: { seq: number; best: Best }): string {
  const { price, qty, symbol } = print;
  const bid = `"b":"${price.show(best.bidTicks)}","B":"${qty.show(best.bidLots)}"`;
  const ask = `"a":"${price.show(best.askTicks)}","A":"${qty.show(best.askLots)}"`;
  return print.market === "FUT"
    ? `{"e":"bookTicker","u":${seq},"s":"${symbol}",${bid},${ask},"T":${at},"E":${at}}`
    : `{"u":${seq},"s":"${symbol}",${bid},${ask}}`;
}

export function klineFrame(
  print: Print,
  at: number,
  { timeframe, bar, closed }: { timeframe: Timeframe; bar: Readonly<Bar>; closed: boolean },
): string {
  const { price, qty, symbol } = print;
  const k = {
    t: bar.openTs,
    T: bar.closeTs,
    s: symbol,
    i: timeframe,
    f: bar.firstId,
    L: bar.lastId,
    o: price.show(bar.open),
    c: price.show(bar.close),
    h: price.show(bar.high),
    l: price.show(bar.low),
    v: qty.show(bar.lots),
    n: bar.trades,
    x: closed,
    q: print.quote(bar.quote),
    V: qty.show(bar.takerLots),
    Q: print.quote(bar.takerQuote),
    B: "0",
  };
  return JSON.stringify({ e: "kline", E: at, s: symbol, k });
}

/** Without an index, the mark stands for it. */
export interface PrintedMark {
  ticks: number;
  index?: number | undefined;
  rate: number;
  nextAt: number;
}

export function markFrame(print: Print, at: number, mark: PrintedMark): string {
  const price = print.between(mark.ticks);
  const index = print.between(mark.index ?? mark.ticks);
  const funding = { r: mark.rate.toFixed(8), T: mark.nextAt };
  return JSON.stringify({ e: "markPriceUpdate", E: at, s: print.symbol, p: price, i: index, P: index, ...funding });
}
