/** Approvals: what somebody asked for and another must allow, decided once and bound by hash to what was asked. */
import { put } from "../../shared/changes.ts";
import { type Approval, approvals } from "../../shared/collections/people.ts";
import { refuse } from "../../shared/errors.ts";
import type { Clock, Op, Row, Store } from "../../shared/kit/ports.ts";
import type { Principal } from "../../shared/kit/service.ts";
import { MAY_DECIDE } from "./approval-kinds.ts";

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

export type Asked = Pick<
  Approval,
  "approval_id" | "kind" | "subject" | "hash" | "requested_by" | "requested_from" | "detail" | "collect"
>;
export type Kept = Row<Approval>;

export function createApprovals({ store, clock, mode, ttlMs, audit }: ApprovalParts) {
  /** By revision: of two who change the same one at the same moment the second gets CONFLICT. */
  function changing(before: Kept | undefined, value: Approval, [actor, outcome]: [string, string]): Op[] {
    const after = { ...value, updated_at: clock.now() };
    const { approval_id: ref, kind } = value;
    const what = `approval.${kind.toLowerCase()}`;
    const entry = audit({ actor, what, ref, outcome, ...(before && { before: before.value }), after });
    return [put(approvals, after, before?.rev ?? null), entry];
  }

  async function keep(before: Kept | undefined, value: Approval, said: [string, string]): Promise<Kept> {
    await store.commit(changing(before, value, said), { sync: "full" });
    return (await store.get(approvals, value.approval_id)) as Kept;
  }

  type End = "DONE" | "FAILED";
  const ending = (row: Kept, state: End, outcome: string): [Kept, Approval, [string, string]] => [
    row,
    { ...row.value, state, outcome },
    ["s12", `${state.toLowerCase()}: ${outcome}`],
  ];

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
    keep(row, { ...row.value, state: "EXPIRED", outcome: expiredWhen(row.value) }, ["s12", "expired"]);

  /**
   * `seen` is the hash of what the decider was shown, where it is told. Throws Problem NOT_FOUND, CONFLICT for another
   * hash, WRONG_STATE for one that is decided or expired, FORBIDDEN for who may not approve what they asked for.
   * Refusing what is approved and not done withdraws it; whoever does it finds out whether that came in time.
   */
  async function judge(id: string, who: Principal, [verdict, seen]: ["APPROVED" | "REFUSED", string | undefined]) {
    const row = await need(id);
    const { kind, state, hash, requested_by, expires_at } = row.value;
    if (!MAY_DECIDE[kind].includes(who.role)) refuse("FORBIDDEN", `That is for ${MAY_DECIDE[kind].join(" or ")}.`);
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
    finish: (row: Kept, state: End, outcome: string): Promise<Kept> => keep(...ending(row, state, outcome)),
    /** For the commit of what is done, so that it is done and told of together or not at all. */
    finishing: (row: Kept, state: End, outcome: string): Op[] => changing(...ending(row, state, outcome)),
    expire,
    /** From here on it may have been done, whether an answer comes or not. */
    start: (row: Kept): Promise<Kept> => keep(row, { ...row.value, started_at: clock.now() }, ["s12", "started"]),
    /** It is approved and not done yet, and why; told once per reason. */
    wait: async (row: Kept, outcome: string): Promise<Kept> =>
      row.value.outcome === outcome ? row : keep(row, { ...row.value, outcome }, ["s12", `waits: ${outcome}`]),
    ...readings(store),
    async expireOld(): Promise<void> {
      const where = { state: "PENDING", expires_at: { lte: clock.now() } };
      for (const row of (await store.query(approvals, { where, limit: BATCH })).items) await expire(row);
    },
  };
}
export type Approvals = ReturnType<typeof createApprovals>;

const readings = (store: Store) => ({
  async approved(): Promise<Kept[]> {
    return (await store.query(approvals, { where: { state: "APPROVED" }, limit: BATCH })).items;
  },
  /** What they wait for now. */
  waitingFor: async (requested_by: string): Promise<Kept[]> =>
    (await store.query(approvals, { where: { state: "PENDING", requested_by }, limit: BATCH })).items,
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
});

const expiredWhen = ({ state, requested_by }: Approval): string =>
  state === "APPROVED" ? `${requested_by} did not collect it in time.` : "Nobody decided in time.";
