import { expect, test } from "bun:test";
import { barAround, readTimeZone } from "./intervals.ts";

const at = (text: string): number => Date.parse(text);
const HOUR = 3_600_000;

test("bars begin where Binance's begin: weeks on Monday, months on the first, days by the zone", () => {
  const cases: [string, string, number, string, string][] = [
    ["3m", "2024-02-29T12:34:56Z", 0, "2024-02-29T12:33:00Z", "2024-02-29T12:35:59.999Z"],
    ["1w", "2024-02-29T12:34:56Z", 0, "2024-02-26T00:00:00Z", "2024-03-03T23:59:59.999Z"],
    ["1M", "2024-02-29T12:34:56Z", 0, "2024-02-01T00:00:00Z", "2024-02-29T23:59:59.999Z"],
    ["1d", "2024-02-29T12:34:56Z", 8 * HOUR, "2024-02-28T16:00:00Z", "2024-02-29T15:59:59.999Z"],
    ["1M", "2024-02-29T20:00:00Z", 8 * HOUR, "2024-02-29T16:00:00Z", "2024-03-31T15:59:59.999Z"],
  ];
  for (const [interval, ts, offset, openTs, closeTs] of cases) {
    expect(barAround(interval, at(ts), offset)).toEqual({ openTs: at(openTs), closeTs: at(closeTs) });
  }
});

test("a time zone is hours, with minutes where they are given, within the world's", () => {
  const cases: [string, number | undefined][] = [
    ["0", 0],
    ["8", 8 * HOUR],
    ["+08:00", 8 * HOUR],
    ["-1:30", -1.5 * HOUR],
    ["05:45", 5.75 * HOUR],
    ["14", 14 * HOUR],
    ["15", undefined],
    ["-13", undefined],
    ["8:60", undefined],
    ["Z", undefined],
  ];
  for (const [text, ms] of cases) expect([text, readTimeZone(text)]).toEqual([text, ms]);
});
