/** The facts of a made backtest: ninety days of two instruments on a seeded walk, a hundred and some trades. */
import type { BacktestFill, BacktestResult } from "../../backtest/backtest-result.ts";
import type { PathBar, PricePath } from "../../backtest/price-path.ts";
import { dec, show, sum } from "../../domain/money.ts";
import type { Trade } from "../../domain/trade.ts";
import type { EquityPoint } from "../../trading/stats/equity-curve.ts";
import { performanceOf } from "../../trading/stats/performance.ts";
import type { BacktestFacts } from "./facts.ts";

const HOUR_MS = 3_600_000;
const START = Date.UTC(2025, 2, 6);
const INSTRUMENTS = ["FUT:BTCUSDT", "FUT:ETHUSDT"] as const;
const REASONS = ["stop", "take_profit", "stagnated", "close"];

/** Numerical Recipes' generator: enough for a picture. */
function chanceOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function walk(chance: () => number, start: number, hours: number): PathBar[] {
  let price = start;
  return Array.from({ length: hours }, (_, hour) => {
    const open = price;
    const moves = Array.from({ length: 12 }, () => {
      price *= 1 + (chance() + chance() + chance() - 1.497) * 0.002;
      return price;
    });
    const [high, low] = [Math.max(open, ...moves), Math.min(open, ...moves)];
    return { open_ts: START + hour * HOUR_MS, open, high, low, close: price };
  });
}

interface Made {
  trade: Trade;
  fills: BacktestFill[];
}

function tradeOf(path: PricePath, chance: () => number, place: { index: number; hour: number; hours: number }): Made {
  const { index, hour, hours } = place;
  const [first, last] = [path.bars[hour]!, path.bars[hour + hours]!];
  const side = chance() < 0.6 ? "BUY" : "SELL";
  const sign = side === "BUY" ? 1 : -1;
  const [entry, exit] = [first.close.toFixed(1), last.close.toFixed(1)];
  const qty = (4_000 / first.close).toFixed(3);
  const realised = sign * (Number(exit) - Number(entry)) * Number(qty) + 6;
  const fees = Number(qty) * (Number(entry) + Number(exit)) * 0.0005;
  const funding = -sign * 0.0001 * hours * 0.5 * 400;
  const [opened_at, closed_at] = [first.open_ts + HOUR_MS, last.open_ts + HOUR_MS];
  const trade: Trade = {
    ...{ trade_id: `t-${index}`, account: "main", instrument: path.instrument, strategy_id: "rsi-dip", side },
    ...{ status: "CLOSED", entry_qty: qty, exit_qty: qty, open_qty: "0", avg_entry: entry, avg_exit: exit },
    ...{ realised_usdt: realised.toFixed(4), fees_usdt: fees.toFixed(4), funding_usdt: funding.toFixed(4) },
    ...{ pnl_usdt: (realised - fees + funding).toFixed(4), margin_usdt: "400", leverage: 10, stage: 0, adds: 0 },
    entry_cost_usdt: (Number(qty) * Number(entry)).toFixed(4),
    exit_value_usdt: (Number(qty) * Number(exit)).toFixed(4),
    stops: [{ ts: opened_at, stop_price: (Number(entry) * (1 - sign * 0.02)).toFixed(1), reason: "entry" }],
    ...{ seq: index, params: {}, opened_at, closed_at, exit_reason: REASONS[Math.floor(chance() * 4)]! },
    ...{ config_rev: 7, updated_at: closed_at },
  };
  const fill = { instrument: path.instrument, qty, fee_usdt: (fees / 2).toFixed(4), trade_id: trade.trade_id };
  const other = side === "BUY" ? "SELL" : "BUY";
  return {
    trade,
    fills: [
      {
        ...{ ...fill, ts: opened_at, kind: "ENTRY", side, price: entry, maker: chance() < 0.3 },
        ...{ client_order_id: `c-${index}-e`, mid_at_send: Number(entry), slippage_bps: 0.6 },
      },
      {
        ...{ ...fill, ts: closed_at, kind: "EXIT", side: other, price: exit, maker: false },
        ...{ client_order_id: `c-${index}-x`, mid_at_send: Number(exit), slippage_bps: 0.9 },
      },
    ],
  };
}

function equityOf(trades: readonly Trade[], paths: readonly PricePath[], hours: number): EquityPoint[] {
  return Array.from({ length: hours + 1 }, (_, hour) => {
    const ts = START + hour * HOUR_MS;
    let equity = 10_000;
    for (const trade of trades) {
      if (trade.opened_at > ts) continue;
      if ((trade.closed_at ?? ts) <= ts) equity += Number(trade.pnl_usdt);
      else {
        const bars = paths.find(({ instrument }) => instrument === trade.instrument)!.bars;
        const moved = (bars[Math.max(0, hour - 1)]!.close - Number(trade.avg_entry)) * Number(trade.entry_qty);
        equity += trade.side === "BUY" ? moved : -moved;
      }
    }
    return { ts, equity_usdt: equity.toFixed(4) };
  });
}

const total = (texts: readonly string[]): string => show(sum(texts.map((text) => dec(text))));

export function madeFacts({ days = 90, seed = 5, spacing = 17 } = {}): BacktestFacts {
  const chance = chanceOf(seed);
  const hours = days * 24;
  const prices = INSTRUMENTS.map((instrument, index): PricePath => {
    return { instrument, bar_ms: HOUR_MS, bars: walk(chance, index === 0 ? 90_000 : 2_200, hours) };
  });
  const made: Made[] = [];
  for (let hour = 20; hour < hours - 30; hour += 4 + Math.floor(chance() * spacing)) {
    const path = prices[chance() < 0.6 ? 0 : 1]!;
    made.push(tradeOf(path, chance, { index: made.length, hour, hours: 1 + Math.floor(chance() * chance() * 24) }));
  }
  const trades = made.map(({ trade }) => trade);
  const fills = made.flatMap((each) => each.fills).toSorted((a, b) => a.ts - b.ts);
  const equity = equityOf(trades, prices, hours);
  const result: BacktestResult = {
    ...{ from_ts: START, to_ts: START + hours * HOUR_MS, instruments: [...INSTRUMENTS], events: hours * 2, orders: 3 },
    ...{ signals: 1_211, liquidations: 0, performance: performanceOf(equity, trades), equity, trades, fills },
    decisions: {
      open: trades.length,
      skip: { no_entry: 640, position_open: 288, cooldown_after_stop: 96, no_atr: 31 },
    },
    costs: {
      fees_usdt: total(trades.map(({ fees_usdt }) => fees_usdt)),
      funding_usdt: total(trades.map(({ funding_usdt }) => funding_usdt)),
      slippage_usdt: "41.2031",
      notional_usdt: total(
        trades.flatMap(({ entry_cost_usdt = "0", exit_value_usdt = "0" }) => [entry_cost_usdt, exit_value_usdt]),
      ),
      maker_share: 0.148,
    },
    assumed: ["market=not moved by us", "spread=1 bps", "within a bar=worst", "regime=NORMAL"],
    hash: "5e".repeat(32),
  };
  return {
    bundle: { bundle_id: "starter", rev: 7, hash: "ab".repeat(32), strategies: ["rsi-dip"] },
    data: { form: "bars", timeframe: "1m", source: "library of data", problems: { count: 0, first: [] } },
    settings: {
      ...{ seed: 1, wallets: { spot_usdt: "5000", fut_usdt: "5000" } },
      latency: {
        feed: { baseMs: 4, jitterMs: 2 },
        order: { baseMs: 5, jitterMs: 3 },
        response: { baseMs: 4, jitterMs: 2 },
      },
      stress: { fee_mult: 1, latency_mult: 1, slippage_bps: 0 },
      fill: { spread_bps: 1, slippage_bps: 0.5, depth_usdt: 1_000_000, path: "worst" },
    },
    ...{ result, prices },
  };
}
