import { expect, test } from "bun:test";
import { clockContract } from "../testing/clock.contract.ts";
import { wallClock } from "./clock.ts";

const REAL_MS_MAX = 60_000;

clockContract("wall clock at 200 times its speed", (onError) => ({
  clock: wallClock(200, onError),
  async until(holds) {
    const end = performance.now() + REAL_MS_MAX;
    while (!holds()) {
      if (performance.now() > end) throw new Error("it never came");
      await Bun.sleep(1);
    }
  },
}));

test("at speed 1 it is the machine's clock", () => {
  const before = Date.now();
  const now = wallClock().now();
  expect(now).toBeGreaterThanOrEqual(before);
  expect(now).toBeLessThanOrEqual(Date.now());
});

test("a speed of zero, below zero or no number is refused", () => {
  for (const speed of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => wallClock(speed)).toThrow("Invariant");
  }
});
