/** Who has the revision of a promotion: what every replica says of itself, beside what it should run. */
import type { Promotion, RevisionHeld } from "../../domain/promotion.ts";

/** As S11 found one replica. */
export interface RevisionFound {
  service: string;
  replica: string;
  answered: boolean;
  rev: number;
  canary_rev?: number | undefined;
  promotion_id?: string | undefined;
  refused_rev?: number | undefined;
  error?: string | undefined;
}
/** The revision for all, and the one for a share where there is one. */
export interface WantedRevisions {
  rev: number;
  canary_rev?: number | undefined;
  /** A ramp has the revision of the canary before it: it is the promotion that tells them apart. */
  promotion_id?: string | undefined;
}

type Asked = Pick<Promotion, "promotion_id" | "mode" | "rev" | "from_rev">;
export const wantedOf = ({ promotion_id, mode, rev, from_rev }: Asked): WantedRevisions =>
  mode === "CANARY" || mode === "RAMP" ? { rev: from_rev, canary_rev: rev, promotion_id } : { rev };

export function revisionsHeld(found: readonly RevisionFound[], wanted: WantedRevisions): RevisionHeld[] {
  const newest = wanted.canary_rev ?? wanted.rev;
  return found.map(({ service, replica, answered, rev, canary_rev, promotion_id, refused_rev, error }) => {
    const isOfIt = promotion_id === wanted.promotion_id;
    const has = rev === wanted.rev && canary_rev === wanted.canary_rev && isOfIt;
    const state = !answered ? "AWAY" : refused_rev === newest ? "REFUSED" : has ? "HAS" : "WAITING";
    const why = state === "REFUSED" && error !== undefined ? { error } : {};
    return { service, replica, rev, ...(canary_rev !== undefined && { canary_rev }), state, ...why };
  });
}

/** Nobody known is nobody who has it. */
export const isHeldByAll = (held: readonly RevisionHeld[]): boolean =>
  held.length > 0 && held.every(({ state }) => state === "HAS");
export const refusalsOf = (held: readonly RevisionHeld[]): RevisionHeld[] =>
  held.filter(({ state }) => state === "REFUSED");

/** Those that keep it from being done, such as `s03 (away), s04 replica 2 (waiting)`. */
export const missingIn = (held: readonly RevisionHeld[]): string =>
  held
    .filter(({ state }) => state !== "HAS")
    .map(
      ({ service, replica, state }) =>
        `${service}${replica === "1" ? "" : ` replica ${replica}`} (${state.toLowerCase()})`,
    )
    .join(", ");
