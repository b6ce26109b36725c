/** How much was held: the worth of all positions as a share of equity, over time. */
import type { BacktestFill } from "../../backtest/backtest-result.ts";
import { percent } from "../figures.ts";
import { digitsFor, lineChart } from "../line-chart.ts";
import { html, type Markup, NOTHING } from "../markup.ts";
import { section } from "../tables.ts";
import type { Point } from "../thin.ts";
import type { BacktestFacts } from "./facts.ts";

export function exposurePart({ result }: BacktestFacts): Markup {
  const { from_ts, to_ts, fills, performance } = result;
  if (fills.length === 0) return NOTHING;
  const points = held(result);
  const most = points.reduce((highest, [, share]) => Math.max(highest, share), 0);
  const chart = lineChart({
    ...{ name: "Worth of all positions as a share of equity", lines: [{ name: "held", points, kind: "curve-1" }] },
    ...{ floor: 0, span: [from_ts, to_ts] as const, height: 150 },
    label: (value, step) => percent(value, digitsFor(100 * step)),
  });
  const share =
    performance.exposure === null ? "" : `There was a position ${percent(performance.exposure, 1)} of the time. `;
  const note = `${share}The worth of all positions, at the price of each one's last fill, was at most ${percent(most, 1)} of equity.`;
  return section("Exposure", html`<div class="scroll">${chart}</div><p class="note">${note}</p>`);
}

interface Position {
  qty: number;
  price: number;
}

/** A staircase with two points at each fill. */
function held({ fills, equity, from_ts, to_ts }: BacktestFacts["result"]): Point[] {
  const positions = new Map<string, Position>();
  const points: Point[] = [[from_ts, 0]];
  let at = 0;
  let last = 0;
  for (const fill of fills) {
    while (at + 1 < equity.length && equity[at + 1]!.ts <= fill.ts) at++;
    const worth = Number(equity[at]?.equity_usdt ?? 0);
    take(positions, fill);
    const gross = [...positions.values()].reduce((sum, { qty, price }) => sum + Math.abs(qty) * price, 0);
    points.push([fill.ts, last]);
    last = worth > 0 ? gross / worth : 0;
    points.push([fill.ts, last]);
  }
  points.push([to_ts, last]);
  return points;
}

/** What rounding of floats leaves over is nothing. */
const NEARLY_FLAT = 1e-9;
function take(positions: Map<string, Position>, { instrument, side, qty, price }: BacktestFill): void {
  const before = positions.get(instrument)?.qty ?? 0;
  const after = before + (side === "BUY" ? Number(qty) : -Number(qty));
  if (Math.abs(after) < NEARLY_FLAT) positions.delete(instrument);
  else positions.set(instrument, { qty: after, price: Number(price) });
}
