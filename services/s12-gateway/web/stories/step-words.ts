/** Each step of a decision in a sentence or two. */
import type { DecisionStory } from "../../../../shared/client/gen/types.ts";
import type { Decision, Trigger } from "../../../../shared/domain/decision.ts";
import type { ModelResult } from "../../../../shared/domain/model.ts";
import type { ProgramResult } from "../../../../shared/domain/program.ts";
import { asGiven, percentText, usdtText } from "../format/numbers.ts";
import { codeText, type Translate } from "../i18n/translate.ts";
import { endedBy } from "../state/decision-steps.ts";
import { firedRules, guardValue, plainNumber, reasonInWords } from "./words.ts";

export function triggerSaid(t: Translate, trigger: Trigger | undefined): string {
  if (!trigger) return t("decision.trigger.unknown");
  if (trigger.what === "asked") return t("decision.trigger.asked");
  return t(`decision.trigger.${trigger.kind}`, { what: t.say(trigger.what) });
}

export function guardsSaid(t: Translate, { guards }: Decision): string {
  const failed = guards.find(({ passed }) => !passed);
  if (guards.length === 0) return t("decision.guards.none");
  if (!failed) return t("decision.guards.passed", { count: guards.length });
  const guard = codeText(t, "guard", failed.name);
  if (failed.value === null) return t("decision.guards.unknown", { guard });
  const params = { guard, value: guardValue(t, failed.value), limit: guardValue(t, failed.limit) };
  if (typeof failed.value !== "number" || typeof failed.limit !== "number") return t("decision.guards.is", params);
  return t(failed.value > failed.limit ? "decision.guards.above" : "decision.guards.below", params);
}

export function sideSaid(t: Translate, decision: Decision): string {
  const { side, reason } = decision.decision;
  if (side === "BUY") return t("decision.side.long");
  if (side === "SELL") return t("decision.side.short");
  return endedBy(decision) === "side" ? t("decision.side.none", { reason: codeText(t, "reason", reason) }) : "";
}

export function rulesSaid(t: Translate, decision: Decision): string {
  const { rules } = decision;
  if (rules.length === 0) return t("decision.rules.none");
  if (endedBy(decision) === "rules") return t("decision.rules.ended", { rule: decision.decision.reason });
  const fired = firedRules(decision);
  return fired.length === 0
    ? t("decision.rules.quiet", { count: rules.length })
    : t("decision.rules.fired", { fired: fired.length, count: rules.length });
}

export function modelSaid(t: Translate, { p, size_mult, trouble }: ModelResult): string {
  if (p === null) return t(`decision.model.${trouble ?? "missing"}`);
  const chance = percentText(p, 1);
  if (size_mult === 0) return t("decision.model.ended", { p: chance });
  return t("decision.model.sized", { p: chance, size: plainNumber(size_mult) });
}

export function wishSaid(t: Translate, { wish, trouble }: ProgramResult): string {
  if (trouble) return t(`decision.program.${trouble}`);
  if (!wish) return t("decision.program.nothing");
  const way = t(wish.side === "BUY" ? "position.long" : "position.short");
  return wish.price === undefined
    ? t("decision.program.wish", { way })
    : t("decision.program.wish_at", { way, price: plainNumber(wish.price) });
}

export function sizingSaid(t: Translate, decision: Decision): string {
  const { sizing } = decision;
  if (!sizing) return t("decision.sizing.none", { reason: reasonInWords(t, decision) });
  return t("story.decision.sizing", {
    notional: usdtText(sizing.notional_usdt),
    margin: usdtText(sizing.margin_usdt),
    leverage: sizing.leverage,
    loss: usdtText(sizing.worst_loss_usdt),
  });
}

type Outcome = Partial<Pick<DecisionStory, "order" | "not_taken">>;
export function ordersSaid(t: Translate, { intents, order }: Decision & Outcome): string {
  const [intent] = intents;
  const asked = t("decision.orders.asked", {
    side: t(intent?.side === "SELL" ? "side.SELL" : "side.BUY"),
    qty: asGiven(intent?.qty),
  });
  return order
    ? `${asked} ${t("decision.orders.answer", { status: codeText(t, "status", order.status), filled: asGiven(order.filled_qty) })}`
    : asked;
}
