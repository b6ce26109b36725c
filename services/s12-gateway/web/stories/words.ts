/** Why something was decided, in words. */
import type { Decision, GuardResult } from "../../../../shared/domain/decision.ts";
import { numberText } from "../format/numbers.ts";
import { codeText, type Translate } from "../i18n/translate.ts";

/** The guard, rule or condition that ended it; a code without a text of its own reads as it is. */
export function reasonInWords(t: Translate, { decision, rules, guards }: Decision): string {
  const failed = guards.find((guard) => !guard.passed);
  if (failed?.value === null) return t("reason.not_known", { guard: codeText(t, "guard", failed.name) });
  const byRule = rules.some((rule) => rule.rule_id === decision.reason);
  return byRule ? t("reason.by_rule", { rule: decision.reason }) : codeText(t, "reason", decision.reason);
}

export const guardValue = (t: Translate, value: GuardResult["value"]): string => {
  if (typeof value === "boolean") return t(value ? "value.true" : "value.false");
  return typeof value === "number" ? plainNumber(value) : String(value ?? "–");
};
/** As many digits as a person can use: 4 after the point at most, more only for what is tiny. */
export const plainNumber = (value: number): string => {
  const size = Math.abs(value);
  if (size > 0 && size < 0.001) return value.toPrecision(2);
  const digits = Number.isInteger(value) ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 4;
  return digits === 0 ? numberText(value, 0) : numberText(value, digits).replace(/\.?0+$/, "");
};

const DIGITS_MAX = 8;
/** Two numbers with as many digits as it takes to tell them apart. */
export function apart(a: number, b: number): [string, string] {
  const plain: [string, string] = [plainNumber(a), plainNumber(b)];
  if (a === b || plain[0] !== plain[1]) return plain;
  for (let digits = 2; digits < DIGITS_MAX; digits += 1) {
    const texts: [string, string] = [numberText(a, digits), numberText(b, digits)];
    if (texts[0] !== texts[1]) return texts;
  }
  return [String(a), String(b)];
}

/** `3.2 against 3`. */
export const guardInWords = (t: Translate, guard: GuardResult): string =>
  guard.value === null && guard.limit === null
    ? ""
    : t("guard.against", { value: guardValue(t, guard.value), limit: guardValue(t, guard.limit) });

export const firedRules = (decision: Decision): string[] =>
  decision.rules.filter((rule) => rule.fired === true).map((rule) => rule.rule_id);

/** The rules that fired besides the one that is the reason itself. */
export const otherRules = (decision: Decision): string[] =>
  firedRules(decision).filter((rule) => rule !== decision.decision.reason);
