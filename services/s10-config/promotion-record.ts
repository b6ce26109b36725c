/** A promotion's record: how it begins, how it is told in words, and how each step changes it. */
import type { Split } from "../../shared/domain/arms.ts";
import type { BundleView } from "../../shared/domain/bundle.ts";
import type {
  GateResult,
  Promotion,
  PromotionMode,
  PromotionStep,
  PromotionWatch,
} from "../../shared/domain/promotion.ts";
import { refuse } from "../../shared/errors.ts";
import { digest } from "../../shared/keys.ts";
import { DURATION_H_MAX, type PromoteRequest } from "./promotion-types.ts";

const CANARY_PCT = 10;
const RAMP_PCT = 50;
const DURATION_H = 24;
const HOUR_MS = 3_600_000;
const ID_CHARACTERS = 32;

/** How a revision comes into force, with all that was left to defaults. */
export interface Terms {
  mode: PromotionMode;
  traffic_pct?: number;
  duration_h?: number;
  afterwards?: "HOLD" | "RAMP" | "FULL";
  note?: string;
}

export const isShare = (mode: PromotionMode): boolean => mode === "CANARY" || mode === "RAMP";

/** INVALID, by field, for what the mode has not. */
export function termsOf(request: PromoteRequest, durationLeastH: number): Terms {
  const { mode, traffic_pct, duration_h, afterwards, note } = request;
  const said = { mode, ...(note !== undefined && { note }) };
  if (!isShare(mode)) {
    for (const field of ["traffic_pct", "duration_h", "afterwards"] as const) {
      if (request[field] !== undefined) wrong(field, `a ${mode} is for all at once and has none`);
    }
    return said;
  }
  if (mode === "RAMP" && traffic_pct !== undefined && traffic_pct !== RAMP_PCT) wrong("traffic_pct", "a RAMP has 50");
  if (mode === "RAMP" && afterwards === "RAMP") wrong("afterwards", "FULL or HOLD comes after a RAMP");
  if (duration_h !== undefined && duration_h < durationLeastH) {
    wrong("duration_h", `from ${durationLeastH} to ${DURATION_H_MAX} hours`);
  }
  return {
    ...said,
    traffic_pct: traffic_pct ?? (mode === "RAMP" ? RAMP_PCT : CANARY_PCT),
    duration_h: duration_h ?? Math.max(DURATION_H, durationLeastH),
    afterwards: afterwards ?? "HOLD",
  };
}

function wrong(field: string, message: string): never {
  return refuse("INVALID", `${field}: ${message}`, { errors: [{ field, message }] });
}

/** What comes by itself after one that stood; undefined: nothing. */
export function nextTerms({ mode, afterwards, duration_h }: Promotion): Terms | undefined {
  if (afterwards === undefined || afterwards === "HOLD") return undefined;
  if (mode === "RAMP") return { mode: "FULL" };
  const then = afterwards === "FULL" ? "FULL" : "HOLD";
  return { mode: "RAMP", traffic_pct: RAMP_PCT, ...(duration_h !== undefined && { duration_h }), afterwards: then };
}

const THEN = {
  CANARY: { HOLD: "", RAMP: ", then ramp", FULL: ", then ramp, then full" },
  RAMP: { HOLD: "", RAMP: "", FULL: ", then full" },
};
/** Such as `Canary of revision 7 of the bundle mine at 10 % for 24 h, then ramp, then full`. */
export function wordsOf(terms: Terms, { bundle_id, rev }: Pick<BundleView, "bundle_id" | "rev">): string {
  const what = `revision ${rev} of the bundle ${bundle_id}`;
  const { mode, traffic_pct, duration_h, afterwards = "HOLD" } = terms;
  if (mode === "FULL") return `Activate ${what} for all`;
  if (mode === "ROLLBACK") return `Bring back the content of ${what} for all`;
  const name = mode === "CANARY" ? "Canary" : "Ramp";
  return `${name} of ${what} at ${traffic_pct} % for ${duration_h} h${THEN[mode][afterwards]}`;
}

export interface Beginning {
  terms: Terms;
  /** Whose content; ROLLBACK: under the number that was asked for. */
  asked: Pick<BundleView, "bundle_id" | "rev">;
  view: BundleView;
  from_rev: number;
  author: string;
  gates: readonly GateResult[];
  follows?: string;
  /** FULL: for how long it is watched once all have it. */
  watch_hours?: number;
  now: number;
}

export function newPromotion(beginning: Beginning): Promotion {
  const { terms, asked, view, from_rev, author, gates, follows, watch_hours = 0, now } = beginning;
  const names = gates.map(({ name, state }) => `${name} ${state === "PASSED" ? "passed" : "has too little to say"}`);
  const timeline: PromotionStep[] = [
    { ts: now, what: "ASKED", detail: `${wordsOf(terms, asked)}; by ${author}` },
    ...(gates.length > 0 ? [{ ts: now, what: "GATES_PASSED" as const, detail: names.join(", ") }] : []),
    { ts: now, what: "TOLD", detail: `revision ${view.rev} was told to all` },
  ];
  return {
    promotion_id: digest("promotion", terms.mode, view.bundle_id, String(view.rev), String(now)).slice(
      0,
      ID_CHARACTERS,
    ),
    ...terms,
    ...{ status: "PENDING", bundle_id: view.bundle_id, from_rev, to_rev: asked.rev, rev: view.rev, hash: view.hash },
    ...(follows !== undefined && { follows }),
    ...(watch_hours > 0 && { watch: { hours: watch_hours, state: "WATCHING" as const } }),
    ...{ author, gates: [...gates], guardrails: [], services: [], timeline, created_at: now },
  };
}

/** From `now` on; what is told before all have it ends a little sooner, and is told anew then. */
export const splitOf = (promotion: Promotion, { slot_ms, now }: { slot_ms: number; now: number }): Split => ({
  promotion_id: promotion.promotion_id,
  traffic_pct: promotion.traffic_pct ?? RAMP_PCT,
  slot_ms,
  until: now + (promotion.duration_h ?? DURATION_H) * HOUR_MS,
});

export const watchUntil = ({ hours }: PromotionWatch, now: number): number => now + hours * HOUR_MS;

export const withStep = (
  promotion: Promotion,
  what: PromotionStep["what"],
  [ts, detail]: [number, string],
): Promotion => ({
  ...promotion,
  timeline: [...promotion.timeline, { ts, what, detail }],
});

export interface Ending {
  status: "DONE" | "ROLLED_BACK" | "ABORTED";
  what: PromotionStep["what"];
  detail: string;
  /** Why it ended otherwise than planned. */
  reason?: string;
  next?: string;
}
export const ended = (promotion: Promotion, ending: Ending, now: number): Promotion => ({
  ...withStep(promotion, ending.what, [now, ending.detail]),
  ...(promotion.watch && { watch: watchAfter(promotion.watch, ending.status) }),
  status: ending.status,
  ...(ending.reason !== undefined && { reason: ending.reason }),
  ...(ending.next !== undefined && { next: ending.next }),
  ended_at: now,
});

/** DONE is in force for all: from then on its watch counts. */
function watchAfter(watch: PromotionWatch, status: Ending["status"]): PromotionWatch {
  if (status === "DONE") return watch;
  return { ...watch, state: status === "ROLLED_BACK" ? "TAKEN_BACK" : "ENDED" };
}
