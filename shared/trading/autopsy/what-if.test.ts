import { describe, expect, test } from "bun:test";
import { dec } from "../../domain/money.ts";
import type { Course } from "../labels/counterfactual.ts";
import { MINUTE_MS } from "../labels/price-path.ts";
import { type Actual, type Plan, whatIfs } from "./what-if.ts";

/** In at 100, stop 90, target 120, ten of them on a margin of 100; no fees, so that a head can do it. */
const PLAN: Plan = {
  ...{ side: "BUY", qty: dec("10"), entry: dec("100"), margin: dec("100"), takerFee: dec("0") },
  ...{ stop: dec("90"), target: dec("120") },
};
const ACTUAL: Actual = {
  ...{ gross: dec("30"), fees: dec("2"), funding: dec("-1"), margin: dec("100"), qty: dec("10") },
  ...{ notional: dec("1000"), exit: dec("103"), how: "close", at: 5 * MINUTE_MS },
};
const bar = (minute: number, [open, high, low, close]: readonly number[]) => ({
  open_ts: minute * MINUTE_MS,
  ...{ open: String(open), high: String(high), low: String(low), close: String(close) },
});
/** Down to 91.5, then up to 119, and it rests at 118. */
const COURSE: Course = {
  ...{ from: 0, to: 4 * MINUTE_MS, funding: [] },
  bars: [
    bar(0, [100, 101, 99, 100]),
    bar(1, [100, 100, 91.5, 93]),
    bar(2, [93, 119, 93, 118]),
    bar(3, [118, 118.5, 117, 118]),
  ],
};
const rows = (over: Partial<Parameters<typeof whatIfs>[0]> = {}) =>
  whatIfs({ plan: PLAN, actual: ACTUAL, course: COURSE, curve: undefined, ...over });
const made = (kind: string, change: string, from = rows()) =>
  from.find((row) => row.kind === kind && row.change === change);

describe("on the path that came", () => {
  test("itself: 30 gross less 2 of fees and 1 of funding", () => {
    expect(made("actual", "0")).toMatchObject({ net_usdt: "27", roi: "0.27", how: "close", exit_price: "103" });
  });
  test("left alone it is neither stopped nor done, and is marked at the end", () => {
    expect(made("plan", "0")).toMatchObject({ how: "mark", exit_price: "118", net_usdt: "180", at: 4 * MINUTE_MS });
  });
  test("a stop a quarter nearer (92.5) loses 75 in the second minute; one tenth nearer (91) holds", () => {
    expect(made("stop", "-0.25")).toMatchObject({
      stop_price: "92.5",
      how: "stop",
      net_usdt: "-75",
      at: 2 * MINUTE_MS,
    });
    expect(made("stop", "-0.1")).toMatchObject({ stop_price: "91", how: "mark", net_usdt: "180" });
  });
  test("a target a tenth nearer (118) is reached and pays its own price, one a quarter further is not", () => {
    expect(made("target", "-0.1")).toMatchObject({ take_profit_price: "118", how: "take_profit", net_usdt: "180" });
    expect(made("target", "-0.25")).toMatchObject({ take_profit_price: "115", how: "take_profit", net_usdt: "150" });
    expect(made("target", "0.25")).toMatchObject({ take_profit_price: "125", how: "mark" });
  });
  test("for a short both are mirrored", () => {
    const plan: Plan = { ...PLAN, side: "SELL", stop: dec("110"), target: dec("80") };
    const short = rows({ plan });
    expect(made("plan", "0", short)).toMatchObject({ how: "stop", exit_price: "110", net_usdt: "-100" });
    expect(made("stop", "0.25", short)).toMatchObject({ stop_price: "112.5", how: "stop", net_usdt: "-125" });
    expect(made("target", "-0.25", short)).toMatchObject({ take_profit_price: "85", how: "stop" });
  });
});

describe("other sizes", () => {
  test("half as much makes half of everything; the return stays", () => {
    expect(made("size", "-0.5")).toMatchObject({ qty: "5", net_usdt: "13.5", roi: "0.27" });
  });
  test("the curve takes its part: from √1 to √1.5 at 10 bps, on 1500 in and out, is 0.674… USDT", () => {
    const curve = { base_bps: 1, slope_bps: 10 };
    const more = Number(made("size", "0.5", rows({ curve }))?.net_usdt);
    expect(more).toBeCloseTo(27 * 1.5 - 3_000 * 10 * (Math.sqrt(1.5) - 1) * 1e-4, 6);
  });
});

describe("what is not there", () => {
  test("without a path only sizes are told, without a stop no stops", () => {
    expect(rows({ course: undefined }).map(({ kind }) => kind)).toEqual(["actual", "size", "size", "size", "size"]);
    const kinds = rows({ plan: { ...PLAN, stop: undefined } }).map(({ kind }) => kind);
    expect(kinds).not.toContain("stop");
    expect(kinds.filter((kind) => kind === "target")).toHaveLength(4);
  });
});
