import { expect, test } from "bun:test";
import { BACKTEST_DEFAULTS } from "../../shared/backtest/backtest-options.ts";
import { latencyOf, sampleMs, settingsOf } from "./backtest-options.ts";

const PLAIN = { path: "worst", seed: "1" };

test("nothing said is the defaults of every backtest", () => {
  const { seed, latency, stress, fill, wallets } = BACKTEST_DEFAULTS;
  expect(settingsOf(PLAIN)).toEqual({ seed, latency, stress, fill, wallets });
});

test("latency is one number, three ways with their jitter, or none", () => {
  const plain = (baseMs: number, jitterMs = 0) => ({ baseMs, jitterMs });
  expect(latencyOf("8")).toEqual({ feed: plain(8), order: plain(8), response: plain(8) });
  expect(latencyOf("1+2,3.5,5+0.5")).toEqual({ feed: plain(1, 2), order: plain(3.5), response: plain(5, 0.5) });
  expect(latencyOf("none")).toEqual({ feed: plain(0), order: plain(0), response: plain(0) });
});

test("what makes it worse is named", () => {
  expect(settingsOf({ ...PLAIN, stress: "fees=1.5,slippage=2" }).stress).toEqual({
    ...{ fee_mult: 1.5, latency_mult: 1, slippage_bps: 2 },
  });
});

test.each([
  [{ latency: "fast" }, "--latency must be a number from 0 to 60000"],
  [{ latency: "1,2" }, "--latency is one number, three"],
  [{ latency: "1+2+3" }, "is not base+jitter"],
  [{ stress: "luck=2" }, "--stress is one of fees, latency, slippage"],
  [{ stress: "fees" }, "say how much"],
  [{ path: "best" }, "--path is one of worst, ohlc, olhc"],
  [{ "spread-bps": "-1" }, "--spread-bps must be a number from 0"],
  [{ "fut-usdt": "all" }, "--fut-usdt must be a number"],
  [{ seed: "x" }, "--seed must be a number"],
])("%o is refused by name", (values, message) => {
  expect(() => settingsOf({ ...PLAIN, ...values })).toThrow(message);
});

test("a curve has a point a second for minutes and a point an hour for years", () => {
  expect([sampleMs(345_000), sampleMs(30 * 86_400_000), sampleMs(3 * 365 * 86_400_000)]).toEqual([
    1_000, 60_000, 3_600_000,
  ]);
});
