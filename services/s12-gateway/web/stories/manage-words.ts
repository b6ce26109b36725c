/** What S6 plans to do to open trades, in words, before and after. */
import type { ManageAnswer } from "../api/shapes.ts";
import { asGiven } from "../format/numbers.ts";
import { codeText, type Translate } from "../i18n/translate.ts";
import type { Told } from "../parts/act-dialog.tsx";

/** One line a move, a reduction, an add, and a fault. */
function linesOf(t: Translate, { plan, errors }: ManageAnswer, tense: "plan" | "done"): string[] {
  return [
    ...plan.stop_moves.map(({ instrument, stop_price }) =>
      t(`manage.${tense}.stop`, { instrument, price: asGiven(stop_price) }),
    ),
    ...plan.reduces.map(({ instrument, qty, reason }) =>
      t(`manage.${tense}.reduce`, { instrument, qty: asGiven(qty), reason: codeText(t, "exit", reason) }),
    ),
    ...plan.adds.map(({ instrument, qty }) => t(`manage.${tense}.add`, { instrument, qty: asGiven(qty) })),
    ...errors.map(({ instrument, message }) => t("manage.refused", { instrument, message })),
  ];
}
const isEmpty = ({ plan }: ManageAnswer): boolean =>
  plan.stop_moves.length + plan.reduces.length + plan.adds.length === 0;

export function planned(t: Translate, answer: ManageAnswer): Told {
  if (isEmpty(answer) && answer.errors.length === 0) return { lines: [t("manage.nothing")], idle: true };
  return { lines: linesOf(t, answer, "plan"), bad: isEmpty(answer), idle: isEmpty(answer) };
}
export function done(t: Translate, answer: ManageAnswer): Told {
  if (isEmpty(answer) && answer.errors.length === 0) return { lines: [t("manage.nothing")] };
  return { lines: linesOf(t, answer, "done"), bad: answer.errors.length > 0 };
}
