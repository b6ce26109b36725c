import { expect, test } from "bun:test";
import { OrderCounts } from "./order-counts.ts";

const MINUTE = 60_000;

test("entries wait for the end of the fullest window, each by its own length", () => {
  let now = 10 * MINUTE + 12_000;
  const counts = new OrderCounts({ now: () => now });
  counts.setLimits([
    { interval: "SECOND", intervalNum: 10, limit: 100 },
    { interval: "MINUTE", intervalNum: 1, limit: 1_000 },
    { interval: "FORTNIGHT", intervalNum: 1, limit: 1 },
  ]);
  expect(counts.waitMs()).toBe(0);
  counts.read({ "x-mbx-order-count-10s": "84", "x-mbx-order-count-1m": "84" });
  expect(counts.waitMs()).toBe(0);
  counts.read({ "x-mbx-order-count-10s": "85", "x-mbx-order-count-1m": "849" });
  expect(counts.waitMs()).toBe(8_000);
  // What is told anew with each listing keeps what was counted.
  counts.setLimits([
    { interval: "SECOND", intervalNum: 10, limit: 100 },
    { interval: "MINUTE", intervalNum: 1, limit: 999 },
  ]);
  expect(counts.waitMs()).toBe(8_000);
  counts.read({ "x-mbx-order-count-1m": "850" });
  expect(counts.waitMs()).toBe(48_000);
  now += 48_000;
  expect(counts.waitMs()).toBe(0);
});
