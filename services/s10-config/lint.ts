/** Checks a bundle before anyone trades by it: schema, names that exist, and rules that can do something. */
import { Bundle, CONDITION_DEPTH_MAX, type Condition, type Rule, type Strategy } from "../../shared/domain/bundle.ts";
import type { ModelCard } from "../../shared/domain/model.ts";
import type { ProgramCard } from "../../shared/domain/program.ts";
import { FAMILIES, parseFactor, SIDE_FACTOR } from "../../shared/trading/factors/registry.ts";
import { nearest } from "./nearest.ts";
import { FINDINGS_MAX, pathText, schemaFaults } from "./schema-faults.ts";
import type { LintFinding, LintReport } from "./types.ts";

/** What exists outside the bundle and the code; a list that is absent is not checked against. */
export interface Known {
  instruments?: readonly string[];
  models?: readonly Pick<ModelCard, "model_id" | "hash" | "features">[];
  programs?: readonly Pick<ProgramCard, "program_id" | "hash">[];
}
export interface Linted {
  report: LintReport;
  /** Set when there are no errors. */
  bundle: Bundle | undefined;
}

const FACTOR_EXAMPLES = FAMILIES.map((family) => family.example);
/** Deeper documents are refused unread; a condition at its limit needs about three levels each. */
const DOCUMENT_DEPTH_MAX = 4 * CONDITION_DEPTH_MAX + 12;

/** Lints any value; never throws for what the document says. */
export function lintBundle(document: unknown, known: Known = {}): Linted {
  if (isTooDeep(document, DOCUMENT_DEPTH_MAX)) {
    return failed([{ path: "", code: "TOO_DEEP", message: `nested deeper than ${DOCUMENT_DEPTH_MAX} levels` }]);
  }
  const faults = schemaFaults(document);
  if (faults.length > 0) return failed(faults);
  const bundle = Bundle.parse(document);
  const lint = new Lint(bundle, known);
  lint.run();
  const report = { passed: lint.errors.length === 0, errors: lint.errors, warnings: lint.warnings };
  return { report, bundle: report.passed ? bundle : undefined };
}

const failed = (errors: LintFinding[]): Linted => ({
  report: { passed: false, errors, warnings: [] },
  bundle: undefined,
});

/** Breadth first, so that a hostile document cannot exhaust the stack. */
function isTooDeep(document: unknown, depthMax: number): boolean {
  let level: unknown[] = [document];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > depthMax) return true;
    level = level.flatMap((value) => (typeof value === "object" && value !== null ? Object.values(value) : []));
  }
  return false;
}

class Lint {
  readonly errors: LintFinding[] = [];
  readonly warnings: LintFinding[] = [];
  private readonly bundle: Bundle;
  private readonly known: Known;

  constructor(bundle: Bundle, known: Known) {
    this.bundle = bundle;
    this.known = known;
  }

  run(): void {
    const { factors, instruments, strategies, rules } = this.bundle;
    this.once("factors", factors);
    this.once(
      "instruments",
      instruments.map((entry) => entry.instrument),
    );
    this.once(
      "strategies",
      strategies.map((strategy) => strategy.strategy_id),
    );
    this.once(
      "rules",
      rules.map((rule) => rule.rule_id),
    );
    for (const [i, factor] of factors.entries()) {
      if (parseFactor(factor) !== undefined) continue;
      const suggestion = nearest(factor, FACTOR_EXAMPLES);
      const hint = suggestion === undefined ? "" : `; one that exists is "${suggestion}"`;
      this.error(["factors", i], "UNKNOWN_FACTOR", `"${factor}" is no factor${hint}`, suggestion);
    }
    if (this.known.instruments) {
      for (const [i, entry] of instruments.entries()) {
        const path = ["instruments", i, "instrument"];
        this.mustBe({ path, name: entry.instrument, of: this.known.instruments, what: "instrument" });
      }
    }
    for (const [i, { instruments: group }] of (this.bundle.flags.risk.correlated ?? []).entries()) {
      const names = instruments.map((entry) => entry.instrument);
      for (const [j, name] of group.entries()) {
        const path = ["flags", "risk", "correlated", i, "instruments", j];
        this.mustBe({ path, name, of: names, what: "instrument" });
      }
    }
    for (const [i, strategy] of strategies.entries()) this.strategy(strategy, i);
    if (strategies.some((strategy) => strategy.sizing.atr === undefined)) {
      this.factor(["flags", "sizing", "atr"], this.bundle.flags.sizing.atr);
    }
    for (const [i, rule] of rules.entries()) this.rule(rule, i);
  }

  private strategy(strategy: Strategy, i: number): void {
    const at = ["strategies", i];
    const instruments = this.bundle.instruments.map((entry) => entry.instrument);
    for (const [j, instrument] of strategy.instruments.entries()) {
      this.mustBe({ path: [...at, "instruments", j], name: instrument, of: instruments, what: "instrument" });
    }
    for (const [j, trigger] of strategy.triggers.entries()) {
      if (trigger.kind === "cross") this.factor([...at, "triggers", j, "factor"], trigger.factor);
    }
    if (strategy.program) this.program(at, strategy, strategy.program);
    else if (!strategy.long && !strategy.short)
      this.error(at, "NO_ENTRY", "has no long or short condition, no program");
    if (strategy.long) this.condition([...at, "long"], strategy.long);
    if (strategy.short) this.condition([...at, "short"], strategy.short);
    if (strategy.short && strategy.instruments.some((name) => name.startsWith("SPOT:"))) {
      this.warn([...at, "short"], "SPOT_SHORT", "is never true for spot instruments, which are bought only");
    }
    if (strategy.sizing.atr !== undefined) this.factor([...at, "sizing", "atr"], strategy.sizing.atr);
    if (strategy.model) this.model([...at, "model"], strategy.model);
  }

  private program(at: PropertyKey[], strategy: Strategy, { program_id, hash }: NonNullable<Strategy["program"]>): void {
    for (const other of ["long", "short", "model"] as const) {
      if (strategy[other]) this.error([...at, other], "EXCLUDED", "a strategy with a program decides by it alone");
    }
    const known = this.known.programs;
    if (!known) return;
    const ids = [...new Set(known.map((card) => card.program_id))];
    this.mustBe({ path: [...at, "program", "program_id"], name: program_id, of: ids, what: "registered program" });
    const hashes = known.filter((card) => card.program_id === program_id).map((card) => card.hash);
    const path = [...at, "program", "hash"];
    if (hashes.length > 0) this.mustBe({ path, name: hash, of: hashes, what: "hash of that program" });
  }

  private model(at: PropertyKey[], { model_id, hash, cutoffs }: NonNullable<Strategy["model"]>): void {
    const known = this.known.models;
    if (known) {
      const ids = [...new Set(known.map((card) => card.model_id))];
      this.mustBe({ path: [...at, "model_id"], name: model_id, of: ids, what: "registered model" });
      const hashes = known.filter((card) => card.model_id === model_id).map((card) => card.hash);
      if (hashes.length > 0) this.mustBe({ path: [...at, "hash"], name: hash, of: hashes, what: "hash of that model" });
      const inputs = known.find((card) => card.model_id === model_id && card.hash === hash)?.features ?? [];
      for (const input of inputs) this.factor([...at, "hash"], input);
    }
    for (const [i, cutoff] of cutoffs.entries()) {
      if (cutoffs.findIndex((other) => other.p_min === cutoff.p_min) < i) {
        this.error([...at, "cutoffs", i, "p_min"], "DUPLICATE", `${cutoff.p_min} is there twice`);
      }
    }
  }

  private rule(rule: Rule, i: number): void {
    const at = ["rules", i];
    const ids = this.bundle.strategies.map((strategy) => strategy.strategy_id);
    for (const [j, id] of rule.strategies.entries()) {
      this.mustBe({ path: [...at, "strategies", j], name: id, of: ids, what: "strategy" });
    }
    this.condition([...at, "when"], rule.when);
    if (Object.keys(rule.effect).length === 0) this.warn([...at, "effect"], "NO_EFFECT", "changes nothing");
  }

  private condition(path: PropertyKey[], condition: Condition, depth = 1): void {
    if (depth > CONDITION_DEPTH_MAX) {
      this.error(path, "TOO_DEEP", `conditions nest at most ${CONDITION_DEPTH_MAX} deep`);
      return;
    }
    if ("not" in condition) {
      this.condition([...path, "not"], condition.not, depth + 1);
      return;
    }
    const list = "allOf" in condition ? condition.allOf : "anyOf" in condition ? condition.anyOf : undefined;
    if (list) {
      const name = "allOf" in condition ? "allOf" : "anyOf";
      if (name === "allOf" && contradicts(list)) {
        this.error(path, "UNREACHABLE", "can never be true: two of its comparisons exclude each other");
      }
      for (const [i, part] of list.entries()) this.condition([...path, name, i], part, depth + 1);
      return;
    }
    if ("f" in condition) this.comparison(path, condition);
  }

  private comparison(path: PropertyKey[], condition: Extract<Condition, { f: string }>): void {
    this.factor([...path, "f"], condition.f);
    const isList = condition.op === "in" || condition.op === "notIn";
    if ("vf" in condition) {
      if (isList) this.error([...path, "vf"], "WRONG_TYPE", `"${condition.op}" needs a list in "v"`);
      this.factor([...path, "vf"], condition.vf);
      return;
    }
    if (isList !== Array.isArray(condition.v)) {
      this.error([...path, "v"], "WRONG_TYPE", isList ? `"${condition.op}" needs a list` : "needs one value, no list");
    } else if (![condition.v].flat().every((value) => typeof value === "number")) {
      this.error([...path, "v"], "WRONG_TYPE", "factors are numbers; compare with a number");
    }
  }

  private factor(path: PropertyKey[], factor: string): void {
    if (factor === SIDE_FACTOR) return;
    const name = factor.split("@")[0]!;
    const of = this.bundle.factors;
    if (!of.includes(factor) && !of.includes(name)) this.mustBe({ path, name: factor, of, what: "listed factor" });
  }

  private mustBe(check: { path: PropertyKey[]; name: string; of: readonly string[]; what: string }): void {
    if (check.of.includes(check.name)) return;
    const suggestion = nearest(check.name, check.of);
    const hint = suggestion === undefined ? "" : `; did you mean "${suggestion}"?`;
    this.error(check.path, "UNKNOWN_NAME", `"${check.name}" is no ${check.what}${hint}`, suggestion);
  }

  private once(path: string, ids: readonly string[]): void {
    const seen = new Set<string>();
    for (const [i, id] of ids.entries()) {
      if (seen.has(id)) this.error([path, i], "DUPLICATE", `"${id}" is there twice; the second would never be reached`);
      seen.add(id);
    }
  }

  private error(path: readonly PropertyKey[], code: string, message: string, suggestion?: string): void {
    if (this.errors.length >= FINDINGS_MAX) return;
    this.errors.push({ path: pathText(path), code, message, ...(suggestion === undefined ? {} : { suggestion }) });
  }
  private warn(path: readonly PropertyKey[], code: string, message: string): void {
    if (this.warnings.length >= FINDINGS_MAX) return;
    this.warnings.push({ path: pathText(path), code, message });
  }
}

/** True when the numeric comparisons of one factor leave no value: `x > 5` with `x < 3`. */
function contradicts(list: readonly Condition[]): boolean {
  const ranges = new Map<string, { low: number; lowOpen: boolean; high: number; highOpen: boolean }>();
  for (const part of list) {
    if (!("f" in part) || !("v" in part) || typeof part.v !== "number") continue;
    const infinite = { low: -Infinity, lowOpen: false, high: Infinity, highOpen: false };
    const range = ranges.get(part.f) ?? infinite;
    ranges.set(part.f, range);
    const above = part.op === ">" || part.op === ">=" || part.op === "==";
    const below = part.op === "<" || part.op === "<=" || part.op === "==";
    if (above && (part.v > range.low || (part.v === range.low && part.op === ">"))) {
      range.low = part.v;
      range.lowOpen = part.op === ">";
    }
    if (below && (part.v < range.high || (part.v === range.high && part.op === "<"))) {
      range.high = part.v;
      range.highOpen = part.op === "<";
    }
  }
  return [...ranges.values()].some((r) => r.low > r.high || (r.low === r.high && (r.lowOpen || r.highOpen)));
}
