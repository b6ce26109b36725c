/** A bundle made ready to decide with: conditions as closures, each strategy with its own rules in order. */
import {
  type Bundle,
  type BundleInstrument,
  type BundleView,
  type PositionRules,
  positionRulesOf,
  type SizingRules,
  type Strategy,
  sizingOf,
} from "../../domain/bundle.ts";
import { compileCondition, type Test } from "./condition.ts";
import { type CompiledRule, compileRule } from "./rules.ts";

export interface CompiledStrategy {
  readonly strategy: Strategy;
  readonly long: Test | undefined;
  readonly short: Test | undefined;
  /** Those that apply to it, by priority. */
  readonly rules: readonly CompiledRule[];
  readonly sizing: SizingRules;
  readonly position: PositionRules;
}
export interface CompiledBundle {
  readonly rev: number;
  readonly hash: string;
  readonly bundle: Bundle;
  readonly strategies: ReadonlyMap<string, CompiledStrategy>;
  readonly instruments: ReadonlyMap<string, BundleInstrument>;
}

/** Compiles a whole revision; refuses with INVALID what lint would have refused. */
export function compileBundle(view: BundleView): CompiledBundle {
  const { rev, hash, bundle } = view;
  const rules = bundle.rules
    .filter((rule) => rule.enabled)
    .toSorted((a, b) => a.priority - b.priority)
    .map((rule) => ({ rule, compiled: compileRule(rule) }));
  const strategies = bundle.strategies.map((strategy): [string, CompiledStrategy] => [
    strategy.strategy_id,
    {
      strategy,
      long: strategy.long && compileCondition(strategy.long),
      short: strategy.short && compileCondition(strategy.short),
      rules: rules.filter(({ rule }) => appliesTo(rule.strategies, strategy)).map(({ compiled }) => compiled),
      sizing: sizingOf(bundle, strategy),
      position: positionRulesOf(bundle, strategy),
    },
  ]);
  const instruments = bundle.instruments.map((entry) => [entry.instrument, entry] as const);
  return { rev, hash, bundle, strategies: new Map(strategies), instruments: new Map(instruments) };
}

const appliesTo = (ids: readonly string[], strategy: Strategy): boolean =>
  ids.length === 0 || ids.includes(strategy.strategy_id);

/** Compiles each content once: a rollback to a hash that was seen before costs nothing. Keeps the last `keep`. */
export function compileCache(keep: number): (view: BundleView) => CompiledBundle {
  const byHash = new Map<string, CompiledBundle>();
  return (view) => {
    const found = byHash.get(view.hash) ?? compileBundle(view);
    byHash.delete(view.hash);
    byHash.set(view.hash, found);
    for (const oldest of byHash.keys()) {
      if (byHash.size <= keep) break;
      byHash.delete(oldest);
    }
    return found.rev === view.rev ? found : { ...found, rev: view.rev, bundle: view.bundle };
  };
}
