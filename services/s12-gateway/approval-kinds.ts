/** What approvals are for: the kind of each request that needs a second person, and whose word counts for it. */
import type { Approval } from "../../shared/collections/people.ts";
import type { Role } from "../../shared/kit/service.ts";

type Kind = Approval["kind"];

const KINDS: readonly [Kind, RegExp][] = [
  ["KILL_OFF", /^POST \/kill-switch$/],
  ["LIVE_ARM", /^POST \/xchg\/live\/arm$/],
  ["PROMOTE", /^POST \/promote$/],
  ["USER", /^POST \/users(?:\/|$)/],
  ["API_KEY", /^DELETE \/api-keys\//],
];

/** `path` is without the prefix. */
export const kindOf = (method: string, path: string): Kind =>
  KINDS.find(([, pattern]) => pattern.test(`${method} ${path}`))?.[0] ?? "ACT";

const RISK: readonly Role[] = ["risk", "admin"];
const ADMIN: readonly Role[] = ["admin"];

/** Whose word counts; of all but a transfer also who may ask, beside what the operation itself demands. */
export const MAY_DECIDE: Record<Kind, readonly Role[]> = {
  TRANSFER: RISK,
  KILL_OFF: RISK,
  LIVE_ARM: RISK,
  PROMOTE: RISK,
  USER: ADMIN,
  API_KEY: ADMIN,
  ACT: RISK,
};
