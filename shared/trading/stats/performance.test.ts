/** The whole table: one by hand, random ones from plain numbers, and curves that hardly are any. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { daily, fromReturns, START } from "./curves.fixture.ts";
import { DAY_MS } from "./equity-curve.ts";
import { performanceOf } from "./performance.ts";

test("by hand: half a year from 1,000 to 1,100 over a fall to 900", () => {
  const equity = [0, 73, 182.5].map((day, i) => ({
    ts: START + day * DAY_MS,
    equity_usdt: ["1000", "900", "1100"][i]!,
  }));
  const trade = {
    opened_at: START,
    closed_at: START + 36.5 * DAY_MS,
    pnl_usdt: "100",
    entry_cost_usdt: "2000",
    exit_value_usdt: "2100",
  };
  const told = performanceOf(equity, [trade], { period_ms: 36.5 * DAY_MS });
  expect(told).toMatchObject({
    start_usdt: "1000",
    end_usdt: "1100",
    net_usdt: "100",
    total_return: 0.1,
    deepest_drawdown: { depth: 0.1, depth_usdt: "100", duration_ms: 182.5 * DAY_MS },
    exposure: 0.2,
    ruined_at: null,
    trades: { closed: 1, hit_rate: 1, profit_factor: null },
  });
  expect(told.cagr).toBeCloseTo(0.21, 12);
  expect(told.calmar).toBeCloseTo(2.1, 12);
  // 1,000 for two fifths of the time, 900 for three; half a year.
  expect(told.turnover).toBeCloseTo((4_100 / 940) * 2, 12);
  const returns = [0, -0.1, 0, 0, 200 / 900];
  const mean = returns.reduce((a, b) => a + b) / 5;
  const variance = returns.reduce((sum, r) => sum + (r - mean) ** 2, 0) / 4;
  expect(told.periods).toMatchObject({ count: 5, sharpe: expect.closeTo(mean / Math.sqrt(variance), 12) });
  expect(told.sharpe).toBeCloseTo((mean / Math.sqrt(variance)) * Math.sqrt(10), 12);
  expect(told.sortino).toBeCloseTo((mean / Math.sqrt(0.01 / 5)) * Math.sqrt(10), 12);
});

test("equals an independent computation on random return series", () => {
  const returns = fc.array(fc.double({ min: -0.1, max: 0.1, noNaN: true }), { minLength: 3, maxLength: 300 });
  fc.assert(
    fc.property(returns, (list) => {
      const told = performanceOf(fromReturns(list), []);
      const n = list.length;
      const worths = [1];
      for (const r of list) worths.push(worths.at(-1)! * (1 + r));
      const sum = list.reduce((total, r) => total + r, 0);
      const squares = list.reduce((total, r) => total + r * r, 0);
      const deviation = Math.sqrt((squares - sum ** 2 / n) / (n - 1));
      const depth = Math.max(...worths.map((w, i) => 1 - w / Math.max(...worths.slice(0, i + 1))));
      expect(told.total_return).toBeCloseTo(worths.at(-1)! - 1, 8);
      expect(told.deepest_drawdown?.depth ?? 0).toBeCloseTo(depth, 8);
      if (told.cagr !== null && told.cagr < 1e3)
        expect(told.cagr).toBeCloseTo(Math.exp((Math.log(worths.at(-1)!) * 365) / n) - 1, 4);
      if (deviation > 1e-4) {
        expect(told.volatility).toBeCloseTo(deviation * Math.sqrt(365), 6);
        expect(told.sharpe).toBeCloseTo((sum / n / deviation) * Math.sqrt(365), 4);
      }
    }),
    { seed: 15, numRuns: 150 },
  );
});

const NO_RATIOS = { sharpe: null, sortino: null, calmar: null, deepest_drawdown: null, longest_drawdown: null };

test("one point: nothing happened", () => {
  expect(performanceOf(daily([100]), [])).toMatchObject({
    ...NO_RATIOS,
    total_return: 0,
    cagr: null,
    volatility: null,
    exposure: null,
    turnover: null,
    periods: { count: 0, sharpe: null, skewness: null, kurtosis: null },
  });
});

test("constant equity: no risk and no ratio", () => {
  expect(performanceOf(daily([100, 100, 100, 100]), [])).toMatchObject({
    ...NO_RATIOS,
    total_return: 0,
    cagr: 0,
    volatility: 0,
    exposure: 0,
    turnover: 0,
  });
});

test("ruin: all is lost, or more; what is said of later is not read", () => {
  const told = performanceOf(daily([100, 120, -30, 500]), []);
  expect(told).toMatchObject({ end_usdt: "-30", total_return: -1.3, cagr: -1, ruined_at: START + 2 * DAY_MS });
  expect(told.deepest_drawdown).toMatchObject({ depth: 1.25, to_ts: null });
  expect(told.calmar).toBeCloseTo(-1 / 1.25, 12);
});

test("can be written as JSON: no NaN and no infinity", () => {
  for (const worths of [[100], [100, 100], [100, 110, 121], [100, 0], [100, 1e12]]) {
    const told = performanceOf(daily(worths), []);
    expect(JSON.parse(JSON.stringify(told))).toEqual(told);
  }
});
