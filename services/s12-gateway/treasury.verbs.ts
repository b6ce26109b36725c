/** Asking for transfers: for people over REST, for the position manager over RPC. */
import { gateway, Transfer } from "../../shared/contracts.ts";
import { refuse } from "../../shared/errors.ts";
import { digest } from "../../shared/keys.ts";
import { answers, type Call, type Verb, verb } from "../../shared/kit/service.ts";
import type { Approved } from "./approved.ts";
import { ASKERS, answerOf, type Treasury } from "./treasury.ts";
import { TransferAnswer } from "./types.ts";

const ASKER = "s06";
const ID_CHARACTERS = 32;

const Ask = Transfer.pick({ from: true, to: true, amount_usdt: true }).extend({
  reason: Transfer.shape.reason.refine((text) => text.trim() !== "", "must say why"),
});

/** A retry after a crash, under the same Idempotency-Key, is the same transfer. */
const idOf = ({ principal, header }: Call): string =>
  digest("transfer", principal.kind, principal.id, header("idempotency-key") ?? "").slice(0, ID_CHARACTERS);

export const treasuryVerbs = (treasury: Treasury, { run }: Pick<Approved, "run">, account: string): Verb[] => [
  verb({
    name: "askTransfer",
    summary: "Ask for funds to be moved between the account's own wallets; a person approves it",
    rest: "POST /treasury/transfer",
    roles: ASKERS,
    input: Ask,
    output: TransferAnswer,
    status: ({ status }) => (status === "OK" || status === "FAIL" ? 200 : 202),
    async run(input, call) {
      const row = await treasury.ask({ ...input, transfer_id: idOf(call), account }, call.principal);
      return answerOf((await run(row)).value);
    },
  }),
  answers(gateway.methods.requestTransfer, {
    name: "requestTransfer",
    summary: "Asks for funds to be moved: done by policy under the caps, else left for a person.",
    async run(input, { principal }) {
      const isAsker = principal.kind === "service" && principal.id === ASKER;
      if (!isAsker) refuse("FORBIDDEN", "Of the services only the position manager asks for funds.");
      return answerOf((await run(await treasury.ask(input, principal))).value);
    },
  }),
];
