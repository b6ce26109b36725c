/** What people and services ask the position manager to do: manage trades, flatten, repair, top up the futures wallet. */
import { z } from "@hono/zod-openapi";
import { position } from "../../shared/contracts.ts";
import { refuse } from "../../shared/errors.ts";
import { answers, type Call, type Verb, verb } from "../../shared/kit/service.ts";
import type { Positions } from "./positions.ts";
import type { Asker } from "./requests.ts";
import { AutoTransferAnswer, AutoTransferRequest, ManageAnswer, ManageRequest } from "./types.ts";

export const actingVerbs = (positions: Positions): Verb[] => [
  ...closingVerbs(positions),
  manageVerb(positions),
  repairVerb(positions),
  autoTransferVerb(positions),
];

const askerOf = ({ principal, header }: Call): Asker => ({ actor: principal.id, key: header("idempotency-key") });

const closingVerbs = (positions: Positions): Verb[] => [
  answers(position.methods.flatten, {
    name: "flatten",
    summary: "Close positions by market, reduce-only; stops stay until flat",
    async run({ instruments, reason }, { principal }) {
      return { closing: await positions.flatten(instruments, { actor: principal.id, key: undefined, reason }) };
    },
  }),
  verb({
    name: "flattenPositions",
    summary: "Close positions by market, reduce-only, large ones in slices; stops stay until flat",
    rest: "POST /positions/flatten",
    input: position.methods.flatten.input,
    output: z.object({ closing: z.array(z.string()) }),
    roles: ["trader", "risk", "admin"],
    async run({ instruments, reason }, call) {
      return { closing: await positions.flatten(instruments, { ...askerOf(call), reason }) };
    },
  }),
];

const manageVerb = (positions: Positions): Verb =>
  verb({
    name: "managePositions",
    summary: "Move stops, take parts of profits, add to winners, close; planned only, on a dry run",
    rest: "POST /positions/manage",
    input: ManageRequest,
    output: ManageAnswer,
    roles: ["trader", "risk", "admin"],
    run(request, call) {
      const { kind, role } = call.principal;
      if (kind === "person" && role === "risk" && request.actions.includes("ADD_IF_OK")) {
        refuse("FORBIDDEN", "The role risk may reduce, not add.");
      }
      return positions.requests.manage(request, askerOf(call));
    },
  });

const repairVerb = (positions: Positions): Verb =>
  answers(position.methods.repair, {
    name: "repair",
    summary: "Rebuild an instrument's trades from the router's fills where they differ",
    run({ run_id, account, instrument }, { principal }) {
      if (account !== positions.account) refuse("NOT_FOUND", `there is no account ${account} here`);
      return positions.repairs.run(instrument, { run_id, actor: principal.id });
    },
  });

const autoTransferVerb = (positions: Positions): Verb =>
  verb({
    name: "triggerAutoTransfer",
    summary: "Top up the futures wallet from spot, if it is short and spot keeps its buffer",
    rest: "POST /auto-transfer/trigger",
    once: "body",
    input: AutoTransferRequest,
    output: AutoTransferAnswer,
    roles: ["trader", "admin"],
    status: ({ status }) => (status === "PENDING_APPROVAL" || status === "UNKNOWN" ? 202 : 200),
    run: ({ trigger_id, reason }, { principal }) =>
      positions.autoTransfers.trigger({ trigger_id, reason, actor: principal.id }),
  });
