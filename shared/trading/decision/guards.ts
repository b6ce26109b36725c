/** L0: what must hold before an entry is even considered; the first guard that fails ends it with its name. */
import type { RiskFlags, SizingRules } from "../../domain/bundle.ts";
import type { FeatureSet, GuardResult } from "../../domain/decision.ts";
import { type InstrumentId, marketOf } from "../../domain/instrument.ts";
import { type Amount, add, dec, div, mul, sub, sum, toNumber } from "../../domain/money.ts";
import { pauseKey } from "../../keys.ts";
import type { AccountState } from "./account.ts";
import type { CompiledBundle, CompiledStrategy } from "./compiled.ts";

export interface GuardInput {
  readonly compiled: CompiledBundle;
  readonly strategy: CompiledStrategy;
  readonly instrument: InstrumentId;
  readonly features: FeatureSet;
  readonly account: AccountState;
  /** Of the revision in force for all: what holds for the whole account, whichever arm asks. */
  readonly limits: RiskFlags;
  /** By which the strategy and the instrument may be traded at all: what was switched off since is off. Default: `compiled`. */
  readonly governing?: CompiledBundle | undefined;
  /** Epoch ms. */
  readonly now: number;
}

type Shown = GuardResult["value"];
type Verdict = [passed: boolean, value: Shown, limit: Shown];
interface Guard {
  readonly name: string;
  check(input: GuardInput): Verdict;
}

const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;

const riskOf = (input: GuardInput): RiskFlags => input.compiled.bundle.flags.risk;
const entryOf = (input: GuardInput) => input.compiled.instruments.get(input.instrument);
const factor = ({ features }: GuardInput, id: string): number | undefined => features.values[id] ?? undefined;

/** Passes when the factor is known and within its limit; what cannot be read is no reason to take risk. */
function atMost(value: number | undefined, limit: number): Verdict {
  return [value !== undefined && value <= limit, value ?? null, limit];
}

const GUARDS: readonly Guard[] = [
  { name: "kill_switch", check: ({ account }) => [!account.kill, account.kill, false] },
  { name: "health", check: ({ account }) => [account.health !== "RED", account.health, "ORANGE"] },
  {
    name: "health_no_entries",
    check: ({ account: { effects } }) => [
      effects?.no_entries === undefined,
      effects?.no_entries ?? "allowed",
      "allowed",
    ],
  },
  { name: "bus", check: ({ account: { bus } }) => [bus === undefined, bus ?? "available", "available"] },
  { name: "trading_window", check: tradingWindow },
  {
    name: "strategy_enabled",
    check: ({ strategy: { strategy }, compiled, governing = compiled }) => {
      const enabled = strategy.enabled && governing.strategies.get(strategy.strategy_id)?.strategy.enabled === true;
      return [enabled, enabled, true];
    },
  },
  {
    name: "instrument_enabled",
    check: (input) => {
      const { instruments } = input.governing ?? input.compiled;
      const standing = [entryOf(input), instruments.get(input.instrument)].map((row) => row?.enabled);
      const enabled = standing.every((one) => one === true);
      return [enabled, enabled || (standing.includes(undefined) ? null : false), true];
    },
  },
  { name: "strategy_paused", check: strategyPaused },
  { name: "features_stale", check: ({ features }) => [!features.stale, features.stale, false] },
  {
    name: "features_age_ms",
    check: (input) => atMost(Math.max(0, input.now - input.features.ts), riskOf(input).features_age_ms_max),
  },
  { name: "funding_rate", check: fundingRate },
  { name: "spread_bps", check: (input) => atMost(factor(input, "spread_bps"), entryOf(input)?.spread_bps_max ?? 0) },
  { name: "depth_top1_usdt", check: depthTop1 },
  { name: "cooldown_after_stop", check: cooldown },
  {
    name: "losses_in_row",
    check: (input) => {
      const { losses_in_row } = input.account;
      return [losses_in_row < input.limits.losses_in_row_max, losses_in_row, input.limits.losses_in_row_max];
    },
  },
  { name: "daily_loss_usdt", check: dailyLoss },
  { name: "drawdown", check: drawdown },
  { name: "budget_usdt", check: budget },
  { name: "entries_per_market", check: entriesPerMarket },
  { name: "position_open", check: positionOpen },
  { name: "exposure_instrument_usdt", check: exposureOfInstrument },
  { name: "exposure_total_usdt", check: exposureInTotal },
  { name: "exposure_correlated_usdt", check: exposureOfCorrelated },
];

/** The names in the order they are asked. */
export const GUARD_NAMES: readonly string[] = GUARDS.map((guard) => guard.name);

/** Runs the guards in order up to the first that fails; its name is `failed`. */
export function runGuards(input: GuardInput): { failed: string | undefined; results: GuardResult[] } {
  const results: GuardResult[] = [];
  for (const { name, check } of GUARDS) {
    const [passed, value, limit] = check(input);
    results.push({ name, passed, value, limit });
    if (!passed) return { failed: name, results };
  }
  return { failed: undefined, results };
}

/** What an entry is worth before rules make it smaller or larger, USDT. */
export const plannedNotional = (sizing: SizingRules, instrument: InstrumentId): Amount =>
  marketOf(instrument) === "FUT" ? mul(dec(sizing.margin_usdt), dec(sizing.leverage)) : dec(sizing.spot_notional_usdt);

function tradingWindow(input: GuardInput): Verdict {
  const windows = riskOf(input).trading_hours_utc;
  const hour = (input.now / HOUR_MS) % DAY_HOURS;
  const within = windows.some(([from, to]) => (from <= to ? hour >= from && hour < to : hour >= from || hour < to));
  const text = windows.map(([from, to]) => `${from}-${to}`).join(" ");
  return [windows.length === 0 || within, Math.floor(hour * 100) / 100, text === "" ? "always" : text];
}

function strategyPaused({ account, strategy, instrument }: GuardInput): Verdict {
  const { strategy_id } = strategy.strategy;
  const keys = [strategy_id, pauseKey(strategy_id, instrument)];
  const paused = keys.some((key) => account.paused_strategies.has(key));
  return [!paused, paused, false];
}

function fundingRate(input: GuardInput): Verdict {
  const limit = riskOf(input).funding_rate_abs_max;
  if (marketOf(input.instrument) === "SPOT") return [true, null, limit];
  const rate = factor(input, "funding_rate");
  return atMost(rate === undefined ? undefined : Math.abs(rate), limit);
}

function depthTop1(input: GuardInput): Verdict {
  const depth = factor(input, "depth_top1_usdt");
  const least = entryOf(input)?.depth_top1_usdt_min ?? Number.POSITIVE_INFINITY;
  return [depth !== undefined && depth >= least, depth ?? null, Number.isFinite(least) ? least : null];
}

function cooldown({ account, instrument, now }: GuardInput): Verdict {
  const left = Math.max(0, (account.cooldown_until.get(instrument) ?? 0) - now);
  return [left === 0, left, 0];
}

function dailyLoss(input: GuardInput): Verdict {
  const limit = dec(input.limits.daily_loss_usdt_max);
  const pnl = input.account.day_pnl_usdt;
  return [add(pnl, limit) > 0n, toNumber(pnl), -toNumber(limit)];
}

/** Without a known equity the limits on losses stand alone. */
function drawdown(input: GuardInput): Verdict {
  const { equity } = input.account;
  const limit = input.limits.drawdown_max;
  if (!equity || equity.peak_usdt <= 0n) return [true, null, limit];
  const value = toNumber(div(sub(equity.peak_usdt, equity.now_usdt), equity.peak_usdt, "nearest"));
  return [value < limit, value, limit];
}

/** The room left must hold the loss cap of one more trade; the router reserves the exact worst case. */
function budget({ account, strategy }: GuardInput): Verdict {
  const least = dec(strategy.sizing.loss_cap_usdt);
  if (!account.budget) return [false, null, toNumber(least)];
  const { budget_usdt, used_usdt, reserved_usdt } = account.budget;
  const room = sub(budget_usdt, add(used_usdt, reserved_usdt));
  return [room >= least, toNumber(room), toNumber(least)];
}

function entriesPerMarket(input: GuardInput): Verdict {
  const market = marketOf(input.instrument);
  const count = input.account.open.filter((open) => marketOf(open.instrument) === market).length;
  const limit = input.limits.entries_per_market_max;
  return [count < limit, count, limit];
}

function positionOpen({ account, instrument }: GuardInput): Verdict {
  const isOpen = account.open.some((open) => open.instrument === instrument);
  return [!isOpen, isOpen, false];
}

function exposureOfInstrument(input: GuardInput): Verdict {
  const own = input.account.open.filter((open) => open.instrument === input.instrument);
  return exposure(input, own, input.limits.exposure_instrument_usdt_max);
}

function exposureInTotal(input: GuardInput): Verdict {
  return exposure(input, input.account.open, input.limits.exposure_total_usdt_max);
}

/** Of the groups that the instrument is in, the one with the least room. */
function exposureOfCorrelated(input: GuardInput): Verdict {
  const groups = (input.limits.correlated ?? []).filter((group) => group.instruments.includes(input.instrument));
  let tightest: { verdict: Verdict; room: number } | undefined;
  for (const { instruments, exposure_usdt_max } of groups) {
    const open = input.account.open.filter((one) => instruments.includes(one.instrument));
    const verdict = exposure(input, open, exposure_usdt_max);
    const room = (verdict[2] as number) - (verdict[1] as number);
    if (tightest === undefined || room < tightest.room) tightest = { verdict, room };
  }
  return tightest?.verdict ?? [true, null, null];
}

function exposure(input: GuardInput, open: AccountState["open"], limitText: string): Verdict {
  const planned = plannedNotional(input.strategy.sizing, input.instrument);
  const value = add(sum(open.map((one) => one.notional_usdt)), planned);
  const limit = dec(limitText);
  return [value <= limit, toNumber(value), toNumber(limit)];
}
