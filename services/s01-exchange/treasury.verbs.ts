/** Moving funds: for the gateway alone, over RPC and REST; what was moved: for people. */
import { z } from "@hono/zod-openapi";
import { TreasuryTransfer, treasuryTransfers } from "../../shared/collections/exchange.ts";
import { exchange, Transfer, TransferResult } from "../../shared/contracts.ts";
import { refuse } from "../../shared/errors.ts";
import { GRANT_HEADER } from "../../shared/kit/grant.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { answers, type Principal, type Verb, verb } from "../../shared/kit/service.ts";
import { ListOf, newestFirst, Paging, pageOf } from "../../shared/paging.ts";
import type { Treasury } from "./treasury.ts";

const GATEWAY = "s12";

export const treasuryVerbs = (treasury: Treasury, store: Pick<Store, "query">): Verb[] => [
  answers(exchange.methods.transfer, {
    name: "transfer",
    summary: "Moves funds between the account's own wallets, once per transfer_id and only on the gateway's grant.",
    run: ({ grant, ...transfer }, { principal }) => {
      onlyGateway(principal);
      return treasury.transfer(transfer, grant);
    },
  }),
  verb({
    name: "transferFunds",
    summary: "Moves funds between the account's own wallets, once per transfer_id; the grant is in X-Chimera-Grant.",
    rest: "POST /xchg/treasury/transfer",
    audience: "service",
    once: "body",
    input: Transfer,
    output: TransferResult,
    status: ({ result }) => (result === "UNKNOWN" ? 202 : 200),
    run: (transfer, { principal, header }) => {
      onlyGateway(principal);
      return treasury.transfer(transfer, header(GRANT_HEADER));
    },
  }),
  verb({
    name: "listTransfers",
    summary: "Movements between the wallets, newest first.",
    rest: "GET /xchg/treasury/transfers",
    input: z.object(Paging),
    output: ListOf(TreasuryTransfer),
    run: async (asked) =>
      pageOf(
        await store.query(treasuryTransfers, newestFirst(asked, "created_at")),
        ({ known_tx_ids: _, ...shown }) => shown,
      ),
  }),
];

function onlyGateway({ kind, id }: Principal): void {
  if (kind !== "service" || id !== GATEWAY) refuse("FORBIDDEN", "Only the gateway has funds moved.");
}
