/** L1: rules weigh what a strategy wants; by priority, multipliers multiply, `skip_entry` ends it. */
import type { Rule, RuleEffect } from "../../domain/bundle.ts";
import type { RuleResult } from "../../domain/decision.ts";
import { compileCondition, type Test, type Values } from "./condition.ts";

export interface CompiledRule {
  readonly rule_id: string;
  readonly effect: RuleEffect;
  readonly fires: Test;
  /** The three results it can have, made once: recording one allocates nothing. */
  readonly fired: RuleResult;
  readonly unfired: RuleResult;
  readonly unknown: RuleResult;
}

export interface Weighed {
  readonly size_mult: number;
  readonly tp_mult: number;
  readonly sl_mult: number;
  /** The smallest override among the rules that fired. */
  readonly max_adds: number | undefined;
  /** The rule that ended it. */
  readonly skipped_by: string | undefined;
  /** Every rule that was looked at, in order; those after a skip were not. */
  readonly results: RuleResult[];
}

export const SIZE_MULT_RANGE = [0.5, 1.2] as const;
export const TP_MULT_RANGE = [0.5, 1.5] as const;
export const SL_MULT_RANGE = [0.8, 2.5] as const;

export function compileRule(rule: Rule): CompiledRule {
  const { rule_id, effect } = rule;
  const result = (fired: boolean | null): RuleResult => Object.freeze({ rule_id, fired, effect: effectText(effect) });
  return {
    rule_id,
    effect,
    fires: compileCondition(rule.when),
    fired: result(true),
    unfired: result(false),
    unknown: result(null),
  };
}

/** Weighs the rules in the order given. Products are clamped at the end, so that order doesn't change them. */
export function weigh(rules: readonly CompiledRule[], values: Values): Weighed {
  const results: RuleResult[] = [];
  let size = 1;
  let tp = 1;
  let sl = 1;
  let maxAdds: number | undefined;
  let skippedBy: string | undefined;
  for (const rule of rules) {
    const truth = rule.fires(values);
    if (truth !== true) {
      results.push(truth === false ? rule.unfired : rule.unknown);
      continue;
    }
    results.push(rule.fired);
    const { effect } = rule;
    size *= effect.size_mult ?? 1;
    tp *= effect.tp_mult ?? 1;
    sl *= effect.sl_mult ?? 1;
    if (effect.max_adds_override !== undefined) {
      maxAdds = Math.min(maxAdds ?? effect.max_adds_override, effect.max_adds_override);
    }
    if (effect.skip_entry) {
      skippedBy = rule.rule_id;
      break;
    }
  }
  return {
    size_mult: clamp(size, SIZE_MULT_RANGE),
    tp_mult: clamp(tp, TP_MULT_RANGE),
    sl_mult: clamp(sl, SL_MULT_RANGE),
    max_adds: maxAdds,
    skipped_by: skippedBy,
    results,
  };
}

export const clamp = (value: number, [low, high]: readonly [number, number]): number =>
  Math.min(Math.max(value, low), high);

function effectText(effect: RuleEffect): string {
  const said = [
    effect.size_mult === undefined ? "" : `size × ${effect.size_mult}`,
    effect.tp_mult === undefined ? "" : `target × ${effect.tp_mult}`,
    effect.sl_mult === undefined ? "" : `stop × ${effect.sl_mult}`,
    effect.max_adds_override === undefined ? "" : `adds ≤ ${effect.max_adds_override}`,
    effect.skip_entry ? "skip the entry" : "",
  ].filter((part) => part !== "");
  return said.length === 0 ? "nothing" : said.join(", ");
}
