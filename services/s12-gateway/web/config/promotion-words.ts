/** How a promotion stands, in a sentence or two: what it does now, what comes after, or why it is over. */
import type { Promotion } from "../../../../shared/domain/promotion.ts";
import { dayClockText } from "../format/times.ts";
import type { Translate } from "../i18n/translate.ts";

type Told = Pick<
  Promotion,
  "mode" | "status" | "rev" | "from_rev" | "traffic_pct" | "afterwards" | "until" | "ended_at" | "reason" | "watch"
>;

export function promotionWords(t: Translate, locale: string, promotion: Told): string[] {
  const { mode, status, rev, from_rev, traffic_pct: share = 0, afterwards, until, ended_at, reason } = promotion;
  const time = (ts: number | undefined) => (ts === undefined ? "–" : dayClockText(ts, locale));
  const why = reason ? [t("promotion.words.why", { reason: t.say(reason) })] : [];
  switch (status) {
    case "PENDING":
      return [t("promotion.words.PENDING", { rev })];
    case "ACTIVE": {
      if (!isShare(mode)) return [t("promotion.words.for_all", { rev })];
      const then = t(`promotion.then.${afterwards ?? "HOLD"}`, { from: from_rev });
      return [t("promotion.words.ACTIVE", { rev, share, from: from_rev, until: time(until) }), then];
    }
    case "DONE":
      if (isShare(mode)) return [t("promotion.words.stood", { rev, time: time(ended_at) })];
      return [t("promotion.words.for_all", { rev }), ...watchWords(t, promotion, time(promotion.watch?.until))];
    case "ROLLED_BACK":
      return [t("promotion.words.ROLLED_BACK", { rev, from: from_rev, time: time(ended_at) }), ...why];
    case "ABORTED":
      return [t("promotion.words.ABORTED", { rev, from: from_rev, time: time(ended_at) }), ...why];
  }
}

function watchWords(t: Translate, { watch, from_rev: from }: Told, until: string): string[] {
  if (watch === undefined || watch.state === "TAKEN_BACK") return [];
  return [t(`promotion.watch.${watch.state}`, { until, from })];
}

export const isShare = (mode: Promotion["mode"]): boolean => mode === "CANARY" || mode === "RAMP";

/** `Canary at 10 %`, `Full`. */
export function modeText(t: Translate, { mode, traffic_pct }: Pick<Promotion, "mode" | "traffic_pct">): string {
  const name = t(`promotion_mode.${mode}`);
  return traffic_pct === undefined ? name : t("promotion.mode_share", { mode: name, share: traffic_pct });
}
