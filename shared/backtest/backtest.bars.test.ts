/** Backtests on bars: nothing is seen before its time, gaps are missing, several instruments go together. */
import { describe, expect, test } from "bun:test";
import { seededRandom } from "../adapters/random.ts";
import { Bundle } from "../domain/bundle.ts";
import { defaultListings } from "../engine/listing.ts";
import { backtest } from "./backtest.ts";
import { BACKTEST_DEFAULTS, type BacktestOptions } from "./backtest-options.ts";
import type { BacktestResult } from "./backtest-result.ts";
import { at, BTC, HOUR, MINUTE } from "./known-answers.fixture.ts";
import { type Tape, TapeBuilder, type TapeMoment } from "./tape.ts";

const ETH = "FUT:ETHUSDT";
const LISTINGS = defaultListings().filter(({ market }) => market === "FUT");
const MINUTES = 6 * 60;

/** A walk of prices with ways up and down, from a seed. */
function walk(who: number, start: number, seed: string): TapeMoment[] {
  const random = seededRandom(seed);
  let price = start;
  return Array.from({ length: MINUTES }, (_, minute): TapeMoment => {
    const open = price;
    price += random.int(401) - 200;
    const [high, low] = [Math.max(open, price) + random.int(80), Math.min(open, price) - random.int(80)];
    const bar = { openTs: at(minute), open, high, low, close: price, lots: 1 + random.int(900) };
    const rest = { quoteVolume: Number.NaN, trades: 5, takerLots: Number.NaN };
    const end = at(minute + 1);
    return { at: end, exchTs: end, who, event: { kind: "bar", timeframe: "1m", ...bar, ...rest } };
  });
}

function tapeOf(moments: readonly TapeMoment[]): Tape {
  const builder = new TapeBuilder();
  for (const one of moments.toSorted((a, b) => a.at - b.at || a.who - b.who)) builder.add(one);
  const head = { form: "bars", timeframe: "1m", listings: LISTINGS, source: "a walk", assumed: [] } as const;
  return builder.build({ ...head, problems: { count: 0, first: [] } });
}

/** Dips are bought and rallies sold, on minutes and on the five minutes made of them. */
const bundle = Bundle.parse({
  ...{ format: 1, bundle_id: "walks", rev: 1, factors: ["rsi_5_1m", "ema_3_5m"] },
  instruments: [BTC, ETH].map((instrument) => ({ instrument, spread_bps_max: 50, depth_top1_usdt_min: 0 })),
  strategies: [
    {
      ...{ strategy_id: "walks", instruments: [BTC, ETH], triggers: [{ kind: "bar", timeframe: "1m" }] },
      long: {
        allOf: [
          { f: "rsi_5_1m", op: "<", v: 35 },
          { f: "close_1m", op: "<", vf: "ema_3_5m" },
        ],
      },
      short: { f: "rsi_5_1m", op: ">", v: 75 },
      sizing: { margin_usdt: "100", leverage: 5, atr: "atr_5_1m", loss_cap_usdt: "20", take_profit_roe: 0.02 },
      position: { stagnate_ms: HOUR },
    },
  ],
  flags: { risk: { budget_usdt: "1000", daily_loss_usdt_max: "1000", losses_in_row_max: 1_000 } },
});

function run(tape: Tape, options: Partial<BacktestOptions> = {}): BacktestResult {
  const running = backtest({ ...BACKTEST_DEFAULTS, bundle, tape, keep_decisions: true, ...options });
  for (;;) {
    const { done, value } = running.next();
    if (done) return value;
  }
}

const both = [...walk(0, 600_000, "btc"), ...walk(1, 250_000, "eth")];
const whole = run(tapeOf(both));

describe("on bars of two instruments", () => {
  test("both are decided on and traded, and twice the same", () => {
    expect(new Set(whole.trades.map(({ instrument }) => instrument))).toEqual(new Set([BTC, ETH]));
    expect(whole.trades.length).toBeGreaterThan(10);
    expect(run(tapeOf(both)).hash).toBe(whole.hash);
    expect(run(tapeOf(both), { seed: 2 }).hash).not.toBe(whole.hash);
  });

  test("the account is what it began with, and all that its trades brought", () => {
    const brought = whole.trades.reduce((sum, { pnl_usdt }) => sum + Number(pnl_usdt), 0);
    const open = whole.trades.filter(({ closed_at }) => closed_at === undefined);
    const marked = open.reduce((sum, { instrument, side, open_qty, avg_entry }) => {
      const who = LISTINGS.findIndex((listing) => listing.instrument === instrument);
      const last = both.filter((one) => one.who === who).at(-1)!.event as { close: number };
      const price = last.close / (who === 0 ? 10 : 100);
      return sum + (side === "BUY" ? 1 : -1) * Number(open_qty) * (price - Number(avg_entry));
    }, 0);
    expect(Number(whole.equity.at(-1)!.equity_usdt)).toBeCloseTo(20_000 + brought + marked, 6);
  });

  test("entries are filled after their decision, never at a price from before", () => {
    const closes = new Map(both.map((one) => [`${one.who} ${one.at}`, (one.event as { close: number }).close]));
    for (const { ts, kind, instrument, price } of whole.fills) {
      if (kind !== "ENTRY") continue;
      const minute = Math.floor(ts / MINUTE) * MINUTE;
      const who = instrument === BTC ? 0 : 1;
      expect(ts).toBeGreaterThan(minute);
      // The next bar opens where the last one closed: within spread and slippage of it.
      const close = closes.get(`${who} ${minute}`)! / (who === 0 ? 10 : 100);
      expect(Math.abs(Number(price) / close - 1)).toBeLessThan(0.0002);
    }
  });
});

test.each([40, 133, 250, 359])("what comes after minute %p changes no decision before it", (minute) => {
  const cut = at(minute);
  const short = run(tapeOf(both).until(cut));
  const before = (result: BacktestResult) =>
    result
      .decided!.filter(({ ts }) => ts < cut)
      .map(({ signal_id, decision, sizing }) => ({ signal_id, decision, sizing }));
  expect(before(short).length).toBeGreaterThan(minute);
  expect(before(short)).toEqual(before(whole));
});

test("over a gap factors are missing until enough bars have closed, and no bar is made up", () => {
  const gap = both.filter(({ at: end }) => end <= at(120) || end > at(180));
  const result = run(tapeOf(gap));
  const after = result.decided!.filter(({ ts, instrument }) => ts > at(150) && ts < at(187) && instrument === BTC);
  // The first signal is that of the first bar after it.
  expect(after[0]!.ts).toBeGreaterThan(at(181));
  expect(after[0]!.ts).toBeLessThan(at(181) + 1_000);
  // Five bars of the RSI and one before them; three of five minutes of the average.
  const reasons = after.map(({ decision: { reason } }) => reason);
  expect(reasons.slice(0, 5)).toEqual(Array(5).fill("condition_unknown"));
});

test("a trade that is open in a gap meets the price behind it", () => {
  const gap = both.filter(({ at: end }) => end <= at(120) || end > at(180));
  const result = run(tapeOf(gap));
  const [end, next] = [at(120), at(180)];
  for (const { ts } of result.fills) expect(ts > end + 5_000 && ts < next).toBe(false);
});
