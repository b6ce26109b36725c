/** A small bundle, signal, account and listing that tests change one thing at a time. */
import { Bundle, type BundleView } from "../../domain/bundle.ts";
import type { FeatureSet, FeatureValues, Signal } from "../../domain/decision.ts";
import type { Instrument, InstrumentId } from "../../domain/instrument.ts";
import { dec } from "../../domain/money.ts";
import type { AccountState } from "./account.ts";

/** 2024-08-08 12:00:00 UTC. */
export const NOON = Date.UTC(2024, 7, 8, 12);

const DOCUMENT = {
  format: 1,
  bundle_id: "test",
  rev: 7,
  factors: ["mid", "spread_bps", "depth_top1_usdt", "obi_5", "atr_14_5s", "regime", "funding_rate"],
  strategies: [
    {
      strategy_id: "lean",
      instruments: ["FUT:BTCUSDT", "SPOT:BTCUSDT"],
      triggers: [{ kind: "bar", timeframe: "5s" }],
      long: { f: "obi_5", op: ">", v: 0.5 },
      short: { f: "obi_5", op: "<", v: -0.5 },
      sizing: { atr: "atr_14_5s" },
    },
  ],
  instruments: [{ instrument: "FUT:BTCUSDT" }, { instrument: "SPOT:BTCUSDT" }],
};

/** A revision; `change` replaces top-level parts of its document. */
export function viewWith(change: object = {}): BundleView {
  const bundle = Bundle.parse({ ...DOCUMENT, ...change });
  return { rev: bundle.rev, bundle_id: bundle.bundle_id, hash: JSON.stringify(change), bundle };
}

/** The test strategy with parts replaced. */
export const strategyWith = (change: object) => ({ strategies: [{ ...DOCUMENT.strategies[0], ...change }] });

const VALUES: FeatureValues = {
  mid: 60_000.05,
  spread_bps: 0.0166,
  depth_top1_usdt: 50_000,
  obi_5: 0.6,
  atr_14_5s: 20,
  regime: 0,
  funding_rate: 0.0001,
  minutes_to_funding: 400,
};

export const featuresWith = (values: FeatureValues = {}, change: Partial<FeatureSet> = {}): FeatureSet => ({
  instrument: "FUT:BTCUSDT",
  ts: NOON - 5,
  exch_ts: NOON - 10,
  values: { ...VALUES, ...values },
  stale: false,
  quality: [],
  bid: "60000.0",
  ask: "60000.1",
  config_rev: 7,
  ...change,
});

export function signalWith(values: FeatureValues = {}, change: Partial<FeatureSet> = {}): Signal {
  const features = featuresWith(values, change);
  return {
    signal_id: "0123456789abcdef",
    account: "main",
    strategy_id: "lean",
    instrument: features.instrument,
    trigger: { kind: "bar", what: "5s", exch_ts: features.exch_ts },
    features,
    ts: features.ts,
    config_rev: 7,
  };
}

export const accountWith = (change: Partial<AccountState> = {}): AccountState => ({
  kill: false,
  health: "GREEN",
  paused_strategies: new Set(),
  open: [],
  cooldown_until: new Map(),
  losses_in_row: 0,
  day_pnl_usdt: dec("0"),
  equity: undefined,
  budget: { budget_usdt: dec("50"), used_usdt: dec("0"), reserved_usdt: dec("0") },
  ...change,
});

export const listingOf = (instrument: InstrumentId, change: Partial<Instrument> = {}): Instrument => ({
  instrument,
  market: instrument.startsWith("FUT:") ? "FUT" : "SPOT",
  symbol: "BTCUSDT",
  base: "BTC",
  quote: "USDT",
  status: "TRADING",
  tick_size: instrument.startsWith("FUT:") ? "0.10" : "0.01",
  step_size: instrument.startsWith("FUT:") ? "0.001" : "0.00001",
  min_qty: instrument.startsWith("FUT:") ? "0.001" : "0.00001",
  max_qty: "100",
  min_notional: "5",
  updated_at: 0,
  ...change,
});
