/** A survey of a market: plays it on a virtual clock, samples its book and trades, and sums up how it behaves. */
import type { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import { toNumber } from "../../shared/domain/money.ts";
import type { Listing } from "../../shared/engine/listing.ts";
import type { MarketModel } from "./market.ts";
import type { RawTrade } from "./raw-trade.ts";
import {
  autocorrelation,
  everyNth,
  excessKurtosis,
  logReturns,
  mean,
  quantile,
  sorted,
  variance,
} from "./statistics.ts";

const SAMPLE_MS = 100;
const PER_SECOND = 1_000 / SAMPLE_MS;
const SAMPLES_MIN = 30 * PER_SECOND;
export const LEVELS = 20;
export const LAGS = 30;
/** Where distributions are told. */
export const PARTS = [0.05, 0.25, 0.5, 0.75, 0.95, 0.99] as const;

/** One instrument's behaviour; money in USDT, distances in basis points (10⁻⁴) of the mid. */
export interface Profile {
  readonly instrument: InstrumentId;
  readonly seconds: number;
  /** At `PARTS`. */
  readonly spread_bps: readonly number[];
  /** Mean of both sides at each of the best `LEVELS` levels, one after the other. */
  readonly depth_usdt: readonly number[];
  /** Standard deviation of log returns of the mid over 1 s and 10 s. */
  readonly return_bps: { readonly s1: number; readonly s10: number };
  readonly excess_kurtosis: { readonly s1: number; readonly s10: number };
  /** Of |returns| over 1 s at lags of 1 to `LAGS` s: how volatility clusters. */
  readonly volatility_acf: readonly number[];
  /** Of returns over 1 s, lags of 1 to `LAGS` s. */
  readonly return_acf: readonly number[];
  /** What |returns| over 1 s are at `PARTS`, in their own standard deviations: the tails. */
  readonly tail: readonly number[];
  readonly trades_per_s: number;
  /** Variance over mean of the number of trades in a second: 1 for independent arrivals, more for bursts. */
  readonly burstiness: number;
  /** Of the number of trades in a second, lags of 1 to `LAGS` s. */
  readonly arrival_acf: readonly number[];
  /** Of the taker's side (±1), lags of 1 to `LAGS` trades. */
  readonly side_acf: readonly number[];
  /** At `PARTS`. */
  readonly trade_usdt: readonly number[];
  /** Share of time in which the best prices stood still for a second. */
  readonly still: number;
}

interface Samples {
  readonly listing: Listing;
  readonly spreads: number[];
  readonly mids: number[];
  readonly depth: number[][];
  readonly trades: { at: number; usdt: number; side: number }[];
  /** How many samples there were at the last trade: a recording's instruments may end before it does. */
  lively: number;
}

/** Plays the market for `seconds`, or to a recording's end, and sums up each listed instrument that it has. */
export async function surveyMarket(
  { market, clock, listings }: { market: MarketModel; clock: VirtualClock; listings: readonly Listing[] },
  seconds: number,
): Promise<Profile[]> {
  const samples = new Map(listings.map((listing) => [listing.instrument, emptyOf(listing)]));
  let ended = false;
  market.start({
    frame: (instrument, stream, raw) => {
      if (stream === "trade") heard(samples.get(instrument), JSON.parse(raw) as RawTrade);
    },
    wants: (_, stream) => stream === "trade",
    matched: () => {},
    ended: () => {
      ended = true;
    },
  });
  let ticks = 0;
  const cancel = clock.every(SAMPLE_MS, () => {
    ticks += 1;
    for (const each of samples.values()) sample(market, each, ticks % PER_SECOND === 0);
  });
  const until = clock.now() + seconds * 1_000;
  await clock.run(() => ended || clock.now() >= until);
  cancel();
  market.stop();
  return [...samples.values()].filter(({ lively }) => lively > SAMPLES_MIN).map(profileOf);
}

const emptyOf = (listing: Listing): Samples => ({ listing, spreads: [], mids: [], depth: [], trades: [], lively: 0 });

function heard(of: Samples | undefined, { T, p, q, m }: RawTrade): void {
  if (of === undefined) return;
  of.trades.push({ at: T, usdt: Number(p) * Number(q), side: m ? -1 : 1 });
  of.lively = of.mids.length;
}

function sample(market: MarketModel, of: Samples, isSecond: boolean): void {
  const matcher = market.matcher(of.listing.instrument);
  const best = matcher.best();
  if (best === undefined) return;
  const mid = (best.bidTicks + best.askTicks) / 2;
  of.mids.push(mid);
  of.spreads.push(((best.askTicks - best.bidTicks) / mid) * 1e4);
  if (!isSecond) return;
  const { bids, asks } = matcher.depth(LEVELS);
  const unit = toNumber(of.listing.tick) * toNumber(of.listing.step);
  const usdt = ([ticks, lots]: readonly [number, number]): number => ticks * lots * unit;
  of.depth.push(bids.slice(0, asks.length).map((bid, at) => (usdt(bid) + usdt(asks[at] as [number, number])) / 2));
}

function profileOf({ listing, spreads: allSpreads, mids: allMids, depth, trades, lively }: Samples): Profile {
  const [spreads, mids] = [allSpreads.slice(0, lively), allMids.slice(0, lively)];
  const seconds = mids.length / PER_SECOND;
  const perSecond = everyNth(mids, PER_SECOND);
  const returns = logReturns(perSecond).map((value) => value * 1e4);
  const tens = logReturns(everyNth(perSecond, 10)).map((value) => value * 1e4);
  const sizes = sorted(returns.map(Math.abs));
  const deviation = Math.sqrt(variance(returns));
  const counts = perSecondCounts(trades);
  const at = (values: readonly number[]): number[] => PARTS.map((part) => quantile(values, part));
  return {
    instrument: listing.instrument,
    seconds,
    spread_bps: at(sorted(spreads)),
    depth_usdt: Array.from({ length: LEVELS }, (_, level) =>
      mean(depth.map((levels) => levels[level] ?? Number.NaN).filter((usdt) => !Number.isNaN(usdt))),
    ),
    return_bps: { s1: deviation, s10: Math.sqrt(variance(tens)) },
    excess_kurtosis: { s1: excessKurtosis(returns), s10: excessKurtosis(tens) },
    volatility_acf: autocorrelation(returns.map(Math.abs), LAGS),
    return_acf: autocorrelation(returns, LAGS),
    tail: at(sizes.map((size) => size / deviation)),
    trades_per_s: trades.length / seconds,
    burstiness: variance(counts) / mean(counts),
    arrival_acf: autocorrelation(counts, LAGS),
    side_acf: autocorrelation(
      trades.map(({ side }) => side),
      LAGS,
    ),
    trade_usdt: at(sorted(trades.map(({ usdt }) => usdt))),
    still: mean(returns.map((value) => (value === 0 ? 1 : 0))),
  };
}

/** How many trades each second had, between the first and the last. */
function perSecondCounts(trades: Samples["trades"]): number[] {
  const [first, last] = [trades[0], trades.at(-1)];
  if (!first || !last) return [0];
  const start = Math.floor(first.at / 1_000);
  const counts = new Array<number>(Math.max(1, Math.floor(last.at / 1_000) - start + 1)).fill(0);
  for (const { at } of trades) {
    const second = Math.floor(at / 1_000) - start;
    if (second >= 0 && second < counts.length) counts[second] = (counts[second] as number) + 1;
  }
  return counts;
}
