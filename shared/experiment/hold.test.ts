/** Buying and holding, computed by hand. */
import { expect, test } from "bun:test";
import { TapeBuilder } from "../backtest/tape.ts";
import { defaultListings } from "../engine/listing.ts";
import { holdRun } from "./hold.ts";
import { summaryOf } from "./run-summary.ts";

const MINUTE = 60_000;
const [spot, , futures] = defaultListings();

test("costs the taker fee both ways and earns what the price does", () => {
  const builder = new TapeBuilder();
  const bar = { kind: "bar", timeframe: "1m", lots: 1, quoteVolume: 1, trades: 1, takerLots: 1 } as const;
  const closes: [number, number, number][] = [
    [1, 0, 100],
    [1, 1, 50],
    [2, 0, 110],
    [3, 1, 40],
    [4, 0, 120],
  ];
  for (const [minute, who, close] of closes) {
    const at = minute * MINUTE;
    builder.add({
      at,
      exchTs: at,
      who,
      event: { ...bar, openTs: at - MINUTE, open: close, high: close, low: close, close },
    });
  }
  const problems = { count: 0, first: [] };
  const tape = builder.build({
    form: "bars",
    timeframe: "1m",
    listings: [spot!, futures!],
    source: "hand",
    assumed: [],
    problems,
  });
  const run = holdRun(tape, { window: { from: 0, to: 5 * MINUTE }, cash: 2_000, sample_ms: MINUTE });
  const [spotCost, futCost] = [1_000 / 1.001, 1_000 / 1.0005];
  const value = spotCost * 1.2 * (1 - 0.001) + futCost * 0.8 * (1 - 0.0005);
  expect(Number(run.equity.at(-1)?.equity_usdt)).toBeCloseTo(value, 6);
  expect(run.equity.map(({ ts }) => ts / MINUTE)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(Number(run.equity[3]?.equity_usdt)).toBeCloseTo(spotCost * 1.1 + futCost, 6);
  expect(summaryOf(run)).toMatchObject({ trades: 2, open_trades: 0, hit_rate: 0.5, signals: 0 });
  expect(Number(summaryOf(run).net_usdt)).toBeCloseTo(value - 2_000, 6);
});
