/** What a backtest answers: what was decided, ordered, filled and earned, and what was assumed on the way. */
import type { Decision } from "../domain/decision.ts";
import type { InstrumentId } from "../domain/instrument.ts";
import type { Side } from "../domain/order.ts";
import type { Trade } from "../domain/trade.ts";
import type { EquityPoint } from "../trading/stats/equity-curve.ts";
import type { Performance } from "../trading/stats/performance.ts";

/** One execution at the exchange; money in USDT, quantities in base units, as decimal text. */
export interface BacktestFill {
  readonly ts: number;
  readonly instrument: InstrumentId;
  /** As the live router names the order. */
  readonly client_order_id: string;
  readonly kind: "ENTRY" | "ADD" | "EXIT" | "TP" | "SL" | "LIQUIDATION";
  readonly side: Side;
  readonly price: string;
  readonly qty: string;
  readonly maker: boolean;
  readonly fee_usdt: string;
  readonly mid_at_send: number;
  readonly slippage_bps: number;
  readonly trade_id: string;
}

export interface BacktestCosts {
  readonly fees_usdt: string;
  /** What the wallet gained by funding; negative: paid. */
  readonly funding_usdt: string;
  /** Against the mid when an order was sent, or the price that it waited for; positive: it cost. */
  readonly slippage_usdt: string;
  readonly notional_usdt: string;
  /** Of the notional. */
  readonly maker_share: number | null;
}

export interface BacktestResult {
  readonly from_ts: number;
  readonly to_ts: number;
  readonly instruments: readonly InstrumentId[];
  readonly events: number;
  readonly signals: number;
  readonly decisions: { readonly open: number; readonly skip: Readonly<Record<string, number>> };
  readonly orders: number;
  readonly liquidations: number;
  readonly performance: Performance;
  readonly costs: BacktestCosts;
  /** One point each `sample_ms`, and the end. */
  readonly equity: readonly EquityPoint[];
  /** In order of opening; those without `closed_at` are open at the end and marked to market there. */
  readonly trades: readonly Trade[];
  readonly fills: readonly BacktestFill[];
  /** Only where asked for. */
  readonly decided?: readonly Decision[];
  readonly assumed: readonly string[];
  /** SHA-256 over decisions, fills and trades: the same inputs give the same. */
  readonly hash: string;
}
