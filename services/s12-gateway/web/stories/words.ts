/** Why something was decided, in words. */
import { useCallback } from "react";
import type { Decision, GuardResult } from "../../../../shared/domain/decision.ts";
import { numberText } from "../format/numbers.ts";
import { codeText, type Translate, useText } from "../i18n/translate.ts";

/** `spread` → "Spread too wide"; a code without a text of its own reads as it is. */
export function useReason(): (reason: string) => string {
  const { t } = useText();
  return useCallback((reason: string) => codeText(t, "reason", reason), [t]);
}

const valueText = (value: GuardResult["value"]): string =>
  typeof value === "number" ? plainNumber(value) : String(value ?? "–");
/** As many digits as a person can use: 4 after the point at most, more only for what is tiny. */
const plainNumber = (value: number): string =>
  Math.abs(value) > 0 && Math.abs(value) < 0.001
    ? value.toPrecision(2)
    : numberText(value, Number.isInteger(value) ? 0 : Math.abs(value) >= 100 ? 1 : 4)
        .replace(/(\.\d*?)0+$/, "$1")
        .replace(/\.$/, "");

/** `3.2 against 3`. */
export const guardInWords = (t: Translate, guard: GuardResult): string =>
  guard.value === null && guard.limit === null
    ? ""
    : t("guard.against", { value: valueText(guard.value), limit: valueText(guard.limit) });

export const guardValue = valueText;

export const firedRules = (decision: Decision): string[] =>
  decision.rules.filter((rule) => rule.fired === true).map((rule) => rule.rule_id);
