/** A backtest's result: counts, costs and performance of what was decided, filled and earned, with a hash over it. */
import { add, dec, mul, show, sum, toNumber, zero } from "../domain/money.ts";
import type { Fill, Order } from "../domain/order.ts";
import type { Trade } from "../domain/trade.ts";
import { referenceOf, slippageOf } from "../trading/autopsy/costs.ts";
import { factorsOfBundle } from "../trading/factors/registry.ts";
import { performanceOf } from "../trading/stats/performance.ts";
import type { BacktestOptions } from "./backtest-options.ts";
import type { BacktestCosts, BacktestFill, BacktestResult } from "./backtest-result.ts";
import type { DecisionRecord } from "./decision-record.ts";
import type { ExchangeSide } from "./exchange-side.ts";
import { FORCED } from "./forced-closes.ts";
import type { BacktestMarket } from "./market.ts";
import { missingText, toldFactors } from "./told-factors.ts";
import type { Worth } from "./worth.ts";

export interface Ran {
  readonly options: BacktestOptions;
  readonly market: BacktestMarket;
  readonly side: ExchangeSide;
  readonly worth: Worth;
  readonly from: number;
  readonly to: number;
  readonly events: number;
  readonly signals: number;
  readonly orders: number;
  readonly decisions: DecisionRecord;
  readonly fills: readonly Fill[];
  orderOf(client_order_id: string): Order | undefined;
  readonly trades: readonly Trade[];
}

export function resultOf(ran: Ran): BacktestResult {
  const { options, market, decisions, worth, side } = ran;
  // News of several markets may overtake each other on their way.
  const fills = ran.fills.map(fillOf).sort((a, b) => a.ts - b.ts);
  const trades = ran.trades.toSorted((a, b) => a.opened_at - b.opened_at);
  const { form } = options.tape.head;
  const missing = missingText(toldFactors(form, factorsOfBundle(options.bundle)));
  const equity = worth.points.filter(({ ts }) => ts >= ran.from);
  return {
    from_ts: ran.from,
    to_ts: ran.to,
    instruments: market.listings.map(({ instrument }) => instrument),
    events: ran.events,
    signals: ran.signals,
    decisions: { open: decisions.open, skip: decisions.skip },
    orders: ran.orders,
    liquidations: side.liquidations,
    performance: performanceOf(equity, trades),
    costs: costsOf(ran),
    equity,
    trades,
    fills,
    ...(options.keep_decisions ? { decided: decisions.kept } : {}),
    assumed: [...options.tape.head.assumed, ...market.assumed, ...(missing === undefined ? [] : [missing])],
    hash: decisions.hashWith({ fills, trades }),
  };
}

const fillOf = (fill: Fill): BacktestFill => ({
  ts: fill.ts,
  instrument: fill.instrument,
  client_order_id: fill.client_order_id,
  kind: FORCED.test(fill.client_order_id) ? "LIQUIDATION" : fill.kind,
  side: fill.side,
  price: fill.price,
  qty: fill.qty,
  maker: fill.maker,
  fee_usdt: fill.fee_usdt,
  mid_at_send: fill.mid_at_send,
  slippage_bps: fill.slippage_bps,
  trade_id: fill.trade_id ?? "",
});

function costsOf({ fills, orderOf, worth: { funding } }: Pick<Ran, "fills" | "orderOf" | "worth">): BacktestCosts {
  let [notional, made, slippage] = [zero, zero, zero];
  for (const fill of fills) {
    const value = mul(dec(fill.price), dec(fill.qty));
    notional = add(notional, value);
    if (fill.maker) made = add(made, value);
    slippage = add(slippage, slippageOf(fill, referenceOf(fill, orderOf(fill.client_order_id))));
  }
  return {
    fees_usdt: show(sum(fills.map((fill) => dec(fill.fee_usdt)))),
    funding_usdt: show(funding),
    slippage_usdt: show(slippage),
    notional_usdt: show(notional),
    maker_share: notional === zero ? null : toNumber(made) / toNumber(notional),
  };
}
