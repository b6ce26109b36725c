import { describe, expect, test } from "bun:test";
import { aDecision, aFill, anOrder, aTrade } from "../samples.ts";
import type { Bar } from "../state/bars.ts";
import { levelsOf, marksOf, stopLadderOf, stopStepsOf, storiesOf, verdictsOf } from "./chart-marks.ts";

const bar = (openTs: number): Bar => ({ openTs, open: 1, high: 1, low: 1, close: 1, volume: 1 });
const bars = [bar(1_000), bar(2_000), bar(3_000)];
const names = { entry: "Entry", stop: "Stop", target: "Target", order: () => "Order" };

describe("markers", () => {
  const fills = [
    aFill({ fill_id: "1", qty: "1", ts: 1_500 }),
    aFill({ fill_id: "2", qty: "0.25", ts: 3_100, kind: "EXIT", side: "SELL" }),
    aFill({ fill_id: "off", ts: 99_000 }),
  ];
  const marks = marksOf(storiesOf({ bars, barMs: 1_000, fills, decisions: [] }));
  test("entries are arrows below, exits squares, larger fills larger, what is off the chart is left out", () => {
    expect(marks.map((m) => [m.id, m.openTs, m.shape, m.side])).toEqual([
      ["fill:FUT:BTCUSDT/1", 1_000, "arrowUp", "below"],
      ["fill:FUT:BTCUSDT/2", 3_000, "square", "above"],
    ]);
    expect(marks[0]!.size).toBeGreaterThan(marks[1]!.size);
  });
  test("fills of one bar that do the same are one marker of their whole size", () => {
    const same = [aFill({ fill_id: "a", ts: 1_100 }), aFill({ fill_id: "b", ts: 1_900 })];
    const other = aFill({ fill_id: "c", ts: 2_100 });
    const made = marksOf(storiesOf({ bars, barMs: 1_000, fills: [...same, other], decisions: [] }));
    expect(made.map((m) => m.id)).toEqual(["fill:FUT:BTCUSDT/a", "fill:FUT:BTCUSDT/c"]);
    expect(made[0]!.size).toBeGreaterThan(made[1]!.size);
  });
  test("a bar shows one decision, the one that opened before those that skipped; skips stand in the strip only", () => {
    const opened = aDecision({ signal_id: "open", decision: { ...aDecision().decision, action: "open" } });
    const decisions = [aDecision({ signal_id: "late", ts: 2_500 }), aDecision({ signal_id: "skip" }), opened];
    const stories = storiesOf({ bars, barMs: 1_000, fills: [], decisions });
    expect(marksOf(stories).map((m) => m.id)).toEqual(["decision:open"]);
    expect(verdictsOf(stories)).toEqual([
      { openTs: 1_000, opened: true, id: "decision:open" },
      { openTs: 2_000, opened: false, id: "decision:late" },
    ]);
  });
});

describe("levels", () => {
  test("the open trade's entry, stop and target; protective orders are not drawn twice; done orders not at all", () => {
    const orders = [
      anOrder({ client_order_id: "stop", stop_price: "59900", price: undefined }),
      anOrder({ client_order_id: "own", price: "59000" }),
      anOrder({ client_order_id: "done", price: "58000", status: "CANCELED" }),
    ];
    const levels = levelsOf(aTrade(), orders, names);
    expect(levels.map((level) => [level.id, level.price])).toEqual([
      ["entry", 60_000],
      ["stop", 59_900],
      ["target", 60_400],
      ["order:own", 59_000],
    ]);
  });
  test("a closed trade leaves no level", () => {
    expect(levelsOf(aTrade({ status: "CLOSED" }), [], names)).toEqual([]);
  });
  test("the stop's way is a ladder to the newest bar", () => {
    const stops = [
      { ts: 1_100, stop_price: "10", reason: "initial" },
      { ts: 1_900, stop_price: "11", reason: "lock" },
    ];
    expect(stopLadderOf(aTrade({ stops, stop_price: "11" }), bars, 1_000)).toEqual([
      { openTs: 1_000, price: 11 },
      { openTs: 3_000, price: 11 },
    ]);
    expect(stopLadderOf(undefined, bars, 1_000)).toEqual([]);
  });
  test("a stop older than the chart stands at its left edge, a closed trade's ends where it was closed", () => {
    const [first, second] = bars as [Bar, Bar];
    const stops = [{ ts: first.openTs - 60_000, stop_price: "10", reason: "entry" }];
    const closed = aTrade({ stops, stop_price: "10", status: "CLOSED", closed_at: second.openTs + 1 });
    expect(stopStepsOf(closed, bars, 1_000).map((point) => point.openTs)).toEqual([first.openTs, second.openTs]);
    expect(stopLadderOf(closed, bars, 1_000)).toEqual([]);
  });
});
