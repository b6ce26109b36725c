/** When a trade has gone nowhere for too long. */
import type { PositionRules } from "../../domain/bundle.ts";
import type { Trade } from "../../domain/trade.ts";

/** Open for the time limit while its best ROE stayed below the mark. */
export const isStagnant = (
  trade: Trade,
  seen: { now: number; bestRoe: number },
  rules: Pick<PositionRules, "stagnate_ms" | "stagnate_roe">,
): boolean => seen.now - trade.opened_at >= rules.stagnate_ms && seen.bestRoe < rules.stagnate_roe;
