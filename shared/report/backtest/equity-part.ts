/** What the account was worth, how far it was below its height, and what merely holding would have made. */
import type { PricePath } from "../../backtest/price-path.ts";
import { symbolOf } from "../../domain/instrument.ts";
import { money, number, percent } from "../figures.ts";
import { digitsFor, keyOf, type Line, lineChart } from "../line-chart.ts";
import { html, type Markup } from "../markup.ts";
import { section } from "../tables.ts";
import type { Point } from "../thin.ts";
import type { BacktestFacts } from "./facts.ts";

/** Holdings of more instruments than these would be a tangle. */
const HOLDINGS_MAX = 2;

export function equityPart({ result, prices }: BacktestFacts): Markup {
  const points = result.equity.map(({ ts, equity_usdt }): Point => [ts, Number(equity_usdt)]);
  const start = points[0]?.[1] ?? 0;
  const tone = Number(result.performance.net_usdt) < 0 ? "down" : "up";
  const own: Line = { name: "this backtest", points, kind: tone };
  const held = prices.slice(0, HOLDINGS_MAX).map((path, index) => holding(path, { start, index }));
  const lines = [own, ...held.filter((line) => line.points.length > 1)];
  const fall = result.performance.deepest_drawdown;
  const span = [result.from_ts, result.to_ts] as const;
  const worth = lineChart({
    ...{ name: "Equity in USDT over time", lines: [own], floor: start, span, height: 260 },
    ...(fall && { shaded: [[fall.from_ts, fall.to_ts ?? result.to_ts] as const] }),
    label: (value, step) => number(value, digitsFor(step)),
    end: (value) => percent(value / start - 1, 2, true),
  });
  const below = lineChart({
    ...{ name: "Drawdown from the highest equity before", lines: [fallen(points)], floor: 0, span, height: 120 },
    label: (value, step) => percent(value, digitsFor(100 * step)),
  });
  const beside =
    lines.length > 1 &&
    html`<h3>Beside holding</h3><div class="scroll">${lineChart({
      ...{ name: "Equity beside what holding would have made", lines, floor: start, span, height: 220 },
      label: (value, step) => number(value, digitsFor(step)),
      end: (value) => percent(value / start - 1, 2, true),
    })}</div>${keyOf(lines)}<p class="note">Holding: the whole equity of the beginning at the first price, without costs and without leverage. It carries the market's risk all the time; this backtest was in it for ${shareOf(result.performance.exposure)}.</p>`;
  const note = fall
    ? `Marked to market. The shaded time is the deepest drawdown, ${percent(fall.depth, 2)} or ${money(fall.depth_usdt)} USDT${fall.to_ts === null ? ", not made good at the end" : ""}.`
    : "Marked to market. Equity never was below a height that it had reached before.";
  return section("Equity", html`<div class="scroll">${worth}${below}</div><p class="note">${note}</p>${beside}`);
}

const shareOf = (share: number | null): string => (share === null ? "no part of it" : percent(share, 0));

function holding({ instrument, bars }: PricePath, { start, index }: { start: number; index: number }): Line {
  const first = bars[0]?.open ?? 1;
  const points = bars.map(({ open_ts, close }): Point => [open_ts, (start * close) / first]);
  return { name: `holding ${symbolOf(instrument)}`, points, kind: `curve-${index + 1}` };
}

function fallen(points: readonly Point[]): Line {
  let peak = Number.NEGATIVE_INFINITY;
  const below = points.map(([ts, value]): Point => {
    peak = Math.max(peak, value);
    return [ts, peak > 0 ? value / peak - 1 : 0];
  });
  return { name: "drawdown", points: below, kind: "down" };
}
