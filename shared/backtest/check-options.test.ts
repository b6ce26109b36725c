/** Options that cannot be are refused by name, before anything is played. */
import { describe, expect, test } from "bun:test";
import { BACKTEST_DEFAULTS, type BacktestOptions, FILL_MODEL, NO_STRESS } from "./backtest-options.ts";
import { at, quiet, run, upTo } from "./known-answers.fixture.ts";

const moments = [...upTo(60_000), ...quiet(11, 13, 60_000)];
const refused = (options: Partial<BacktestOptions>) => () => run({ signal: 60_000, side: "long", moments, options });
const { latency, wallets } = BACKTEST_DEFAULTS;

describe("a backtest refuses", () => {
  test("costs that are gifts", () => {
    expect(refused({ stress: { ...NO_STRESS, fee_mult: -1 } })).toThrow("fee_mult is at least 0, not -1");
    expect(refused({ stress: { ...NO_STRESS, slippage_bps: -5 } })).toThrow("slippage_bps is at least 0, not -5");
    expect(refused({ fill: { ...FILL_MODEL, slippage_bps: -10 } })).toThrow("slippage_bps is at least 0, not -10");
    expect(refused({ fill: { ...FILL_MODEL, spread_bps: Number.NaN } })).toThrow("spread_bps is at least 0, not NaN");
    expect(refused({ latency: { ...latency, order: { baseMs: -1, jitterMs: 0 } } })).toThrow("latency order");
  });
  test("wallets that hold less than nothing, and no amount", () => {
    expect(refused({ wallets: { ...wallets, spot_usdt: "-5" } })).toThrow("spot_usdt is an amount");
    expect(refused({ wallets: { ...wallets, fut_usdt: "much" } })).toThrow("fut_usdt is an amount");
  });
  test("a window in which there is nothing", () => {
    expect(refused({ from_ts: at(20) })).toThrow("holds nothing of the market");
    expect(refused({ from_ts: at(-9), to_ts: at(0) })).toThrow("holds nothing of the market");
    expect(refused({ from_ts: at(5), to_ts: at(5) })).toThrow("ends before it begins");
    expect(refused({ from_ts: Number.NaN })).toThrow("from a number");
  });
  test("a curve without end", () => {
    expect(refused({ sample_ms: 0 })).toThrow("sample_ms is at least 1");
  });
});

test("a multiple is taken as it is, however small, and any depth", () => {
  expect(refused({ stress: { ...NO_STRESS, fee_mult: 1e-9 } })().costs.fees_usdt).toBe("0");
  expect(refused({ fill: { ...FILL_MODEL, depth_usdt: 1e18 } })().fills).toHaveLength(1);
});
