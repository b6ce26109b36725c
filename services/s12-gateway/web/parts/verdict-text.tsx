/** What was decided, in a word: long, short or skip. */
import type { Decision } from "../../../../shared/domain/decision.ts";
import { ARROW } from "../format/numbers.ts";
import { useText } from "../i18n/translate.ts";

export function VerdictText({ decision: { decision } }: { decision: Pick<Decision, "decision"> }) {
  const { t } = useText();
  const { action, side } = decision;
  if (action === "skip")
    return (
      <span className="verdict" data-action="skip">
        {t("verdict.skip")}
      </span>
    );
  const way = side === "SELL" ? "down" : "up";
  return (
    <span className="verdict" data-action="open" data-tone={way}>
      <span className="arrow" aria-hidden="true">
        {ARROW[way]}
      </span>{" "}
      {t(way === "up" ? "position.long" : "position.short")}
    </span>
  );
}
