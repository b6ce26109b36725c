import { expect, test } from "bun:test";
import { HOUR_MS, MINUTE_MS, SloBook } from "./slo-book.ts";

const DAY_MS = 24 * HOUR_MS;
const NOW = 1_000 * DAY_MS;

test("short windows are counted by minutes, long ones by hours", () => {
  const book = new SloBook();
  for (const [age, bad] of [
    [2 * MINUTE_MS, 1],
    [10 * MINUTE_MS, 2],
    [3 * HOUR_MS, 4],
    [20 * HOUR_MS, 8],
    [20 * DAY_MS, 16],
    [40 * DAY_MS, 32],
  ] as const) {
    const events = { good: 0, total: bad };
    book.addMinute("order_success", NOW - age, events);
    book.addHour("order_success", NOW - age, events);
  }
  const bad = (ms: number) => book.within("order_success", ms, NOW).total;
  const windows = [5 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, DAY_MS, 30 * DAY_MS];
  expect(windows.map(bad)).toEqual([1, 3, 7, 15, 31]);
  expect(book.within("ack_latency", DAY_MS, NOW)).toEqual({ good: 0, total: 0 });
  book.forget(NOW);
  expect(windows.map(bad)).toEqual([1, 3, 7, 15, 31]);
  expect(book.within("order_success", 100 * DAY_MS, NOW).total).toBe(31);
});

test("history has the burn rate of each hour in which something happened", () => {
  const book = new SloBook();
  book.addHour("order_success", NOW - 2 * HOUR_MS + 7, { good: 99, total: 100 });
  book.addHour("order_success", NOW - 2 * HOUR_MS + 9, { good: 100, total: 100 });
  book.addHour("order_success", NOW, { good: 10, total: 10 });
  const history = book.history("order_success", 0.995, NOW);
  expect(history.map(([ts]) => ts)).toEqual([NOW - 2 * HOUR_MS, NOW]);
  expect(history[0]?.[1]).toBeCloseTo(1);
  expect(history[1]?.[1]).toBe(0);
});
