/** Where on the page a hit of the search is shown whole. */
import type { Address } from "./address.ts";

export const HIT_KINDS = [
  ...(["orders", "intents", "trades", "decisions"] as const),
  ...(["reconciliations", "reports", "alerts", "audit", "strategy_events", "log_events"] as const),
];
export type HitKind = (typeof HIT_KINDS)[number];
export interface Hit {
  id: string;
  title: string;
  ts?: number;
  /** Of the API. */
  path: string;
}
export interface Found {
  q: string;
  groups: { kind: HitKind; items: Hit[] }[];
  /** Where it could not be looked just now. */
  not_searched: HitKind[];
}

export const QUESTION_CHARACTERS_MIN = 2;

/** Epoch ms to the local day, as the pages' filters take it. */
const dayOf = (ts: number): string => {
  const day = new Date(ts);
  return [day.getFullYear(), day.getMonth() + 1, day.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
};

/** Undefined where no page shows it: the API's own answer is all there is. */
export function placeOf(kind: HitKind, { id, ts }: Pick<Hit, "id" | "ts">): Partial<Address> | undefined {
  const day = ts === undefined ? undefined : dayOf(ts);
  switch (kind) {
    case "orders":
      return { page: "orders", id };
    case "trades":
    case "reports":
      return { page: "trades", id };
    case "reconciliations":
      return { page: "reconciliation", id };
    case "decisions":
      return { subject: { kind: "decision", id } };
    case "alerts":
      return { page: "health", id: "", asked: day === undefined ? {} : { from: day }, subject: { kind: "alert", id } };
    case "audit":
      return { page: "audit", id: "", asked: day === undefined ? {} : { from: day, to: day } };
    case "strategy_events":
      return { page: "health", id: "actions", asked: day === undefined ? {} : { from: day, to: day } };
    case "log_events":
      return { page: "health", id: "logs", asked: day === undefined ? {} : { from: day, to: day } };
    default:
      return undefined;
  }
}
