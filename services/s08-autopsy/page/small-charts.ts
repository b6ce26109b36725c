/** The smaller pictures of a report: return over time, what-ifs as bars, slippage against the curve, peers, contributions. */
import {
  at,
  type Box,
  extentOf,
  frame,
  lineOf,
  picture,
  scaleOf,
  ticksOf,
  timeTicks,
} from "../../../shared/report/axes.ts";
import { number, percent, toneOf } from "../../../shared/report/figures.ts";
import { html, type Markup, NOTHING } from "../../../shared/report/markup.ts";
import { curveBps } from "../../../shared/trading/execution/cost.ts";
import type { AutopsyFacts } from "../facts.ts";

const ROE_BOX: Box = { width: 960, height: 190, left: 74, right: 78, top: 10, bottom: 24 };

/** Return on margin from the first fill to the last. */
export function roeChart({ roe, trade }: AutopsyFacts): Markup {
  const [first, last] = [roe[0], roe.at(-1)];
  if (!first || !last || roe.length < 2) return NOTHING;
  const extent = extentOf([0, ...roe.map((point) => point.roe)]);
  const x = scaleOf([first.ts, last.ts], [ROE_BOX.left, ROE_BOX.width - ROE_BOX.right]);
  const y = scaleOf(extent, [ROE_BOX.height - ROE_BOX.bottom, ROE_BOX.top]);
  const levels = ticksOf(extent, 4).map((value) => ({ value, label: percent(value, 1) }));
  const line = lineOf(roe.map(({ ts, roe: value }) => [x(ts), y(value)]));
  const area = `${line}L${at(x(last.ts))} ${at(y(0))}L${at(x(first.ts))} ${at(y(0))}Z`;
  const content = html`${frame(ROE_BOX, { x, y, times: timeTicks([first.ts, last.ts], 10), levels })}
<path class="area ${toneOf(last.roe)}" d="${area}"/><line class="zero" x1="${ROE_BOX.left}" x2="${ROE_BOX.width - ROE_BOX.right}" y1="${at(y(0))}" y2="${at(y(0))}"/>
<path class="line ${toneOf(last.roe)}" d="${line}"/><text class="level" x="${at(x(last.ts) + 6)}" y="${at(y(last.roe) + 3.5)}">${percent(last.roe, 2, true)}</text>`;
  return picture(ROE_BOX, `Return on margin of ${trade.trade_id} over time`, content);
}

const SLIP_BOX: Box = { width: 640, height: 220, left: 60, right: 20, top: 10, bottom: 34 };
const CURVE_POINTS = 40;

/** Each fill by its worth and its slippage; the line is what the account's own fills of before had made one expect. */
export function slippageChart({ slippage, curve }: AutopsyFacts): Markup {
  const seen = slippage.filter(({ slippage_bps }) => slippage_bps !== undefined);
  if (seen.length === 0) return NOTHING;
  const worth = seen.map(({ notional_usdt }) => Number(notional_usdt));
  const most = Math.max(...worth) * 1.1;
  const expected = curve
    ? Array.from({ length: CURVE_POINTS + 1 }, (_, index) => {
        const notional = (most * index) / CURVE_POINTS;
        return [notional, curveBps(curve, notional)] as const;
      })
    : [];
  const extent = extentOf(
    [0, ...seen.map(({ slippage_bps }) => slippage_bps ?? 0), ...expected.map(([, bps]) => bps)],
    0.1,
  );
  const x = scaleOf([0, most], [SLIP_BOX.left, SLIP_BOX.width - SLIP_BOX.right]);
  const y = scaleOf(extent, [SLIP_BOX.height - SLIP_BOX.bottom, SLIP_BOX.top]);
  const levels = ticksOf(extent, 4).map((value) => ({ value, label: number(value, 1) }));
  const marks = ticksOf([0, most], 5).map(
    (value) =>
      html`<text class="axis" x="${at(x(value))}" y="${SLIP_BOX.height - SLIP_BOX.bottom + 14}" text-anchor="middle">${number(value, 0)}</text>`,
  );
  const dots = seen.map(
    (row) =>
      html`<circle class="dot ${row.maker ? "maker" : "taker"}" cx="${at(x(Number(row.notional_usdt)))}" cy="${at(y(row.slippage_bps ?? 0))}" r="4"><title>${`${row.kind} ${row.side} ${row.qty} at ${row.price}`}</title></circle>`,
  );
  const line =
    expected.length > 0 &&
    html`<path class="curve" d="${lineOf(expected.map(([notional, bps]) => [x(notional), y(bps)]))}"/>`;
  const names = html`<text class="axis" x="${(SLIP_BOX.left + SLIP_BOX.width - SLIP_BOX.right) / 2}" y="${SLIP_BOX.height - 4}" text-anchor="middle">worth of the fill, USDT; slippage in basis points upwards</text>`;
  return picture(
    SLIP_BOX,
    "Slippage of each fill against the cost curve",
    html`${frame(SLIP_BOX, { x, y, times: [], levels })}${marks}${names}${line}${dots}`,
  );
}

const PEER_BOX: Box = { width: 240, height: 16, left: 4, right: 4, top: 0, bottom: 0 };
/** Where the trade stands between the least and the most of its peers. */
export function percentileBar(percentile: number): Markup {
  const x = scaleOf([0, 100], [PEER_BOX.left, PEER_BOX.width - PEER_BOX.right]);
  const content = html`<rect class="rail" x="${at(x(0))}" y="6" width="${at(x(100) - x(0))}" height="4"/><rect class="box" x="${at(x(25))}" y="4" width="${at(x(75) - x(25))}" height="8"/><line class="middle" x1="${at(x(50))}" x2="${at(x(50))}" y1="2" y2="14"/><circle class="here" cx="${at(x(percentile))}" cy="8" r="4.5"/>`;
  return picture(PEER_BOX, `${number(percentile, 0)} of 100`, content);
}
