import { expect, test } from "bun:test";
import { show } from "../../domain/money.ts";
import { closeBefore, firstMissing, MINUTE_MS as M, type MinuteBar, minutesWithin } from "./price-path.ts";

const bar = (minute: number, close = "1"): MinuteBar => ({
  ...{ open_ts: minute * M, open: "1", high: "1", low: "1", close },
});

test("only whole minutes belong to a span: nothing from before it began or after it ended", () => {
  expect(minutesWithin(10 * M, 13 * M)).toEqual({ first: 10 * M, last: 12 * M });
  expect(minutesWithin(10 * M + 1, 13 * M + 59_999)).toEqual({ first: 11 * M, last: 12 * M });
  expect(minutesWithin(10 * M + 1, 10 * M + 30_000)).toEqual({ first: 11 * M, last: 9 * M });
});

test("a missing minute is found at the beginning, in the middle and at the end; surplus ones do not matter", () => {
  const wanted = { first: 2 * M, last: 4 * M };
  const of = (...minutes: number[]) =>
    firstMissing(
      minutes.map((minute) => bar(minute)),
      wanted,
    );
  expect(of(2, 3, 4)).toBeUndefined();
  expect(of(1, 2, 3, 4, 5)).toBeUndefined();
  expect(of(3, 4)).toBe(2 * M);
  expect(of(2, 4)).toBe(3 * M);
  expect(of(2, 3)).toBe(4 * M);
  expect(of(2, 3, 5)).toBe(4 * M);
  expect(of()).toBe(2 * M);
  expect(firstMissing([], { first: 2 * M, last: M })).toBeUndefined();
});

test("the price at a moment is the close of the last minute that was over by then", () => {
  const bars = [bar(1, "10"), bar(2, "20"), bar(3, "30")];
  const at = (ts: number) => {
    const price = closeBefore(bars, ts);
    return price === undefined ? undefined : show(price);
  };
  expect(at(3 * M)).toBe("20");
  expect(at(3 * M - 1)).toBe("10");
  expect(at(4 * M + 5)).toBe("30");
  expect(at(5 * M)).toBeUndefined();
});
