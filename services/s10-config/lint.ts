/** Checks a bundle before anyone trades by it: schema, names, conditions, rules, strategies, and numbers together. */
import { Bundle, CONDITION_DEPTH_MAX, type Condition } from "../../shared/domain/bundle.ts";
import { Prover } from "./condition-logic.ts";
import { Findings } from "./findings.ts";
import type { Known } from "./known.ts";
import type { LintCode } from "./lint-codes.ts";
import { type ConditionLint, lintFactor, lintPeer } from "./lint-conditions.ts";
import { lintFlags } from "./lint-flags.ts";
import { lintNames, lintUnused } from "./lint-names.ts";
import { lintRules } from "./lint-rules.ts";
import { lintStrategies } from "./lint-strategies.ts";
import { lintTrades } from "./lint-trades.ts";
import { schemaFaults } from "./schema-faults.ts";
import type { LintFinding, LintReport } from "./types.ts";

export type { Known } from "./known.ts";
export interface Linted {
  report: LintReport;
  /** Set when there are no errors. */
  bundle: Bundle | undefined;
}

/** Deeper documents are refused unread; a condition at its limit needs about three levels each. */
const DOCUMENT_DEPTH_MAX = 4 * CONDITION_DEPTH_MAX + 12;
/** Comparisons and combinations in all conditions together: services compile them all between two units of work. */
export const CONDITION_PARTS_MAX = 50_000;
/** Steps of proof: about a second. */
const PROOF_STEPS = 1_000_000;

/** Lints any value; never throws for what the document says. */
export function lintBundle(document: unknown, known: Known = {}): Linted {
  if (isTooDeep(document, DOCUMENT_DEPTH_MAX)) {
    return failed("TOO_DEEP", `nested deeper than ${DOCUMENT_DEPTH_MAX} levels`);
  }
  if (isExtending(document))
    return failed("UNKNOWN_BASE", "holds only what differs, and nothing here knows from what", "extends");
  const faults = schemaFaults(document);
  if (faults.length > 0)
    return { report: { passed: false, errors: faults, warnings: [], hints: [] }, bundle: undefined };
  const bundle = Bundle.parse(document);
  const parts = partsOfAll(bundle);
  if (parts > CONDITION_PARTS_MAX) {
    return failed("TOO_LARGE", `${parts} parts of conditions, at most ${CONDITION_PARTS_MAX}`);
  }
  const findings = new Findings();
  lintAll(findings, bundle, known);
  const { errors, warnings, hints } = findings;
  const passed = errors.length === 0;
  return { report: { passed, errors, warnings, hints }, bundle: passed ? bundle : undefined };
}

function lintAll(findings: Findings, bundle: Bundle, known: Known): void {
  const prover = new Prover(PROOF_STEPS);
  const followed = bundle.instruments.flatMap(({ instrument, enabled }) => (enabled ? [instrument] : []));
  const lint: ConditionLint = { findings, prover, listed: bundle.factors, followed };
  lintNames(findings, bundle, known);
  for (const [i, factor] of bundle.factors.entries()) lintPeer(lint, ["factors", i], factor);
  lintStrategies(lint, bundle, known);
  if (bundle.strategies.some((strategy) => strategy.sizing.atr === undefined)) {
    lintFactor(lint, ["flags", "sizing", "atr"], bundle.flags.sizing.atr);
  }
  lintRules(lint, bundle);
  lintTrades(findings, bundle);
  lintFlags(findings, bundle);
  lintUnused(findings, bundle, known);
  if (prover.gaveUp) findings.add([], "NOT_ALL_CHECKED", "not all of its conditions could be proved to make sense");
}

/** What stands on a base is made whole before. */
const isExtending = (document: unknown): boolean =>
  typeof document === "object" && document !== null && "extends" in document && document.extends !== undefined;

function failed(code: LintCode, message: string, path = ""): Linted {
  const errors: LintFinding[] = [{ path, code, message }];
  return { report: { passed: false, errors, warnings: [], hints: [] }, bundle: undefined };
}

/** Breadth first, so that a hostile document cannot exhaust the stack. */
function isTooDeep(document: unknown, depthMax: number): boolean {
  let level: unknown[] = [document];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > depthMax) return true;
    level = level.flatMap((value) => (typeof value === "object" && value !== null ? Object.values(value) : []));
  }
  return false;
}

function partsOfAll({ strategies, rules }: Bundle): number {
  const conditions = [...strategies.flatMap(({ long, short }) => [long, short]), ...rules.map(({ when }) => when)];
  return conditions.reduce((sum, condition) => sum + (condition ? partsOf(condition) : 0), 0);
}

function partsOf(condition: Condition): number {
  if ("not" in condition) return 1 + partsOf(condition.not);
  const list = "allOf" in condition ? condition.allOf : "anyOf" in condition ? condition.anyOf : [];
  return list.reduce((sum, part) => sum + partsOf(part), 1);
}
