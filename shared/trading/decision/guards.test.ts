/** Each guard driven over its edge and back. */
import { describe, expect, test } from "bun:test";
import type { FeatureSet, FeatureValues } from "../../domain/decision.ts";
import { dec } from "../../domain/money.ts";
import type { AccountState } from "./account.ts";
import { compileBundle } from "./compiled.ts";
import { accountWith, featuresWith, NOON, strategyWith, viewWith } from "./decision.fixture.ts";
import { GUARD_NAMES, runGuards } from "./guards.ts";

interface Given {
  bundle?: object;
  /** Of another revision, in force for all. */
  limits?: object;
  values?: FeatureValues;
  features?: Partial<FeatureSet>;
  account?: Partial<AccountState>;
  now?: number;
}
function run(given: Given = {}) {
  const compiled = compileBundle(viewWith(given.bundle));
  const features = featuresWith(given.values, given.features);
  return runGuards({
    compiled,
    strategy: compiled.strategies.get("lean")!,
    instrument: features.instrument,
    features,
    account: accountWith(given.account),
    limits: viewWith(given.limits ?? given.bundle).bundle.flags.risk,
    now: given.now ?? NOON,
  });
}
const risk = (flags: object) => ({ flags: { risk: flags } });
const open = (instrument: string, notional = "400") => ({ instrument, notional_usdt: dec(notional) });
const budget = (used: string, reserved = "0") => ({
  budget: { budget_usdt: dec("50"), used_usdt: dec(used), reserved_usdt: dec(reserved) },
});

test("all pass in order on a good day", () => {
  const { failed, results } = run();
  expect(failed).toBeUndefined();
  expect(results.map((one) => one.name)).toEqual([...GUARD_NAMES]);
});

/** Name, what makes it fail, the value it then shows, and what just passes. */
const MAJORS = {
  correlated: [
    { instruments: ["FUT:BTCUSDT", "FUT:ETHUSDT"], exposure_usdt_max: "1000" },
    { instruments: ["FUT:BTCUSDT", "FUT:SOLUSDT"], exposure_usdt_max: "3000" },
    { instruments: ["FUT:XRPUSDT", "FUT:SOLUSDT"], exposure_usdt_max: "1" },
  ],
};
const EDGES: [name: string, fails: Given, value: unknown, passes: Given][] = [
  ["kill_switch", { account: { kill: true } }, true, {}],
  ["health", { account: { health: "RED" } }, "RED", { account: { health: "ORANGE" } }],
  [
    "health_no_entries",
    { account: { effects: { no_entries: "costs are off" } } },
    "costs are off",
    { account: { effects: {} } },
  ],
  ["bus", { account: { bus: "the bus is away" } }, "the bus is away", {}],
  [
    "trading_window",
    { bundle: risk({ trading_hours_utc: [[13, 20]] }) },
    12,
    {
      bundle: risk({
        trading_hours_utc: [
          [1, 2],
          [12, 13],
        ],
      }),
    },
  ],
  [
    "trading_window",
    { bundle: risk({ trading_hours_utc: [[22, 12]] }) },
    12,
    { bundle: risk({ trading_hours_utc: [[22, 12.5]] }) },
  ],
  ["strategy_enabled", { bundle: strategyWith({ enabled: false }) }, false, {}],
  [
    "instrument_enabled",
    { bundle: { instruments: [{ instrument: "FUT:BTCUSDT", enabled: false }] } },
    false,
    { bundle: { instruments: [{ instrument: "FUT:BTCUSDT" }] } },
  ],
  ["instrument_enabled", { bundle: { instruments: [{ instrument: "FUT:ETHUSDT" }] } }, null, {}],
  [
    "strategy_paused",
    { account: { paused_strategies: new Set(["lean"]) } },
    true,
    { account: { paused_strategies: new Set(["other"]) } },
  ],
  ["features_stale", { features: { stale: true } }, true, {}],
  ["features_age_ms", { features: { ts: NOON - 3_001 } }, 3_001, { features: { ts: NOON - 3_000 } }],
  ["funding_rate", { values: { funding_rate: -0.000501 } }, 0.000501, { values: { funding_rate: -0.0005 } }],
  [
    "funding_rate",
    { values: { funding_rate: null } },
    null,
    { values: { funding_rate: null }, features: { instrument: "SPOT:BTCUSDT" } },
  ],
  ["spread_bps", { values: { spread_bps: 3.01 } }, 3.01, { values: { spread_bps: 3 } }],
  ["spread_bps", { values: { spread_bps: null } }, null, {}],
  ["depth_top1_usdt", { values: { depth_top1_usdt: 1_999 } }, 1_999, { values: { depth_top1_usdt: 2_000 } }],
  ["depth_top1_usdt", { values: { depth_top1_usdt: null } }, null, {}],
  [
    "cooldown_after_stop",
    { account: { cooldown_until: new Map([["FUT:BTCUSDT", NOON + 1]]) } },
    1,
    {
      account: {
        cooldown_until: new Map([
          ["FUT:BTCUSDT", NOON],
          ["FUT:ETHUSDT", NOON + 9],
        ]),
      },
    },
  ],
  ["losses_in_row", { account: { losses_in_row: 8 } }, 8, { account: { losses_in_row: 7 } }],
  ["daily_loss_usdt", { account: { day_pnl_usdt: dec("-50") } }, -50, { account: { day_pnl_usdt: dec("-49.99") } }],
  [
    "drawdown",
    { account: { equity: { now_usdt: dec("800"), peak_usdt: dec("1000") } } },
    0.2,
    { account: { equity: { now_usdt: dec("801"), peak_usdt: dec("1000") } } },
  ],
  ["budget_usdt", { account: budget("30", "18.81") }, 1.19, { account: budget("30", "18.8") }],
  ["budget_usdt", { account: { budget: undefined } }, null, {}],
  [
    "entries_per_market",
    { account: { open: ["A", "B", "C"].map((one) => open(`FUT:${one}USDT`, "10")) } },
    3,
    { account: { open: ["FUT:AUSDT", "FUT:BUSDT", "SPOT:CUSDT"].map((one) => open(one, "10")) } },
  ],
  ["position_open", { account: { open: [open("FUT:BTCUSDT")] } }, true, { account: { open: [open("SPOT:BTCUSDT")] } }],
  [
    "exposure_instrument_usdt",
    { bundle: risk({ exposure_instrument_usdt_max: "399" }) },
    400,
    { bundle: risk({ exposure_instrument_usdt_max: "400" }) },
  ],
  [
    "exposure_total_usdt",
    { account: { open: [open("FUT:ETHUSDT", "4600.01")] } },
    5000.01,
    { account: { open: [open("FUT:ETHUSDT", "4600")] } },
  ],
  [
    "exposure_correlated_usdt",
    { account: { open: [open("FUT:ETHUSDT", "600.01")] }, bundle: risk(MAJORS) },
    1000.01,
    { account: { open: [open("FUT:ETHUSDT", "600"), open("FUT:XRPUSDT", "900")] }, bundle: risk(MAJORS) },
  ],
];

describe("guards", () => {
  test("every one has an edge here", () => {
    expect([...new Set(EDGES.map(([name]) => name))]).toEqual([...GUARD_NAMES]);
  });

  test.each(EDGES)("%s fails over its edge, is the last looked at, and passes on it", (name, fails, value, passes) => {
    const { failed, results } = run(fails);
    expect(failed).toBe(name);
    expect(results.at(-1)).toMatchObject({ name, passed: false, value: value as never });
    expect(results.slice(0, -1).every((one) => one.passed)).toBe(true);
    expect(run(passes).failed).toBeUndefined();
  });

  test("features from a clock slightly ahead of ours are not old", () => {
    expect(run({ features: { ts: NOON + 50 } }).failed).toBeUndefined();
  });
});

test("what holds for the whole account is the limits', what makes an entry is the revision's own", () => {
  const tight = {
    ...{ losses_in_row_max: 1, daily_loss_usdt_max: "1", drawdown_max: 0.01, entries_per_market_max: 1 },
    ...{ exposure_instrument_usdt_max: "1", exposure_total_usdt_max: "1", funding_rate_abs_max: 0, ...MAJORS },
    ...{ features_age_ms_max: 0, trading_hours_utc: [[0, 1]] },
  };
  const account = {
    ...{ losses_in_row: 2, day_pnl_usdt: dec("-2"), open: [open("FUT:ETHUSDT", "3000")] },
    equity: { now_usdt: dec("95"), peak_usdt: dec("100") },
  };
  const names = (given: Given): string[] => {
    const { failed } = run({ account, ...given });
    return failed === undefined ? [] : [failed];
  };
  const ofAccount = ["losses_in_row", "daily_loss_usdt", "drawdown", "entries_per_market"];
  const ofExposure = ["exposure_instrument_usdt", "exposure_total_usdt", "exposure_correlated_usdt"];
  const wide = risk({ exposure_total_usdt_max: "10000", exposure_instrument_usdt_max: "10000" });
  expect(
    names({
      bundle: risk({ ...tight, features_age_ms_max: 3_000, trading_hours_utc: [], funding_rate_abs_max: 1 }),
      limits: wide,
    }),
  ).toEqual([]);
  expect(names({ bundle: risk(tight), limits: wide })).toEqual(["trading_window"]);
  const found = new Set<string>();
  for (const [key, value] of Object.entries(tight)) {
    for (const name of names({ bundle: wide, limits: { flags: { risk: { ...wide.flags.risk, [key]: value } } } })) {
      found.add(name);
    }
  }
  expect(found).toEqual(new Set([...ofAccount, ...ofExposure]));
});
