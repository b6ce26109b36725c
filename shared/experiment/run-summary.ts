/** A run in the figures that lists, searches and comparisons go by. */
import type { BacktestResult } from "../backtest/backtest-result.ts";
import type { Objective, RunSummary } from "../domain/experiment.ts";
import { type Performance, performanceOf } from "../trading/stats/performance.ts";
import type { TradeResult } from "../trading/stats/trade-metrics.ts";
import { periodOf } from "./periods.ts";

/** What of a backtest's result its figures are made of; a result is such a part itself. */
export interface RunPart
  extends Pick<BacktestResult, "from_ts" | "to_ts" | "equity" | "costs" | "signals" | "liquidations"> {
  readonly trades: readonly TradeResult[];
}

/** Returns are of periods this long; where it is not said, by the length of the run. */
export function summaryOf(run: RunPart, period_ms = periodOf(run.to_ts - run.from_ts)): RunSummary {
  const performance = performanceOf(run.equity, run.trades, { period_ms });
  const { fees_usdt, funding_usdt, slippage_usdt, maker_share } = run.costs;
  const { closed, open, profit_factor, hit_rate, expectancy_usdt } = performance.trades;
  return {
    ...{ from_ts: run.from_ts, to_ts: run.to_ts, net_usdt: performance.net_usdt },
    ...ratiosOf(performance),
    ...{ profit_factor, hit_rate, expectancy_usdt, trades: closed, open_trades: open },
    ...{ fees_usdt, funding_usdt, slippage_usdt, maker_share, signals: run.signals, liquidations: run.liquidations },
  };
}

function ratiosOf({ total_return, cagr, sharpe, sortino, calmar, exposure, turnover, deepest_drawdown }: Performance) {
  const max_drawdown = deepest_drawdown?.depth ?? 0;
  return { total_return, cagr, sharpe, sortino, calmar, max_drawdown, exposure, turnover };
}

/** What a search makes as large as it can; null where there is no such figure, or fewer closed trades than asked. */
export function scoreOf(summary: RunSummary, objective: Objective, trades_min: number): number | null {
  if (summary.trades < trades_min) return null;
  const value = summary[objective];
  return value === null ? null : Number(value);
}
