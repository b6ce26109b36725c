/** Asking for transfers, and allowing them: for people over REST, for the position manager over RPC. */
import { z } from "@hono/zod-openapi";
import { Approval, approvals } from "../../shared/collections/people.ts";
import { gateway, Transfer } from "../../shared/contracts.ts";
import { refuse } from "../../shared/errors.ts";
import { digest } from "../../shared/keys.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { Paging } from "../../shared/kit/rest.ts";
import { answers, type Call, type Verb, verb } from "../../shared/kit/service.ts";
import type { Treasury } from "./treasury.ts";
import { TransferAnswer } from "./types.ts";

const ASKER = "s06";
const ID_CHARACTERS = 32;

const Ask = Transfer.pick({ from: true, to: true, amount_usdt: true }).extend({
  reason: Transfer.shape.reason.refine((text) => text.trim() !== "", "must say why"),
});
const Named = z.object({ id: z.string().min(1).max(64) });
const Decision = Named.extend({
  hash: z
    .string()
    .max(64)
    .optional()
    .openapi({ description: "Of what was looked at: anything else is then not decided" }),
});

/** A retry after a crash, under the same Idempotency-Key, is the same transfer. */
const idOf = ({ principal, header }: Call): string =>
  digest("transfer", principal.kind, principal.id, header("idempotency-key") ?? "").slice(0, ID_CHARACTERS);

export const treasuryVerbs = (treasury: Treasury, store: Pick<Store, "get" | "query">, account: string): Verb[] => [
  verb({
    name: "askTransfer",
    summary: "Ask for funds to be moved between the account's own wallets; a person approves it",
    rest: "POST /treasury/transfer",
    roles: ["trader", "risk", "admin"],
    input: Ask,
    output: TransferAnswer,
    status: ({ status }) => (status === "OK" || status === "FAIL" ? 200 : 202),
    run: (input, call) => treasury.ask({ ...input, transfer_id: idOf(call), account }, call.principal),
  }),
  answers(gateway.methods.requestTransfer, {
    name: "requestTransfer",
    summary: "Asks for funds to be moved: done by policy under the caps, else left for a person.",
    run: (input, { principal }) => {
      const isAsker = principal.kind === "service" && principal.id === ASKER;
      if (!isAsker) refuse("FORBIDDEN", "Of the services only the position manager asks for funds.");
      return treasury.ask(input, principal);
    },
  }),
  verb({
    name: "listApprovals",
    summary: "What waits for approval and what was decided, newest first",
    rest: "GET /approvals",
    input: z.object({ state: Approval.shape.state.optional(), ...Paging }),
    output: z.object({ items: z.array(Approval), next_cursor: z.string().optional() }),
    async run({ state, limit, cursor }) {
      const page = await store.query(approvals, {
        ...(state !== undefined && { where: { state } }),
        sort: { field: "created_at", order: "desc" },
        limit,
        ...(cursor !== undefined && { cursor }),
      });
      const items = page.items.map(({ value }) => value);
      return { items, ...(page.next_cursor !== undefined && { next_cursor: page.next_cursor }) };
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
    summary: "Allow it, which has it done at once",
    rest: "POST /approvals/{id}/approve",
    roles: ["risk", "admin"],
    input: Decision,
    output: Approval,
    status: ({ state }) => (state === "APPROVED" ? 202 : 200),
    run: ({ id, hash }, { principal }) => treasury.approve(id, principal, hash),
  }),
  verb({
    name: "refuseApproval",
    summary: "Do not allow it; what is approved and has not started is withdrawn",
    rest: "POST /approvals/{id}/refuse",
    roles: ["risk", "admin"],
    input: Decision,
    output: Approval,
    status: ({ state }) => (state === "APPROVED" ? 202 : 200),
    run: ({ id, hash }, { principal }) => treasury.refuse(id, principal, hash),
  }),
];
