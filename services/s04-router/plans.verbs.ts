/** What people can read of how intents are executed: plans with their slices, and what executing has cost. */
import { z } from "@hono/zod-openapi";
import { costCurves, ExecutionPlan, executionPlans } from "../../shared/collections/execution.ts";
import { intents } from "../../shared/collections/orders.ts";
import { refuse } from "../../shared/errors.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { type Verb, verb } from "../../shared/kit/service.ts";
import { newestFirst, pageOf, placeOf, whereOf } from "../../shared/paging.ts";
import { isOwnLeg } from "../../shared/trading/execution/answers.ts";
import { keptOf } from "./kept.ts";
import { executionPlanOf } from "./plans.ts";
import { CostCurvesPage, CostsQuery, PlansPage, PlansQuery } from "./types.ts";

/** From the store alone, as all that is read here. */
export const planVerbs = (store: Store): Verb[] => [
  verb({
    name: "listPlans",
    summary: "Execution plans with their slices, newest first; an order at once has one from its end on",
    rest: "GET /plans",
    input: PlansQuery,
    output: PlansPage,
    async run(filter) {
      const { instrument, state } = filter;
      return pageOf(await store.query(executionPlans, newestFirst(filter, "created_at", { instrument, state })));
    },
  }),
  verb({
    name: "readPlan",
    summary: "One intent's execution plan: its slices, each with its orders, and the expected costs it was chosen by",
    rest: "GET /plans/{intent_id}",
    input: z.object({ intent_id: z.string().max(128) }),
    output: ExecutionPlan,
    async run({ intent_id }) {
      const kept = (await store.get(executionPlans, intent_id))?.value;
      if (kept) return kept;
      const record = (await store.get(intents, intent_id))?.value;
      if (!record) return refuse("NOT_FOUND", `there is no plan of an intent ${intent_id}`);
      const own = (await keptOf(store, intent_id)).orders.filter(isOwnLeg);
      return executionPlanOf(record, own, record.updated_at);
    },
  }),
  verb({
    name: "listCostCurves",
    summary: "What taker orders have cost: slippage against notional by instrument, fitted from our own fills",
    rest: "GET /cost-curves",
    input: CostsQuery,
    output: CostCurvesPage,
    run: async ({ instrument, ...asked }) =>
      pageOf(await store.query(costCurves, { where: whereOf({ instrument }), ...placeOf(asked) })),
  }),
];
