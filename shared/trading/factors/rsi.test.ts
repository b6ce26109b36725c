import { expect, test } from "bun:test";
import { randomBars } from "../../testing/market-events.ts";
import { Rsi } from "./rsi.ts";

test("equals 100 − 100/(1 + RS) with Wilder averages over the whole past", () => {
  const bars = randomBars(3, 300);
  const changes = bars.slice(1).map((bar, at) => bar.close - bars[at]!.close);
  for (const n of [2, 14]) {
    const rsi = new Rsi(n);
    for (const [at, bar] of bars.entries()) {
      rsi.onBar(bar);
      if (at < n) {
        expect(rsi.read()).toBeNaN();
        continue;
      }
      const seen = changes.slice(0, at);
      const strength =
        wilder(
          seen.map((x) => Math.max(x, 0)),
          n,
        ) /
        wilder(
          seen.map((x) => Math.max(-x, 0)),
          n,
        );
      expect(rsi.read()).toBeCloseTo(100 - 100 / (1 + strength), 9);
    }
  }
});

test("only gains are 100, only losses 0, no change at all 50", () => {
  const run = (closes: number[]) => {
    const rsi = new Rsi(3);
    for (const [at, close] of closes.entries()) rsi.onBar({ ...randomBars(1, at + 1)[at]!, close });
    return rsi.read();
  };
  expect(run([1, 2, 3, 4])).toBe(100);
  expect(run([4, 3, 2, 1])).toBe(0);
  expect(run([4, 4, 4, 4])).toBe(50);
});

function wilder(values: number[], n: number): number {
  let average = values.slice(0, n).reduce((a, b) => a + b, 0) / n;
  for (const value of values.slice(n)) average = (average * (n - 1) + value) / n;
  return average;
}
