/** Trades, fills and equity of a backtest as tables for other programs. */
import type { BacktestFill } from "../../shared/backtest/backtest-result.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import type { EquityPoint } from "../../shared/trading/stats/equity-curve.ts";
import type { OutColumn } from "../data/table-out.ts";

export const TRADE_COLUMNS: readonly OutColumn<Trade>[] = [
  { name: "trade_id", kind: "text", of: (trade) => trade.trade_id },
  { name: "instrument", kind: "text", of: (trade) => trade.instrument },
  { name: "strategy_id", kind: "text", of: (trade) => trade.strategy_id },
  { name: "side", kind: "text", of: (trade) => trade.side },
  { name: "opened_at", kind: "time", of: (trade) => trade.opened_at },
  { name: "closed_at", kind: "time", of: (trade) => trade.closed_at },
  { name: "exit_reason", kind: "text", of: (trade) => trade.exit_reason },
  { name: "entry_qty", kind: "amount", of: (trade) => trade.entry_qty },
  { name: "exit_qty", kind: "amount", of: (trade) => trade.exit_qty },
  { name: "avg_entry", kind: "amount", of: (trade) => trade.avg_entry },
  { name: "avg_exit", kind: "amount", of: (trade) => trade.avg_exit },
  { name: "first_stop", kind: "amount", of: (trade) => trade.stops[0]?.stop_price },
  { name: "last_stop", kind: "amount", of: (trade) => trade.stops.at(-1)?.stop_price },
  { name: "take_profit", kind: "amount", of: (trade) => trade.take_profit_price },
  { name: "leverage", kind: "float", of: (trade) => trade.leverage },
  { name: "margin_usdt", kind: "amount", of: (trade) => trade.margin_usdt },
  { name: "realised_usdt", kind: "amount", of: (trade) => trade.realised_usdt },
  { name: "fees_usdt", kind: "amount", of: (trade) => trade.fees_usdt },
  { name: "funding_usdt", kind: "amount", of: (trade) => trade.funding_usdt },
  { name: "pnl_usdt", kind: "amount", of: (trade) => trade.pnl_usdt },
  { name: "adds", kind: "count", of: (trade) => trade.adds },
  { name: "stage", kind: "count", of: (trade) => trade.stage },
  { name: "signal_id", kind: "text", of: (trade) => trade.signal_id },
];

export const FILL_COLUMNS: readonly OutColumn<BacktestFill>[] = [
  { name: "ts", kind: "time", of: (fill) => fill.ts },
  { name: "instrument", kind: "text", of: (fill) => fill.instrument },
  { name: "trade_id", kind: "text", of: (fill) => fill.trade_id },
  { name: "client_order_id", kind: "text", of: (fill) => fill.client_order_id },
  { name: "kind", kind: "text", of: (fill) => fill.kind },
  { name: "side", kind: "text", of: (fill) => fill.side },
  { name: "price", kind: "amount", of: (fill) => fill.price },
  { name: "qty", kind: "amount", of: (fill) => fill.qty },
  { name: "maker", kind: "flag", of: (fill) => fill.maker },
  { name: "fee_usdt", kind: "amount", of: (fill) => fill.fee_usdt },
  { name: "mid_at_send", kind: "float", of: (fill) => fill.mid_at_send },
  { name: "slippage_bps", kind: "float", of: (fill) => fill.slippage_bps },
];

export const EQUITY_COLUMNS: readonly OutColumn<EquityPoint>[] = [
  { name: "ts", kind: "time", of: (point) => point.ts },
  { name: "equity_usdt", kind: "amount", of: (point) => point.equity_usdt },
];
