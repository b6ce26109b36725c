import { describe, expect, test } from "bun:test";
import { show } from "../../../../shared/domain/money.ts";
import { aTrade } from "../samples.ts";
import { askedOf, askedWith, dayBounds, periodOf } from "./asked.ts";
import { drawnCurve, heldMs, resultCurve, resultOf, returnOf, totalsOf } from "./trade-totals.ts";

const closed = (pnl_usdt: string, opened_at: number, closed_at: number) =>
  aTrade({ status: "CLOSED", pnl_usdt, realised_usdt: pnl_usdt, fees_usdt: "0.1", opened_at, closed_at });
const WON = closed("3", 1_000, 5_000);
const LOST = closed("-1.5", 4_000, 6_000);
const OPEN = aTrade({ status: "ACTIVE", pnl_usdt: "-0.1", fees_usdt: "0.1", realised_usdt: "0", opened_at: 7_000 });

describe("what trades come to", () => {
  test("sums are exact and open trades count with what they have cost so far", () => {
    const totals = totalsOf([OPEN, LOST, WON]);
    expect(totals).toMatchObject({ closed: 2, open: 1, won: 1, lost: 1, meanMs: 3_000 });
    expect([totals.pnl, totals.fees].map(show)).toEqual(["1.4", "0.3"]);
    expect(totalsOf([]).meanMs).toBeUndefined();
  });
  test("a result is said of what is over and not even; a return needs margin", () => {
    expect([WON, LOST, OPEN, closed("0", 1, 2)].map(resultOf)).toEqual(["won", "lost", undefined, undefined]);
    expect(returnOf(aTrade({ pnl_usdt: "-2", margin_usdt: "40" }))).toBe(-0.05);
    expect(returnOf(aTrade({ margin_usdt: "0" }))).toBeUndefined();
    expect(heldMs(OPEN, 9_000)).toBe(2_000);
  });
  test("the curve adds results in the order trades were closed", () => {
    expect(resultCurve([OPEN, LOST, WON])).toEqual([
      { ts: 1_000, value: 0 },
      { ts: 5_000, value: 3 },
      { ts: 6_000, value: 1.5 },
    ]);
    expect(drawnCurve(resultCurve([LOST, WON]))).toEqual({ line: "0.0,96.00 800.0,4.00 1000.0,50.00", zeroY: 96 });
    expect(drawnCurve(resultCurve([OPEN]))).toBeUndefined();
  });
});

describe("what a page is asked to show", () => {
  test("days are local and whole; an end before its beginning is no end", () => {
    const day = dayBounds("2026-01-31")!;
    expect(day.last - day.first).toBe(86_399_999);
    expect(periodOf({ from: "2026-01-31", to: "2026-01-31" })).toEqual({
      from_ts: String(day.first),
      to_ts: String(day.last),
    });
    expect(periodOf({ from: "2026-01-31", to: "2026-01-01" })).toEqual({ from_ts: String(day.first) });
    expect(periodOf({ from: "yesterday", to: "2026-13-45" })).toEqual({});
  });
  test("a filter set to nothing is gone, an unknown choice is none", () => {
    expect(askedWith({ on: "SPOT:BTCUSDT", by: "day" }, { on: "", state: "CLOSED" })).toEqual({
      by: "day",
      state: "CLOSED",
    });
    expect(askedOf("won", ["won", "lost"])).toBe("won");
    expect(askedOf("<script>", ["won", "lost"])).toBe("");
  });
});
