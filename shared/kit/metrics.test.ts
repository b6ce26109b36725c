import { expect, test } from "bun:test";
import { createMetrics } from "./metrics.ts";

const NO_NUMBERS = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

test("what cannot be counted is left out, and whoever counts goes on", async () => {
  const metrics = createMetrics("s04");
  const counter = metrics.counter("fees_total", "Fees", ["direction"]);
  const histogram = metrics.histogram("slippage_bps", "Slippage", { buckets: [1] });
  counter.inc({ direction: "paid" }, 2);
  histogram.observe(-3);
  for (const value of NO_NUMBERS) {
    counter.inc({ direction: "paid" }, value);
    histogram.observe(value);
  }
  // A counter that falls is taken for one that began anew.
  counter.inc({ direction: "paid" }, -1);
  const lines = (await metrics.text()).split("\n");
  expect(lines).toContain('chimera_fees_total{direction="paid",service="s04"} 2');
  expect(lines).toContain('chimera_slippage_bps_sum{service="s04"} -3');
  expect(lines).toContain('chimera_slippage_bps_count{service="s04"} 1');
});
