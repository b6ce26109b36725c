/** What stands on the chart besides candles: our fills and decisions as markers, our levels as lines. */
import type { Decision } from "../../../../shared/domain/decision.ts";
import type { Fill, Order } from "../../../../shared/domain/order.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";
import { type Bar, barAt } from "../state/bars.ts";
import { isOpenOrder, isOpenTrade } from "../state/lists.ts";

export type MarkTone = "up" | "down" | "accent" | "muted";

export interface Mark {
  /** `fill:…` or `decision:…`: what a click opens. */
  readonly id: string;
  readonly openTs: number;
  readonly side: "above" | "below";
  readonly shape: "arrowUp" | "arrowDown" | "circle" | "square";
  readonly tone: MarkTone;
  readonly size: number;
  readonly text: string;
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

/**
 * Fills point the way they trade, entries as arrows and exits as squares, their area following quantity. Decisions are
 * dots: one per bar for those that opened, one faint dot per bar that only skipped.
 */
export function marksOf(stories: ReadonlyMap<number, BarStory>): Mark[] {
  const largest = Math.max(0, ...[...stories.values()].flatMap((story) => story.fills.map((fill) => Number(fill.qty))));
  const marks: Mark[] = [];
  for (const [openTs, story] of [...stories].sort(([a], [b]) => a - b)) {
    const opened = story.decisions.find((decision) => decision.decision.action === "open");
    const decision = opened ?? story.decisions[0];
    if (decision) {
      marks.push({
        id: `decision:${decision.signal_id}`,
        openTs,
        side: "above",
        shape: "circle",
        tone: opened ? "accent" : "muted",
        size: opened ? 0.7 : 0.3,
        text: "",
      });
    }
    for (const fill of story.fills) marks.push(fillMark(fill, openTs, largest));
  }
  return marks;
}

function fillMark(fill: Fill, openTs: number, largest: number): Mark {
  const isBuy = fill.side === "BUY";
  const entry = isEntryFill(fill);
  return {
    id: `fill:${fill.instrument}/${fill.fill_id}`,
    openTs,
    side: isBuy ? "below" : "above",
    shape: entry ? (isBuy ? "arrowUp" : "arrowDown") : "square",
    tone: isBuy ? "up" : "down",
    size: 0.6 + (largest > 0 ? Math.sqrt(Number(fill.qty) / largest) : 1),
    text: "",
  };
}

export interface LevelLine {
  readonly id: string;
  readonly price: number;
  readonly kind: "entry" | "stop" | "target" | "order";
  readonly title: string;
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
  if (!trade || !isOpenTrade(trade) || bars.length === 0) return [];
  const byBar = new Map<number, number>();
  for (const move of trade.stops) {
    const bar = barAt(bars, move.ts, barMs);
    if (bar) byBar.set(bar.openTs, Number(move.stop_price));
  }
  const last = bars.at(-1)!;
  if (byBar.size > 0 && trade.stop_price !== undefined) byBar.set(last.openTs, Number(trade.stop_price));
  return [...byBar].sort(([a], [b]) => a - b).map(([openTs, price]) => ({ openTs, price }));
}
