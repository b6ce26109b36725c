/** An arm's figures by hand, and that they stay small however much it does. */
import { expect, test } from "bun:test";
import { ArmTally } from "./arm-tally.ts";

const NOW = { trades_open: 1, auc: null, brier: null };

test("counts, sums and the realised curve", () => {
  const tally = new ArmTally(3);
  for (const opens of [true, true, false]) {
    tally.signal();
    tally.decision({ opens });
  }
  for (const cameToNothing of [false, true]) tally.entry({ cameToNothing });
  for (const [closed_at, pnl_usdt] of [
    [10, "2"],
    [20, "-0.5"],
    [30, "-1.1"],
    [40, "0.4"],
  ] as const) {
    tally.closed({ closed_at, pnl_usdt, margin_usdt: "20" });
  }
  expect(tally.figures(NOW)).toEqual({
    ...{ rev: 3, signals: 3, decisions: 3, opened: 2, entries: 2, rejected: 1, reject_rate: 0.5 },
    ...{ trades_closed: 4, trades_open: 1, pnl_usdt: "0.8", drawdown_usdt: "1.6", labels: 0, auc: null, brier: null },
    roe_mean: expect.closeTo(0.01, 12),
    curve: [
      [10, 2],
      [20, 1.5],
      [30, 0.4],
      [40, 0.8],
    ],
  });
});

test("an arm without anything has no rates", () => {
  expect(new ArmTally(3).figures(NOW)).toMatchObject({ reject_rate: null, roe_mean: null, pnl_usdt: "0", curve: [] });
});

test("a long life keeps a curve of at most 300 points with its newest, and exact sums", () => {
  const tally = new ArmTally(3);
  for (let at = 1; at <= 10_001; at++) tally.closed({ closed_at: at, pnl_usdt: "0.01", margin_usdt: "1" });
  for (let at = 0; at < 5_000; at++) tally.labelled({ p: 0.5, positive: at % 2 === 0 });
  const { curve, pnl_usdt, trades_closed, labels } = tally.figures(NOW);
  expect({ pnl_usdt, trades_closed, labels }).toEqual({ pnl_usdt: "100.01", trades_closed: 10_001, labels: 5_000 });
  expect(curve.length).toBeLessThanOrEqual(300);
  expect(curve.at(-1)).toEqual([10_001, 100.01]);
  const { roes, forecasts } = tally.evidence();
  expect([roes.length, forecasts.length]).toEqual([1_000, 2_000]);
});
