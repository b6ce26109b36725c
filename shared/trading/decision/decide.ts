/** From a signal to a decision: guards, side, rules, model, size, intent; pure, and complete enough to explain itself. */
import type { Action, Decision, GuardResult, Signal, Sizing } from "../../domain/decision.ts";
import { type Instrument, marketOf } from "../../domain/instrument.ts";
import type { ModelResult } from "../../domain/model.ts";
import type { Intent, Side } from "../../domain/order.ts";
import { assert } from "../../errors.ts";
import { entryIntentId } from "../../keys.ts";
import type { AccountState } from "./account.ts";
import type { CompiledBundle, CompiledStrategy } from "./compiled.ts";
import type { Values } from "./condition.ts";
import { runGuards } from "./guards.ts";
import { judged, type ModelSays } from "./model.ts";
import { SIZE_MULT_RANGE, type Weighed, weigh } from "./rules.ts";
import { sizeEntry } from "./sizing.ts";

export interface DecideInput {
  readonly signal: Signal;
  readonly compiled: CompiledBundle;
  readonly account: AccountState;
  /** The exchange's filters; undefined: the instrument is not listed. */
  readonly instrument: Instrument | undefined;
  /** What the strategy's model says, where it has one; nothing: it counts as missing. */
  readonly model?: ModelSays | undefined;
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
  model?: ModelResult;
  /** Rules, health and model together. */
  size_mult?: number;
  sizing?: Sizing;
  intents?: Intent[];
}

/** Decides one signal under one revision. Never throws for what the market or the bundle says. */
export const decide = (input: DecideInput): Decision =>
  written(consider(input), { signal: input.signal, rev: input.compiled.rev, now: input.now });

/** The decision on a signal that could not be weighed at all: a skip that says why. */
export const undecidable = (signal: Signal, reason: string, now: number): Decision =>
  written({ reason, guards: [] }, { signal, rev: signal.config_rev, now });

function written(found: Found, { signal, rev, now }: { signal: Signal; rev: number; now: number }): Decision {
  const weighed = found.weighed ?? NOTHING_WEIGHED;
  const decision: Action = {
    action: found.intents ? "open" : "skip",
    ...(found.side && { side: found.side }),
    size_mult: found.size_mult ?? weighed.size_mult,
    tp_mult: weighed.tp_mult,
    sl_mult: weighed.sl_mult,
    ...(weighed.max_adds !== undefined && { max_adds: weighed.max_adds }),
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
    ...(found.model && { model: found.model }),
    ...(found.sizing && { sizing: found.sizing }),
    features: signal.features.values,
    config_rev: rev,
    ts: now,
  };
}

function consider(input: DecideInput): Found {
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
    now,
  });
  if (failed) return { reason: failed, guards };
  const entry = chooseSide(strategy, features.values, marketOf(signal.instrument) === "SPOT");
  if (!entry.side) return { reason: entry.reason, guards };
  const { side } = entry;
  const weighed = weigh(strategy.rules, { ...features.values, side: SIDE_VALUE[side] });
  if (weighed.skipped_by !== undefined) return { reason: weighed.skipped_by, guards, side, weighed };
  const use = strategy.strategy.model;
  const model = use && judged(use, input.model);
  // Rules and model together make an entry no larger than either may.
  const wanted = Math.min(weighed.size_mult * (model?.size_mult ?? 1), SIZE_MULT_RANGE[1]);
  const size_mult = wanted * healthMult(compiled, account);
  const found = { guards, side, weighed, size_mult, ...(model && { model }) };
  if (model?.size_mult === 0) return { ...found, reason: "model" };
  if (!instrument) return { ...found, reason: "unknown_instrument" };
  if (instrument.status !== "TRADING") return { ...found, reason: "instrument_halted" };
  const { execution } = compiled.bundle.flags;
  const { sizing, reason } = sizeEntry({
    side,
    instrument,
    features,
    sizing: strategy.sizing,
    position: strategy.position,
    size_mult,
    tp_mult: weighed.tp_mult,
    sl_mult: weighed.sl_mult,
    taker_fee: marketOf(signal.instrument) === "FUT" ? execution.taker_fee : execution.spot_taker_fee,
  });
  if (!sizing) return { ...found, reason };
  return { ...found, sizing, intents: [entryIntent(input, side, sizing)], reason: "open" };
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

function healthMult({ bundle }: CompiledBundle, { health }: AccountState): number {
  if (health === "YELLOW") return bundle.flags.health.yellow_size_mult;
  return health === "ORANGE" ? bundle.flags.health.orange_size_mult : 1;
}

function entryIntent({ signal, compiled, now }: DecideInput, side: Side, sizing: Sizing): Intent {
  const { stop_price, take_profit_price } = sizing;
  assert(stop_price !== undefined && take_profit_price !== undefined, "a sized entry has a stop and a target");
  const futures = marketOf(signal.instrument) === "FUT";
  return {
    intent_id: entryIntentId(signal.signal_id, "entry"),
    account: signal.account,
    instrument: signal.instrument,
    kind: "ENTRY",
    side,
    qty: sizing.qty,
    type: "MARKET",
    working_type: "MARK_PRICE",
    reduce_only: false,
    leverage: sizing.leverage,
    margin: "ISOLATED",
    exec: futures
      ? { policy: "MAKER_THEN_TAKER" }
      : { policy: "OCO", oco: { take_profit: take_profit_price, stop: stop_price } },
    stop_loss: { price: stop_price },
    take_profit: { price: take_profit_price },
    valid_until: now + compiled.bundle.flags.execution.entry_valid_ms,
    signal_id: signal.signal_id,
    strategy_id: signal.strategy_id,
    config_rev: compiled.rev,
  };
}
