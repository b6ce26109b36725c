/** S4, the order router: executes intents once, owns every order's life, its protection and the risk budget. */
import { z } from "@hono/zod-openapi";
import { fills, holdings, intents, orders, routerKillCopy, routerMarks } from "../../shared/collections/orders.ts";
import {
  Budget,
  CancelAnswer,
  CancelRequest,
  exchange,
  PlaceRequest,
  router as routerContract,
} from "../../shared/contracts.ts";
import { type Intent, isEntry, OrderAnswer } from "../../shared/domain/order.ts";
import { asProblem } from "../../shared/errors.ts";
import { answers, type Context, defineService, every, on, verb } from "../../shared/kit/service.ts";
import {
  accountEvents,
  alerts,
  healthEvents,
  opsEvents,
  orderCommands,
  orderResults,
  ticker,
} from "../../shared/streams.ts";
import { statusCode } from "./answers.ts";
import { readingVerbs } from "./reading.verbs.ts";
import { Router } from "./router.ts";
import { type Ports, RouterSettings } from "./types.ts";

type Ctx = Context<RouterSettings, { exchange: typeof exchange }>;

const CATCH_UP_EVERY_MS = 1_000;
const SWEEP_EVERY_MS = 30_000;
const LISTINGS_EVERY_MS = 60_000;

export default defineService({
  id: "s04",
  name: "s04-router",
  title: "Order Router",
  port: 8084,
  settings: RouterSettings,
  calls: { exchange },
  emits: [orderResults, alerts, opsEvents],
  owns: [intents, orders, fills, holdings, routerKillCopy, routerMarks],
  setup(ctx) {
    const router = new Router(portsOf(ctx));
    return {
      verbs: [...actingVerbs(router), ...readingVerbs(ctx.store, router)],
      consumes: [
        on(accountEvents, (event) => router.accounts.hear(event)),
        on(orderCommands, (intent) => command(ctx, router, intent)),
        on(healthEvents, (event) => router.health.hear(event)),
        on(ticker, (event) => {
          router.market.hear(event);
          router.protector.hear(event);
        }),
      ],
      jobs: [
        every(CATCH_UP_EVERY_MS, "first-reconciliation", () => router.catchUp()),
        every(SWEEP_EVERY_MS, "stale-orders", () => router.recovery.sweep()),
        every(LISTINGS_EVERY_MS, "listings", () => router.market.loadListings()),
      ],
      checks: [
        {
          name: "first-reconciliation",
          critical: true,
          run: () => (router.recovery.reconciled ? undefined : "the books have not met the exchange yet"),
        },
      ],
      start: () => router.start(),
      stop: async () => router.stop(),
    };
  },
});

/** Exits by stream. A refusal is final and told; what could not be tried now comes again. */
async function command(ctx: Ctx, router: Router, intent: Intent): Promise<void> {
  if (isEntry(intent.kind)) {
    ctx.alert("ERROR", "ENTRY_BY_STREAM", `${intent.intent_id}: only exits come this way`);
    return;
  }
  try {
    await router.admission.place(intent);
  } catch (error) {
    const problem = asProblem(error);
    if (problem.status >= 500 || problem.code === "STILL_RUNNING") throw error;
    ctx.alert("WARN", "COMMAND_REFUSED", `${intent.intent_id}: ${problem.message}`);
  }
}

const actingVerbs = (router: Router) => [
  answers(routerContract.methods.placeOrder, {
    name: "placeOrder",
    summary: "Execute an intent once; a repeat gets the first answer",
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
    run: ({ intent }) => router.admission.place(intent),
  }),
  answers(routerContract.methods.cancelOrder, {
    name: "cancelOrder",
    summary: "Cancel an order, with its pair, or what is left of an intent",
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
    run: (request) => router.cancellation.cancel(request),
  }),
  answers(routerContract.methods.getBudget, {
    name: "getBudget",
    summary: "The risk budget: used by open trades, reserved by running entries",
    run: () => router.budget(),
  }),
  verb({
    name: "budget",
    summary: "The risk budget: used by open trades, reserved by running entries",
    rest: "GET /budget",
    input: z.object({}),
    output: Budget,
    run: () => router.budget(),
  }),
  answers(routerContract.methods.setKill, {
    name: "setKill",
    summary: "Store the kill switch's state and stop entries as its mode says",
    run: (order) => router.kill.set(order),
  }),
];

const portsOf = (ctx: Ctx): Ports => ({
  account: ctx.account,
  settings: ctx.settings,
  clock: ctx.clock,
  store: ctx.store,
  exchange: ctx.calls.exchange,
  config: () => ctx.config.current(),
  alert: (...alert) => ctx.alert(...alert),
  warn: (message, fields) => ctx.log.warn(message, fields),
  audit: (entry) => ctx.audit(entry),
});
