/** Decides what is done about a difference, and in which order; the owners of the books do it. */
import { abs, dec, zero } from "../../domain/money.ts";
import { type Cause, isForced, strangerOf } from "./cause.ts";
import type { Difference } from "./difference.ts";

/** CONSERVATIVE: what nobody can explain goes. RECLAIM_IF_SAFE: a position stays where the risk budget has room for it. */
export type OrphanPolicy = "CONSERVATIVE" | "RECLAIM_IF_SAFE";

export type Repair =
  | { readonly ask: "order"; readonly action: "RESYNC" | "ADOPT" | "CANCEL" }
  | { readonly ask: "holding"; readonly action: "BOOK" | "CLOSE" | "KEEP"; readonly orphans: "CLOSE" | "KEEP" }
  | { readonly ask: "trade"; readonly action: "REBUILD" }
  | { readonly ask: "nobody"; readonly action: "NONE"; readonly why: string };

export interface Surroundings {
  readonly policy: OrphanPolicy;
  /** Head of our client ids. */
  readonly tag: string;
  /** Of positions and wallets. */
  readonly cause?: Cause | undefined;
  /** The position on the order's instrument differs too. */
  readonly isPositionOpen: boolean;
}

export function decideRepair(difference: Difference, around: Surroundings): Repair {
  switch (difference.kind) {
    case "ORDER_GONE_THERE":
      return { ask: "order", action: "RESYNC" };
    case "ORDER_MISSING_HERE":
      return decideOrphan(difference, around);
    case "ORDER_DIFFERS":
      // What somebody amended is no longer what was admitted; what has ended here is nobody's.
      return difference.order?.why === "FILLS" ? { ask: "order", action: "RESYNC" } : decideCancel(difference, around);
    case "POSITION_DIFFERS":
    case "HOLDING_DIFFERS":
      return decideHolding(difference, around);
    case "TRADE_DIFFERS":
      return { ask: "trade", action: "REBUILD" };
  }
}

function decideOrphan(difference: Difference, around: Surroundings): Repair {
  const stranger = strangerOf(difference.ref, around.tag);
  if (stranger === undefined) return { ask: "order", action: "ADOPT" };
  return isForced(stranger)
    ? { ask: "nobody", action: "NONE", why: "the exchange's own order" }
    : decideCancel(difference, around);
}

/** An order with our tag whose intent nobody knows. */
export function decideCancel({ order }: Difference, { isPositionOpen }: Surroundings): Repair {
  // It can only lower the risk, and may be all that protects what nobody has explained yet.
  if (order?.reduce_only && isPositionOpen) {
    return { ask: "nobody", action: "NONE", why: "stands until the position is settled" };
  }
  return { ask: "order", action: "CANCEL" };
}

function decideHolding({ ours, theirs }: Difference, { policy, cause }: Surroundings): Repair {
  const orphans = policy === "RECLAIM_IF_SAFE" ? "KEEP" : "CLOSE";
  const [here, there] = [dec(ours), dec(theirs)];
  const isMore = abs(there) > abs(here) || (there !== zero && here !== zero && there > zero !== here > zero);
  // Our own fills explain it: nothing is an orphan.
  const action = !isMore || cause === "MISSED_FILLS" ? "BOOK" : orphans;
  return { ask: "holding", action, orphans };
}

/**
 * Repairs in this order: what our orders became, what could still add risk, what is held, what could only lower risk,
 * and the trades last, since they follow from the fills that all of this books.
 */
export function rankOf({ order }: Difference, repair: Repair): number {
  if (repair.ask === "holding") return 2;
  if (repair.ask === "trade") return 4;
  if (repair.action === "CANCEL") return order?.reduce_only ? 3 : 1;
  return 0;
}
