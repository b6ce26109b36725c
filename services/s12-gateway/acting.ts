/** Does what was asked for and approved: once, in the name of who asked, whoever is stopped meanwhile. */
import { type Approval, users } from "../../shared/collections/people.ts";
import { asProblem, type Code, Problem, refuse } from "../../shared/errors.ts";
import { NOWHERE } from "../../shared/kit/arrival.ts";
import type { Clock, Store } from "../../shared/kit/ports.ts";
import { allow } from "../../shared/kit/rest.ts";
import type { Context, Log, Principal } from "../../shared/kit/service.ts";
import { forSomebodyAt, withWordOf } from "../../shared/kit/trace.ts";
import { type Act, type FindOwn, hashOf, mayAsk } from "./acts.ts";
import { MAY_DECIDE } from "./approval-kinds.ts";
import type { Approvals, Kept } from "./approvals.ts";

/** What could not be done so long after it was approved is not done any more: the reason for it may be gone. */
const START_MS_MAX = 15 * 60_000;
/** Of what is no failure of the request itself: it is tried again. */
const NOT_YET: readonly Code[] = ["RATE_LIMITED", "STILL_RUNNING", "UNAUTHENTICATED"];

export interface ActingParts {
  store: Pick<Store, "get">;
  clock: Clock;
  log: Log;
  approvals: Approvals;
  alert: Context["alert"];
  find: FindOwn;
  /** Has another service do it, once per key. */
  send(act: Act, who: Principal, key: string): Promise<Response>;
}
type Own = NonNullable<ReturnType<FindOwn>>;

export function createActing({ store, clock, log, approvals, alert, find, send }: ActingParts) {
  const present = presentIn(store);

  /** Why it is not done any more, in words, although it was approved. */
  async function whyNot({ value }: Kept): Promise<string | undefined> {
    const { approval_id, kind, requested_by, decided_by = "", decided_at = 0, collect, hash, withdrawn_by } = value;
    if (hashOf(value) !== hash) {
      alert("ERROR", "APPROVAL_CHANGED", `Approval ${approval_id} is not what was approved any more`, "It is not done");
      return "Its content was changed after it was asked for.";
    }
    if (withdrawn_by !== undefined) return `Withdrawn by ${withdrawn_by}.`;
    if (!collect && decided_at + START_MS_MAX <= clock.now()) return "It could not be done in time: ask again.";
    const asker = await present(requested_by);
    if (!asker || !mayAsk(kind, asker)) return `${requested_by} may not do this any more.`;
    const approver = await present(decided_by);
    if (!approver || !MAY_DECIDE[kind].includes(approver.role)) return `${decided_by} may not allow this any more.`;
    return undefined;
  }

  /** Who asked, as they are now, with the word of who approved it. */
  async function inTheNameOf({ requested_by: id, requested_from: from, ...by }: Approval): Promise<Principal> {
    const who = (await present(id)) ?? refuse("FORBIDDEN", `${id} may not do this any more.`);
    return { ...who, from, second: by.self_approved ? "single" : by.decided_by };
  }

  /** What is done says so in its own commit, so that nothing is done twice. */
  async function runOwn({ verb, names }: Own, row: Kept, who: Principal): Promise<unknown> {
    const { body } = actOf(row);
    allow(verb, who);
    const input = verb.input.safeParse({ ...body, ...names });
    if (!input.success) throw new Problem("INVALID", input.error.issues[0]?.message ?? "invalid input");
    const also = approvals.finishing(row, "DONE", "Done.");
    const call = { principal: who, arrival: NOWHERE, signal: undefined, header: () => undefined, also };
    return withWordOf(who.second, () => verb.run(input.data as never, call));
  }

  async function runElsewhere(row: Kept, who: Principal): Promise<Kept> {
    const { approval_id, started_at } = row.value;
    const started = started_at === undefined ? await approvals.start(row) : row;
    const response = await send(actOf(row), who, approval_id);
    if (response.ok) return approvals.finish(started, "DONE", "Done.");
    const { code, detail } = (await response.json()) as { code: Code; detail: string };
    throw new Problem(code, detail);
  }

  async function attempt(row: Kept): Promise<Kept> {
    const who = await inTheNameOf(row.value);
    const own = find(actOf(row));
    if (!own) return runElsewhere(row, who);
    await forSomebodyAt(who.from, () => runOwn(own, row, who));
    const now = await approvals.need(row.value.approval_id);
    // Of a verb that could not say so in a commit of its own.
    return now.value.state === "APPROVED" ? approvals.finish(now, "DONE", "Done.") : now;
  }

  /** Does what is approved, or tells why not; what cannot be done now is tried again. */
  async function execute(row: Kept): Promise<Kept> {
    const { approval_id: id, started_at, collect, requested_by, expires_at } = row.value;
    const why = await whyNot(row);
    if (why !== undefined) {
      const maybe = started_at === undefined ? "" : " It may have been done before that.";
      return approvals.finish(row, "FAILED", why + maybe);
    }
    if (collect) {
      if (expires_at <= clock.now()) return approvals.expire(row);
      return approvals.wait(row, `Waits for ${requested_by} to collect the answer.`);
    }
    try {
      return await attempt(row);
    } catch (error) {
      const { code, status, message } = asProblem(error);
      const now = await approvals.need(id);
      if (now.value.state !== "APPROVED") return now;
      if (status < 500 && !NOT_YET.includes(code)) return approvals.finish(now, "FAILED", message);
      log.warn("what was approved waits", { approval_id: id, error: String(error) });
      return approvals.wait(now, message);
    }
  }

  /** For who asked, once: does what was approved and answers what of it is kept nowhere. */
  async function collect(id: string, who: Principal): Promise<unknown> {
    const row = await approvals.need(id);
    const { state, collect: isCollected, requested_by, expires_at } = row.value;
    if (!isCollected) refuse("WRONG_STATE", "There is nothing to collect of this.");
    if (requested_by !== who.id) refuse("FORBIDDEN", "Who asked for it collects it.");
    if (state !== "APPROVED") refuse("WRONG_STATE", `It is ${state}.`);
    if (expires_at <= clock.now() || (await whyNot(row)) !== undefined) {
      const { value } = await execute(row);
      refuse("WRONG_STATE", value.outcome ?? value.state);
    }
    const own = find(actOf(row)) ?? refuse("NOT_FOUND", "Nothing answers this any more.");
    return runOwn(own, row, await inTheNameOf(row.value));
  }

  return { execute, collect };
}
export type Acting = ReturnType<typeof createActing>;

const actOf = ({ value }: Kept): Act => value.subject as unknown as Act;

/** A user as they are now; undefined for who is not let in. */
export const presentIn =
  (store: Pick<Store, "get">) =>
  async (username: string): Promise<Principal | undefined> => {
    const user = (await store.get(users, username))?.value;
    if (!user || user.disabled || user.must_change_password) return undefined;
    return { kind: "person", id: username, role: user.role };
  };
