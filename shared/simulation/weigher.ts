/** What a revision would have decided about a signal of the past: by the live function, for an account at rest. */
import type { Strategy } from "../domain/bundle.ts";
import type { Decision, Signal } from "../domain/decision.ts";
import type { Instrument, InstrumentId } from "../domain/instrument.ts";
import type { ModelResult } from "../domain/model.ts";
import type { Side } from "../domain/order.ts";
import type { ProgramResult } from "../domain/program.ts";
import type { Horizon } from "../domain/simulation.ts";
import { accountAtRest } from "../trading/decision/account-at-rest.ts";
import type { CompiledBundle, CompiledStrategy } from "../trading/decision/compiled.ts";
import { decide } from "../trading/decision/decide.ts";
import { factorsOfCondition, SIDE_FACTOR } from "../trading/factors/registry.ts";
import { sayingOf } from "../trading/factors/triggers.ts";

/** What one signal earned by one horizon. */
export interface SeenLabel {
  readonly side: Side;
  /** net / margin; a fraction. */
  readonly roi_net: number;
  readonly leverage: number;
}
/** A signal of the past with what is known of it. */
export interface SeenSignal {
  readonly signal: Signal;
  /** What the live decision's model and program said, where they were asked. */
  readonly model?: Pick<ModelResult, "hash" | "p" | "trouble">;
  readonly program?: Pick<ProgramResult, "hash" | "wish" | "trouble">;
  readonly labels: Readonly<Partial<Record<Horizon, SeenLabel>>>;
}

/**
 * Why nobody can say what would have been decided: the strategy looks at other moments in this revision; a factor that
 * it reads was not computed then; its program or model was not asked.
 */
export type Unweighable = "other_trigger" | "factor_not_kept" | "program_not_asked" | "model_not_asked";
/** `reason`: "open", or what ended it. `decision` is absent where the strategy would not have looked at all. */
export type Weighing =
  | { readonly reason: string; readonly decision?: Decision; readonly unweighable?: undefined }
  | { readonly unweighable: Unweighable };
export type Weigher = (seen: SeenSignal) => Weighing;

/** Trouble that another try would have run into as well. */
const SAYS_AGAIN = "features";

interface Known {
  readonly strategy: Strategy;
  readonly triggers: ReadonlySet<string>;
  readonly instruments: ReadonlySet<InstrumentId>;
  readonly reads: readonly string[];
}

/** The factors that a strategy's conditions, its rules and its stop read. */
export function factorsRead(compiled: CompiledBundle, { strategy, sizing }: CompiledStrategy): string[] {
  const ids = new Set<string>([sizing.atr]);
  if (strategy.long) factorsOfCondition(strategy.long, ids);
  if (strategy.short) factorsOfCondition(strategy.short, ids);
  for (const rule of compiled.bundle.rules) {
    const isOurs = rule.strategies.length === 0 || rule.strategies.includes(strategy.strategy_id);
    if (rule.enabled && isOurs) factorsOfCondition(rule.when, ids);
  }
  ids.delete(SIDE_FACTOR);
  return [...ids];
}

/**
 * The account counts as at rest and the health as GREEN; guards on the market (spread, depth, funding, hours, age of
 * the features) hold as they do live. A program or a model is not asked again: what it said then counts, where the
 * revision names the same one.
 */
export function createWeigher(compiled: CompiledBundle, listings: ReadonlyMap<InstrumentId, Instrument>): Weigher {
  const account = accountAtRest(compiled.bundle);
  const known = new Map<string, Known>();
  for (const [id, each] of compiled.strategies) {
    // One that is off decides nothing, whatever it would look at.
    if (each.strategy.enabled) known.set(id, knownOf(compiled, each));
  }
  return (seen) => {
    const { signal } = seen;
    const about = known.get(signal.strategy_id);
    if (about) {
      if (!about.instruments.has(signal.instrument)) return { reason: "instrument_not_traded" };
      if (!about.triggers.has(triggerText(signal.trigger))) return { unweighable: "other_trigger" };
      const { values } = signal.features;
      if (about.reads.some((id) => values[id] === undefined)) return { unweighable: "factor_not_kept" };
    }
    const program = programBefore(seen, about?.strategy);
    const model = modelBefore(seen, about?.strategy);
    const decision = decide({
      ...{ signal, compiled, account, instrument: listings.get(signal.instrument), now: signal.ts },
      ...(program && { program: () => program }),
      ...(model && { model }),
    });
    if (decision.program && !program) return { unweighable: "program_not_asked" };
    if (decision.model && !model) return { unweighable: "model_not_asked" };
    return { reason: decision.decision.reason, decision };
  };
}

function knownOf(compiled: CompiledBundle, each: CompiledStrategy): Known {
  const { strategy } = each;
  return {
    strategy,
    triggers: new Set(strategy.triggers.map((spec) => triggerText({ kind: spec.kind, what: sayingOf(spec) }))),
    instruments: new Set(strategy.instruments),
    reads: factorsRead(compiled, each),
  };
}

const triggerText = ({ kind, what }: Pick<Signal["trigger"], "kind" | "what">): string => `${kind} ${what}`;

function programBefore({ program }: SeenSignal, strategy: Strategy | undefined) {
  if (!program || program.trouble || program.hash !== strategy?.program?.hash) return undefined;
  return { state: null, ...(program.wish && { wish: program.wish }) };
}

function modelBefore({ model }: SeenSignal, strategy: Strategy | undefined) {
  if (!model || model.hash !== strategy?.model?.hash) return undefined;
  const { p, trouble } = model;
  if (p === null && trouble !== SAYS_AGAIN) return undefined;
  return { p, ...(trouble && { trouble }) };
}
