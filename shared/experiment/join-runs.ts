/** Runs that follow one another put together as if they were one: what walk-forward windows and folds add up to. */
import { type Amount, add, dec, show, sub, sum, toNumber, zero } from "../domain/money.ts";
import { assert } from "../errors.ts";
import type { EquityPoint } from "../trading/stats/equity-curve.ts";
import type { TradeResult } from "../trading/stats/trade-metrics.ts";
import type { RunPart } from "./run-summary.ts";

/**
 * Each part began with the same wallets: its gains and losses in USDT are added to what the parts before it left, so
 * that the whole earns what all its trades earned. Parts are in order of time; `isClosed` takes out the time between
 * them, which would count as time without a return.
 */
export function joinRuns(parts: readonly RunPart[], isClosed = false): RunPart {
  assert(parts.length > 0, "nothing is joined");
  if (parts.length === 1) return parts[0]!;
  const equity: EquityPoint[] = [];
  const trades: TradeResult[] = [];
  let offset: Amount = zero;
  let shift = 0;
  for (const [i, part] of parts.entries()) {
    const before = parts[i - 1];
    if (before && isClosed) shift += part.from_ts - before.to_ts;
    const first = dec(part.equity[0]!.equity_usdt);
    if (i > 0) offset = sub(dec(equity.at(-1)!.equity_usdt), first);
    for (const { ts, equity_usdt } of part.equity) {
      // Where one part ends the next begins, worth the same.
      if (equity.length > 0 && ts - shift <= equity.at(-1)!.ts) continue;
      equity.push({ ts: ts - shift, equity_usdt: show(add(offset, dec(equity_usdt))) });
    }
    trades.push(...part.trades.map((trade) => shifted(trade, shift)));
  }
  const [first, last] = [parts[0]!, parts.at(-1)!];
  return { from_ts: first.from_ts, to_ts: last.to_ts, equity, trades, ...totals(parts) };
}

function shifted({ opened_at, closed_at, ...trade }: TradeResult, by: number): TradeResult {
  return { ...trade, opened_at: opened_at - by, ...(closed_at !== undefined && { closed_at: closed_at - by }) };
}

function totals(parts: readonly RunPart[]): Pick<RunPart, "costs" | "signals" | "liquidations"> {
  const total = (field: "fees_usdt" | "funding_usdt" | "slippage_usdt" | "notional_usdt") =>
    sum(parts.map(({ costs }) => dec(costs[field])));
  const notional = total("notional_usdt");
  const made = parts.reduce((all, { costs }) => all + toNumber(dec(costs.notional_usdt)) * (costs.maker_share ?? 0), 0);
  return {
    costs: {
      ...{ fees_usdt: show(total("fees_usdt")), funding_usdt: show(total("funding_usdt")) },
      ...{ slippage_usdt: show(total("slippage_usdt")), notional_usdt: show(notional) },
      maker_share: notional === zero ? null : made / toNumber(notional),
    },
    signals: parts.reduce((all, { signals }) => all + signals, 0),
    liquidations: parts.reduce((all, { liquidations }) => all + liquidations, 0),
  };
}
