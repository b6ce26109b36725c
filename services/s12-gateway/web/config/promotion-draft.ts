/** The fields of a promotion's form as the service takes them, and what is wrong with them. */
import type { FieldProblem } from "../../../../shared/client/problem.ts";
import type { PromotionMode } from "../../../../shared/domain/promotion.ts";
import { problemsAt } from "../research/design.ts";
import type { PromotionAsked } from "./acts.ts";
import { readRevName } from "./place.ts";
import { isShare } from "./promotion-words.ts";

export const MODES = ["CANARY", "RAMP", "FULL", "ROLLBACK"] as const satisfies readonly PromotionMode[];
export const AFTERWARDS = ["HOLD", "RAMP", "FULL"] as const;
const SHARE_MAX = 50;

export interface PromotionDraft {
  /** As `revName` writes it. */
  readonly of: string;
  readonly mode: PromotionMode;
  readonly share: string;
  readonly hours: string;
  readonly afterwards: (typeof AFTERWARDS)[number];
  readonly note: string;
}

export const newPromotion = (of: string): PromotionDraft => ({
  ...{ of, mode: "CANARY", share: "10", hours: "24", afterwards: "RAMP", note: "" },
});

/** A ramp is itself what may follow a canary. */
export const afterwardsOf = (mode: PromotionMode): readonly PromotionDraft["afterwards"][] =>
  mode === "CANARY" ? AFTERWARDS : ["HOLD", "FULL"];

const SHOWN = ["to_rev", "bundle_id", "mode", "traffic_pct", "duration_h", "afterwards", "note"];
/** Whether the form shows it at a field. */
export const isShownInPromotion = (problem: FieldProblem): boolean =>
  SHOWN.some((field) => problemsAt([problem], field).length > 0);

export function promotionOf(draft: PromotionDraft): { asked: PromotionAsked; problems: FieldProblem[] } {
  const problems: FieldProblem[] = [];
  const wrong = (field: string, message: string) => problems.push({ field, message });
  const { mode, note } = draft;
  const ref = readRevName(draft.of);
  if (!ref) wrong("to_rev", "choose");
  const [traffic_pct, duration_h] = [Number(draft.share), Number(draft.hours)];
  if (mode === "CANARY" && !(traffic_pct >= 1 && traffic_pct <= SHARE_MAX)) wrong("traffic_pct", "share");
  if (isShare(mode) && !(duration_h > 0)) wrong("duration_h", "number");
  const afterwards = afterwardsOf(mode).includes(draft.afterwards) ? draft.afterwards : "HOLD";
  const asked = {
    ...{ bundle_id: ref?.bundle_id ?? "", to_rev: ref?.rev ?? 0, mode },
    ...(mode === "CANARY" && { traffic_pct }),
    ...(isShare(mode) && { duration_h, afterwards }),
    ...(note.trim() !== "" && { note: note.trim() }),
  };
  return { asked, problems };
}
