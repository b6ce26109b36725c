/** What the router can be asked to do, each at the shard whose instrument it is about, or at every one. */
import { z } from "@hono/zod-openapi";
import { Budget, CancelAnswer, CancelRequest, PlaceRequest, router as routerContract } from "../../shared/contracts.ts";
import { type Intent, OrderAnswer } from "../../shared/domain/order.ts";
import { asProblem } from "../../shared/errors.ts";
import { answers, type Verb, verb } from "../../shared/kit/service.ts";
import { statusCode } from "../../shared/trading/execution/answers.ts";
import { instrumentOf, type Reading } from "./kept.ts";
import type { Router } from "./router.ts";
import { budgetTogether, killTogether } from "./together.ts";

interface Placing {
  intent: Pick<Intent, "intent_id" | "instrument">;
}
const ofIntent = { by: ({ intent }: Placing) => intent.instrument };
/** Services derive an intent's id from its instrument; people may use one twice, and who has the first must refuse. */
const ofFirstIntent = {
  by: async ({ intent }: Placing, store: Reading) => (await firstOf(intent, store)) ?? intent.instrument,
};
/** While the store is away its own instrument's shard is asked, which knows how to be careful. */
const firstOf = ({ intent_id }: Placing["intent"], store: Reading) =>
  instrumentOf({ intent_id }, store).catch((error: unknown) => {
    if (asProblem(error).code !== "UNAVAILABLE") throw error;
    return undefined;
  });
const ofInstrument = { by: ({ instrument }: { instrument: string }) => instrument };
const ofOrder = { by: instrumentOf };

export const actingVerbs = (router: Router): Verb[] => [
  answers(routerContract.methods.placeOrder, {
    name: "placeOrder",
    summary: "Execute an intent once; a repeat gets the first answer",
    spread: ofIntent,
    run: ({ intent, decision }) => router.admission.place(intent, decision),
  }),
  verb({
    name: "order",
    summary: "Execute an intent once; its intent_id is the idempotency key",
    rest: "POST /orders",
    input: z.object({ intent: PlaceRequest.shape.intent }),
    output: OrderAnswer,
    roles: ["trader", "admin"],
    once: "body",
    status: statusCode,
    spread: ofFirstIntent,
    run: ({ intent }) => router.admission.place(intent),
  }),
  answers(routerContract.methods.cancelOrder, {
    name: "cancelOrder",
    summary: "Cancel an order, with its pair, or what is left of an intent",
    spread: ofOrder,
    run: (request) => router.cancellation.cancel(request),
  }),
  verb({
    name: "cancel",
    summary: "Cancel an order, with its pair, or what is left of an intent, by any one id",
    rest: "POST /cancel",
    input: CancelRequest,
    output: CancelAnswer,
    roles: ["trader", "risk", "admin"],
    once: "body",
    spread: ofOrder,
    run: (request) => router.cancellation.cancel(request),
  }),
  answers(routerContract.methods.getBudget, {
    name: "getBudget",
    summary: "The risk budget: used by open trades, reserved by running entries",
    spread: { every: budgetTogether },
    run: () => router.budget(),
  }),
  verb({
    name: "budget",
    summary: "The risk budget: used by open trades, reserved by running entries",
    rest: "GET /budget",
    input: z.object({}),
    output: Budget,
    spread: { every: budgetTogether },
    run: () => router.budget(),
  }),
  answers(routerContract.methods.repairOrder, {
    name: "repairOrder",
    summary: "Mend one order where books and exchange differ: take its state, adopt it, or cancel what is nobody's",
    spread: ofInstrument,
    run: (ask) => router.orderRepair.repair(ask),
  }),
  answers(routerContract.methods.repairHolding, {
    name: "repairHolding",
    summary: "Mend what is held on an instrument: missed fills, what strangers did, at last the exchange's word",
    spread: ofInstrument,
    run: (ask) => router.holdingRepair.repair(ask),
  }),
  answers(routerContract.methods.setKill, {
    name: "setKill",
    summary: "Store the kill switch's state and stop entries as its mode says",
    spread: { every: killTogether },
    run: (order) => router.kill.set(order),
  }),
];
