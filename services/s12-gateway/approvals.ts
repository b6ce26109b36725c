/** Approvals: what somebody asked for and another must allow, decided once and bound by hash to what was asked. */
import { put } from "../../shared/changes.ts";
import { type Approval, approvals } from "../../shared/collections/people.ts";
import { refuse } from "../../shared/errors.ts";
import type { Clock, Op, Row, Store } from "../../shared/kit/ports.ts";
import type { Principal } from "../../shared/kit/service.ts";

/** Decided by the caps of the config revision in force, not by a person. */
export const POLICY = "policy";
const BATCH = 100;

export interface ApprovalParts {
  store: Store;
  clock: Clock;
  /** single: who asked may approve too, and the record says so. */
  mode: "single" | "two";
  ttlMs: number;
  audit(entry: { actor: string; what: string; ref: string; outcome: string; before?: unknown; after?: unknown }): Op;
}

export type Asked = Pick<Approval, "approval_id" | "kind" | "subject" | "hash" | "requested_by">;
type Kept = Row<Approval>;

export function createApprovals({ store, clock, mode, ttlMs, audit }: ApprovalParts) {
  async function keep(before: Kept | undefined, value: Approval, [actor, outcome]: [string, string]): Promise<Kept> {
    const after = { ...value, updated_at: clock.now() };
    const { approval_id, kind } = value;
    const entry = audit({
      actor,
      what: `approval.${kind.toLowerCase()}`,
      ref: approval_id,
      outcome,
      ...(before && { before: before.value }),
      after,
    });
    await store.commit([put(approvals, after, before?.rev ?? null), entry], { sync: "full" });
    return (await store.get(approvals, approval_id)) as Kept;
  }

  const need = async (id: string): Promise<Kept> =>
    (await store.get(approvals, id)) ?? refuse("NOT_FOUND", "There is no such approval.");

  /** Approved at once when the policy allows it, else waiting for a person. */
  function ask(asked: Asked, byPolicy: boolean): Promise<Kept> {
    const now = clock.now();
    const waiting: Approval = {
      ...asked,
      state: "PENDING",
      expires_at: now + ttlMs,
      created_at: now,
      updated_at: now,
    };
    const value: Approval = byPolicy ? { ...waiting, state: "APPROVED", decided_by: POLICY, decided_at: now } : waiting;
    const said = byPolicy ? "asked; approved by policy" : "asked; waits for a person";
    return keep(undefined, value, [asked.requested_by, said]);
  }

  const expire = (row: Kept): Promise<Kept> =>
    keep(row, { ...row.value, state: "EXPIRED", outcome: "Nobody decided in time." }, ["s12", "expired"]);

  /**
   * `seen` is the hash of what the decider was shown, where it is told. Throws Problem NOT_FOUND, CONFLICT for another
   * hash, WRONG_STATE for one that is decided or expired, FORBIDDEN for who may not approve what they asked for.
   * Refusing what is approved and not done withdraws it; whoever does it finds out whether that came in time.
   */
  async function judge(id: string, who: Principal, [verdict, seen]: ["APPROVED" | "REFUSED", string | undefined]) {
    const row = await need(id);
    const { state, hash, requested_by, expires_at } = row.value;
    if (seen !== undefined && seen !== hash) refuse("CONFLICT", "That is not what was asked for: look at it again.");
    if (state === "PENDING" && expires_at <= clock.now()) {
      await expire(row);
      refuse("WRONG_STATE", "It has expired: ask again.");
    }
    if (verdict === "REFUSED" && state === "APPROVED" && row.value.withdrawn_by === undefined) {
      return keep(row, { ...row.value, withdrawn_by: who.id, withdrawn_at: clock.now() }, [who.id, "withdrawn"]);
    }
    if (state !== "PENDING") refuse("WRONG_STATE", `It is decided already: ${state}.`);
    const isOwn = requested_by === who.id;
    if (verdict === "APPROVED" && isOwn && mode === "two")
      refuse("FORBIDDEN", "A second person must approve what you asked for.");
    const decided = { decided_by: who.id, decided_at: clock.now() };
    if (verdict === "REFUSED") {
      const value: Approval = { ...row.value, ...decided, state: "REFUSED", outcome: `Refused by ${who.id}.` };
      return keep(row, value, [who.id, "refused"]);
    }
    const self = isOwn ? { self_approved: true } : {};
    const said = isOwn ? "approved by who asked (approvals: single)" : "approved";
    return keep(row, { ...row.value, ...decided, ...self, state: "APPROVED" }, [who.id, said]);
  }

  return {
    ask,
    judge,
    need,
    get: (id: string): Promise<Kept | undefined> => store.get(approvals, id),
    /** What came of an approved one. */
    finish: (row: Kept, state: "DONE" | "FAILED", outcome: string): Promise<Kept> =>
      keep(row, { ...row.value, state, outcome }, ["s12", `${state.toLowerCase()}: ${outcome}`]),
    /** It is approved and not done yet, and why; told once per reason. */
    wait: async (row: Kept, outcome: string): Promise<Kept> =>
      row.value.outcome === outcome ? row : keep(row, { ...row.value, outcome }, ["s12", `waits: ${outcome}`]),
    async approved(): Promise<Kept[]> {
      return (await store.query(approvals, { where: { state: "APPROVED" }, limit: BATCH })).items;
    },
    async expireOld(): Promise<void> {
      const where = { state: "PENDING", expires_at: { lte: clock.now() } };
      for (const row of (await store.query(approvals, { where, limit: BATCH })).items) await expire(row);
    },
    /** All that the policy approved since then, but for what failed. */
    async byPolicySince(ts: number): Promise<Approval[]> {
      const found: Approval[] = [];
      const where = { created_at: { gte: ts }, decided_by: POLICY, state: { ne: "FAILED" } };
      for (let cursor: string | undefined; ; ) {
        const page = await store.query(approvals, { where, limit: 1_000, ...(cursor !== undefined && { cursor }) });
        found.push(...page.items.map(({ value }) => value));
        cursor = page.next_cursor;
        if (cursor === undefined) return found;
      }
    },
  };
}
export type Approvals = ReturnType<typeof createApprovals>;
