/** Buying at the beginning and selling at the end, for comparison: equal parts of every instrument, no leverage. */
import type { Tape } from "../backtest/tape.ts";
import type { TestWindow } from "../domain/experiment.ts";
import { toNumber } from "../domain/money.ts";
import type { EquityPoint } from "../trading/stats/equity-curve.ts";
import type { TradeResult } from "../trading/stats/trade-metrics.ts";
import type { RunPart } from "./run-summary.ts";

export interface HoldOptions {
  readonly window: TestWindow;
  /** All there is at the beginning, USDT. */
  readonly cash: number;
  readonly sample_ms: number;
}

export const HOLD_ASSUMED = "hold: bought with all wallets at the first price, taker fee both ways, no funding";

interface Held {
  readonly tick: number;
  readonly fee: number;
  qty: number;
  price: number;
  bought_at: number;
  cost: number;
}

/** Each instrument is bought at its first price in the window; one without any stays cash. */
export function holdRun(tape: Tape, { window, cash, sample_ms }: HoldOptions): RunPart {
  const share = cash / tape.head.listings.length;
  const held = tape.head.listings.map(({ tick, taker_fee }): Held => {
    return { tick: toNumber(tick), fee: toNumber(taker_fee), qty: 0, price: Number.NaN, bought_at: 0, cost: 0 };
  });
  const worth = (): number => held.reduce((sum, h) => sum + (h.qty > 0 ? h.qty * h.price : share), 0);
  const equity: EquityPoint[] = [{ ts: window.from, equity_usdt: told(cash) }];
  let next = window.from + sample_ms;
  const end = tape.indexAt(window.to);
  for (let i = tape.indexAt(window.from); i < end; i++) {
    const at = tape.at(i);
    for (; next <= at; next += sample_ms) equity.push({ ts: next, equity_usdt: told(worth()) });
    const one = held[tape.columns.who[i]!]!;
    const price = priceOf(tape, i, one.tick);
    if (price === undefined) continue;
    one.price = price;
    if (one.qty > 0) continue;
    one.cost = share / (1 + one.fee);
    one.qty = one.cost / price;
    one.bought_at = at;
  }
  for (; next < window.to; next += sample_ms) equity.push({ ts: next, equity_usdt: told(worth()) });
  const bought = held.filter(({ qty }) => qty > 0);
  const fees = bought.reduce((sum, { qty, price, fee, cost }) => sum + fee * (cost + qty * price), 0);
  const out = bought.reduce((sum, { qty, price, fee }) => sum + fee * qty * price, 0);
  equity.push({ ts: window.to, equity_usdt: told(worth() - out) });
  return {
    from_ts: window.from,
    to_ts: window.to,
    equity,
    trades: bought.map((h) => tradeOf(h, window.to)),
    ...rest(bought, fees),
  };
}

function rest(bought: readonly Held[], fees: number): Pick<RunPart, "costs" | "signals" | "liquidations"> {
  const notional = bought.reduce((sum, { cost, qty, price }) => sum + cost + qty * price, 0);
  const costs = { fees_usdt: told(fees), funding_usdt: "0", slippage_usdt: "0", notional_usdt: told(notional) };
  return { costs: { ...costs, maker_share: notional > 0 ? 0 : null }, signals: 0, liquidations: 0 };
}

function tradeOf({ qty, price, fee, cost, bought_at }: Held, closed_at: number): TradeResult {
  const value = qty * price;
  const pnl = value - cost - fee * (value + cost);
  const amounts = { pnl_usdt: told(pnl), entry_cost_usdt: told(cost), exit_value_usdt: told(value) };
  return { opened_at: bought_at, closed_at, ...amounts };
}

/** Undefined for what says no price at which anybody traded or would. */
function priceOf(tape: Tape, index: number, tick: number): number | undefined {
  switch (tape.kindAt(index)) {
    case "trade":
    case "bookTicker":
    case "bar": {
      const event = tape.event(index);
      if (event.kind === "trade") return event.ticks * tick;
      if (event.kind === "bar") return event.close;
      return event.kind === "bookTicker" ? ((event.bidTicks + event.askTicks) / 2) * tick : undefined;
    }
    default:
      return undefined;
  }
}

/** As fine as the exchange's own amounts. */
const told = (usdt: number): string => {
  const text = usdt.toFixed(8);
  return Number(text) === 0 ? "0" : text;
};
