/** Lints conditions: what they compare, and what can be proved of them before any market is seen. */
import { CONDITION_DEPTH_MAX, type Condition } from "../../shared/domain/bundle.ts";
import { SIDE_FACTOR } from "../../shared/trading/factors/registry.ts";
import { type Prover, rangeOfFactor } from "./condition-logic.ts";
import type { Findings, Path } from "./findings.ts";

export interface ConditionLint {
  readonly findings: Findings;
  readonly prover: Prover;
  /** The factors that the bundle lists. */
  readonly listed: readonly string[];
  /** The instruments of which anything is known: those that are enabled. */
  readonly followed: readonly string[];
}

type Comparison = Extract<Condition, { f: string }>;

/** False: something is so wrong that nothing can be proved of it. */
export function lintCondition(lint: ConditionLint, path: Path, condition: Condition): boolean {
  const sound = lintShape(lint, path, condition, 1);
  if (sound) explain(lint, path, condition);
  return sound;
}

/** A factor that is named must be listed, unless it is the side, and one of another instrument must have that one. */
export function lintFactor(lint: Omit<ConditionLint, "prover">, path: Path, factor: string): void {
  const { findings, listed } = lint;
  if (factor === SIDE_FACTOR) return;
  const name = factor.split("@")[0] as string;
  if (!listed.includes(factor) && !listed.includes(name)) {
    findings.mustBe({ path, name: factor, of: listed, what: "listed factor" });
  }
  lintPeer(lint, path, factor);
}

/** Of an instrument that is not enabled no bars are kept. */
export function lintPeer(
  { findings, followed }: Pick<ConditionLint, "findings" | "followed">,
  path: Path,
  factor: string,
) {
  const peer = factor.split("@")[1];
  if (peer === undefined || followed.includes(peer)) return;
  findings.add(path, "NO_PEER", `never has a value: ${peer} is no enabled instrument of this bundle`);
}

function lintShape(lint: ConditionLint, path: Path, condition: Condition, depth: number): boolean {
  if (depth > CONDITION_DEPTH_MAX) {
    lint.findings.add(path, "TOO_DEEP", `conditions nest at most ${CONDITION_DEPTH_MAX} deep`);
    return false;
  }
  return partsOf(condition)
    .map(([part, name]) => lintShape(lint, [...path, ...name], part, depth + 1))
    .concat("f" in condition ? [lintComparison(lint, path, condition)] : [])
    .every((isSound) => isSound);
}

/** The conditions within one, with where they are. */
function partsOf(condition: Condition): [Condition, Path][] {
  if ("not" in condition) return [[condition.not, ["not"]]];
  if ("allOf" in condition) return condition.allOf.map((part, i) => [part, ["allOf", i]]);
  if ("anyOf" in condition) return condition.anyOf.map((part, i) => [part, ["anyOf", i]]);
  return [];
}

function lintComparison(lint: ConditionLint, path: Path, condition: Comparison): boolean {
  const { findings } = lint;
  lintFactor(lint, [...path, "f"], condition.f);
  const isList = condition.op === "in" || condition.op === "notIn";
  if ("vf" in condition) {
    lintFactor(lint, [...path, "vf"], condition.vf);
    if (isList) findings.add([...path, "op"], "WRONG_TYPE", `"${condition.op}" needs a list of numbers, no factor`);
    return !isList;
  }
  const wrong = wrongValue(condition, isList);
  if (wrong !== undefined) findings.add([...path, "v"], "WRONG_TYPE", wrong);
  return wrong === undefined;
}

function wrongValue({ op, v }: Extract<Condition, { v: unknown }>, isList: boolean): string | undefined {
  if (isList !== Array.isArray(v)) return isList ? `"${op}" needs a list` : "needs one value, no list";
  if (![v].flat().every((value) => typeof value === "number")) return "factors are numbers; compare with a number";
  return undefined;
}

/** Names the smallest part that never or always holds: what stands around it follows from it. */
function explain(lint: ConditionLint, path: Path, condition: Condition): boolean {
  const { findings, prover } = lint;
  if ("f" in condition) return explainComparison(lint, path, condition);
  const within = partsOf(condition).map(([part, name]) => explain(lint, [...path, ...name], part));
  if (within.some((told) => told)) return true;
  if (prover.never(condition)) {
    findings.add(path, "UNREACHABLE", `can never be true: ${excluding(prover, condition)}`);
    return true;
  }
  if (!("not" in condition) && prover.always(condition)) {
    findings.add(path, "ALWAYS_TRUE", "is true whatever the values are");
    return true;
  }
  return false;
}

function excluding(prover: Prover, condition: Condition): string {
  const parts = "allOf" in condition ? condition.allOf : [];
  for (const [i, first] of parts.entries()) {
    for (const second of parts.slice(i + 1)) {
      if (prover.neverTogether([first, second])) return `${inWords(first)} and ${inWords(second)} exclude each other`;
    }
  }
  return "its parts exclude each other";
}

function explainComparison({ findings, prover }: ConditionLint, path: Path, condition: Comparison): boolean {
  if ("vf" in condition && condition.vf === condition.f) {
    findings.add([...path, "vf"], "SAME_FACTOR", `compares "${condition.f}" with itself`);
    return true;
  }
  const about = "vf" in condition ? [condition.f, condition.vf] : [condition.f];
  const ranges = about.map(rangeText).join(" and ");
  if (prover.never(condition)) {
    findings.add(path, "BEYOND_RANGE", `${inWords(condition)} can never be true: ${ranges}`);
    return true;
  }
  if (!prover.always(condition)) return false;
  findings.add(path, "ALWAYS_TRUE", `${inWords(condition)} is always true: ${ranges}`);
  return true;
}

/** `obi_5 is from -1 to 1`. */
export function rangeText(factor: string): string {
  const { low, high, only } = rangeOfFactor(factor);
  if (only) return `${factor} is ${only.slice(0, -1).join(", ")} or ${only.at(-1)}`;
  if (low === -Infinity && high === Infinity) return `${factor} is any number`;
  if (high === Infinity) return `${factor} is ${low} or more`;
  return low === -Infinity ? `${factor} is ${high} or less` : `${factor} is from ${low} to ${high}`;
}

const WORDS_MAX = 120;
/** `rsi_14_5s > 60`. */
export function inWords(condition: Condition): string {
  const text = words(condition);
  return text.length <= WORDS_MAX ? text : `${text.slice(0, WORDS_MAX)}…`;
}

function words(condition: Condition): string {
  if ("not" in condition) return `not (${words(condition.not)})`;
  if ("allOf" in condition) return condition.allOf.map((part) => enclosed(part)).join(" and ");
  if ("anyOf" in condition) return condition.anyOf.map((part) => enclosed(part)).join(" or ");
  if ("vf" in condition) return `${condition.f} ${condition.op} ${condition.vf}`;
  return `${condition.f} ${condition.op} ${Array.isArray(condition.v) ? `[${condition.v.join(", ")}]` : condition.v}`;
}

const enclosed = (condition: Condition): string => ("f" in condition ? words(condition) : `(${words(condition)})`);
