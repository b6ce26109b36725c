/** Of every lint rule a change of the shipped bundle that trips it, and one just beside that does not. */
import { readBundleText } from "./bundle-text.ts";
import { contentHash } from "./bundles.ts";
import shippedBundle from "./default-bundle.yaml" with { type: "text" };
import { CONDITION_PARTS_MAX, type Known, lintBundle } from "./lint.ts";

export type Tree = Record<string, unknown>;
export type Draft = Tree & {
  factors: string[];
  instruments: Tree[];
  strategies: (Tree & { sizing: Tree; position: Tree })[];
  rules: Tree[];
  flags: Record<string, Tree>;
};
export const shipped = shippedBundle as unknown as string;
/** A change of the shipped bundle, or a text of its own. */
export type Made = ((draft: Draft) => void) | string;
export interface Case {
  trips: Made;
  beside: Made;
  path: string;
  known?: Known;
}

export const f = (factor: string, op: string, v: number | number[] | string): Tree => ({ f: factor, op, v });
export const when = (condition: Tree) => (d: Draft) => Object.assign(d.rules[0]!, { when: condition });
const effect = (changes: Tree) => (d: Draft) => Object.assign(d.rules[0]!, { effect: changes });
export const rules =
  (...list: Tree[]) =>
  (d: Draft) => {
    d.rules = list.map((rule, i) => ({ rule_id: `rule-${i}`, effect: { size_mult: 0.9 }, ...rule }));
  };
/** The first strategy, on futures. */
export const strategy = (changes: Tree) => (d: Draft) => Object.assign(d.strategies[0]!, changes);
const sizing = (changes: Tree) => (d: Draft) => Object.assign(d.strategies[0]!.sizing, changes);
const position = (changes: Tree) => (d: Draft) => Object.assign(d.strategies[0]!.position, changes);
export const flags = (section: string, changes: Tree) => (d: Draft) => {
  d.flags[section] = { ...d.flags[section], ...changes };
};
export const trigger = (level: number, direction = "up") =>
  strategy({ triggers: [{ kind: "cross", factor: "obi_5", level, direction }] });
const disabled = (d: Draft) => Object.assign(d.strategies[1]!, { enabled: false });
const nested = (levels: number): Tree => {
  let condition = f("obi_5", ">", 0.2);
  for (let i = 1; i < levels; i += 1) condition = { not: condition };
  return condition;
};
const many = (parts: number) => (d: Draft) => {
  const anyOf = Array.from({ length: 64 }, () => f("obi_5", ">", 0.2));
  const rule = { when: { anyOf }, effect: { size_mult: 0.9 } };
  // Each has 65 parts; disabled, they are not weighed against one another.
  d.rules = Array.from({ length: Math.floor(parts / 65) }, (_, i) => ({ rule_id: `r${i}`, enabled: false, ...rule }));
};
/** 2 to the power of `n` ways, none of which holds, as only the last of their parts tells. */
const choices = (n: number) =>
  when({
    allOf: [
      f("obi_1", ">", 0.5),
      ...Array.from({ length: n }, (_, i) => ({ anyOf: [f("obi_5", ">", i / 100), f("obi_10", "<", i / 100)] })),
      { anyOf: [f("obi_1", "<", 0.1), f("obi_1", "<", 0.2), f("obi_1", "<", 0.3)] },
    ],
  });
export const [hash, cutoffs] = ["a".repeat(64), [{ p_min: 0.5, size_mult: 1 }]];
export const base = lintBundle(readBundleText(shipped)).bundle!;
export const baseHash = contentHash(base);

const TEXT: Record<string, Case> = {
  MALFORMED: { trips: "format: 1\nrules: [", beside: shipped, path: "" },
  UNKNOWN_KEY: {
    trips: flags("sizing", { leverge: 5 }),
    beside: flags("sizing", { leverage: 5 }),
    path: "flags.sizing.leverge",
  },
  INVALID_TYPE: { trips: (d) => delete (d as Tree).rev, beside: (d) => Object.assign(d, { rev: 2 }), path: "rev" },
  INVALID_VALUE: { trips: when(f("mid", "=>", 1)), beside: when(f("mid", ">=", 1)), path: "rules[0].when.op" },
  INVALID_FORMAT: {
    trips: (d) => Object.assign(d, { bundle_id: "My Bundle" }),
    beside: (d) => Object.assign(d, { bundle_id: "my-bundle" }),
    path: "bundle_id",
  },
  TOO_BIG: {
    trips: effect({ size_mult: 1.21 }),
    beside: effect({ size_mult: 1.2 }),
    path: "rules[0].effect.size_mult",
  },
  TOO_SMALL: {
    trips: effect({ size_mult: 0.49 }),
    beside: effect({ size_mult: 0.5 }),
    path: "rules[0].effect.size_mult",
  },
  TOO_DEEP: { trips: when(nested(9)), beside: when(nested(8)), path: `rules[0].when${".not".repeat(8)}` },
  TOO_LARGE: { trips: many(CONDITION_PARTS_MAX + 65), beside: many(CONDITION_PARTS_MAX - 200), path: "" },
  UNKNOWN_BASE: {
    trips: `extends: "${"0".repeat(64)}"\nrev: 2`,
    beside: `extends: "${baseHash}"\nrev: 2`,
    path: "extends",
  },
};

const NAMES: Record<string, Case> = {
  DUPLICATE: {
    trips: strategy({ instruments: ["FUT:BTCUSDT", "FUT:BTCUSDT"] }),
    beside: strategy({ instruments: ["FUT:BTCUSDT", "FUT:ETHUSDT"] }),
    path: "strategies[0].instruments[1]",
  },
  UNKNOWN_FACTOR: {
    trips: (d) => d.factors.push("atr_14_7m"),
    beside: (d) => d.factors.push("atr_14_15m"),
    path: "factors[24]",
  },
  UNKNOWN_NAME: {
    trips: (d) => Object.assign(d.rules[0]!, { strategies: ["trend-bar"] }),
    beside: (d) => Object.assign(d.rules[0]!, { strategies: ["trend-bars"] }),
    path: "rules[0].strategies[0]",
  },
  NO_PEER: {
    trips: (d) => d.factors.push("rv_20_1d@SPOT:SOLUSDT"),
    beside: (d) => d.factors.push("rv_20_1d@SPOT:BTCUSDT"),
    path: "factors[24]",
  },
  UNUSED_FACTOR: { trips: () => {}, beside: when(f("obi_1", ">", 0.2)), path: "factors[6]" },
  UNUSED_INSTRUMENT: {
    trips: (d) => d.instruments.push({ instrument: "FUT:SOLUSDT" }),
    beside: (d) => d.instruments.push({ instrument: "FUT:SOLUSDT", enabled: false }),
    path: "instruments[4]",
  },
};

const CONDITIONS: Record<string, Case> = {
  WRONG_TYPE: {
    trips: when(f("regime", "==", "EXTREME")),
    beside: when(f("regime", "==", 1)),
    path: "rules[0].when.v",
  },
  UNREACHABLE: {
    trips: when({
      allOf: [f("rsi_14_5s", ">", 60), { anyOf: [f("rsi_14_5s", "<", 40), { not: f("rsi_14_5s", ">", 50) }] }],
    }),
    beside: when({
      allOf: [f("rsi_14_5s", ">", 60), { anyOf: [f("rsi_14_5s", "<", 40), { not: f("rsi_14_5s", ">", 70) }] }],
    }),
    path: "rules[0].when",
  },
  BEYOND_RANGE: { trips: trigger(1.1), beside: trigger(1), path: "strategies[0].triggers[0].level" },
  SAME_FACTOR: {
    trips: when({ f: "mid", op: ">", vf: "mid" }),
    beside: when({ f: "mid", op: ">", vf: "microprice" }),
    path: "rules[0].when.vf",
  },
  ALWAYS_TRUE: {
    trips: when({ anyOf: [f("rsi_14_5s", ">", 40), f("rsi_14_5s", "<=", 40)] }),
    beside: when({ anyOf: [f("rsi_14_5s", ">", 40), f("rsi_14_5s", "<", 40)] }),
    path: "rules[0].when",
  },
  SIDE_IN_ENTRY: {
    trips: strategy({ long: { allOf: [f("obi_5", ">", 0.6), f("side", "==", 1)] } }),
    beside: strategy({ long: { allOf: [f("obi_5", ">", 0.6), f("regime", "==", 1)] } }),
    path: "strategies[0].long",
  },
  NOT_ALL_CHECKED: { trips: choices(40), beside: choices(4), path: "" },
};

const RULES: Record<string, Case> = {
  NO_EFFECT: {
    trips: effect({ size_mult: 1, skip_entry: false }),
    beside: effect({ size_mult: 0.9 }),
    path: "rules[0].effect",
  },
  EFFECT_IGNORED: {
    trips: effect({ skip_entry: true, sl_mult: 1.5 }),
    beside: effect({ skip_entry: true, sl_mult: 1 }),
    path: "rules[0].effect.sl_mult",
  },
  IDLE_RULE: {
    trips: (d) => [disabled(d), Object.assign(d.rules[2]!, { strategies: ["trend-bars"] })],
    beside: (d) => [disabled(d), Object.assign(d.rules[2]!, { strategies: ["trend-bars", "book-pressure"] })],
    path: "rules[2].strategies",
  },
  SHADOWED: {
    trips: rules(
      { when: f("obi_10", ">", 0.5) },
      { when: f("obi_10", ">", 0.4), effect: { skip_entry: true }, priority: 9 },
    ),
    beside: rules(
      { when: f("obi_10", ">", 0.5) },
      { when: f("obi_10", ">", 0.6), effect: { skip_entry: true }, priority: 9 },
    ),
    path: "rules[0]",
  },
  NEVER_APPLIES: {
    trips: rules({ strategies: ["book-pressure"], when: { allOf: [f("side", "==", 1), f("obi_5", "<", 0.5)] } }),
    beside: rules({ strategies: ["book-pressure"], when: f("obi_5", "<", 0.5) }),
    path: "rules[0].when",
  },
};

const SPOT = (d: Draft) => d.strategies[2]!;
const STRATEGIES: Record<string, Case> = {
  NO_ENTRY: {
    trips: strategy({ long: undefined, short: undefined }),
    beside: strategy({ short: undefined }),
    path: "strategies[0]",
  },
  EXCLUDED: {
    trips: strategy({ short: undefined, program: { program_id: "quotes", hash } }),
    beside: strategy({ long: undefined, short: undefined, program: { program_id: "quotes", hash } }),
    path: "strategies[0].long",
    known: { programs: [{ program_id: "quotes", hash }] },
  },
  SPOT_SHORT: {
    trips: (d) => Object.assign(SPOT(d), { short: f("obi_5", "<", -0.5) }),
    beside: (d) => Object.assign(SPOT(d), { long: f("obi_5", "<", -0.5) }),
    path: "strategies[2].short",
  },
  NO_INSTRUMENT: {
    trips: (d) => d.instruments.slice(0, 2).map((entry) => Object.assign(entry, { enabled: false })),
    beside: (d) => Object.assign(d.instruments[0]!, { enabled: false }),
    path: "strategies[0].instruments",
  },
  NEVER_ENTERS: {
    trips: (d) => [trigger(0.7)(d), strategy({ long: f("obi_5", "<", 0.7) })(d)],
    beside: (d) => [trigger(0.7)(d), strategy({ long: f("obi_5", "<=", 0.7) })(d)],
    path: "strategies[0].triggers[0]",
  },
  BOTH_SIDES: {
    trips: strategy({ long: f("obi_5", ">", 0.5), short: f("obi_5", ">", -0.5) }),
    beside: strategy({ long: f("obi_5", ">", 0.5), short: f("obi_10", ">", -0.5) }),
    path: "strategies[0].long",
  },
  ALL_DISABLED: {
    trips: (d) => d.strategies.map((one) => Object.assign(one, { enabled: false })),
    beside: disabled,
    path: "strategies",
  },
};

const stage = (roe: number, close: number) => ({ roe, close });
const NUMBERS: Record<string, Case> = {
  STAGES_SUM: {
    trips: position({ stages: [stage(0.025, 0.6), stage(0.03, 0.5)] }),
    beside: position({ stages: [stage(0.025, 0.6), stage(0.03, 0.4)] }),
    path: "strategies[0].position.stages",
  },
  NOT_ASCENDING: {
    trips: position({ lock_steps_roe: [0.03, 0.06, 0.06] }),
    beside: position({ lock_steps_roe: [0.03, 0.06, 0.07] }),
    path: "strategies[0].position.lock_steps_roe[2]",
  },
  UNREACHED_SLICES: {
    trips: flags("execution", {
      twap_slices: [
        [300, 1],
        [200, 3],
      ],
    }),
    beside: flags("execution", {
      twap_slices: [
        [300, 1],
        [400, 3],
      ],
    }),
    path: "flags.execution.twap_slices[1]",
  },
  NOT_POSITIVE: {
    trips: sizing({ stop_atrs: { FROZEN: 0, NORMAL: 1, EXTREME: 1 } }),
    beside: sizing({ stop_atrs: { FROZEN: 0.1, NORMAL: 1, EXTREME: 1 } }),
    path: "strategies[0].sizing.stop_atrs.FROZEN",
  },
  BAD_HOURS: {
    trips: flags("risk", { trading_hours_utc: [[22, 25]] }),
    beside: flags("risk", { trading_hours_utc: [[22, 2]] }),
    path: "flags.risk.trading_hours_utc[0]",
  },
  PERCENT: {
    trips: flags("risk", { drawdown_max: 20 }),
    beside: flags("risk", { drawdown_max: 0.2 }),
    path: "flags.risk.drawdown_max",
  },
  BEFORE_FEES: {
    trips: position({ break_even_roe: 0.019 }),
    beside: position({ break_even_roe: 0.02 }),
    path: "strategies[0].position.break_even_roe",
  },
  BREAK_EVEN_LATE: {
    trips: position({ break_even_roe: 0.027 }),
    beside: position({ break_even_roe: 0.026 }),
    path: "strategies[0].position.break_even_roe",
  },
  TARGET_FIRST: {
    trips: position({ stages: [stage(0.036, 0.5)] }),
    beside: position({ stages: [stage(0.035, 0.5)] }),
    path: "strategies[0].position.stages[0].roe",
  },
  CAP_BELOW_FEES: {
    trips: sizing({ loss_cap_usdt: "0.4" }),
    beside: sizing({ loss_cap_usdt: "0.41" }),
    path: "strategies[0].sizing.loss_cap_usdt",
  },
  BUDGET_TOO_SMALL: {
    trips: flags("risk", { budget_usdt: "1.59" }),
    beside: flags("risk", { budget_usdt: "1.6" }),
    path: "flags.risk.budget_usdt",
  },
  EXPOSURE_TOO_SMALL: {
    trips: flags("risk", { exposure_instrument_usdt_max: "399" }),
    beside: flags("risk", { exposure_instrument_usdt_max: "400" }),
    path: "flags.risk.exposure_instrument_usdt_max",
  },
  LIMITS_CROSSED: {
    trips: flags("health", { orange_size_mult: 0.9 }),
    beside: flags("health", { orange_size_mult: 0.8 }),
    path: "flags.health.orange_size_mult",
  },
  NEVER_FATAL: {
    trips: flags("health", { kill_on_fatal: ["FORCED_CLOSE", "FORCED_CLOZE"] }),
    beside: flags("health", { kill_on_fatal: ["FORCED_CLOSE", "STRATEGY_STOPPED"] }),
    path: "flags.health.kill_on_fatal[1]",
  },
  CAPS_CROSSED: {
    trips: flags("treasury", { policy_day_usdt_max: "10001" }),
    beside: flags("treasury", { policy_day_usdt_max: "10000" }),
    path: "flags.treasury.policy_day_usdt_max",
  },
};

const LIVE: Record<string, Case> = {
  LIVE_STEPS: {
    trips: flags("promotion", { steps_required: false }),
    beside: flags("promotion", { steps_required: true }),
    path: "flags.promotion.steps_required",
  },
  LIVE_WATCH: {
    trips: flags("promotion", { watch_hours: 0 }),
    beside: flags("promotion", { watch_hours: 1 }),
    path: "flags.promotion.watch_hours",
  },
  LIVE_GUARD: {
    trips: flags("backtest_guard", { enabled: false }),
    beside: flags("backtest_guard", { window_days: 3 }),
    path: "flags.backtest_guard.enabled",
  },
  LIVE_TRANSFERS: {
    trips: flags("treasury", { auto_transfer: true }),
    beside: flags("treasury", { auto_transfer: false }),
    path: "flags.treasury.auto_transfer",
  },
};
export const CASES: Record<string, Case> = {
  ...TEXT,
  ...NAMES,
  ...CONDITIONS,
  ...RULES,
  ...STRATEGIES,
  ...NUMBERS,
  ...LIVE,
};
