/** What waits for the mark does so where marks are recorded beside bars: at the price that goes with it, never at a better. */
import { describe, expect, test } from "bun:test";
import { bar, fillsOf, marked, NEXT, quiet, run, upTo } from "./known-answers.fixture.ts";
import type { TapeMoment } from "./tape.ts";

const long = { signal: 60_000, side: "long" } as const;
/** Bars with the mark so far from the last price, told as bars of marks tell it: at the open and at the close. */
const apart = (by: number, bars: readonly TapeMoment[]): TapeMoment[] =>
  bars.flatMap((one, n) => {
    const { event } = one;
    if (event.kind !== "bar") return [one];
    return [marked(NEXT + n, event.open / 10 + by), one, marked(NEXT + n + 1, event.close / 10 + by)];
  });
const sizing = { take_profit_roe: 0.1 };
const exitOf = (by: number, bars: readonly TapeMoment[]): string | undefined =>
  fillsOf(run({ ...long, sizing, moments: [...upTo(60_000), ...apart(by, bars)] }))[1]?.split(",")[0];

describe("the target of 60 663.4, in a bar that rises to 65 000", () => {
  const bars = [...quiet(NEXT, 13, 60_000), bar(13, [60_000, 65_000, 60_000, 64_900])];
  test("is reached where the mark is, and sold at the last price of then", () => {
    expect(exitOf(0, bars)).toBe("TP SELL 0.099 at 60657.2 as taker");
    // The last price is 60 668.4: bid 606 653.6…, slippage 606 622.6….
    expect(exitOf(-5, bars)).toBe("TP SELL 0.099 at 60662.2 as taker");
    expect(exitOf(5, bars)).toBe("TP SELL 0.099 at 60652.2 as taker");
  });
});

describe("the stop of 58 992.9", () => {
  test("is reached on the way where the mark is", () => {
    const bars = [...quiet(NEXT, 13, 60_000), bar(13, [60_000, 60_000, 56_000, 57_000])];
    expect(exitOf(0, bars)).toBe("SL SELL 0.099 at 58986.9 as taker");
    expect(exitOf(5, bars)).toBe("SL SELL 0.099 at 58981.9 as taker");
    expect(exitOf(-5, bars)).toBe("SL SELL 0.099 at 58991.9 as taker");
  });
  test("in a gap is sold at the open, though the mark is told before it", () => {
    const bars = [...quiet(NEXT, 13, 60_000), ...quiet(13, 15, 58_000)];
    expect(exitOf(0, bars)).toBe("SL SELL 0.099 at 57994.2 as taker");
  });
  test("is not reached by a gap that ends above it: the mark goes with the price, and not twice as far", () => {
    expect(exitOf(0, [...quiet(NEXT, 13, 60_000), ...quiet(13, 15, 59_300)])).toBeUndefined();
  });
});

test("a mark that is told within a bar has no price beside it to be so far from", () => {
  const within: TapeMoment = { ...marked(13, 60_000), at: marked(13, 0).at + 45_000 };
  const rising = bar(13, [60_000, 60_600, 60_000, 60_000]);
  // At the price of 45 s, which is on its way from 60 600 down to the close, the mark of 60 000 would be 600 below it.
  const moments = [...upTo(60_000), ...quiet(NEXT, 13, 60_000), within, rising, ...quiet(14, 16, 59_500)];
  expect(fillsOf(run({ ...long, sizing, moments }))).toHaveLength(1);
});
