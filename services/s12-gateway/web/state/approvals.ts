/** What may be done with an approval, by whom; the gateway decides, the page says so beforehand. */
import type { Approval } from "../../../../shared/collections/people.ts";
import type { Role } from "../api/people-shapes.ts";
import type { Me, Services } from "../api/shapes.ts";

export const isWaiting = ({ state }: Pick<Approval, "state">): boolean => state === "PENDING";
/** What is approved and not done yet can still be taken back. */
export const canBeEnded = (approval: Pick<Approval, "state" | "withdrawn_by">): boolean =>
  isWaiting(approval) || (approval.state === "APPROVED" && approval.withdrawn_by === undefined);

export type WhyNot = "role" | "own";

/** Whose word counts: about people an admin's, else that of risk too. */
const DECIDING: Partial<Record<Approval["kind"], readonly Role[]>> = { USER: ["admin"], API_KEY: ["admin"] };
const RISK: readonly Role[] = ["risk", "admin"];
export const mayDecide = ({ kind }: Pick<Approval, "kind">, me: Me | undefined): boolean =>
  me !== undefined && (DECIDING[kind] ?? RISK).includes(me.role);

/** Why this person may not approve it; undefined where they may, or where the gateway has still to say. */
export function whyNotApprove(
  approval: Pick<Approval, "kind" | "requested_by">,
  me: Me | undefined,
  mode: Services["approvals"] | undefined,
): WhyNot | undefined {
  if (!mayDecide(approval, me)) return "role";
  return mode === "two" && approval.requested_by === me?.username ? "own" : undefined;
}

/** Its answer holds a secret: who asked has it done, and sees that once. */
export const canBeCollected = (
  { state, collect, requested_by, withdrawn_by }: Pick<Approval, "state" | "collect" | "requested_by" | "withdrawn_by">,
  me: Me | undefined,
): boolean => state === "APPROVED" && collect === true && withdrawn_by === undefined && requested_by === me?.username;

/** What waits comes first, then the newest. */
export const inOrder = <T extends Pick<Approval, "state" | "created_at">>(approvals: readonly T[]): T[] =>
  approvals.toSorted((a, b) => Number(isWaiting(b)) - Number(isWaiting(a)) || b.created_at - a.created_at);
