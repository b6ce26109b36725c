/** What waits for a second person and what was decided, over REST: for people alone, who have just proved who they are. */
import { z } from "@hono/zod-openapi";
import { Approval, approvals } from "../../shared/collections/people.ts";
import { refuse } from "../../shared/errors.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { type Verb, verb } from "../../shared/kit/service.ts";
import { ListOf, newestFirst, Paging, pageOf } from "../../shared/paging.ts";
import type { Acting } from "./acting.ts";
import type { Approved } from "./approved.ts";

const Named = z.object({ id: z.string().min(1).max(64) });
const Decision = Named.extend({
  hash: z
    .string()
    .max(64)
    .optional()
    .openapi({ description: "Of what was looked at: anything else is then not decided" }),
});
const roles = ["risk", "admin"] as const;
const status = ({ state }: Approval) => (state === "APPROVED" ? 202 : 200);

export interface ApprovalVerbParts {
  approved: Approved;
  acting: Acting;
  store: Pick<Store, "get" | "query">;
  mode: "single" | "two";
}

export const approvalVerbs = ({ approved, acting, store, mode }: ApprovalVerbParts): Verb[] => [
  verb({
    name: "listApprovals",
    summary: "What waits for approval and what was decided, newest first",
    rest: "GET /approvals",
    input: z.object({ state: Approval.shape.state.optional(), ...Paging }),
    output: ListOf(Approval).extend({
      mode: z.enum(["single", "two"]).openapi({ description: "single: who asked may approve too" }),
    }),
    async run({ state, ...asked }) {
      return { ...pageOf(await store.query(approvals, newestFirst(asked, "created_at", { state }))), mode };
    },
  }),
  verb({
    name: "getApproval",
    summary: "One approval, with what came of it",
    rest: "GET /approvals/{id}",
    input: Named,
    output: Approval,
    run: async ({ id }) => (await store.get(approvals, id))?.value ?? refuse("NOT_FOUND", "There is no such approval."),
  }),
  verb({
    name: "approve",
    summary: "Allow it, which has it done at once, in the name of who asked",
    rest: "POST /approvals/{id}/approve",
    roles,
    care: "fresh",
    input: Decision,
    output: Approval,
    status,
    run: ({ id, hash }, { principal }) => approved.approve(id, principal, hash),
  }),
  verb({
    name: "refuseApproval",
    summary: "Do not allow it; what is approved and has not started is withdrawn",
    rest: "POST /approvals/{id}/refuse",
    roles,
    care: "person",
    input: Decision,
    output: Approval,
    status,
    run: ({ id, hash }, { principal }) => approved.refuse(id, principal, hash),
  }),
  verb({
    name: "collectApproved",
    summary: "For who asked: have it done once it is approved, and get its answer, which is shown this once",
    rest: "POST /approvals/{id}/collect",
    care: "fresh",
    once: "never",
    input: Named,
    output: z.object({ approval_id: z.string(), answer: z.record(z.string(), z.unknown()) }),
    async run({ id }, { principal }) {
      return { approval_id: id, answer: (await acting.collect(id, principal)) as Record<string, unknown> };
    },
  }),
];
