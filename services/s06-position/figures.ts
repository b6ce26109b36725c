/** What the position manager tells in its metrics: results by instrument and strategy, exposure, equity and drawdown. */
import { type Amount, abs, dec, mul, sub, toNumber, zero } from "../../shared/domain/money.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import type { Metrics } from "../../shared/kit/service.ts";
import { isOpen } from "../../shared/trading/position/trade-params.ts";
import type { Positions } from "./positions.ts";

const ABOUT = ["instrument", "strategy_id"];
const aboutOf = ({ instrument, strategy_id }: Trade) => ({ instrument, strategy_id });

/** Counts what trades earn as it is booked, and how they end. */
export function tradeFigures(metrics: Pick<Metrics, "counter">): (trade: Trade, before: Trade | undefined) => void {
  const labels = [...ABOUT, "direction"];
  const realised = metrics.counter(
    "realised_pnl_usdt_total",
    "Realised results of trades before fees and funding, as gains and as losses, USDT",
    labels,
  );
  const funding = metrics.counter("funding_usdt_total", "Funding of open trades, received and paid, USDT", labels);
  const closed = metrics.counter("trades_closed_total", "Trades that closed, by why and whether they earned anything", [
    ...ABOUT,
    ...["exit_reason", "outcome"],
  ]);
  const earned = metrics.counter(
    "closed_pnl_usdt_total",
    "Results of trades that closed, after fees and funding, as gains and as losses, USDT",
    labels,
  );
  const add = (counter: typeof realised, amount: Amount, trade: Trade, words: readonly [string, string]): void => {
    if (amount === zero) return;
    const direction = amount > zero ? words[0] : words[1];
    counter.inc({ ...aboutOf(trade), direction }, toNumber(abs(amount)));
  };
  return (trade, before) => {
    const grown = (field: "realised_usdt" | "funding_usdt") => sub(dec(trade[field]), dec(before?.[field] ?? "0"));
    add(realised, grown("realised_usdt"), trade, ["gain", "loss"]);
    add(funding, grown("funding_usdt"), trade, ["received", "paid"]);
    if (isOpen(trade) || trade.status !== "CLOSED") return;
    const pnl = dec(trade.pnl_usdt);
    const outcome = pnl > zero ? "win" : pnl < zero ? "loss" : "even";
    closed.inc({ ...aboutOf(trade), exit_reason: trade.exit_reason ?? "unknown", outcome });
    add(earned, pnl, trade, ["gain", "loss"]);
  };
}

/** Tells what is open and what the account is worth: a job, since prices move between two changes. */
export function standingFigures(metrics: Pick<Metrics, "gauge">, positions: Positions): () => Promise<void> {
  const whole = ["account"];
  const equity = metrics.gauge("equity_usdt", "What the account is worth, as it was last asked for, USDT", whole);
  const drawdown = metrics.gauge("drawdown_ratio", "Equity below its highest so far, as a share of that", whole);
  const lost = metrics.gauge("drawdown_usdt", "Equity below its highest so far, USDT", whole);
  const today = metrics.gauge(
    "pnl_today_usdt",
    "Result of this UTC day: closed trades, and all that open ones made so far, USDT",
    whole,
  );
  const trades = metrics.gauge("open_trades", "Trades that are open", ABOUT);
  const floating = metrics.gauge(
    "unrealised_pnl_usdt",
    "Result of open trades at what they would close at, USDT",
    ABOUT,
  );
  const exposure = metrics.gauge(
    "exposure_usdt",
    "Value of what is held, above 0 long and below it short, USDT",
    ABOUT,
  );
  const { account } = positions;

  return async () => {
    const now = await positions.accounting.equity();
    if (now.equity_usdt !== undefined) {
      equity.set(Number(now.equity_usdt), { account });
      drawdown.set(now.drawdown, { account });
      lost.set(Number(now.drawdown_usdt), { account });
    }
    today.set(Number(now.pnl_today_usdt), { account });
    for (const gauge of [trades, floating, exposure]) gauge.forget();
    for (const { trade, price, unrealised_usdt } of positions.accounting.openPositions()) {
      const about = aboutOf(trade);
      trades.set(1, about);
      if (unrealised_usdt !== undefined) floating.set(Number(unrealised_usdt), about);
      if (price === undefined) continue;
      const value = toNumber(mul(dec(trade.open_qty), dec(price)));
      exposure.set(trade.side === "SELL" ? -value : value, about);
    }
  };
}
