/** Lints the flags: shares that look like percentages, limits that cross, hours, slices, and what matters once it is live. */
import { ALERT_RULES, ruleOf } from "../../shared/alert-rules.ts";
import type { Bundle } from "../../shared/domain/bundle.ts";
import { type Amount, dec } from "../../shared/domain/money.ts";
import type { Findings, Path } from "./findings.ts";
import type { LintCode } from "./lint-codes.ts";
import { nearest } from "./nearest.ts";

export function lintFlags(findings: Findings, bundle: Bundle): void {
  lintShares(findings, bundle);
  lintPositive(findings, bundle);
  lintHours(findings, bundle);
  lintSlices(findings, bundle);
  lintLimits(findings, bundle);
  lintKill(findings, bundle);
  lintLive(findings, bundle);
}

/** Fractions beyond which hardly anybody means what they wrote. */
const SHARES: readonly [section: "execution" | "risk" | "sizing" | "position", key: string, most: number][] = [
  ["execution", "maker_fee", 0.01],
  ["execution", "taker_fee", 0.01],
  ["execution", "spot_maker_fee", 0.01],
  ["execution", "spot_taker_fee", 0.01],
  ["execution", "maker_fill_min", 1],
  ["execution", "breaker_fail_share", 1],
  ["risk", "drawdown_max", 1],
  ["risk", "funding_rate_abs_max", 0.1],
  ["sizing", "take_profit_roe", 3],
  ["position", "break_even_roe", 3],
  ["position", "liquidation_distance_min", 1],
];

function lintShares(findings: Findings, { flags, strategies }: Bundle): void {
  const say = (path: Path, value: unknown, most: number) => {
    if (typeof value === "number" && value > most) {
      findings.add(path, "PERCENT", `${value} is ${value * 100} %: a share is a fraction, 0.2 for 20 %`);
    }
  };
  for (const [section, key, most] of SHARES) {
    say(["flags", section, key], (flags[section] as Record<string, unknown>)[key], most);
    if (section !== "sizing" && section !== "position") continue;
    for (const [i, strategy] of strategies.entries()) {
      say(["strategies", i, section, key], (strategy[section] as Record<string, unknown>)[key], most);
    }
  }
}

const POSITIVE: readonly [section: "execution" | "risk", key: string][] = [
  ["execution", "entry_valid_ms"],
  ["execution", "breaker_window_ms"],
  ["execution", "breaker_open_ms"],
  ["risk", "drawdown_max"],
  ["risk", "losses_in_row_max"],
  ["risk", "features_age_ms_max"],
];

function lintPositive(findings: Findings, { flags }: Bundle): void {
  for (const [section, key] of POSITIVE) {
    const value = (flags[section] as Record<string, unknown>)[key];
    if (typeof value === "number" && value <= 0)
      findings.add(["flags", section, key], "NOT_POSITIVE", "must be above 0");
  }
}

const DAY_HOURS = 24;
function lintHours(findings: Findings, { flags }: Bundle): void {
  for (const [i, [from, to]] of flags.risk.trading_hours_utc.entries()) {
    const path = ["flags", "risk", "trading_hours_utc", i];
    if (Math.min(from, to) < 0 || Math.max(from, to) > DAY_HOURS) {
      findings.add(path, "BAD_HOURS", `hours of a day are from 0 to ${DAY_HOURS}`);
    } else if (from === to) findings.add(path, "BAD_HOURS", "begins and ends in the same moment: it allows nothing");
  }
}

/** The first row whose notional is enough is taken. */
function lintSlices(findings: Findings, { flags }: Bundle): void {
  const rows = flags.execution.twap_slices;
  for (const [i, [notional, slices]] of rows.entries()) {
    const path = ["flags", "execution", "twap_slices", i];
    if (slices < 1) findings.add([...path, 1], "NOT_POSITIVE", "an order goes in one slice at least");
    const before = rows.slice(0, i).find(([other]) => other >= notional);
    if (before)
      findings.add(path, "UNREACHED_SLICES", `is never reached: ${before[0]} before it takes all up to ${notional}`);
  }
}

function lintLimits(findings: Findings, { flags }: Bundle): void {
  const { risk, health, treasury } = flags;
  const within = (code: LintCode, section: "risk" | "treasury", [small, large]: readonly [string, string]) => {
    const values = flags[section] as unknown as Record<string, string>;
    const isAbove = (amount(values[small]) as Amount) > (amount(values[large]) as Amount);
    if (isAbove) findings.add(["flags", section, small], code, `${values[small]} is above ${large}, ${values[large]}`);
  };
  within("CAPS_CROSSED", "treasury", ["policy_transfer_usdt_max", "transfer_usdt_max"]);
  within("CAPS_CROSSED", "treasury", ["policy_day_usdt_max", "day_usdt_max"]);
  within("LIMITS_CROSSED", "treasury", ["policy_transfer_usdt_max", "policy_day_usdt_max"]);
  within("LIMITS_CROSSED", "treasury", ["transfer_usdt_max", "day_usdt_max"]);
  within("LIMITS_CROSSED", "risk", ["exposure_instrument_usdt_max", "exposure_total_usdt_max"]);
  for (const [i, group] of (risk.correlated ?? []).entries()) {
    if (dec(group.exposure_usdt_max) < dec(risk.exposure_total_usdt_max)) continue;
    const path = ["flags", "risk", "correlated", i, "exposure_usdt_max"];
    findings.add(path, "LIMITS_CROSSED", `limits nothing: exposure_total_usdt_max is ${risk.exposure_total_usdt_max}`);
  }
  const { drawdown_usdt_max: asShare, watch_drawdown_usdt_max: forAll } = flags.promotion;
  if (forAll !== undefined && dec(forAll) < dec(asShare)) {
    const path = ["flags", "promotion", "watch_drawdown_usdt_max"];
    findings.add(
      path,
      "LIMITS_CROSSED",
      `what a canary may lose, ${asShare}, is more: taken back as soon as it is for all`,
    );
  }
  if (health.orange_size_mult > health.yellow_size_mult) {
    const path = ["flags", "health", "orange_size_mult"];
    findings.add(path, "LIMITS_CROSSED", `entries are larger on ORANGE than on YELLOW, ${health.yellow_size_mult}`);
  }
  if (treasury.auto_transfer && dec(treasury.policy_transfer_usdt_max) < dec(treasury.min_free_fut_usdt)) {
    const path = ["flags", "treasury", "policy_transfer_usdt_max"];
    const text = `a top-up to min_free_fut_usdt, ${treasury.min_free_fut_usdt}, may need a person after all`;
    findings.add(path, "LIMITS_CROSSED", text);
  }
}

const FATAL_CODES = ALERT_RULES.filter(({ severities }) => severities.includes("FATAL")).map(({ code }) => code);
/** A slip here is found out when it is too late. */
function lintKill(findings: Findings, { flags }: Bundle): void {
  for (const [i, code] of flags.health.kill_on_fatal.entries()) {
    if (ruleOf(code)?.severities.includes("FATAL")) continue;
    const suggestion = nearest(code, FATAL_CODES);
    const hint = suggestion === undefined ? "" : `; did you mean "${suggestion}"?`;
    findings.add(
      ["flags", "health", "kill_on_fatal", i],
      "NEVER_FATAL",
      `no FATAL alert is "${code}"${hint}`,
      suggestion,
    );
  }
}

const amount = (text: string | undefined): Amount | undefined => (text === undefined ? undefined : dec(text));

/** What is fine on paper and worth a second look with real money. */
function lintLive(findings: Findings, { flags }: Bundle): void {
  const { promotion, backtest_guard, treasury } = flags;
  if (!promotion.steps_required) {
    findings.add(["flags", "promotion", "steps_required"], "LIVE_STEPS", "lets a revision be in force for all at once");
  }
  if (promotion.watch_hours === 0) {
    findings.add(["flags", "promotion", "watch_hours"], "LIVE_WATCH", "lets what comes after it go unwatched at once");
  }
  if (!backtest_guard.enabled) {
    findings.add(
      ["flags", "backtest_guard", "enabled"],
      "LIVE_GUARD",
      "nothing is done when fills cost more than backtests say",
    );
  }
  if (treasury.auto_transfer) {
    const text = `moves up to ${treasury.policy_day_usdt_max} USDT a day between wallets without a person`;
    findings.add(["flags", "treasury", "auto_transfer"], "LIVE_TRANSFERS", text);
  }
}
