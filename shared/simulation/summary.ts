/** How two revisions differ over the same signals, counted as they come. */
import type { Decision, Signal } from "../domain/decision.ts";
import type { SimulationSummary } from "../domain/simulation.ts";
import type { Weighing } from "./weigher.ts";

/** Of strategies, rules or reasons, told: those that count most. */
const LISTED_MAX = 500;

interface Both {
  signals: number;
  active: number;
  candidate: number;
}

/** Counts by name, for the one and the other. */
class Counts {
  private readonly counts = new Map<string, Both>();

  of(name: string): Both {
    const known = this.counts.get(name);
    if (known) return known;
    const fresh = { signals: 0, active: 0, candidate: 0 };
    this.counts.set(name, fresh);
    return fresh;
  }

  /** Most frequent first, then by name. */
  listed<T>(show: (name: string, both: Both) => T): T[] {
    const weight = ({ signals, active, candidate }: Both) => Math.max(signals, active, candidate);
    return [...this.counts]
      .toSorted(([a, m], [b, n]) => weight(n) - weight(m) || (a < b ? -1 : 1))
      .slice(0, LISTED_MAX)
      .map(([name, both]) => show(name, both));
  }
}

export class SummaryTally {
  private readonly totals = {
    ...{ signals: 0, not_weighed: 0, both_open: 0, only_active: 0, only_candidate: 0, neither: 0, changed: 0 },
    ...{ wanted: 0, skipped_by_rules: 0, sized_up: 0 },
  };
  private readonly unweighable = new Counts();
  private readonly rules = new Counts();
  private readonly strategies = new Counts();
  private readonly reasons = new Counts();

  /** Answers whether the two would have done something else with it. */
  take(signal: Signal, was: Weighing, is: Weighing): boolean {
    const { totals } = this;
    totals.signals++;
    const why = was.unweighable ?? is.unweighable;
    if (was.unweighable !== undefined || is.unweighable !== undefined) {
      totals.not_weighed++;
      this.unweighable.of(why as string).signals++;
      return false;
    }
    this.count("active", was);
    this.count("candidate", is);
    this.countCandidate(is.decision);
    const [before, after] = [isOpen(was.decision), isOpen(is.decision)];
    const strategy = this.strategies.of(signal.strategy_id);
    strategy.signals++;
    if (before) strategy.active++;
    if (after) strategy.candidate++;
    totals[before ? (after ? "both_open" : "only_active") : after ? "only_candidate" : "neither"]++;
    const differs = before !== after || (before && isOther(was.decision, is.decision));
    if (differs) totals.changed++;
    return differs;
  }

  private count(whose: "active" | "candidate", { reason, decision }: { reason: string; decision?: Decision }): void {
    this.reasons.of(reason)[whose]++;
    for (const { rule_id, fired } of decision?.rules ?? []) if (fired) this.rules.of(rule_id)[whose]++;
  }

  private countCandidate(decision: Decision | undefined): void {
    // It has a side once its guards have passed and its conditions or its program want an entry.
    if (!decision?.decision.side) return;
    const { totals } = this;
    totals.wanted++;
    if (isSkippedByRule(decision)) totals.skipped_by_rules++;
    if (isOpen(decision) && decision.decision.size_mult > 1) totals.sized_up++;
  }

  result(): SimulationSummary {
    const { totals } = this;
    const { signals, not_weighed, both_open, only_active, only_candidate, neither, changed, wanted } = totals;
    const opened = both_open + only_candidate;
    const either = opened + only_active;
    return {
      ...{ signals, not_weighed, both_open, only_active, only_candidate, neither, changed, wanted },
      unweighable: this.unweighable.listed((reason, both) => ({ reason, signals: both.signals })),
      changed_share: share(changed, signals - not_weighed),
      similarity: either === 0 ? null : both_open / either,
      skipped_by_rules_share: share(totals.skipped_by_rules, wanted),
      sized_up_share: share(totals.sized_up, opened),
      rules: this.rules.listed((rule_id, { active, candidate }) => ({ rule_id, active, candidate })),
      strategies: this.strategies.listed((strategy_id, both) => ({ strategy_id, ...both })),
      reasons: this.reasons.listed((reason, { active, candidate }) => ({ reason, active, candidate })),
    };
  }
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

export const isOpen = (decision: Decision | undefined): boolean => decision?.decision.action === "open";

/** Rules after the one that skips are not looked at: it is the last. */
function isSkippedByRule({ decision, rules }: Decision): boolean {
  const last = rules.at(-1);
  return decision.action === "skip" && last?.fired === true && last.rule_id === decision.reason;
}

/** Of two that open: another side, size, stop or target, or another price at which it would rest. */
function isOther(was: Decision | undefined, is: Decision | undefined): boolean {
  const [a, b] = [was?.sizing, is?.sizing];
  return (
    was?.decision.side !== is?.decision.side ||
    a?.qty !== b?.qty ||
    a?.leverage !== b?.leverage ||
    a?.entry_price !== b?.entry_price ||
    a?.stop_price !== b?.stop_price ||
    a?.take_profit_price !== b?.take_profit_price
  );
}
