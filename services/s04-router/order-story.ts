/** The shape of an order's whole story as people read it: what was asked, planned, sent, answered, filled and mended. */
import { z } from "@hono/zod-openapi";
import { ExecutionPlan } from "../../shared/collections/execution.ts";
import { IntentRecord } from "../../shared/collections/orders.ts";
import { Decimal } from "../../shared/domain/instrument.ts";
import { Fill, LearntBy, Order } from "../../shared/domain/order.ts";

export const TimelineWhat = z.enum([
  /** The intent was stored, with its reason. */
  "INTENT",
  /** How it will be executed. */
  "PLAN",
  /** An order left for the exchange. */
  "SUBMIT",
  /** The exchange took an order of the intent's own. */
  "ACK",
  "FILL",
  "CANCEL",
  "REJECT",
  "EXPIRE",
  /** It was sent, and nobody knows yet what became of it. */
  "UNKNOWN",
  /** A stop or target stands at the exchange. */
  "PROTECTION",
  /** A reconciliation learnt or mended it; `detail` says what. */
  "RECONCILIATION",
  /** The intent is over. */
  "DONE",
]);
export type TimelineWhat = z.output<typeof TimelineWhat>;

/** One thing that happened. `ts` is epoch ms; entries come in the order of time. */
export const TimelineEntry = z
  .object({
    ts: z.number(),
    what: TimelineWhat,
    /** What it is about: the intent's id, a client order id, or for FILL the exchange's trade id. */
    ref: z.string(),
    /** How it came to be known. */
    by: LearntBy,
    /** One plain sentence or less; may be empty. */
    detail: z.string(),
    /** Of everything about an order, FILL included. */
    client_order_id: z.string().optional(),
    /** `e…` the intent's own orders, `sl…` and `tp…` protective ones, `forced` a close that was not sent by us. */
    leg: z.string().optional(),
    /** SUBMIT, ACK and PROTECTION: what was asked; FILL: what was executed. */
    price: Decimal.optional(),
    qty: Decimal.optional(),
  })
  .openapi("TimelineEntry");
export type TimelineEntry = z.output<typeof TimelineEntry>;

/** `GET /intents/{intent_id}`. */
export const IntentStory = z
  .object({
    intent: IntentRecord,
    plan: ExecutionPlan.optional(),
    /** Own legs and protective ones, oldest first. */
    orders: z.array(Order),
    fills: z.array(Fill),
    trade_id: z.string().optional(),
    timeline: z.array(TimelineEntry),
  })
  .openapi("IntentStory");
export type IntentStory = z.output<typeof IntentStory>;

/** `GET /orders/{id}`: the order, and the story of the intent it belongs to. */
export const OrderStory = IntentStory.extend({ order: Order }).openapi("OrderStory");
export type OrderStory = z.output<typeof OrderStory>;
