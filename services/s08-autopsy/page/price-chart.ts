/** The price while the trade was held: bars, entries and exits, the stop as a staircase, the target. */
import {
  type Axes,
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
import { plain } from "../../../shared/report/figures.ts";
import { html, type Markup } from "../../../shared/report/markup.ts";
import type { AutopsyFacts } from "../facts.ts";

const BOX: Box = { width: 960, height: 340, left: 74, right: 78, top: 12, bottom: 24 };
const BAR_SHARE = 0.6;
const MARK = 6;

export function priceChart(facts: AutopsyFacts): Markup {
  const { path, trade } = facts;
  const axes = axesOf(facts);
  const bars = path.bars.map((bar) => barOf(bar, path.bar_ms, axes));
  const end = trade.closed_at ?? path.to;
  const held = html`<rect class="held" x="${at(axes.x(trade.opened_at))}" y="${BOX.top}" width="${at(Math.max(1, axes.x(end) - axes.x(trade.opened_at)))}" height="${BOX.height - BOX.top - BOX.bottom}"/>`;
  const content = html`${held}${frame(BOX, axes)}${bars}${levelsOf(facts, axes)}${fillsOf(facts, axes)}`;
  return picture(BOX, `Price of ${trade.instrument} with entries, exits, stops and target`, content);
}

/** What the trade had to do with is always in sight. */
function axesOf({ path, trade, fills, decision }: AutopsyFacts): Axes {
  const times: [number, number] = [path.from, Math.max(path.to, trade.closed_at ?? path.to)];
  const target = trade.take_profit_price ?? decision?.sizing?.take_profit_price;
  const prices = [
    ...path.bars.flatMap(({ high, low }) => [Number(high), Number(low)]),
    ...fills.map(({ price }) => Number(price)),
    ...trade.stops.map(({ stop_price }) => Number(stop_price)),
    ...(target === undefined ? [] : [Number(target)]),
  ];
  const extent = extentOf(prices);
  return {
    x: scaleOf(times, [BOX.left, BOX.width - BOX.right]),
    y: scaleOf(extent, [BOX.height - BOX.bottom, BOX.top]),
    times: timeTicks(times, 10),
    levels: ticksOf(extent, 6).map((value) => ({ value, label: plain(value) })),
  };
}

function barOf(bar: AutopsyFacts["path"]["bars"][number], bar_ms: number, { x, y }: Axes): Markup {
  const [open, close] = [y(Number(bar.open)), y(Number(bar.close))];
  const width = Math.max(0.8, (x(bar.open_ts + bar_ms) - x(bar.open_ts)) * BAR_SHARE);
  const middle = x(bar.open_ts + bar_ms / 2);
  const tone = close <= open ? "up" : "down";
  return html`<g class="bar ${tone}"><line x1="${at(middle)}" x2="${at(middle)}" y1="${at(y(Number(bar.high)))}" y2="${at(y(Number(bar.low)))}"/><rect x="${at(middle - width / 2)}" y="${at(Math.min(open, close))}" width="${at(width)}" height="${at(Math.max(0.8, Math.abs(open - close)))}"/></g>`;
}

function levelsOf({ trade, path, decision }: AutopsyFacts, { x, y }: Axes): Markup {
  const end = x(trade.closed_at ?? path.to);
  const target = trade.take_profit_price ?? decision?.sizing?.take_profit_price;
  const label = (name: string, price: string, kind: string) =>
    html`<text class="level ${kind}" x="${at(BOX.width - BOX.right + 6)}" y="${at(y(Number(price)) + 3.5)}">${name}</text>`;
  const line = (price: string, kind: string) =>
    html`<path class="${kind}" d="${lineOf([
      [x(trade.opened_at), y(Number(price))],
      [end, y(Number(price))],
    ])}"/>`;
  const last = trade.stops.at(-1)?.stop_price;
  const names: (readonly [string, string, string])[] = [["entry", trade.avg_entry, "entry"]];
  if (target !== undefined) names.push(["target", target, "target"]);
  if (last !== undefined) names.push(["stop", last, "stop"]);
  return html`${line(trade.avg_entry, "entry")}${target !== undefined && line(target, "target")}<path class="stop" d="${stairsOf(trade, { x, y, end })}"/>${apart(names, y).map(([name, price, kind]) => label(name, price, kind))}`;
}

const LABEL_HEIGHT = 12;
/** Names that would lie over one another: the later one is left out. */
function apart(names: (readonly [string, string, string])[], y: (value: number) => number) {
  return names.filter(([, price], index) =>
    names.slice(0, index).every(([, other]) => Math.abs(y(Number(price)) - y(Number(other))) >= LABEL_HEIGHT),
  );
}

/** Each stop from when it was set to when the next one was. */
function stairsOf(
  { stops }: AutopsyFacts["trade"],
  { x, y, end }: { x: (ts: number) => number; y: (price: number) => number; end: number },
): string {
  const points = stops.flatMap(({ ts, stop_price }, index): [number, number][] => {
    const next = stops[index + 1];
    const level = y(Number(stop_price));
    return [
      [x(ts), level],
      [next ? x(next.ts) : Math.max(end, x(ts)), level],
    ];
  });
  return lineOf(points);
}

/** A buy points up from below its price, a sale down from above it. */
function fillsOf({ fills, trade }: AutopsyFacts, { x, y }: Axes): Markup[] {
  return fills.map(({ ts, price, side, qty, kind }) => {
    const [left, tip] = [x(ts), y(Number(price))];
    const foot = side === "BUY" ? tip + MARK * 1.6 : tip - MARK * 1.6;
    const name = `${kind} ${side} ${qty} at ${price}`;
    const kindOf = side === trade.side ? "in" : "out";
    return html`<path class="fill ${kindOf}" d="M${at(left)} ${at(tip)}L${at(left - MARK)} ${at(foot)}L${at(left + MARK)} ${at(foot)}Z"><title>${name}</title></path>`;
  });
}
