/** What an exchange lists: an instrument's steps, limits, fees and, for futures, its leverage brackets. */
import type { Instrument, InstrumentId, Market } from "../domain/instrument.ts";
import { type Amount, dec, fromSteps, show, stepDigits } from "../domain/money.ts";

/** One row of the leverage table: positions of notional in [floor, cap) may use up to `leverage_max`. */
export interface Bracket {
  readonly leverage_max: number;
  readonly floor: Amount;
  readonly cap: Amount;
  /** Maintenance margin = notional × mmr − cum. */
  readonly mmr: Amount;
  readonly cum: Amount;
}

export interface Listing {
  readonly instrument: InstrumentId;
  readonly market: Market;
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  readonly tick: Amount;
  readonly step: Amount;
  readonly min_price: Amount;
  readonly max_price: Amount;
  readonly min_qty: Amount;
  readonly max_qty: Amount;
  readonly max_market_qty: Amount;
  readonly min_notional: Amount;
  /** A limit price must lie within these multiples of the reference price. */
  readonly price_up: Amount;
  readonly price_down: Amount;
  /** Spot: the most of the base asset an account may have and be buying. */
  readonly max_position?: Amount;
  readonly maker_fee: Amount;
  readonly taker_fee: Amount;
  /** Charged on what a liquidation closes, as far as margin is left. */
  readonly liquidation_fee: Amount;
  /** Price-protected conditional orders wait while mark and last price are further apart than this part. */
  readonly trigger_protect: Amount;
  /** Empty for spot. */
  readonly brackets: readonly Bracket[];
  readonly price_digits: number;
  readonly qty_digits: number;
}

/** Money is settled in units of 10⁻⁸. */
export const SETTLE_STEP = dec("0.00000001");

type Sizes = { tick: string; step: string; max_qty: string; max_market_qty: string; max_price: string };
export interface Fees {
  maker: string;
  taker: string;
}
export const SPOT_FEES: Fees = { maker: "0.001", taker: "0.001" };
export const FUT_FEES: Fees = { maker: "0.0002", taker: "0.0005" };

function listing(market: Market, base: string, sizes: Sizes, fees: Fees): Listing {
  const symbol = `${base}USDT`;
  const tick = dec(sizes.tick);
  const step = dec(sizes.step);
  return {
    instrument: `${market}:${symbol}` as InstrumentId,
    market,
    symbol,
    base,
    quote: "USDT",
    tick,
    step,
    min_price: tick,
    max_price: dec(sizes.max_price),
    min_qty: step,
    max_qty: dec(sizes.max_qty),
    max_market_qty: dec(sizes.max_market_qty),
    min_notional: dec("5"),
    price_up: dec(market === "FUT" ? "1.05" : "5"),
    price_down: dec(market === "FUT" ? "0.95" : "0.2"),
    maker_fee: dec(fees.maker),
    taker_fee: dec(fees.taker),
    liquidation_fee: dec("0.0125"),
    trigger_protect: dec("0.05"),
    brackets: market === "FUT" ? BRACKETS : [],
    price_digits: stepDigits(tick),
    qty_digits: stepDigits(step),
  };
}

/** Built so that maintenance margin is continuous: cum(n) = floor(n) × (mmr(n) − mmr(n−1)) + cum(n−1). */
const BRACKETS: readonly Bracket[] = (
  [
    [125, "0", "300000", "0.004", "0"],
    [100, "300000", "800000", "0.005", "300"],
    [75, "800000", "3000000", "0.0065", "1500"],
    [50, "3000000", "12000000", "0.01", "12000"],
    [25, "12000000", "70000000", "0.02", "132000"],
    [10, "70000000", "230000000", "0.05", "2232000"],
    [5, "230000000", "1000000000", "0.1", "13732000"],
  ] as const
).map(([leverage_max, floor, cap, mmr, cum]) => ({
  leverage_max,
  floor: dec(floor),
  cap: dec(cap),
  mmr: dec(mmr),
  cum: dec(cum),
}));

/** The instruments listed when nothing else is asked for. */
export function defaultListings(fees: { spot?: Fees; fut?: Fees } = {}): Listing[] {
  const spot = fees.spot ?? SPOT_FEES;
  const fut = fees.fut ?? FUT_FEES;
  const spotSizes = { max_qty: "9000", max_market_qty: "120", max_price: "1000000", tick: "0.01" };
  return [
    listing("SPOT", "BTC", { ...spotSizes, step: "0.00001" }, spot),
    listing("SPOT", "ETH", { ...spotSizes, step: "0.0001", max_market_qty: "2000" }, spot),
    listing(
      "FUT",
      "BTC",
      { tick: "0.10", step: "0.001", max_qty: "1000", max_market_qty: "120", max_price: "4529764" },
      fut,
    ),
    listing(
      "FUT",
      "ETH",
      { tick: "0.01", step: "0.001", max_qty: "10000", max_market_qty: "2000", max_price: "306177" },
      fut,
    ),
  ];
}

/** Above any price there is: where an exchange does not tell its own bound. */
const MAX_PRICE = dec("100000000");

/**
 * An instrument as S1 tells of it. What that leaves open (fees unless given, leverage brackets, the most of a market
 * order, how far limit prices may lie where it does not say) is as in the default listings.
 */
export function listingOf(instrument: Instrument, fees?: Fees): Listing {
  const { market, symbol, base, quote } = instrument;
  const sizes = { tick: instrument.tick_size, step: instrument.step_size, max_qty: instrument.max_qty };
  const like = listing(
    market,
    base,
    { ...sizes, max_market_qty: instrument.max_qty, max_price: show(MAX_PRICE) },
    fees ?? (market === "FUT" ? FUT_FEES : SPOT_FEES),
  );
  return {
    ...like,
    instrument: instrument.instrument,
    symbol,
    quote,
    min_qty: dec(instrument.min_qty),
    min_notional: dec(instrument.min_notional),
    ...(instrument.price_up !== undefined && { price_up: dec(instrument.price_up) }),
    ...(instrument.price_down !== undefined && { price_down: dec(instrument.price_down) }),
  };
}

export const priceOf = (listing: Listing, ticks: number): Amount => fromSteps(ticks, listing.tick);
export const qtyOf = (listing: Listing, lots: number): Amount => fromSteps(lots, listing.step);

/** The bracket that a position of this notional falls in; the last one for what is larger than all. */
export function bracketOf(listing: Listing, notional: Amount): Bracket {
  for (const bracket of listing.brackets) if (notional < bracket.cap) return bracket;
  return listing.brackets[listing.brackets.length - 1] as Bracket;
}
