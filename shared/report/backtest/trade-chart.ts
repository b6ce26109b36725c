/** The price of an instrument with everything that was traded on it: entries, exits, stops, and how each trade came out. */
import type { PathBar, PricePath } from "../../backtest/price-path.ts";
import type { Trade } from "../../domain/trade.ts";
import { type Axes, at, type Box, extentOf, frame, lineOf, picture, scaleOf, ticksOf, timeTicks } from "../axes.ts";
import { moment, money, plain } from "../figures.ts";
import { html, type Markup, NOTHING } from "../markup.ts";

const BOX: Box = { width: 960, height: 340, left: 74, right: 88, top: 14, bottom: 24 };
const BAR_SHARE = 0.6;
const MARK = 4.5;
/** With more trades stops are left out, and marks are smaller. */
const DETAILED_MAX = 60;
/** More would be one smear; those drawn are evenly chosen. */
export const DRAWN_MAX = 400;

export interface TradesOnPrice {
  readonly path: PricePath;
  readonly trades: readonly Trade[];
  readonly span: readonly [number, number];
}

export function tradeChart({ path, trades, span }: TradesOnPrice): Markup {
  if (path.bars.length === 0) return NOTHING;
  const shown = evenly(trades, DRAWN_MAX);
  const axes = axesOf(path.bars, shown, span);
  const isDetailed = shown.length <= DETAILED_MAX;
  const bars = path.bars.map((bar) => barOf(bar, path.bar_ms, axes));
  const stops = isDetailed ? shown.map((trade) => stairsOf(trade, axes, span[1])) : [];
  const ways = shown.map((trade) => wayOf(trade, axes, span[1]));
  const marks = shown.map((trade) => marksOf(trade, axes, isDetailed ? MARK : MARK * 0.7));
  const content = html`${frame(BOX, axes)}${bars}${stops}${ways}${marks}`;
  return picture(BOX, `Price of ${path.instrument} with its trades`, content);
}

/** Prices of bars and of trades are in sight; stops only as far as they do not flatten them. */
function axesOf(bars: readonly PathBar[], trades: readonly Trade[], span: readonly [number, number]): Axes {
  const prices = bars.flatMap(({ high, low }) => [high, low]);
  for (const { avg_entry, avg_exit } of trades) {
    prices.push(Number(avg_entry));
    if (avg_exit !== undefined) prices.push(Number(avg_exit));
  }
  const extent = extentOf(prices);
  return {
    x: scaleOf(span, [BOX.left, BOX.width - BOX.right]),
    y: scaleOf(extent, [BOX.height - BOX.bottom, BOX.top]),
    times: timeTicks(span, 10),
    levels: ticksOf(extent, 6).map((value) => ({ value, label: plain(value) })),
  };
}

function barOf(bar: PathBar, bar_ms: number, { x, y }: Axes): Markup {
  const [open, close] = [y(bar.open), y(bar.close)];
  const width = Math.max(0.8, (x(bar.open_ts + bar_ms) - x(bar.open_ts)) * BAR_SHARE);
  const middle = x(bar.open_ts + bar_ms / 2);
  const body = `M${at(middle - width / 2)} ${at(Math.min(open, close))}h${at(width)}v${at(Math.max(0.8, Math.abs(open - close)))}h${at(-width)}Z`;
  return html`<path class="bar faint" d="M${at(middle)} ${at(y(bar.high))}V${at(y(bar.low))}${body}"/>`;
}

const toneOfTrade = ({ pnl_usdt }: Trade): string => (Number(pnl_usdt) < 0 ? "down" : "up");

/** From the entry to the exit, coloured by what came of it; of an open one to the end. */
function wayOf(trade: Trade, { x, y }: Axes, end: number): Markup {
  const entry = [x(trade.opened_at), y(Number(trade.avg_entry))] as const;
  const exit = [x(trade.closed_at ?? end), y(Number(trade.avg_exit ?? trade.avg_entry))] as const;
  const title = `${trade.side === "BUY" ? "Long" : "Short"} ${moment(trade.opened_at)} at ${trade.avg_entry}, ${trade.exit_reason ?? "still open"}${trade.avg_exit === undefined ? "" : ` at ${trade.avg_exit}`}: ${money(trade.pnl_usdt, 2, true)} USDT`;
  return html`<path class="way ${toneOfTrade(trade)}" d="${lineOf([entry, exit])}"><title>${title}</title></path>`;
}

/** A long entry points up from below its price, a short one down from above; exits are crosses. */
function marksOf(trade: Trade, { x, y }: Axes, size: number): Markup {
  const [left, tip] = [x(trade.opened_at), y(Number(trade.avg_entry))];
  const foot = trade.side === "BUY" ? tip + size * 1.7 : tip - size * 1.7;
  const entry = `M${at(left)} ${at(tip)}L${at(left - size)} ${at(foot)}L${at(left + size)} ${at(foot)}Z`;
  return html`<path class="fill in" d="${entry}"/>${trade.closed_at !== undefined && trade.avg_exit !== undefined && crossOf(x(trade.closed_at), y(Number(trade.avg_exit)), size * 0.75, toneOfTrade(trade))}`;
}

function crossOf(x: number, y: number, size: number, tone: string): Markup {
  const [left, right, top, foot] = [x - size, x + size, y - size, y + size].map(at);
  return html`<path class="cross ${tone}" d="M${left} ${top}L${right} ${foot}M${left} ${foot}L${right} ${top}"/>`;
}

/** Each stop from when it was set to when the next one was, as far as the picture reaches. */
function stairsOf({ stops, closed_at }: Trade, { x, y }: Axes, end: number): Markup {
  const points = stops.flatMap(({ ts, stop_price }, index): [number, number][] => {
    const level = Math.min(BOX.height - BOX.bottom, Math.max(BOX.top, y(Number(stop_price))));
    const until = stops[index + 1]?.ts ?? Math.max(ts, closed_at ?? end);
    return [
      [x(ts), level],
      [x(until), level],
    ];
  });
  return points.length === 0 ? NOTHING : html`<path class="stop thin" d="${lineOf(points)}"/>`;
}

/** At most `max`, the first and the last among them. */
function evenly<T>(items: readonly T[], max: number): readonly T[] {
  if (items.length <= max) return items;
  const step = (items.length - 1) / (max - 1);
  return Array.from({ length: max }, (_, place) => items[Math.round(place * step)] as T);
}
