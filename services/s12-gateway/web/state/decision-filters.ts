/** Which decisions are asked for: by instrument, strategy, outcome, reason and local days. */
import type { Decision } from "../../../../shared/domain/decision.ts";
import { type Asked, askedOf, periodOf } from "./asked.ts";

export const DECIDED = ["open", "skip"] as const;
export const actionAsked = ({ state }: Asked): (typeof DECIDED)[number] | "" => askedOf(state, DECIDED);

/** S3's lists leave their last moment out. */
export function periodAsked(asked: Asked): { from_ts?: string; to_ts?: string } {
  const { from_ts, to_ts } = periodOf(asked);
  return { ...(from_ts && { from_ts }), ...(to_ts && { to_ts: String(Number(to_ts) + 1) }) };
}

/** Whether one that was just heard of belongs to the list. */
export function fitsDecision({ instrument, strategy_id, decision, ts }: Decision, asked: Asked): boolean {
  const { from_ts, to_ts } = periodOf(asked);
  const action = actionAsked(asked);
  return (
    (asked.on === undefined || instrument === asked.on) &&
    (asked.strategy === undefined || strategy_id === asked.strategy) &&
    (action === "" || decision.action === action) &&
    (asked.what === undefined || decision.reason === asked.what) &&
    (from_ts === undefined || ts >= Number(from_ts)) &&
    (to_ts === undefined || ts <= Number(to_ts))
  );
}

/** What can be asked for as a reason: those seen, and the one asked for now. */
export const reasonsOf = (decisions: readonly Decision[], asked: Asked): string[] =>
  [...new Set([...(asked.what ? [asked.what] : []), ...decisions.map(({ decision }) => decision.reason)])].sort();
