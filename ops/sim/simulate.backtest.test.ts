/** A backtest is the whole system without its machinery: the same recording, the same decisions, fills and trades. */
import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { recordedMarket } from "../venue/recorded-market.fixture.ts";
import { backtested, type Played, replayed, unlike } from "./backtest-parity.fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "chimera-backtest-parity-"));
afterAll(() => rmSync(folder, { recursive: true }));

const BEGINS = Date.UTC(2026, 2, 5, 11, 59, 48, 300);
const FUTURES = ["FUT:BTCUSDT", "FUT:ETHUSDT"];
const SPOT = ["SPOT:BTCUSDT", "SPOT:ETHUSDT"];
const recorded = join(folder, "usdm__recorded.txt");
const lines = recordedMarket({ symbols: ["BTCUSDT", "ETHUSDT"], begins: BEGINS, seconds: 40 });
writeFileSync(recorded, lines.join("\n"));
const spot = join(folder, "spot__recorded.txt");
writeFileSync(spot, lines.map(asSpot).join("\n"));

/** Spot's frames name no transaction time, no previous update, and no time at all of the best prices. */
function asSpot(line: string): string {
  const cut = line.indexOf(" ");
  const { stream, data } = JSON.parse(line.slice(cut + 1)) as { stream: string; data: Record<string, unknown> };
  const { pu: _pu, X: _X, T, ...rest } = data;
  const { e: _e, E: _E, ...top } = rest;
  const told = stream.endsWith("bookTicker") ? top : stream.endsWith("trade") ? { ...rest, T, M: true } : rest;
  return `${line.slice(0, cut)} ${JSON.stringify({ stream, data: told })}`;
}

const above = (f: string, vf: string): object => ({ f, op: ">", vf });
const sides = { long: above("ema_3_1s", "ema_8_1s"), short: above("ema_8_1s", "ema_3_1s") };
const FACTORS = ["mid", "spread_bps", "depth_top1_usdt", "obi_5", "trade_imb_10s", "ema_3_1s", "ema_8_1s", "atr_3_1s"];

function bundleText(instruments: readonly string[], strategies: readonly object[]): string {
  const risk = { budget_usdt: "5000", entries_per_market_max: 9, losses_in_row_max: 1_000, cooldown_after_stop_ms: 0 };
  const exposure = { exposure_instrument_usdt_max: "200000", exposure_total_usdt_max: "1000000" };
  const flags = { risk: { ...risk, ...exposure, daily_loss_usdt_max: "5000" } };
  const rows = instruments.map((instrument) => ({ instrument, depth_top1_usdt_min: 0, spread_bps_max: 20 }));
  const head = { format: 1, bundle_id: "alike", rev: 1, factors: FACTORS, instruments: rows, rules: [] };
  return JSON.stringify({ ...head, strategies, flags });
}

function strategy(timeframe: string, instruments: readonly string[], rules: { sizing: object; position: object }) {
  const triggers = [{ kind: "bar", timeframe, cooldown_ms: 0 }];
  const stop_atrs = { FROZEN: 8, NORMAL: 8, EXTREME: 8 };
  const sizing = { atr: "atr_3_1s", stop_atrs, ...rules.sizing };
  return { strategy_id: `every-${timeframe}`, instruments, triggers, ...sides, sizing, position: rules.position };
}

/** Far more happens at once than a sane bundle would let: every way of the order path is gone. */
const LARGE = {
  sizing: { margin_usdt: "200", loss_cap_usdt: "60", take_profit_roe: 0.02 },
  position: {
    stages: [
      { roe: 0.002, close: 0.4 },
      { roe: 0.004, close: 0.3 },
    ],
    ...{ break_even_roe: 0.001, lock_steps_roe: [0.002, 0.004, 0.008] },
    ...{ adds_max: 2, add_roe: 0.001, add_share: 0.5, stagnate_ms: 6_000, stagnate_roe: 0.05 },
  },
};
const SMALL = {
  sizing: { margin_usdt: "12", loss_cap_usdt: "10", take_profit_roe: 0.05 },
  position: { stages: [], break_even_roe: 0.02, lock_steps_roe: [0.02, 0.04], stagnate_ms: 900, stagnate_roe: 0.05 },
};
const PAIRS = {
  sizing: { spot_notional_usdt: "250", loss_cap_usdt: "20", take_profit_roe: 0.0002 },
  position: { stages: [], break_even_roe: 0.0001, lock_steps_roe: [0.0002], stagnate_ms: 5_000, stagnate_roe: 0.05 },
};

async function compared(files: readonly string[], bundle: string): Promise<Played> {
  const run = await backtested(files, bundle);
  expect(unlike(await replayed(files, bundle), run)).toEqual([]);
  return run;
}
const kinds = ({ fills }: Played) => new Set(fills.map(({ kind }) => kind));

describe("a recording through a backtest and through the whole system", () => {
  test("small futures trades with stops, makers first and an end by time", async () => {
    const run = await compared([recorded], bundleText(FUTURES, [strategy("1s", FUTURES, SMALL)]));
    expect(run.decisions.length).toBeGreaterThan(60);
    expect(run.fills.some(({ maker }) => maker)).toBe(true);
    expect(run.trades.length).toBeGreaterThan(10);
  }, 300_000);

  test("large ones in slices, with stages, adds and stops that move", async () => {
    const run = await compared([recorded], bundleText(FUTURES, [strategy("1s", FUTURES, LARGE)]));
    expect(run.fills.length).toBeGreaterThan(50);
    expect(kinds(run)).toContain("TP");
  }, 300_000);

  test("spot and futures at once, with pairs of which one cancels the other", async () => {
    const strategies = [strategy("5s", SPOT, PAIRS), strategy("1s", FUTURES, SMALL)];
    const run = await compared([recorded, spot], bundleText([...FUTURES, ...SPOT], strategies));
    expect(run.fills.some(({ instrument }) => instrument.startsWith("SPOT:"))).toBe(true);
  }, 300_000);
});

const data = process.env.CHIMERA_MARKET_DATA;
const names = ["usdm__btcusdt", "usdm__ethusdt", "spot__btcusdt", "spot__ethusdt"];
const real = names.map((name) => join(data ?? "", "depth", `${name}_20240808.gz`));
const here = data !== undefined && real.every((path) => existsSync(path));
if (!here) console.log("skipped: needs recorded markets; CHIMERA_MARKET_DATA names their folder");

describe.skipIf(!here)("a real recording through a backtest and through the whole system", () => {
  test("the shipped bundle", async () => {
    const yaml = readFileSync(join(import.meta.dir, "../../services/s10-config/default-bundle.yaml"), "utf8");
    const run = await compared(real, JSON.stringify(parse(yaml)));
    expect(run.fills.length).toBeGreaterThan(20);
  }, 300_000);
});
