/** What stands on the chart besides candles: our fills and decisions as markers, our levels as lines. */
import type { Decision } from "../../../../shared/domain/decision.ts";
import type { Fill, Order } from "../../../../shared/domain/order.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";
import { type Bar, barAt } from "../state/bars.ts";
import { isOpenOrder, isOpenTrade } from "../state/lists.ts";

export type MarkTone = "up" | "down" | "accent";

export interface Mark {
  /** `fill:…` or `decision:…`: what a click opens. */
  readonly id: string;
  readonly openTs: number;
  readonly side: "above" | "below";
  readonly shape: "arrowUp" | "arrowDown" | "circle" | "square";
  readonly tone: MarkTone;
  readonly size: number;
}

/** Happenings of one bar: what hovering over it tells. */
export interface BarStory {
  readonly fills: Fill[];
  readonly decisions: Decision[];
}

interface Happenings {
  bars: readonly Bar[];
  barMs: number;
  fills: readonly Fill[];
  decisions: readonly Decision[];
}

const isEntryFill = (fill: Fill): boolean => fill.kind === "ENTRY" || fill.kind === "ADD";

export function storiesOf({ bars, barMs, fills, decisions }: Happenings): Map<number, BarStory> {
  const stories = new Map<number, BarStory>();
  const at = (ts: number): BarStory | undefined => {
    const bar = barAt(bars, ts, barMs);
    if (!bar) return undefined;
    const known = stories.get(bar.openTs);
    if (known) return known;
    const made: BarStory = { fills: [], decisions: [] };
    stories.set(bar.openTs, made);
    return made;
  };
  for (const fill of fills) at(fill.ts)?.fills.push(fill);
  for (const decision of decisions) at(decision.ts)?.decisions.push(decision);
  return stories;
}

/** Fills point the way they trade: entries as arrows, exits as squares, by quantity. A decision to open is a dot. */
export function marksOf(stories: ReadonlyMap<number, BarStory>): Mark[] {
  const largest = Math.max(0, ...[...stories.values()].flatMap((story) => groupsOf(story.fills).map(quantityOf)));
  const marks: Mark[] = [];
  for (const [openTs, story] of [...stories].sort(([a], [b]) => a - b)) {
    const opened = story.decisions.find((decision) => decision.decision.action === "open");
    if (opened) {
      const id = `decision:${opened.signal_id}`;
      marks.push({ id, openTs, side: "above", shape: "circle", tone: "accent", size: 0.7 });
    }
    for (const fills of groupsOf(story.fills)) marks.push(fillMark(fills, openTs, largest));
  }
  return marks;
}

/** The strip below the chart: every bar in which something was decided, ascending. */
export interface Verdict {
  readonly openTs: number;
  readonly opened: boolean;
  /** What a click opens. */
  readonly id: string;
}
export const verdictsOf = (stories: ReadonlyMap<number, BarStory>): Verdict[] =>
  [...stories]
    .flatMap(([openTs, story]) => {
      const opened = story.decisions.find((decision) => decision.decision.action === "open");
      const told = opened ?? story.decisions[0];
      return told ? [{ openTs, opened: opened !== undefined, id: `decision:${told.signal_id}` }] : [];
    })
    .sort((a, b) => a.openTs - b.openTs);

/** Fills of one bar that trade the same way for the same end stand as one. */
function groupsOf(fills: readonly Fill[]): [Fill, ...Fill[]][] {
  const groups = new Map<string, [Fill, ...Fill[]]>();
  for (const fill of fills) {
    const key = `${fill.side}/${isEntryFill(fill)}`;
    const group = groups.get(key);
    if (group) group.push(fill);
    else groups.set(key, [fill]);
  }
  return [...groups.values()];
}
const quantityOf = (fills: readonly Fill[]): number => fills.reduce((sum, fill) => sum + Number(fill.qty), 0);

function fillMark(fills: [Fill, ...Fill[]], openTs: number, largest: number): Mark {
  const [fill] = fills;
  const isBuy = fill.side === "BUY";
  const entry = isEntryFill(fill);
  return {
    id: `fill:${fill.instrument}/${fill.fill_id}`,
    openTs,
    side: isBuy ? "below" : "above",
    shape: entry ? (isBuy ? "arrowUp" : "arrowDown") : "square",
    tone: isBuy ? "up" : "down",
    size: 0.6 + (largest > 0 ? Math.sqrt(quantityOf(fills) / largest) : 1),
  };
}

export interface LevelLine {
  readonly id: string;
  readonly price: number;
  /** A rung is where the stop may climb to, a stage where a part is taken, a draft a stop not yet asked for. */
  readonly kind: "entry" | "stop" | "target" | "order" | "rung" | "stage" | "liquidation" | "draft";
  readonly title: string;
  /** Only a line, without a label on the axis. */
  readonly isQuiet?: boolean;
}

interface LevelNames {
  entry: string;
  stop: string;
  target: string;
  /** `BUY 0.010` and the like. */
  order: (order: Order) => string;
}

/** Entry, stop and target of the open trade, and our other working orders. */
export function levelsOf(trade: Trade | undefined, orders: readonly Order[], names: LevelNames): LevelLine[] {
  const lines: LevelLine[] = [];
  const add = (id: string, kind: LevelLine["kind"], given: { price: string | undefined; title: string }) => {
    const price = Number(given.price);
    if (given.price !== undefined && Number.isFinite(price)) lines.push({ id, kind, price, title: given.title });
  };
  if (trade && isOpenTrade(trade)) {
    add("entry", "entry", { price: trade.avg_entry, title: names.entry });
    add("stop", "stop", { price: trade.stop_price, title: names.stop });
    add("target", "target", { price: trade.take_profit_price, title: names.target });
  }
  const shown = new Set(lines.map((line) => line.price));
  for (const order of orders) {
    const price = order.stop_price ?? order.price;
    if (!isOpenOrder(order) || price === undefined || shown.has(Number(price))) continue;
    add(`order:${order.client_order_id}`, "order", { price, title: names.order(order) });
  }
  return lines;
}

export interface StopPoint {
  readonly openTs: number;
  readonly price: number;
}

/** The stop's way so far, one point per bar, to now: a ladder. */
export function stopLadderOf(trade: Trade | undefined, bars: readonly Bar[], barMs: number): StopPoint[] {
  return trade && isOpenTrade(trade) ? stopStepsOf(trade, bars, barMs) : [];
}

/** The same of any trade: one that is over ends where it was closed. */
export function stopStepsOf(trade: Trade | undefined, bars: readonly Bar[], barMs: number): StopPoint[] {
  const first = bars[0];
  if (!trade || !first) return [];
  const byBar = new Map<number, number>();
  for (const move of trade.stops) {
    // What was set before the chart begins stands at its left edge.
    const bar = move.ts < first.openTs ? first : barAt(bars, move.ts, barMs);
    if (bar) byBar.set(bar.openTs, Number(move.stop_price));
  }
  const end = trade.closed_at === undefined ? bars.at(-1) : barAt(bars, trade.closed_at, barMs);
  const stop = trade.stop_price ?? trade.stops.at(-1)?.stop_price;
  if (end && byBar.size > 0 && stop !== undefined) byBar.set(end.openTs, Number(stop));
  return [...byBar].sort(([a], [b]) => a - b).map(([openTs, price]) => ({ openTs, price }));
}
