/** Lints rules: that they change something, can come to fire, and are not behind one that has ended the entry already. */
import type { Bundle, Condition, Rule, RuleEffect, Strategy } from "../../shared/domain/bundle.ts";
import { factorsOfCondition, SIDE_FACTOR } from "../../shared/trading/factors/registry.ts";
import type { Path } from "./findings.ts";
import { type ConditionLint, lintCondition } from "./lint-conditions.ts";

const LONG: Condition = { f: SIDE_FACTOR, op: "==", v: 1 };
const SHORT: Condition = { f: SIDE_FACTOR, op: "==", v: -1 };

interface Placed {
  readonly rule: Rule;
  readonly at: Path;
}

export function lintRules(lint: ConditionLint, bundle: Bundle): void {
  const { findings } = lint;
  const ids = bundle.strategies.map(({ strategy_id }) => strategy_id);
  const live: Placed[] = [];
  for (const [i, rule] of bundle.rules.entries()) {
    const at = ["rules", i];
    findings.once([...at, "strategies"], rule.strategies);
    for (const [j, name] of rule.strategies.entries()) {
      findings.mustBe({ path: [...at, "strategies", j], name, of: ids, what: "strategy" });
    }
    lintEffect(lint, [...at, "effect"], rule.effect);
    const sound = lintCondition(lint, [...at, "when"], rule.when);
    if (sound && rule.enabled && !lint.prover.never(rule.when)) live.push({ rule, at });
  }
  for (const placed of live) lintUse(lint, placed, bundle);
  lintShadows(lint, live, bundle);
}

function lintEffect({ findings }: ConditionLint, at: Path, effect: RuleEffect): void {
  const { skip_entry, max_adds_override, ...multipliers } = effect;
  const changing = Object.entries(multipliers).filter(([, value]) => value !== undefined && value !== 1);
  const others = [...changing.map(([key]) => key), ...(max_adds_override === undefined ? [] : ["max_adds_override"])];
  if (!skip_entry && others.length === 0) findings.add(at, "NO_EFFECT", "changes nothing");
  if (skip_entry) {
    for (const key of others)
      findings.add([...at, key], "EFFECT_IGNORED", `"${key}" has no entry to change: it is skipped`);
  }
}

/** The strategies a rule is for. */
const strategiesOf = ({ strategies }: Bundle, { strategies: ids }: Rule): Strategy[] =>
  strategies.filter(({ strategy_id }) => ids.length === 0 || ids.includes(strategy_id));
const isSpotOnly = ({ instruments }: Strategy): boolean => instruments.every((name) => name.startsWith("SPOT:"));

function lintUse(lint: ConditionLint, { rule, at }: Placed, bundle: Bundle): void {
  const { findings, prover } = lint;
  const own = strategiesOf(bundle, rule);
  const enabled = own.filter((strategy) => strategy.enabled);
  if (own.length > 0 && enabled.length === 0) {
    const whose = own.map(({ strategy_id }) => strategy_id).join(", ");
    findings.add(
      [...at, "strategies"],
      "IDLE_RULE",
      `never applies: ${whose} ${own.length === 1 ? "is" : "are"} disabled`,
    );
    return;
  }
  if (enabled.length > 0 && enabled.every(isSpotOnly) && prover.neverTogether([rule.when, LONG])) {
    findings.add(
      [...at, "when"],
      "SPOT_SHORT",
      "is for shorts alone, and its strategies trade spot, which is bought only",
    );
    return;
  }
  if (enabled.length > 0 && enabled.every((strategy) => excludes(lint, strategy, rule.when))) {
    findings.add([...at, "when"], "NEVER_APPLIES", "excludes every entry of the strategies that it is for");
  }
}

/** Entries and rules look at the same values of one moment. */
function excludes({ prover }: ConditionLint, { long, short, program }: Strategy, when: Condition): boolean {
  if (program || (!long && !short)) return false;
  const sides: [Condition | undefined, Condition][] = [
    [long, LONG],
    [short, SHORT],
  ];
  return sides.every(([entry, side]) => !entry || prover.neverTogether([entry, side, when]));
}

/** By priority, as the decision weighs them; of equal ones in the order they stand. */
function lintShadows({ findings, prover }: ConditionLint, live: readonly Placed[], bundle: Bundle): void {
  const skips: (Placed & { factors: ReadonlySet<string>; ids: ReadonlySet<string> })[] = [];
  for (const placed of live.toSorted((a, b) => a.rule.priority - b.rule.priority)) {
    if (prover.gaveUp) return;
    const { rule, at } = placed;
    const [factors, ids] = [factorsOf(rule.when), idsOf(bundle, rule)];
    // A condition implies another only through factors that they share.
    const earlier = skips.find(
      (skip) =>
        isWithin(ids, skip.ids) &&
        [...skip.factors].some((factor) => factors.has(factor)) &&
        prover.implies(rule.when, skip.rule.when),
    );
    if (earlier) {
      const name = earlier.rule.rule_id;
      findings.add(at, "SHADOWED", `is never weighed: whenever it would fire, "${name}" has skipped the entry`);
    }
    if (rule.effect.skip_entry) skips.push({ ...placed, factors, ids });
  }
}

const idsOf = (bundle: Bundle, rule: Rule): Set<string> =>
  new Set(strategiesOf(bundle, rule).map(({ strategy_id }) => strategy_id));
const isWithin = (some: ReadonlySet<string>, all: ReadonlySet<string>): boolean => [...some].every((id) => all.has(id));

function factorsOf(condition: Condition): Set<string> {
  const factors = new Set<string>();
  factorsOfCondition(condition, factors);
  return factors;
}
