import { describe, expect, test } from "bun:test";
import type { TimelineEntry } from "../../../../shared/client/gen/types.ts";
import { show } from "../../../../shared/domain/money.ts";
import { aFill, anOrder, aStory } from "../samples.ts";
import { lastedMs, lifeOf, spanOf, sumOf } from "./life.ts";

const entry = (ts: number, what: TimelineEntry["what"], change: Partial<TimelineEntry> = {}): TimelineEntry => ({
  ts,
  what,
  ref: "abcd-1",
  by: "ROUTER",
  detail: "",
  ...change,
});

describe("an order's life", () => {
  const fills = [
    aFill({ fill_id: "1", qty: "0.004", price: "60000.0", fee_usdt: "0.1", ts: 1_500 }),
    aFill({ fill_id: "2", qty: "0.006", price: "60010.0", fee_usdt: "0.2", slippage_bps: 1.08, ts: 1_600 }),
    aFill({ fill_id: "3", qty: "0.001", price: "60020.0", ts: 9_000 }),
  ];
  const stop = anOrder({ client_order_id: "abcd-2", kind: "SL", leg: "sl0" });
  const story = aStory({
    orders: [anOrder(), stop],
    fills,
    timeline: [
      entry(1_000, "INTENT", { ref: "s1:entry" }),
      entry(1_000, "PLAN", { ref: "s1:entry" }),
      entry(1_005, "SUBMIT", { client_order_id: "abcd-1" }),
      entry(1_500, "FILL", { ref: "1", client_order_id: "abcd-1" }),
      entry(1_600, "FILL", { ref: "2", client_order_id: "abcd-1" }),
      entry(1_700, "PROTECTION", { ref: "abcd-2", client_order_id: "abcd-2" }),
      entry(9_000, "FILL", { ref: "3", client_order_id: "abcd-1" }),
      entry(9_001, "DONE", { ref: "s1:entry" }),
    ],
  });
  const steps = lifeOf(story);

  test("executions that follow each other at once are one step, later ones another", () => {
    expect(steps.map((step) => [step.what, step.fills.length])).toEqual([
      ["INTENT", 0],
      ["PLAN", 0],
      ["SUBMIT", 0],
      ["FILL", 2],
      ["PROTECTION", 0],
      ["FILL", 1],
      ["DONE", 0],
    ]);
  });
  test("every step says how long after the one before it came, from a group's last execution", () => {
    expect(steps.map((step) => step.gapMs)).toEqual([undefined, 0, 5, 495, 100, 7_300, 1]);
  });
  test("what is about another order of the intent is told apart", () => {
    expect(steps.filter((step) => !step.isOwn).map((step) => step.order)).toEqual([stop]);
  });
  test("a fill that the router tells without its execution still is a step", () => {
    const [step] = lifeOf(aStory({ timeline: [entry(5, "FILL", { ref: "lost" })] }));
    expect(step).toMatchObject({ what: "FILL", fills: [], isOwn: true });
  });
  test("two orders' executions are never one step", () => {
    const other = aFill({ fill_id: "9", client_order_id: "abcd-2", ts: 1_550 });
    const both = aStory({
      orders: [anOrder(), stop],
      fills: [...fills, other],
      timeline: [
        entry(1_500, "FILL", { ref: "1", client_order_id: "abcd-1" }),
        entry(1_550, "FILL", { ref: "9", client_order_id: "abcd-2" }),
      ],
    });
    expect(lifeOf(both)).toHaveLength(2);
  });
  test("executions add up exactly, slippage by quantity", () => {
    const sum = sumOf(fills.slice(0, 2))!;
    expect([show(sum.qty), show(sum.price), show(sum.feeUsdt)]).toEqual(["0.01", "60006", "0.3"]);
    expect(sum.slippageBps).toBeCloseTo(0.68, 10);
    expect(sumOf([])).toBeUndefined();
    expect(sumOf([aFill({ maker: true }), aFill({ maker: false })])?.maker).toBeUndefined();
  });
  test("its chart shows as much before and after, and never less than twenty bars", () => {
    expect(lastedMs(story.timeline)).toBe(8_001);
    expect(spanOf(story.timeline, 60_000)).toEqual({ fromTs: 1_000 - 1_200_000, toTs: 9_001 + 1_200_000 });
    const long = [entry(0, "INTENT"), entry(7_200_000, "DONE")];
    expect(spanOf(long, 60_000)).toEqual({ fromTs: -7_200_000, toTs: 14_400_000 });
  });
});
