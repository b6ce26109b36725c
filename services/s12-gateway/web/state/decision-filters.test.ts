import { expect, test } from "bun:test";
import { aDecision } from "../samples.ts";
import { dayBounds } from "./asked.ts";
import { fitsDecision, periodAsked, reasonsOf } from "./decision-filters.ts";

const day = "2026-11-20";
const { first, last } = dayBounds(day)!;

test("a decision fits what is asked for in every way, the whole of both days included", () => {
  const decision = aDecision({ ts: first });
  const skip = { on: "FUT:BTCUSDT", strategy: "book-pressure", state: "skip", what: "spread_bps", from: day, to: day };
  expect([{}, skip, { state: "nonsense" }].map((asked) => fitsDecision(decision, asked))).toEqual([true, true, true]);
  expect(fitsDecision(aDecision({ ts: last }), skip)).toBe(true);
  const others = [{ on: "SPOT:BTCUSDT" }, { strategy: "else" }, { state: "open" }, { what: "no_entry" }];
  expect(others.map((asked) => fitsDecision(decision, asked))).toEqual([false, false, false, false]);
  expect(fitsDecision(aDecision({ ts: first - 1 }), skip)).toBe(false);
  expect(fitsDecision(aDecision({ ts: last + 1 }), skip)).toBe(false);
});

test("the last millisecond of the last day is asked for too", () => {
  expect(periodAsked({ from: day, to: day })).toEqual({ from_ts: String(first), to_ts: String(last + 1) });
  expect(periodAsked({})).toEqual({});
});

test("reasons are those seen and the one asked for", () => {
  expect(reasonsOf([aDecision(), aDecision()], { what: "model" })).toEqual(["model", "spread_bps"]);
  expect(reasonsOf([], {})).toEqual([]);
});
