/** What S4 keeps: intents, orders, fills, what is held open. */
import { z } from "@hono/zod-openapi";
import { Decision } from "../domain/decision.ts";
import { Fill, Intent, Order, OrderAnswer } from "../domain/order.ts";
import { collection, RECORDS_DAYS } from "./declare.ts";
import { killCopy } from "./kill.ts";

export const routerMarks = collection({
  name: "router_marks",
  about: "Small durable facts of S4: the health level last heard",
  owner: "s04",
  schema: z.object({ id: z.string(), value: z.unknown(), ts: z.number() }),
  key: (m) => m.id,
});

/** An intent as S4 keeps it: what was asked, where its plan stands, what it has reserved, its answer so far. */
export const IntentRecord = z.object({
  intent_id: z.string(),
  /** Hash of the intent as asked: a repeat with another body is refused. */
  body_hash: z.string(),
  intent: Intent,
  /** The decision that made it, embedded so that the tick path has one commit. */
  decision: Decision.optional(),
  state: z.enum(["RUNNING", "DONE"]),
  plan: z.unknown(),
  reserved_usdt: z.string(),
  answer: OrderAnswer,
  /** What the caller was told first: what a repeat gets. */
  first_answer: OrderAnswer.optional(),
  instrument: z.string(),
  created_at: z.number(),
  /** When its plan ended; late fills may still follow. */
  done_at: z.number().optional(),
  updated_at: z.number(),
});
export type IntentRecord = z.output<typeof IntentRecord>;
export const intents = collection({
  name: "intents",
  about: "Every intent: what was asked, where its plan stands, what it has reserved, what was answered",
  owner: "s04",
  schema: IntentRecord,
  key: (r) => r.intent_id,
  indexes: [["state", "created_at"], ["created_at"], ["instrument", "created_at"]],
  shardKey: "instrument",
  retentionDays: RECORDS_DAYS,
  retentionField: "created_at",
});
export const orders = collection({
  name: "orders",
  about: "Every order that was ever sent, with its state",
  owner: "s04",
  schema: Order,
  key: (o) => o.client_order_id,
  indexes: [["created_at"], ["status", "created_at"], ["intent_id"], ["instrument", "created_at"], ["order_id"]],
  shardKey: "instrument",
  retentionDays: RECORDS_DAYS,
  retentionField: "created_at",
});
export const fills = collection({
  name: "fills",
  about: "Every execution of our orders, as the exchange told it",
  owner: "s04",
  schema: Fill,
  key: (f) => `${f.instrument}/${f.fill_id}`,
  indexes: [["ts"], ["intent_id"], ["trade_id"], ["instrument", "ts"]],
  shardKey: "instrument",
  retentionDays: RECORDS_DAYS,
  retentionField: "ts",
});
/** What S4 holds open on one instrument: its own truth from fills, and the protection wanted for it. */
export const Holding = z.object({
  key: z.string(),
  account: z.string(),
  instrument: z.string(),
  /** Never below zero; `side` says which way. */
  qty: z.string(),
  avg_entry: z.string(),
  /** The side that opened it; none while flat. */
  side: z.enum(["BUY", "SELL"]).optional(),
  entry_intent_id: z.string().optional(),
  trade_id: z.string().optional(),
  signal_id: z.string().optional(),
  strategy_id: z.string().optional(),
  /** What the open quantity may lose at worst: its entries' reservations, as far as they are still held. */
  reserved_usdt: z.string(),
  stop_price: z.string().optional(),
  take_profit_price: z.string().optional(),
  working_type: z.enum(["MARK_PRICE", "CONTRACT_PRICE"]),
  /** The stop is watched here, because no order at the exchange covers the quantity. */
  guard: z.boolean(),
  /** Base units below what can be sold, left by earlier spot trades. */
  dust: z.string(),
  /** Number of the next protective leg of `entry_intent_id`. */
  next_leg: z.number().int(),
  updated_at: z.number(),
});
export type Holding = z.output<typeof Holding>;
export const holdings = collection({
  name: "router_holdings",
  about: "What is held open on each instrument by our fills",
  owner: "s04",
  schema: Holding,
  key: (h) => h.key,
  shardKey: "instrument",
});

export const routerKillCopy = killCopy("s04", "kill_copy_s04", "S4's durable copy of the kill switch's state");
