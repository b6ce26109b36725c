/** Writes a label down: the result with everything that explains it, and a hash over all that it was computed from. */
import type { FundingRecord } from "../../shared/collections/exchange.ts";
import type { FundingRate } from "../../shared/contracts.ts";
import { canonicalHash } from "../../shared/domain/canonical.ts";
import type { Decision, Signal, Sizing } from "../../shared/domain/decision.ts";
import { type Amount, show, toNumber, zero } from "../../shared/domain/money.ts";
import type { Fill, Side } from "../../shared/domain/order.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import { regimeOf } from "../../shared/trading/factors/regime.ts";
import { type Ended, isHeldAt } from "../../shared/trading/labels/counterfactual.ts";
import { type HorizonH, outcomeOf, type Result } from "../../shared/trading/labels/outcome.ts";
import type { MinuteBar } from "../../shared/trading/labels/price-path.ts";
import { adjustedBy, openAt, tradedResult } from "../../shared/trading/labels/traded.ts";
import type { Computed } from "./types.ts";

/** From the signal to its horizon, epoch ms. */
export interface Span {
  readonly horizonH: HorizonH;
  readonly from: number;
  readonly to: number;
}

/** Part of every inputs hash: it grows when the arithmetic changes, so that old labels are seen to differ. */
const FORMULA = 1;

interface OfTrade {
  signal: Signal;
  decision: Decision | undefined;
  trade: Trade;
  /** As its fills had made it by the horizon. */
  at: Trade;
  fills: readonly Fill[];
  payments: readonly FundingRecord[];
  /** Where something was still open. */
  price: { mark: Amount; takerFee: Amount } | undefined;
}

export function tradedLabel(of: OfTrade, span: Span): Computed {
  const { signal, decision, trade, at, price } = of;
  const result = tradedResult({ at, trade, payments: of.payments, to: span.to }, price);
  const open = price ? openAt(at, trade, span.to) : zero;
  const counted = of.fills.filter(({ ts }) => ts <= span.to);
  const exits = counted.filter(({ side }) => side !== trade.side);
  const exit_price = at.avg_exit ?? (price && show(price.mark));
  const lastExit = exits.at(-1);
  const exit_at = price ? span.to : lastExit?.ts;
  return {
    ...written(signal, { decision, side: trade.side, result }, span),
    counterfactual: false,
    reason: decision?.decision.reason ?? "no_decision",
    qty: at.entry_qty,
    entry_price: at.avg_entry,
    entry_at: counted[0]?.ts ?? trade.opened_at,
    ...(exit_price !== undefined && { exit_price }),
    ...(exit_at !== undefined && { exit_at }),
    exit_reason: price ? "mark" : (trade.exit_reason ?? "close"),
    open_qty: show(open),
    ...(price && { mark_price: show(price.mark) }),
    ...stopsOf(decision?.sizing),
    leverage: trade.leverage,
    trade_id: trade.trade_id,
    fills: counted.length,
    price_source: price ? "EXCHANGE_KLINES_1M" : "NONE",
    config_rev: trade.config_rev,
    inputs_hash: canonicalHash({
      ...inputsOf(signal, decision, span),
      trade: [trade.trade_id, trade.side, trade.leverage, trade.opened_at, show(adjustedBy(trade, span.to))],
      ended: isEndedBy(trade, span.to) ? [trade.closed_at, trade.exit_reason ?? ""] : [],
      fills: counted.map((f) => [f.fill_id, f.side, f.price, f.qty, f.fee, f.fee_asset, f.fee_usdt, f.ts]),
      payments: of.payments.map(({ income_id, amount_usdt, ts }) => [income_id, amount_usdt, ts]),
      price: price ? [show(price.mark), show(price.takerFee)] : [],
    }),
  };
}

const isEndedBy = ({ closed_at }: Trade, to: number): boolean => closed_at !== undefined && closed_at <= to;

interface OfImagined {
  signal: Signal;
  decision: Decision | undefined;
  not_traded: string | undefined;
  side: Side;
  sizing: Sizing;
  ended: Ended;
  bars: readonly MinuteBar[];
  funding: readonly FundingRate[];
  takerFee: Amount;
  config_rev: number;
}

export function imaginedLabel(of: OfImagined, span: Span): Computed {
  const { signal, decision, not_traded, side, sizing, ended, takerFee } = of;
  const isMarked = ended.how === "mark";
  // What came after its end is no part of it.
  const seen = of.bars.filter(({ open_ts }) => open_ts < ended.at);
  const paid = of.funding.filter(({ ts }) => isHeldAt(ts, span.from, ended));
  return {
    ...written(signal, { decision, side, result: ended }, span),
    counterfactual: true,
    reason: decision?.decision.reason ?? "no_decision",
    ...(not_traded !== undefined && { not_traded }),
    qty: sizing.qty,
    entry_price: sizing.entry_price,
    entry_at: span.from,
    exit_price: show(ended.price),
    exit_at: ended.at,
    exit_reason: ended.how,
    open_qty: isMarked ? sizing.qty : "0",
    ...(isMarked && { mark_price: show(ended.price) }),
    ...stopsOf(sizing),
    leverage: sizing.leverage,
    fills: 0,
    price_source: "EXCHANGE_KLINES_1M",
    config_rev: of.config_rev,
    inputs_hash: canonicalHash({
      ...inputsOf(signal, decision, span),
      plan: [side, sizing.qty, sizing.entry_price, sizing.margin_usdt, sizing.stop_price, sizing.take_profit_price],
      taker_fee: show(takerFee),
      not_traded: not_traded ?? "",
      bars: seen.map(({ open_ts, open, high, low, close }) => [open_ts, open, high, low, close].join(" ")).join("\n"),
      funding: paid.map(({ ts, rate, mark }) => [ts, rate, mark ?? ""]),
    }),
  };
}

const stopsOf = (sizing: Sizing | undefined) => ({
  ...(sizing?.stop_price !== undefined && { stop_price: sizing.stop_price }),
  ...(sizing?.take_profit_price !== undefined && { take_profit_price: sizing.take_profit_price }),
});

const firedOf = (decision: Decision | undefined): string[] =>
  (decision?.rules ?? []).filter(({ fired }) => fired === true).map(({ rule_id }) => rule_id);

const inputsOf = (signal: Signal, decision: Decision | undefined, { horizonH, from, to }: Span) => ({
  formula: FORMULA,
  signal: [signal.signal_id, signal.ts, signal.features.values.regime ?? null],
  decision: [decision?.decision.reason ?? "", firedOf(decision)],
  span: [horizonH, from, to],
});

/** What every label has. */
function written(
  signal: Signal,
  { decision, side, result }: { decision: Decision | undefined; side: Side; result: Result },
  { horizonH, from, to }: Span,
) {
  const { signal_id, account, instrument, strategy_id, ts } = signal;
  const { net, roi, class: name } = outcomeOf(result);
  const regime = regimeOf(signal.features.values.regime);
  return {
    ...{ signal_id, horizon_h: horizonH, account, instrument, strategy_id, side },
    class: name,
    roi_net: toNumber(roi),
    rules: firedOf(decision),
    ...(regime !== undefined && { regime }),
    ...{ ts, t0: from, until: to },
    margin_usdt: show(result.margin),
    gross_usdt: show(result.gross),
    fees_usdt: show(result.fees),
    funding_usdt: show(result.funding),
    net_usdt: show(net),
  };
}
