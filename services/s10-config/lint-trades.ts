/** Lints the numbers a trade is made and managed by: sizes, stops, targets and steps that make sense together. */
import { type Bundle, positionRulesOf, type Strategy, sizingOf } from "../../shared/domain/bundle.ts";
import { type Amount, add, dec, mul, show, toNumber } from "../../shared/domain/money.ts";
import { TP_MULT_RANGE } from "../../shared/trading/decision/rules.ts";
import type { Findings, Path } from "./findings.ts";

/** Sums of shares as people write them are off by less. */
const SHARE_TOLERANCE = 1e-9;

/** Where a number belongs: with a strategy that says anything of its own about its trades, else among the flags. */
type Place = (section: "sizing" | "position", ...key: PropertyKey[]) => Path;

export function lintTrades(findings: Findings, bundle: Bundle): void {
  for (const [i, strategy] of bundle.strategies.entries()) {
    const isOwn = Object.keys({ ...strategy.sizing, ...strategy.position }).length > 0;
    const at = isOwn ? ["strategies", i] : ["flags"];
    const place: Place = (section, ...key) => [...at, section, ...key];
    lintStops(findings, bundle, { strategy, place });
    lintSteps(findings, bundle, { strategy, place });
    for (const market of marketsOf(strategy)) {
      lintReturns(findings, bundle, { strategy, place, market });
      lintAmounts(findings, bundle, { strategy, place, market });
    }
  }
}

interface At {
  readonly strategy: Strategy;
  readonly place: Place;
}
type Market = "FUT" | "SPOT";
const marketsOf = ({ instruments }: Strategy): Market[] =>
  (["FUT", "SPOT"] as const).filter((market) => instruments.some((name) => name.startsWith(`${market}:`)));

const takerFee = ({ flags: { execution } }: Bundle, market: Market): number =>
  market === "FUT" ? execution.taker_fee : execution.spot_taker_fee;

function lintStops(findings: Findings, bundle: Bundle, { strategy, place }: At): void {
  const { stop_atrs } = sizingOf(bundle, strategy);
  for (const [regime, atrs] of Object.entries(stop_atrs)) {
    if (atrs <= 0) findings.add(place("sizing", "stop_atrs", regime), "NOT_POSITIVE", "a stop must be at a distance");
  }
}

function lintSteps(findings: Findings, bundle: Bundle, { strategy, place }: At): void {
  const { stages, lock_steps_roe: steps } = positionRulesOf(bundle, strategy);
  const closed = stages.reduce((sum, stage) => sum + stage.close, 0);
  if (closed > 1 + SHARE_TOLERANCE) {
    const share = Math.round(closed * 1e6) / 1e6;
    findings.add(
      place("position", "stages"),
      "STAGES_SUM",
      `close ${share} of the entry together, more than all of it`,
    );
  }
  const say = (key: string, i: number, what: string) =>
    findings.add(place("position", key, i), "NOT_ASCENDING", `${what} is not above the one before it`);
  for (const [i, step] of steps.entries())
    if (i > 0 && step <= (steps[i - 1] as number)) say("lock_steps_roe", i, `${step}`);
  for (const [i, { roe }] of stages.entries()) {
    if (i > 0 && roe <= (stages[i - 1]?.roe as number)) say("stages", i, `a return of ${roe}`);
  }
}

/** Returns on margin: what fees both ways cost, and where the target stands even when rules move it out. */
function lintReturns(findings: Findings, bundle: Bundle, { strategy, place, market }: At & { market: Market }): void {
  const sizing = sizingOf(bundle, strategy);
  const { break_even_roe, stages, lock_steps_roe, adds_max, add_roe } = positionRulesOf(bundle, strategy);
  const fees = 2 * takerFee(bundle, market) * (market === "FUT" ? sizing.leverage : 1);
  const target = sizing.take_profit_roe * TP_MULT_RANGE[1] + fees;
  const steps: [Path, number, "closes" | "locks"][] = [
    [place("position", "break_even_roe"), break_even_roe, "locks"],
    ...stages.map(({ roe }, i): [Path, number, "closes"] => [place("position", "stages", i, "roe"), roe, "closes"]),
  ];
  for (const [path, roe, what] of steps) {
    if (isAbove(fees, roe)) findings.add(path, "BEFORE_FEES", `${roe} ${feesText(what, fees, market)}`);
    if (isAbove(roe, target)) findings.add(path, "TARGET_FIRST", `${roe} ${targetText(target)}`);
  }
  const [lock] = lock_steps_roe.toSorted((a, b) => a - b);
  if (lock !== undefined && lock_steps_roe.length > 1 && isAbove(fees, lock)) {
    findings.add(place("position", "lock_steps_roe", 0), "BEFORE_FEES", `${lock} ${feesText("locks", fees, market)}`);
  }
  if (adds_max > 0 && isAbove(add_roe, target)) {
    findings.add(place("position", "add_roe"), "TARGET_FIRST", `${add_roe} ${targetText(target)}`);
  }
  const first = Math.min(...stages.map(({ roe }) => roe));
  if (isAbove(break_even_roe, first)) {
    const path = place("position", "break_even_roe");
    findings.add(path, "BREAK_EVEN_LATE", `a part is closed at ${first} already, while the stop is still at a loss`);
  }
}

const isAbove = (one: number, other: number): boolean => one > other + SHARE_TOLERANCE;
const rounded = (value: number): string => String(Math.round(value * 1e6) / 1e6);
const feesText = (what: "closes" | "locks", fees: number, market: Market): string =>
  `${what} before the taker fees both ways are earned, ${rounded(fees)} of margin on ${market === "FUT" ? "futures" : "spot"}`;
const targetText = (target: number): string =>
  `is never reached: the target closes the trade at ${rounded(target)} at the latest, fees and rules included`;

/** One entry as it is planned, before rules make it smaller. */
function lintAmounts(findings: Findings, bundle: Bundle, { strategy, place, market }: At & { market: Market }): void {
  const sizing = sizingOf(bundle, strategy);
  const { risk } = bundle.flags;
  const notional =
    market === "FUT" ? mul(dec(sizing.margin_usdt), dec(sizing.leverage)) : dec(sizing.spot_notional_usdt);
  const fees = mul(mul(notional, dec(takerFee(bundle, market))), dec("2"));
  const cap = dec(sizing.loss_cap_usdt);
  if (cap <= fees) {
    findings.add(place("sizing", "loss_cap_usdt"), "CAP_BELOW_FEES", `${told(fees)} USDT go to taker fees alone`);
  }
  const worst = add(cap, fees);
  if (strategy.enabled && dec(risk.budget_usdt) < worst) {
    const text = `one entry of ${strategy.strategy_id} may lose ${told(worst)} USDT with its fees`;
    findings.add(["flags", "risk", "budget_usdt"], "BUDGET_TOO_SMALL", text);
  }
  for (const key of ["exposure_instrument_usdt_max", "exposure_total_usdt_max"] as const) {
    if (!strategy.enabled || dec(risk[key]) >= notional) continue;
    findings.add(
      ["flags", "risk", key],
      "EXPOSURE_TOO_SMALL",
      `one entry of ${strategy.strategy_id} is ${told(notional)} USDT`,
    );
  }
}

const told = (amount: Amount): string => (toNumber(amount) > 1e12 ? "more than 10¹²" : show(amount));
