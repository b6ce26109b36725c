/** From a signal to a decision: guards, side or program, rules, model, size, intent; pure, and complete enough to explain itself. */
import type { Action, Decision, GuardResult, Signal, Sizing } from "../../domain/decision.ts";
import { type Instrument, marketOf } from "../../domain/instrument.ts";
import type { ModelResult, ModelUse } from "../../domain/model.ts";
import type { Intent, Side } from "../../domain/order.ts";
import type { ProgramResult, Wish } from "../../domain/program.ts";
import { assert } from "../../errors.ts";
import { entryIntentId } from "../../keys.ts";
import type { AccountState } from "./account.ts";
import type { CompiledBundle, CompiledStrategy } from "./compiled.ts";
import type { Values } from "./condition.ts";
import { runGuards } from "./guards.ts";
import { type HealthWeight, weighHealth } from "./health-weight.ts";
import { judged, type ModelSays, modelOff } from "./model.ts";
import { type AskProgram, eventOf, limitPrice, type ProgramSays } from "./program.ts";
import { clamp, SIZE_MULT_RANGE, SL_MULT_RANGE, TP_MULT_RANGE, type Weighed, weigh } from "./rules.ts";
import { sizeEntry } from "./sizing.ts";

export interface DecideInput {
  readonly signal: Signal;
  readonly compiled: CompiledBundle;
  /** In force for all: the account's limits and the weights of health are of this revision. Default: `compiled`. */
  readonly newest?: Pick<CompiledBundle, "rev" | "bundle"> | undefined;
  /** In force for the signal's arm: what it does not trade any more is not entered. Default: `compiled`. */
  readonly governing?: CompiledBundle | undefined;
  readonly account: AccountState;
  /** The exchange's filters; undefined: the instrument is not listed. */
  readonly instrument: Instrument | undefined;
  /** What the strategy's model says, where it has one; nothing: it counts as missing. */
  readonly model?: ModelSays | undefined;
  /** The strategy's program, where it is one; nothing: it counts as missing. */
  readonly program?: AskProgram | undefined;
  /** Epoch ms. */
  readonly now: number;
}

/** `side` as rules see it. */
export const SIDE_VALUE: Readonly<Record<Side, number>> = { BUY: 1, SELL: -1 };
const NOTHING_WEIGHED: Weighed = {
  size_mult: 1,
  tp_mult: 1,
  sl_mult: 1,
  max_adds: undefined,
  skipped_by: undefined,
  results: [],
};

/** What was found so far; the decision is written from it. */
interface Found {
  reason: string;
  guards: GuardResult[];
  side?: Side;
  weighed?: Weighed;
  program?: ProgramResult;
  model?: ModelResult;
  /** Rules, health and model together. */
  size_mult?: number;
  sizing?: Sizing;
  intents?: Intent[];
}

/**
 * Decides one signal under one revision, within the limits of the newest. Never throws for what the market or the
 * bundle says.
 */
export function decide(input: DecideInput): Decision {
  const { signal, compiled, newest = compiled, account, now } = input;
  const health = weighHealth(account, newest.bundle.flags.health, signal.instrument);
  return written(consider(input, health), { signal, rev: compiled.rev, limits_rev: newest.rev, now, health });
}

/** The decision on a signal that could not be weighed at all: a skip that says why. */
export const undecidable = (signal: Signal, reason: string, now: number): Decision =>
  written({ reason, guards: [] }, { signal, rev: signal.config_rev, limits_rev: signal.config_rev, now });

type Written = { signal: Signal; rev: number; limits_rev: number; now: number; health?: HealthWeight };
function written(found: Found, { signal, rev, limits_rev, now, health }: Written): Decision {
  const weighed = found.weighed ?? NOTHING_WEIGHED;
  const max_adds = health?.no_adds && found.weighed ? 0 : weighed.max_adds;
  const decision: Action = {
    action: found.intents ? "open" : "skip",
    ...(found.side && { side: found.side }),
    size_mult: found.size_mult ?? weighed.size_mult,
    tp_mult: weighed.tp_mult,
    sl_mult: weighed.sl_mult,
    ...(max_adds !== undefined && { max_adds }),
    reason: found.reason,
  };
  return {
    signal_id: signal.signal_id,
    account: signal.account,
    strategy_id: signal.strategy_id,
    instrument: signal.instrument,
    decision,
    intents: found.intents ?? [],
    rules: weighed.results,
    guards: found.guards,
    ...(found.program && { program: found.program }),
    ...(found.model && { model: found.model }),
    ...(found.sizing && { sizing: found.sizing }),
    features: signal.features.values,
    config_rev: rev,
    ...(limits_rev !== rev && { limits_rev }),
    // Asked what another revision would do, it is no arm's decision.
    ...(signal.arm && signal.config_rev === rev && { arm: signal.arm }),
    ...(health && { health: health.shown }),
    ts: now,
  };
}

function consider(input: DecideInput, health: HealthWeight): Found {
  const { signal, compiled, account, instrument, now } = input;
  const { features } = signal;
  const strategy = compiled.strategies.get(signal.strategy_id);
  if (!strategy) return { reason: "unknown_strategy", guards: [] };
  const { failed, results: guards } = runGuards({
    compiled,
    strategy,
    instrument: signal.instrument,
    features,
    account,
    limits: (input.newest ?? compiled).bundle.flags.risk,
    governing: input.governing,
    now,
  });
  if (failed) return { reason: failed, guards };
  const longOnly = marketOf(signal.instrument) === "SPOT";
  const use = strategy.strategy.program;
  const said = use && askedProgram(input);
  const program = use && said && { program: { ...use, ...said } };
  const entry = said ? wished(said, longOnly) : chooseSide(strategy, features.values, longOnly);
  if (!entry.side) return { reason: entry.reason, guards, ...program };
  const { side } = entry;
  const weighed = withWish(weigh(strategy.rules, { ...features.values, side: SIDE_VALUE[side] }), said?.wish);
  if (weighed.skipped_by !== undefined) return { reason: weighed.skipped_by, guards, side, weighed, ...program };
  const model = strategy.strategy.model && modelResult(strategy.strategy.model, input.model, health);
  // Rules and model together make an entry no larger than either may.
  const wanted = Math.min(weighed.size_mult * (model?.size_mult ?? 1), SIZE_MULT_RANGE[1]);
  const size_mult = wanted * health.size_mult;
  const found = { guards, side, weighed, size_mult, ...program, ...(model && { model }) };
  if (model?.size_mult === 0) return { ...found, reason: "model" };
  if (!instrument) return { ...found, reason: "unknown_instrument" };
  if (instrument.status !== "TRADING") return { ...found, reason: "instrument_halted" };
  const { execution } = compiled.bundle.flags;
  const limit_price = said?.wish && limitPrice(said.wish, instrument);
  const { sizing, reason } = sizeEntry({
    limit_price,
    side,
    instrument,
    features,
    sizing: strategy.sizing,
    position: strategy.position,
    size_mult,
    ...(health.factors.length > 0 && { size_factors: [String(wanted), ...health.factors] }),
    tp_mult: weighed.tp_mult,
    sl_mult: weighed.sl_mult,
    taker_fee: marketOf(signal.instrument) === "FUT" ? execution.taker_fee : execution.spot_taker_fee,
  });
  if (!sizing) return { ...found, reason };
  return { ...found, sizing, intents: [entryIntent(input, side, sizing, said?.wish)], reason: "open" };
}

/** Asked once its guards have passed; of an instrument that nobody knows it has nothing to say. */
function askedProgram({ program, signal, instrument }: DecideInput): ProgramSays {
  if (!program || !instrument) return { state: null, trouble: "missing" };
  return program(eventOf(signal, instrument));
}

function wished({ wish, trouble }: ProgramSays, longOnly: boolean): Chosen {
  if (trouble) return noSide(`program_${trouble}`);
  if (!wish) return noSide("no_entry");
  return wish.side === "SELL" && longOnly ? noSide("spot_long_only") : { side: wish.side, reason: "" };
}

/** A wish's multipliers count like those of a rule that fired. */
export function withWish(weighed: Weighed, wish: Wish | undefined): Weighed {
  if (!wish) return weighed;
  return {
    ...weighed,
    size_mult: clamp(weighed.size_mult * wish.size_mult, SIZE_MULT_RANGE),
    tp_mult: clamp(weighed.tp_mult * wish.tp_mult, TP_MULT_RANGE),
    sl_mult: clamp(weighed.sl_mult * wish.sl_mult, SL_MULT_RANGE),
  };
}

type Chosen = { side: Side; reason: "" } | { side: undefined; reason: string };
const noSide = (reason: string): Chosen => ({ side: undefined, reason });

/** The one side whose condition holds; unknown doesn't enter, and both at once says that they are no conditions. */
export function chooseSide(strategy: CompiledStrategy, values: Values, longOnly: boolean): Chosen {
  const long = strategy.long ? strategy.long(values) : false;
  const short = strategy.short ? strategy.short(values) : false;
  if (long && short) return noSide("both_sides");
  if (long) return { side: "BUY", reason: "" };
  if (short) return longOnly ? noSide("spot_long_only") : { side: "SELL", reason: "" };
  return noSide(long === undefined || short === undefined ? "condition_unknown" : "no_entry");
}

const modelResult = (use: ModelUse, says: ModelSays | undefined, { models_off }: HealthWeight): ModelResult =>
  models_off === undefined ? judged(use, says) : modelOff(use);

function entryIntent({ signal, compiled, now }: DecideInput, side: Side, sizing: Sizing, wish?: Wish): Intent {
  const { stop_price, take_profit_price } = sizing;
  assert(stop_price !== undefined && take_profit_price !== undefined, "a sized entry has a stop and a target");
  const futures = marketOf(signal.instrument) === "FUT";
  const rests = wish?.price !== undefined;
  const validMs = (rests ? wish.rest_ms : undefined) ?? compiled.bundle.flags.execution.entry_valid_ms;
  return {
    intent_id: entryIntentId(signal.signal_id, "entry"),
    account: signal.account,
    instrument: signal.instrument,
    kind: "ENTRY",
    side,
    qty: sizing.qty,
    // Its size was made at the price at which it is to rest.
    ...(rests ? { type: "LIMIT", price: sizing.entry_price } : { type: "MARKET" }),
    working_type: "MARK_PRICE",
    reduce_only: false,
    leverage: sizing.leverage,
    margin: "ISOLATED",
    exec: futures
      ? { policy: rests ? "LIMIT_ONLY" : "MAKER_THEN_TAKER" }
      : { policy: "OCO", oco: { take_profit: take_profit_price, stop: stop_price } },
    stop_loss: { price: stop_price },
    take_profit: { price: take_profit_price },
    // What does not rest is soon too late: its price was that of the moment.
    valid_until: now + validMs,
    signal_id: signal.signal_id,
    strategy_id: signal.strategy_id,
    config_rev: compiled.rev,
  };
}
