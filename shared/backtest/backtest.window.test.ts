/** A backtest's window: what lies before it warms up, what lies after it is not there, and its last price is the last close. */
import { describe, expect, test } from "bun:test";
import { at, bar, fillsOf, NEXT, quiet, run, upTo } from "./known-answers.fixture.ts";
import type { TapeMoment } from "./tape.ts";

const long = { signal: 60_000, side: "long" } as const;
const moments = [...upTo(60_000), ...quiet(NEXT, 13, 60_000), bar(13, [60_000, 60_500, 59_500, 59_600])];
const later = [...moments, ...quiet(14, 30, 50_000)];

describe("a window that ends with a bar", () => {
  const inside = run({ ...long, moments: later, options: { to_ts: at(14) } });
  const alone = run({ ...long, moments });
  test("is worth what that bar closes at, and not what its price was on the way", () => {
    expect(inside.equity.at(-1)?.equity_usdt).toBe(alone.equity.at(-1)?.equity_usdt);
  });
  test("or within the next one is worth the same: where that goes is not known before it ends", () => {
    for (const to_ts of [at(14) + 1, at(14) + 25_000, at(15) - 1]) {
      const within = run({ ...long, moments: later, options: { to_ts } });
      expect([within.equity.at(-1)?.equity_usdt, within.fills]).toEqual([
        alone.equity.at(-1)?.equity_usdt,
        alone.fills,
      ]);
    }
  });
  test("knows nothing of what comes after it", () => {
    expect([inside.fills, inside.trades]).toEqual([alone.fills, alone.trades]);
  });
  test("does not trade on that bar, which is the first of the next window", () => {
    const before = run({ ...long, moments: later, options: { to_ts: at(NEXT) } });
    expect([before.signals, before.decisions, before.fills]).toEqual([10, { open: 0, skip: { no_entry: 10 } }, []]);
    const after = run({ ...long, moments: later, options: { from_ts: at(NEXT), to_ts: at(14) } });
    expect(after.decisions.open).toBe(1);
    expect(fillsOf(after)).toEqual(fillsOf(inside));
    expect(after.equity[0]).toEqual({ ts: at(NEXT), equity_usdt: "20000" });
  });
});

test("what is filled by the last price is among the fills and trades, though its news come later", () => {
  // At 60 900 the stop goes to break-even, which the price passes on its way to the last close.
  const turning = [...upTo(60_000), ...quiet(NEXT, 13, 60_000), bar(13, [60_000, 60_900, 60_000, 60_000])];
  const result = run({ ...long, moments: turning, position: { break_even_roe: 0.05 } });
  expect(result.fills[1]).toMatchObject({ kind: "SL", ts: at(14) });
  expect(result.trades).toMatchObject([{ exit_reason: "stop", open_qty: "0" }]);
  const [trade] = result.trades;
  expect(Number(result.equity.at(-1)?.equity_usdt)).toBeCloseTo(20_000 + Number(trade?.pnl_usdt), 8);
});

test("nothing is filled after the window", () => {
  const result = run({ ...long, moments: upTo(60_000) });
  expect([result.decisions.open, result.fills]).toEqual([1, []]);
});

test("the curve of long bars shows what the account was worth within them, and when", () => {
  const hour = 60;
  const long1h = (one: TapeMoment): TapeMoment => {
    const openTs = one.event.kind === "bar" ? at(0) + (one.event.openTs - at(0)) * hour : 0;
    const event = { ...one.event, openTs, timeframe: "1h" } as TapeMoment["event"];
    return { ...one, at: openTs + hour * 60_000, exchTs: openTs + hour * 60_000, event };
  };
  // The stop is passed after twenty minutes; the bar closes where it opened.
  const dip = bar(13, [60_000, 60_000, 58_000, 60_000]);
  const minutes = [...upTo(60_000), ...quiet(NEXT, 13, 60_000), dip, ...quiet(14, 16, 60_000)];
  const result = run({ ...long, timeframe: "1h", moments: minutes.map(long1h) });
  const stopped = at(13 * hour + 20);
  expect(result.fills[1]).toMatchObject({ kind: "SL", ts: stopped });
  const worth = (ts: number) => Number(result.equity.filter((point) => point.ts <= ts).at(-1)?.equity_usdt);
  expect(worth(stopped - 60_000)).toBeGreaterThan(19_990);
  expect(worth(stopped + 60_000)).toBeLessThan(19_900);
});
