/** A backtest small enough to be reckoned by hand: a few bars, one strategy that buys or sells once. */
import { Bundle } from "../domain/bundle.ts";
import type { InstrumentId } from "../domain/instrument.ts";
import type { Timeframe } from "../domain/market.ts";
import { defaultListings } from "../engine/listing.ts";
import { backtest } from "./backtest.ts";
import { BACKTEST_DEFAULTS, type BacktestOptions } from "./backtest-options.ts";
import type { BacktestResult } from "./backtest-result.ts";
import { type Tape, TapeBuilder, type TapeForm, type TapeMoment } from "./tape.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
/** Midnight, UTC: funding is due, and eight hours later again. */
export const START = Date.UTC(2024, 7, 8);
export const BTC = "FUT:BTCUSDT";
export const SPOT_BTC = "SPOT:BTCUSDT";

export const at = (minute: number): number => START + minute * MINUTE;

/** Prices as they are printed: open, high, low, close; of a quiet one, once. `ticks` of them are one USDT. */
export function bar(
  minute: number,
  prices: number | readonly [number, number, number, number],
  ticks = 10,
): TapeMoment {
  const quad = typeof prices === "number" ? [prices, prices, prices, prices] : prices;
  const [open, high, low, close] = quad.map((price) => Math.round(price * ticks)) as [number, number, number, number];
  const rest = { open, high, low, close, lots: 1_000, quoteVolume: 1_000, trades: 3, takerLots: 400 };
  const end = at(minute + 1);
  return { at: end, exchTs: end, who: 0, event: { kind: "bar", timeframe: "1m", openTs: at(minute), ...rest } };
}
export const quiet = (from: number, to: number, price: number, ticks = 10): TapeMoment[] =>
  Array.from({ length: to - from }, (_, n) => bar(from + n, price, ticks));

/** Longs pay shorts this share, when the minute begins. */
export const payment = (minute: number, rate: number): TapeMoment => ({
  ...{ at: at(minute), exchTs: at(minute), who: 0 },
  event: { kind: "settlement", rate },
});

/** The mark as it is told when the minute begins. */
export const marked = (minute: number, mark: number): TapeMoment => ({
  ...{ at: at(minute), exchTs: at(minute), who: 0 },
  event: { kind: "markPrice", mark, rate: Number.NaN, nextAt: Number.NaN },
});

/** Ten minutes of small ways, so that there is a volatility; then one that closes at the price which is waited for. */
export const upTo = (signal: number, ticks = 10): TapeMoment[] => [
  ...Array.from({ length: 10 }, (_, n) => bar(n, [signal - 10, signal - 5, signal - 15, signal - 10], ticks)),
  bar(10, [signal - 10, signal, signal - 10, signal], ticks),
];
/** The signal's bar is closed: what comes next is traded on. */
export const NEXT = 11;

export interface Setting {
  readonly instrument?: InstrumentId;
  readonly form?: TapeForm;
  /** Of the bars, which are a minute long where it is not said. */
  readonly timeframe?: Timeframe;
  readonly moments: readonly TapeMoment[];
  /** The close that is waited for, and which way then. */
  readonly signal: number;
  readonly side: "long" | "short";
  /** In place of the minute's close: when the price of a trade crosses this upwards. */
  readonly cross?: number;
  readonly sizing?: object;
  readonly position?: object;
  readonly execution?: object;
  readonly options?: Partial<BacktestOptions>;
}

export function tapeOf({ moments, instrument = BTC, form = "bars", timeframe = "1m" }: Setting): Tape {
  const builder = new TapeBuilder();
  for (const one of moments) builder.add(one);
  const listings = defaultListings().filter((listing) => listing.instrument === instrument);
  const head = { form, listings, source: "a known answer", assumed: [], problems: { count: 0, first: [] } };
  return builder.build({ ...head, ...(form === "bars" && { timeframe }) });
}

/** Takers at once and in one piece; the stop as far off as its loss cap says, no target and no stages in reach. */
export function bundleOf({ instrument = BTC, timeframe = "1m", signal, side, cross, ...rest }: Setting): Bundle {
  const { sizing, position, execution } = rest;
  const trigger =
    cross === undefined ? { kind: "bar", timeframe } : { kind: "cross", factor: "last", direction: "up", level: cross };
  return Bundle.parse({
    ...{ format: 1, bundle_id: "known-answer", rev: 1, factors: [] },
    instruments: [{ instrument, spread_bps_max: 50, depth_top1_usdt_min: 0 }],
    strategies: [
      {
        ...{ strategy_id: "once", instruments: [instrument], triggers: [trigger] },
        [side]: { f: cross === undefined ? `close_${timeframe}` : "last", op: "==", v: signal },
      },
    ],
    flags: {
      sizing: {
        // So many times whatever it is that the loss cap alone says where the stop lies.
        ...{
          margin_usdt: "600",
          leverage: 10,
          atr: cross === undefined ? `atr_2_${timeframe}` : "last",
          loss_cap_usdt: "100",
          take_profit_roe: 9,
        },
        stop_atrs: { FROZEN: 10_000, NORMAL: 10_000, EXTREME: 10_000 },
        ...sizing,
      },
      position: {
        ...{ break_even_roe: 9, lock_steps_roe: [], stages: [], stagnate_ms: 30 * 24 * HOUR },
        ...{ stagnate_roe: -9, liquidation_distance_min: 0.000001 },
        ...position,
      },
      execution: { maker_spread_bps_max: -1, twap_slices: [[1_000_000, 1]], ...execution },
      risk: {
        ...{ budget_usdt: "100000", daily_loss_usdt_max: "100000", drawdown_max: 1, losses_in_row_max: 100 },
        ...{ exposure_instrument_usdt_max: "1000000", exposure_total_usdt_max: "1000000" },
      },
    },
  });
}

export function run(setting: Setting): BacktestResult {
  const options = { ...BACKTEST_DEFAULTS, bundle: bundleOf(setting), tape: tapeOf(setting), ...setting.options };
  const running = backtest({ ...options, keep_decisions: true });
  for (;;) {
    const { done, value } = running.next();
    if (done) return value;
  }
}

/** As prices and amounts are compared: the number that a decimal text says. */
export const fillsOf = ({ fills }: BacktestResult): string[] =>
  fills.map(({ kind, side, qty, price, maker, fee_usdt }) => {
    const as = maker ? "maker" : "taker";
    return `${kind} ${side} ${Number(qty)} at ${Number(price)} as ${as}, fee ${Number(fee_usdt)}`;
  });

type Level = readonly [price: number, qty: number];
const levels = (all: readonly Level[]): number[] =>
  all.flatMap(([price, qty]) => [Math.round(price * 10), Math.round(qty * 1_000)]);

/** Moments of a recorded book of futures, as the exchange counts them. */
export class BookTape {
  readonly moments: TapeMoment[] = [];
  private update = 1;
  private trades = 0;

  constructor(bids: readonly Level[], asks: readonly Level[]) {
    this.add(0, { kind: "snapshot", last: this.update, bids: levels(bids), asks: levels(asks) });
  }

  /** `ms` after the start. */
  depth(ms: number, bids: readonly Level[], asks: readonly Level[]): this {
    const [prev, next] = [this.update, ++this.update];
    return this.add(ms, { kind: "depth", first: next, last: next, prev, bids: levels(bids), asks: levels(asks) });
  }

  top(ms: number, [bid, bidQty]: Level, [ask, askQty]: Level): this {
    const [bidTicks, bidLots, askTicks, askLots] = levels([
      [bid, bidQty],
      [ask, askQty],
    ]) as [number, number, number, number];
    return this.add(ms, { kind: "bookTicker", seq: this.update, bidTicks, bidLots, askTicks, askLots });
  }

  trade(ms: number, [price, qty]: Level, taker: "BUY" | "SELL"): this {
    const [ticks, lots] = levels([[price, qty]]) as [number, number];
    return this.add(ms, { kind: "trade", id: ++this.trades, ticks, lots, buyerIsTaker: taker === "BUY" });
  }

  private add(ms: number, event: TapeMoment["event"]): this {
    this.moments.push({ at: START + ms, exchTs: START + ms, who: 0, event });
    return this;
  }
}
