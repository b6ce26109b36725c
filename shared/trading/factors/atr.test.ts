import { expect, test } from "bun:test";
import { randomBars } from "../../testing/market-events.ts";
import { Atr } from "./atr.ts";

test("equals Wilder's average computed over the whole past, for several lengths", () => {
  const bars = randomBars(1, 400);
  const ranges = bars.slice(1).map((bar, at) => {
    const before = bars[at]!.close;
    return Math.max(bar.high, before) - Math.min(bar.low, before);
  });
  for (const n of [1, 2, 14, 50]) {
    const atr = new Atr(n);
    for (const [at, bar] of bars.entries()) {
      atr.onBar(bar);
      if (at < n) expect(atr.read()).toBeNaN();
      else expect(atr.read()).toBeCloseTo(wilder(ranges.slice(0, at), n), 9);
    }
  }
});

/** The weights written out: the seed is a plain mean, and each later value has weight 1/n decaying by (1 − 1/n). */
function wilder(values: number[], n: number): number {
  const keep = 1 - 1 / n;
  const later = values.slice(n);
  const seed = values.slice(0, n).reduce((a, b) => a + b, 0) / n;
  return later.reduce(
    (sum, value, at) => sum + (value / n) * keep ** (later.length - 1 - at),
    seed * keep ** later.length,
  );
}
