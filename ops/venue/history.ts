/** Bars from before an agents' market began, drawn from its seed, so that long factors have something to warm up on. */
import { TIMEFRAME_MS, TIMEFRAMES, type Timeframe } from "../../shared/domain/market.ts";
import { toNumber } from "../../shared/domain/money.ts";
import type { Listing } from "../../shared/engine/listing.ts";
import type { Random } from "../../shared/kit/ports.ts";
import { normal } from "./agent-world.ts";
import { type Bar, joinBars, type Klines } from "./klines.ts";

/** Of each timeframe. */
export const HISTORY_BARS = 1000;
/** Per square root of a second, as in `agent-world.ts` over seconds; a value returns, so long bars move less. */
const SIGMA = 1.1e-4;
const CALM_AFTER_S = 3 * 3600;
/** USDT traded per second on average, and the size of one trade. */
const USDT_PER_S = 12_000;
const USDT_PER_TRADE = 1_500;
const CORRELATION = 0.8;

export interface HistoryOptions {
  /** The market's seed: instruments of one base share their path, and all bases part of it. */
  seed: Random;
  listing: Listing;
  /** Where the past ends, USDT. */
  price: number;
  /** Epoch ms. */
  now: number;
}

/**
 * Fills `klines` with `HISTORY_BARS` of every timeframe that end at `now`, the last still open where `now` is within it.
 * A longer timeframe is put together from the shorter one as far back as that goes and drawn by itself before.
 */
export function generateHistory(klines: Klines, options: HistoryOptions): void {
  let bars: Bar[] = [];
  let end = Math.floor(options.now / TIMEFRAME_MS["1s"]) * TIMEFRAME_MS["1s"];
  let close = options.price / toNumber(options.listing.tick);
  for (const timeframe of TIMEFRAMES) {
    const ms = TIMEFRAME_MS[timeframe];
    bars = joinBars(bars, ms);
    // The oldest one may lack its beginning.
    if (bars.length > 1) bars.shift();
    const [oldest] = bars;
    if (oldest !== undefined) {
      end = oldest.openTs;
      close = oldest.open;
    }
    bars = [...draw(timeframe, { ...options, end, close, count: HISTORY_BARS - bars.length }), ...bars];
    klines.preload(timeframe, bars);
  }
}

interface Stretch extends HistoryOptions {
  end: number;
  /** Ticks at `end`. */
  close: number;
  count: number;
}

/** Backwards from the end: a random walk looks the same both ways. */
function draw(timeframe: Timeframe, { seed, listing, end, close, count }: Stretch): Bar[] {
  const ms = TIMEFRAME_MS[timeframe];
  const shared = seed.fork(`history/${timeframe}`);
  const own = seed.fork(`history/${timeframe}/${listing.base}`);
  const sigma = SIGMA * Math.sqrt(Math.min(ms / 1000, CALM_AFTER_S));
  const unitUsdt = toNumber(listing.tick) * toNumber(listing.step);
  const bars: Bar[] = [];
  let calm = 0;
  let last = close;
  for (let i = 0; i < count; i++) {
    calm = 0.97 * calm + 0.12 * normal(own);
    const deviation = sigma * Math.exp(calm);
    const draws = CORRELATION * normal(shared) + Math.sqrt(1 - CORRELATION * CORRELATION) * normal(own);
    const first = last * Math.exp(-deviation * draws);
    const reach = () => 1 + 0.6 * deviation * Math.abs(normal(own));
    const usdt = (USDT_PER_S * ms * Math.exp(0.5 * normal(own) + calm)) / 1000;
    const open = Math.max(1, Math.round(first));
    const closing = Math.max(1, Math.round(last));
    const high = Math.round(Math.max(open, closing) * reach());
    const low = Math.max(1, Math.round(Math.min(open, closing) / reach()));
    const lots = Math.max(1, Math.round(usdt / (last * unitUsdt)));
    const takerLots = Math.round(lots * Math.min(1, Math.max(0, 0.5 + 0.1 * draws)));
    const middle = Math.round((open + closing + high + low) / 4);
    bars.push({
      openTs: end - (i + 1) * ms,
      closeTs: end - i * ms - 1,
      open,
      high,
      low,
      close: closing,
      lots,
      quote: lots * middle,
      trades: Math.max(1, Math.round(usdt / USDT_PER_TRADE)),
      takerLots,
      takerQuote: takerLots * middle,
      firstId: -1,
      lastId: -1,
    });
    last = first;
  }
  return bars.reverse();
}
