import { expect, test } from "bun:test";
import { randomBars } from "../../testing/market-events.ts";
import type { Bar } from "./bars.ts";
import { NO_SOURCES } from "./factor.ts";
import { Inputs } from "./inputs.ts";
import { regime, regimeOf, regimeOn, volatilityPercentile } from "./regime.ts";
import { RealisedVolatility } from "./volatility.ts";

/** The sample deviation by its definition, in two passes. */
function deviation(values: number[]): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1));
}
const plain = (bars: Bar[], at: number, n: number, perYear: number): number => {
  const closes = bars.slice(at - n, at + 1).map((bar) => bar.close);
  return Math.sqrt(perYear) * deviation(closes.slice(1).map((close, i) => Math.log(close / closes[i]!)));
};

test("equals the annualised deviation of the last n log returns", () => {
  const bars = randomBars(4, 500);
  for (const n of [2, 20, 100]) {
    const volatility = new RealisedVolatility(n, "1m");
    for (const [at, bar] of bars.entries()) {
      volatility.onBar(bar);
      if (at < n) expect(volatility.read()).toBeNaN();
      else expect(volatility.read()).toBeCloseTo(plain(bars, at, n, 365 * 24 * 60), 9);
    }
  }
});

test("a jump that has left the window leaves no trace", () => {
  const bars = randomBars(5, 300).map((bar, at) => (at === 50 ? { ...bar, close: bar.close * 1e6 } : bar));
  const volatility = new RealisedVolatility(20, "1d");
  for (const [at, bar] of bars.entries()) {
    volatility.onBar(bar);
    if (at > 20 + 51) expect(volatility.read()).toBeCloseTo(plain(bars, at, 20, 365), 9);
  }
});

test("a market that stands still has no volatility", () => {
  const volatility = new RealisedVolatility(5, "1m");
  for (const bar of randomBars(6, 40)) volatility.onBar({ ...bar, close: 61_234.5 });
  expect(volatility.read()).toBe(0);
});

test("percentile and regime equal a count over the whole window, ties by half", () => {
  const bars = randomBars(7, 200);
  const params = { numbers: [5, 30], timeframe: "1d", windowMs: 0 } as const;
  const percentile = volatilityPercentile.make(params, new Inputs(), NO_SOURCES);
  const state = regimeOn.make(params, new Inputs(), NO_SOURCES);
  const [twin, past]: [RealisedVolatility, number[]] = [new RealisedVolatility(5, "1d"), []];
  const seen = new Set<number>();
  for (const bar of bars) {
    for (const one of [percentile, state, twin]) one.onBar!(bar);
    if (!Number.isNaN(twin.read())) past.push(Math.fround(twin.read()));
    if (past.length < 30) {
      expect(percentile.read(0)).toBeNaN();
      expect(state.read(0)).toBeNaN();
      continue;
    }
    const [window, newest] = [past.slice(-30), past.at(-1)!];
    const equal = window.filter((x) => x === newest).length;
    const expected = (window.filter((x) => x < newest).length + equal / 2) / 30;
    expect(percentile.read(0)).toBeCloseTo(expected, 12);
    expect(state.read(0)).toBe(expected < 0.1 ? -1 : expected > 0.9 ? 1 : 0);
    seen.add(state.read(0));
  }
  expect([...seen].toSorted()).toEqual([-1, 0, 1]);
});

test("the plain regime is that of 20 days among 90, and has a name", () => {
  const [short, long] = [
    regime.make(regime.fixed!, new Inputs(), NO_SOURCES),
    regimeOn.make({ numbers: [20, 90], timeframe: "1d", windowMs: 0 }, new Inputs(), NO_SOURCES),
  ];
  for (const bar of randomBars(8, 150)) {
    short.onBar!(bar);
    long.onBar!(bar);
    expect(short.read(0)).toEqual(long.read(0));
  }
  expect(short.read(0)).not.toBeNaN();
  expect([-1, 0, 1, null].map(regimeOf)).toEqual(["FROZEN", "NORMAL", "EXTREME", undefined]);
});
