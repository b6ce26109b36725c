/** All of an account's performance in one table, from its equity curve and its trades. */
import { show, sub, toNumber } from "../../domain/money.ts";
import { type Drawdown, drawdownsOf } from "./drawdown.ts";
import {
  changeOf,
  DAY_MS,
  type EquityPoint,
  first,
  last,
  meanEquity,
  readCurve,
  returnsOf,
  sampled,
  YEAR_MS,
} from "./equity-curve.ts";
import { momentsOf } from "./moments.ts";
import { type Annual, cagr, calmar, sharpe, sortino, told, volatility } from "./ratios.ts";
import { exposure, type TradeMetrics, type TradeResult, tradedNotional, tradeMetrics } from "./trade-metrics.ts";

/** Ratios are plain numbers (0.1 is 10 %), null where they have no value; money is USDT. */
export interface Performance {
  from_ts: number;
  to_ts: number;
  start_usdt: string;
  end_usdt: string;
  net_usdt: string;
  /** end/start − 1. */
  total_return: number;
  cagr: number | null;
  volatility: number | null;
  sharpe: number | null;
  sortino: number | null;
  calmar: number | null;
  deepest_drawdown: Drawdown | null;
  longest_drawdown: Drawdown | null;
  /** Of the returns a period, as the probabilistic and the deflated Sharpe ratio want them. */
  periods: {
    count: number;
    period_ms: number;
    sharpe: number | null;
    skewness: number | null;
    kurtosis: number | null;
  };
  /** The share of time with a position. */
  exposure: number | null;
  /** Bought and sold, in mean equities a year. */
  turnover: number | null;
  trades: TradeMetrics;
  ruined_at: number | null;
}

export interface PerformanceOptions {
  /** The length of the periods that ratios are made of; a day. */
  readonly period_ms?: number;
  /** A year; 0. */
  readonly risk_free?: number;
}

/** What each figure means stands beside its function. Refuses a broken curve with INVALID. */
export function performanceOf(
  equity: readonly EquityPoint[],
  trades: readonly TradeResult[],
  { period_ms = DAY_MS, risk_free = 0 }: PerformanceOptions = {},
): Performance {
  const curve = readCurve(equity);
  const [start, end] = [first(curve), last(curve)];
  const years = (end.ts - start.ts) / YEAR_MS;
  const returns = returnsOf(sampled(curve, period_ms));
  const annual: Annual = { periods_per_year: YEAR_MS / period_ms, risk_free };
  const perPeriod = { periods_per_year: 1, risk_free: risk_free / annual.periods_per_year };
  const { skewness, kurtosis } = momentsOf(returns);
  const { deepest, longest } = drawdownsOf(curve);
  const total_return = changeOf(start.equity, end.equity);
  const growth = cagr(total_return, years);
  return {
    from_ts: start.ts,
    to_ts: end.ts,
    start_usdt: show(start.equity),
    end_usdt: show(end.equity),
    net_usdt: show(sub(end.equity, start.equity)),
    total_return,
    cagr: growth,
    volatility: volatility(returns, annual),
    sharpe: sharpe(returns, annual),
    sortino: sortino(returns, annual),
    calmar: calmar(growth, deepest?.depth ?? 0),
    deepest_drawdown: deepest,
    longest_drawdown: longest,
    periods: {
      count: returns.length,
      period_ms,
      sharpe: sharpe(returns, perPeriod),
      skewness: told(skewness),
      kurtosis: told(kurtosis),
    },
    exposure: exposure(trades, start.ts, end.ts),
    turnover: told(toNumber(tradedNotional(trades)) / meanEquity(curve) / years),
    trades: tradeMetrics(trades),
    ruined_at: curve.ruined_at,
  };
}
