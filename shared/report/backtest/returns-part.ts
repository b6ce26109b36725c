/** Returns by month and year, and the Sharpe ratio of the time just before each moment. */
import type { EquityPoint } from "../../trading/stats/equity-curve.ts";
import { DAY_MS, readCurve, returnsOf, sampled, YEAR_MS } from "../../trading/stats/equity-curve.ts";
import { monthlyReturns } from "../../trading/stats/monthly.ts";
import { rollingSharpe } from "../../trading/stats/ratios.ts";
import { number, percent, toned } from "../figures.ts";
import { digitsFor, lineChart } from "../line-chart.ts";
import { html, type Markup, NOTHING } from "../markup.ts";
import { type Cell, figure, section, table, text } from "../tables.ts";
import type { Point } from "../thin.ts";
import type { BacktestFacts } from "./facts.ts";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export function monthPart({ result }: BacktestFacts): Markup {
  const years = monthlyReturns(readCurve(result.equity));
  const cell = (value: number | null): Cell =>
    value === null ? html`<span class="flat">·</span>` : toned(value, percent(value, 2, true));
  const rows = years.map(({ year, months, total }) => [String(year), ...months.map(cell), cell(total)]);
  const columns = [text("year"), ...MONTHS.map(figure), figure("year's total")];
  const note = "UTC; a month at the edge counts as far as the backtest reaches into it. Months compound to the year.";
  return section("Returns by month", html`${table("Return of each month", columns, rows)}<p class="note">${note}</p>`);
}

const HOUR_MS = 3_600_000;
/** The first of which the backtest is long enough to hold three windows. */
const WINDOWS = [
  { period_ms: DAY_MS, window: 90, name: "90 days of daily returns" },
  { period_ms: DAY_MS, window: 30, name: "30 days of daily returns" },
  { period_ms: HOUR_MS, window: 168, name: "7 days of hourly returns" },
  { period_ms: HOUR_MS, window: 24, name: "24 hours of hourly returns" },
];

export function rollingPart({ result: { equity, from_ts, to_ts } }: BacktestFacts): Markup {
  const length = to_ts - from_ts;
  const fit = WINDOWS.find(({ period_ms, window }) => length >= 3 * window * period_ms);
  if (!fit) return NOTHING;
  const points = rollingOf(equity, fit);
  const chart = lineChart({
    ...{ name: "Rolling Sharpe ratio over time", lines: [{ name: "Sharpe", points, kind: "curve-1" }], floor: 0 },
    ...{ span: [from_ts, to_ts] as const, height: 170 },
    label: (value, step) => number(value, digitsFor(step)),
    end: (value) => number(value, 2, true),
  });
  if (chart.text === "") return NOTHING;
  const note = `Each point is the annualised Sharpe ratio of the ${fit.name} before it: whether the result was earned all along or in one lucky stretch.`;
  return section("Rolling Sharpe", html`<div class="scroll">${chart}</div><p class="note">${note}</p>`);
}

function rollingOf(equity: readonly EquityPoint[], { period_ms, window }: { period_ms: number; window: number }) {
  const samples = sampled(readCurve(equity), period_ms);
  const annual = { periods_per_year: YEAR_MS / period_ms, risk_free: 0 };
  const ratios = rollingSharpe(returnsOf(samples), window, annual);
  return ratios.flatMap((ratio, index): Point[] => (ratio === null ? [] : [[samples[index + 1]!.ts, ratio]]));
}
