/** A bar as Binance tells it: a row of REST klines, and the event of a kline stream. */
import type { Listing } from "../../../shared/engine/listing.ts";
import type { Bar } from "../klines.ts";
import { showLots, showQuote, showTicks } from "./prints.ts";

export function klineRow(listing: Listing, bar: Bar): unknown[] {
  const price = (ticks: number): string => showTicks(listing, ticks);
  return [
    bar.openTs,
    price(bar.open),
    price(bar.high),
    price(bar.low),
    price(bar.close),
    showLots(listing, bar.lots),
    bar.closeTs,
    showQuote(listing, bar.quote),
    bar.trades,
    showLots(listing, bar.takerLots),
    showQuote(listing, bar.takerQuote),
    "0",
  ];
}

export function klineEvent(
  listing: Listing,
  bar: Bar,
  { interval, closed, at, continuous }: { interval: string; closed: boolean; at: number; continuous: boolean },
): Record<string, unknown> {
  const price = (ticks: number): string => showTicks(listing, ticks);
  const { symbol } = listing;
  const k = {
    t: bar.openTs,
    T: bar.closeTs,
    ...(continuous ? {} : { s: symbol }),
    i: interval,
    f: bar.firstId,
    L: bar.lastId,
    o: price(bar.open),
    c: price(bar.close),
    h: price(bar.high),
    l: price(bar.low),
    v: showLots(listing, bar.lots),
    n: bar.trades,
    x: closed,
    q: showQuote(listing, bar.quote),
    V: showLots(listing, bar.takerLots),
    Q: showQuote(listing, bar.takerQuote),
    B: "0",
  };
  if (continuous) return { e: "continuous_kline", E: at, ps: symbol, ct: "PERPETUAL", k };
  return { e: "kline", E: at, s: symbol, k };
}
