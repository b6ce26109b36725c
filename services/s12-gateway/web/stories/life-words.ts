/** Each step of an order's life in words. */

import type { OrderStory } from "../../../../shared/client/gen/types.ts";
import { show } from "../../../../shared/domain/money.ts";
import type { Order } from "../../../../shared/domain/order.ts";
import { amountText, asGiven, digitsOf, numberText } from "../format/numbers.ts";
import { codeText, type Translate } from "../i18n/translate.ts";
import { type Step, sumOf } from "../state/life.ts";

/** `Limit, buy 0.010 at 60,000.0`. */
export function orderTerms(t: Translate, order: Order): string {
  const price = order.price ?? order.stop_price;
  const terms = { type: codeText(t, "type", order.type), side: t(`side.${order.side}`), qty: asGiven(order.qty) };
  return price === undefined
    ? t("life.terms.market", terms)
    : t("life.terms.priced", { ...terms, price: asGiven(price) });
}

function intentWords(t: Translate, { intent }: OrderStory): string {
  const { kind, side, qty, notional_usdt, instrument } = intent.intent;
  const size = qty !== undefined ? asGiven(qty) : notional_usdt !== undefined ? `${asGiven(notional_usdt)} USDT` : "";
  return t("life.intent", { kind: t(`kind.${kind}`), side: t(`side.${side}`), size, instrument });
}

function fillWords(t: Translate, { fills, detail }: Step): string {
  const sum = sumOf(fills);
  if (!sum) return detail;
  const role = sum.maker === undefined ? t("life.both_roles") : t(sum.maker ? "fills.maker" : "fills.taker");
  return t("life.fill", {
    qty: asGiven(show(sum.qty)),
    price: amountText(sum.price, { digits: Math.max(...fills.map((fill) => digitsOf(fill.price, 0))) }),
    role,
    fee: amountText(sum.feeUsdt, { digits: 4 }),
    bps: numberText(sum.slippageBps, 2),
  });
}

/** One line under the step's name; "" where its name says all. */
export function stepWords(t: Translate, step: Step, story: OrderStory): string {
  const { order, detail } = step;
  switch (step.what) {
    case "INTENT":
      return intentWords(t, story);
    case "PLAN":
      return story.plan ? codeText(t, "style", story.plan.style) : detail;
    case "SUBMIT":
    case "PROTECTION":
      return order ? orderTerms(t, order) : detail;
    case "ACK":
      return order?.order_id === undefined ? "" : t("life.ack", { id: order.order_id });
    case "FILL":
      return fillWords(t, step);
    case "DONE": {
      const { status, message } = story.intent.answer;
      const ended = codeText(t, "status", status);
      return message ? `${ended}: ${message}` : ended;
    }
    default:
      return detail;
  }
}
