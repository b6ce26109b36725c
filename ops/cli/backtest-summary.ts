/** What a backtest came to, as lines for a terminal. */
import { add, dec, show } from "../../shared/domain/money.ts";
import type { BacktestFacts } from "../../shared/report/backtest/facts.ts";
import { sentencesOf } from "../../shared/report/backtest/words.ts";
import { briefly, duration, moment, money, number, percent } from "../../shared/report/figures.ts";
import { count } from "./data-library.ts";
import { sparkline } from "./sparkline.ts";
import { bold, dim, green, red, yellow } from "./terminal.ts";

const LABEL = 11;
const SPARK = 60;
const REASONS_SHOWN = 8;
const PROBLEMS_SHOWN = 5;

const named = (name: string, text: string): string => `${bold(name.padEnd(LABEL))}${text}`;
const under = (text: string): string => `${" ".repeat(LABEL)}${text}`;
const joined = (parts: readonly (string | undefined)[]): string =>
  parts.filter((part) => part !== undefined).join(dim(" · "));
const told = (name: string, value: number | null, show: (value: number) => string): string | undefined =>
  value === null ? undefined : `${name} ${show(value)}`;

/** `wall_ms`: how long the run took. */
export function summaryLines(facts: BacktestFacts, wall_ms: number): string[] {
  return [
    marketLine(facts, wall_ms),
    ...resultLines(facts),
    ...tradeLines(facts),
    ...decisionLines(facts),
    ...assumedLines(facts),
    named("Belief", sentencesOf(facts).at(-1) ?? ""),
    named("Hash", dim(facts.result.hash)),
  ];
}

function marketLine({ result, data }: BacktestFacts, wall_ms: number): string {
  const { from_ts, to_ts, events, instruments } = result;
  const what = data.form === "bars" ? `${data.timeframe} bars` : data.form;
  const time = `${moment(from_ts).slice(0, 16)} → ${moment(to_ts).slice(0, 16)} (${briefly(to_ts - from_ts)})`;
  const speed = wall_ms > 0 ? dim(` (${count(Math.round(events / (wall_ms / 1_000)))}/s)`) : "";
  return named(
    "Market",
    `${what} of ${instruments.join(", ")}, ${time}, ${count(events)} events in ${(wall_ms / 1_000).toFixed(1)} s${speed}`,
  );
}

function resultLines({ result, settings }: BacktestFacts): string[] {
  const p = result.performance;
  const tone = p.net_usdt.startsWith("-") ? red : green;
  const start = show(add(dec(settings.wallets.spot_usdt), dec(settings.wallets.fut_usdt)));
  const net = tone(`${money(p.net_usdt, 2, true)} USDT net, ${percent(p.total_return, 2, true)}`);
  const fall = p.deepest_drawdown;
  const ratio = (value: number): string => number(value, 2);
  const isAnnual = result.to_ts - result.from_ts >= 7 * 86_400_000;
  const ratios = joined([
    ...(isAnnual
      ? [told("Sharpe", p.sharpe, ratio), told("Sortino", p.sortino, ratio), told("Calmar", p.calmar, ratio)]
      : []),
    fall === null ? "no drawdown" : `drawdown ${percent(fall.depth, 2)}, ${briefly(fall.duration_ms)}`,
    told("in the market", p.exposure, (share) => percent(share, 0)),
  ]);
  return [
    named("Result", `${net} ${dim(`(${money(start)} → ${money(p.end_usdt)})`)}`),
    named(
      "Equity",
      tone(
        sparkline(
          result.equity.map(({ equity_usdt }) => Number(equity_usdt)),
          SPARK,
        ),
      ),
    ),
    under(ratios),
  ];
}

function tradeLines({ result }: BacktestFacts): string[] {
  const { trades } = result.performance;
  const { costs } = result;
  const line = joined([
    `${count(trades.closed)} closed${trades.open > 0 ? `, ${trades.open} open` : ""}`,
    told("won", trades.hit_rate, (share) => percent(share, 0)),
    told("profit factor", trades.profit_factor, (value) => number(value, 2)),
    trades.expectancy_usdt === null ? undefined : `${money(trades.expectancy_usdt, 2, true)} USDT each`,
    told("held", trades.average_hold_ms, duration),
    result.liquidations > 0 ? red(`${result.liquidations} liquidations`) : undefined,
  ]);
  const paid = joined([
    `fees ${money(costs.fees_usdt)}`,
    `funding ${money(costs.funding_usdt, 2, true)}`,
    `slippage ${money(costs.slippage_usdt)} USDT`,
    `${money(costs.notional_usdt, 0)} USDT traded`,
    told("as maker", costs.maker_share, (share) => percent(share, 0)),
  ]);
  return [named("Trades", line), named("Costs", paid)];
}

function decisionLines({ result }: BacktestFacts): string[] {
  const { open, skip } = result.decisions;
  const reasons = Object.entries(skip).toSorted(([, a], [, b]) => b - a);
  const skipped = reasons.reduce((sum, [, times]) => sum + times, 0);
  const lines = [named("Decisions", `${count(open)} open, ${count(skipped)} skip of ${count(result.signals)} signals`)];
  for (const [reason, times] of reasons.slice(0, REASONS_SHOWN)) {
    lines.push(dim(under(`${count(times).padStart(8)}  ${reason}`)));
  }
  const left = reasons.length - REASONS_SHOWN;
  if (left > 0) lines.push(dim(under(`          and ${left} more reasons`)));
  return lines;
}

function assumedLines({ result, data: { problems } }: BacktestFacts): string[] {
  const lines = result.assumed.length > 0 ? [named("Assumed", result.assumed.join(dim(" · ")))] : [];
  for (const { source, line, problem } of problems.first.slice(0, PROBLEMS_SHOWN)) {
    lines.push(named("Left out", yellow(`${source}:${line}: ${problem}`)));
  }
  const left = problems.count - Math.min(problems.first.length, PROBLEMS_SHOWN);
  if (left > 0) lines.push(under(yellow(`and ${count(left)} more`)));
  return lines;
}
