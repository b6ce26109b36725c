/** What a backtest comes to, in sentences: the result, how it was made, what it cost, and how far it can be believed. */
import { add, dec, show, sub } from "../../domain/money.ts";
import { probabilisticSharpe } from "../../trading/stats/deflated-sharpe.ts";
import { DAY_MS } from "../../trading/stats/equity-curve.ts";
import { briefly, moment, money, number, percent } from "../figures.ts";
import type { BacktestFacts } from "./facts.ts";

/** Annualised figures of less time would be nonsense. */
export const ANNUAL_MS_MIN = 7 * DAY_MS;
export const isLong = ({ result }: BacktestFacts): boolean => result.to_ts - result.from_ts >= ANNUAL_MS_MIN;

/** With fewer, luck and skill cannot be told apart. */
const TRADES_FEW = 30;
const NAMES_MAX = 4;

export function listed(names: readonly string[], kind = "instruments"): string {
  if (names.length > NAMES_MAX) return `${names.length} ${kind}`;
  return names.length < 2 ? (names[0] ?? "nothing") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

export const titleOf = ({ bundle, result }: BacktestFacts): string =>
  `Backtest of ${bundle.bundle_id} on ${listed(result.instruments)}`;

/** One line. */
export function summaryOf(facts: BacktestFacts): string {
  const { performance, from_ts, to_ts } = facts.result;
  const fall = performance.deepest_drawdown;
  const sharpe = isLong(facts) && performance.sharpe !== null ? `, Sharpe ${number(performance.sharpe, 2)}` : "";
  return `${moment(from_ts).slice(0, 16)} to ${moment(to_ts).slice(0, 16)} UTC: ${money(performance.net_usdt, 2, true)} USDT net (${percent(performance.total_return, 2, true)}) in ${performance.trades.closed} closed trades${sharpe}, deepest drawdown ${percent(fall?.depth ?? 0, 2)}.`;
}

export function sentencesOf(facts: BacktestFacts): string[] {
  return [outcome(facts), ...trading(facts), costs(facts), ...trouble(facts), belief(facts)];
}

function outcome({ result, settings }: BacktestFacts): string {
  const { performance: p, from_ts, to_ts, instruments } = result;
  const start = show(add(dec(settings.wallets.spot_usdt), dec(settings.wallets.fut_usdt)));
  const fall = p.deepest_drawdown;
  const fell = fall
    ? `On the way it was at most ${percent(fall.depth, 2)} (${money(fall.depth_usdt)} USDT) below its height, ${fall.to_ts === null ? "not made good at the end" : `made good after ${briefly(fall.duration_ms)}`}.`
    : "It never fell below a height that it had reached.";
  return `${money(start)} USDT became ${money(p.end_usdt)} in ${briefly(to_ts - from_ts)} on ${listed(instruments)}: ${money(p.net_usdt, 2, true)} USDT net, ${percent(p.total_return, 2, true)}. ${fell}`;
}

function trading({ result }: BacktestFacts): string[] {
  const { trades } = result.performance;
  if (trades.closed === 0) {
    const reasons = Object.entries(result.decisions.skip).toSorted(([, a], [, b]) => b - a);
    const why = reasons[0] ? `, most often because of ${reasons[0][0]} (${number(reasons[0][1], 0)} times)` : "";
    return [
      `No trade was closed: of ${number(result.signals, 0)} signals ${result.decisions.open} led to an entry${why}.`,
    ];
  }
  const won = `${percent(trades.hit_rate ?? 0, 0)} of ${number(trades.closed, 0)} closed trades won`;
  const sizes =
    trades.average_win_usdt !== null && trades.average_loss_usdt !== null
      ? `, ${money(trades.average_win_usdt)} USDT on average against ${money(trades.average_loss_usdt)} lost`
      : "";
  const factor = trades.profit_factor === null ? "" : `; wins are ${number(trades.profit_factor, 2)} times the losses`;
  const each =
    trades.expectancy_usdt === null ? "" : `. A trade makes ${money(trades.expectancy_usdt, 2, true)} USDT on average`;
  const open = trades.open > 0 ? ` ${trades.open} ${trades.open === 1 ? "was" : "were"} still open at the end.` : "";
  return [`${won}${sizes}${factor}${each}.${open}`];
}

function costs({ result: { costs: c, performance } }: BacktestFacts): string {
  const gross = sub(add(dec(performance.net_usdt), dec(c.fees_usdt)), dec(c.funding_usdt));
  const funding = Number(c.funding_usdt);
  const paid =
    funding === 0 ? "no funding" : `funding ${funding < 0 ? "took" : "gave"} ${money(c.funding_usdt.replace("-", ""))}`;
  const turned = gross > 0n && performance.net_usdt.startsWith("-") ? " Costs alone turned it into a loss." : "";
  return `Prices made ${money(show(gross), 2, true)} USDT, ${money(c.slippage_usdt)} of slippage already taken off; fees took ${money(c.fees_usdt)}, ${paid}.${turned}`;
}

function trouble({ result, data }: BacktestFacts): string[] {
  const { ruined_at } = result.performance;
  const said: string[] = [];
  if (ruined_at !== null) said.push(`The account was ruined at ${moment(ruined_at)} UTC.`);
  if (result.liquidations > 0)
    said.push(
      `The exchange liquidated ${result.liquidations === 1 ? "one position" : `${result.liquidations} positions`}.`,
    );
  if (data.problems.count > 0)
    said.push(`The data has ${number(data.problems.count, 0)} faults, told below; the rows they are in were left out.`);
  return said;
}

/** Length, skewness and tails of the returns say how sure a Sharpe ratio is; what else was tried they do not know. */
function belief(facts: BacktestFacts): string {
  const { periods, trades, sharpe } = facts.result.performance;
  const few = trades.closed < TRADES_FEW;
  const count = trades.closed === 1 ? "1 closed trade is" : `${trades.closed} closed trades are`;
  const luck = few ? `${count} too few to tell skill from luck. ` : "";
  const { skewness, kurtosis } = periods;
  const sure =
    periods.sharpe === null || skewness === null || kurtosis === null
      ? null
      : probabilisticSharpe({ sharpe: periods.sharpe, skewness, kurtosis, count: periods.count });
  const tried = "It says nothing of how many variants were tried before this one; ./chimera optimize counts them.";
  if (sure === null || sharpe === null || !isLong(facts))
    return `${luck}The time is too short for a Sharpe ratio that means anything.`;
  return `${luck}The Sharpe ratio is ${number(sharpe, 2)} a year; by the length, skewness and tails of its ${periods.count} daily returns the true one is above zero with a probability of ${percent(sure, 0)}. ${tried}`;
}
