/** Intents, orders and fills: what S3 and S6 ask, what S4 does about it, what the exchange did. */
import { z } from "@hono/zod-openapi";
import { Account, DEFAULT_ACCOUNT, Decimal, InstrumentId, PositiveDecimal } from "./instrument.ts";

export const Side = z.enum(["BUY", "SELL"]);
export type Side = z.output<typeof Side>;
export const opposite = (side: Side): Side => (side === "BUY" ? "SELL" : "BUY");

export const IntentKind = z.enum(["ENTRY", "ADD", "EXIT", "TP", "SL"]);
export type IntentKind = z.output<typeof IntentKind>;
/** Kinds that open or enlarge a position: what the kill switch, guards and budget stop. */
export const isEntry = (kind: IntentKind): boolean => kind === "ENTRY" || kind === "ADD";

export const OrderType = z.enum(["MARKET", "LIMIT", "STOP_MARKET", "TAKE_PROFIT_MARKET"]);
export type OrderType = z.output<typeof OrderType>;

export const INTENT_ID_CHARACTERS_MAX = 128;
export const IntentId = z
  .string()
  .min(1)
  .max(INTENT_ID_CHARACTERS_MAX)
  .regex(/^[\w:.-]+$/, "letters, digits and : . _ - only");

export const Exec = z
  .object({
    policy: z.enum(["MAKER_THEN_TAKER", "MARKET", "LIMIT_ONLY", "OCO"]).default("MARKET"),
    maker_wait_ms: z.number().int().min(0).max(10_000).optional(),
    twap: z
      .object({
        slices: z.number().int().min(1).max(50),
        interval_ms: z.number().int().min(200).max(60_000),
        jitter: z.number().min(0).max(1).optional(),
      })
      .optional(),
    oco: z.object({ take_profit: PositiveDecimal, stop: PositiveDecimal }).optional(),
    guard_stop: z.boolean().optional(),
  })
  .openapi("Exec");
export type Exec = z.output<typeof Exec>;

/** What to do, once, whatever fails: the unit of S4's work. `qty` is in base units, `notional_usdt` in USDT; give one. */
export const Intent = z
  .object({
    intent_id: IntentId,
    account: Account.default(DEFAULT_ACCOUNT),
    instrument: InstrumentId,
    kind: IntentKind,
    side: Side,
    qty: PositiveDecimal.optional(),
    notional_usdt: PositiveDecimal.optional(),
    type: OrderType.default("MARKET"),
    price: PositiveDecimal.optional(),
    stop_price: PositiveDecimal.optional(),
    working_type: z.enum(["MARK_PRICE", "CONTRACT_PRICE"]).default("MARK_PRICE"),
    reduce_only: z.boolean().default(false),
    leverage: z.number().int().min(1).max(125).default(20),
    margin: z.enum(["ISOLATED", "CROSSED"]).default("ISOLATED"),
    exec: Exec.optional(),
    stop_loss: z.object({ price: PositiveDecimal }).optional(),
    take_profit: z
      .object({ price: PositiveDecimal.optional(), net_profit_usdt: PositiveDecimal.optional() })
      .optional(),
    /** Epoch ms; S4 refuses an entry later. */
    valid_until: z.number().optional(),
    signal_id: z.string().max(128).optional(),
    trade_id: z.string().max(128).optional(),
    strategy_id: z.string().max(64).optional(),
    config_rev: z.number().int().optional(),
    tags: z.array(z.string().max(32)).max(10).optional(),
  })
  .openapi("Intent");
export type Intent = z.output<typeof Intent>;

export const OrderStatus = z.enum([
  "PENDING",
  "SENT",
  "NEW",
  "PARTIALLY_FILLED",
  "FILLED",
  "CANCELED",
  "REJECTED",
  "EXPIRED",
  "UNKNOWN",
]);
export type OrderStatus = z.output<typeof OrderStatus>;
export const isTerminal = (status: OrderStatus): boolean =>
  status === "FILLED" || status === "CANCELED" || status === "REJECTED" || status === "EXPIRED";

const Level = z.object({ price: Decimal, qty: Decimal });
/** The best levels of each side, best first, at most three. */
export const BookTop = z.object({ bids: z.array(Level), asks: z.array(Level) });
export type BookTop = z.output<typeof BookTop>;

/** One execution, as the exchange reported it; the key is (market, symbol, exchange trade id). */
export const Fill = z
  .object({
    fill_id: z.string(),
    account: Account,
    instrument: InstrumentId,
    intent_id: z.string(),
    client_order_id: z.string(),
    order_id: z.string(),
    kind: IntentKind,
    side: Side,
    price: Decimal,
    qty: Decimal,
    fee: Decimal,
    fee_asset: z.string(),
    fee_usdt: Decimal,
    maker: z.boolean(),
    /** The exchange's own realised PnL of this fill, where it says one. */
    realised_usdt: Decimal.optional(),
    mid_at_send: z.number(),
    slippage_bps: z.number(),
    /** From sending the order to the fill's own time at the exchange. */
    latency_ms: z.number().optional(),
    book_at_send: BookTop.optional(),
    signal_id: z.string().optional(),
    trade_id: z.string().optional(),
    ts: z.number(),
  })
  .openapi("Fill");
export type Fill = z.output<typeof Fill>;

/** How we came to know a thing about an order. */
export const LearntBy = z.enum(["ROUTER", "ANSWER", "STREAM", "QUERY", "RECONCILIATION"]);
export type LearntBy = z.output<typeof LearntBy>;
/** One moment of an order's life. */
export const OrderMoment = z.object({
  ts: z.number(),
  status: OrderStatus,
  by: LearntBy,
  filled_qty: Decimal.optional(),
  detail: z.string().optional(),
});
export type OrderMoment = z.output<typeof OrderMoment>;
export const MOMENTS_MAX = 60;

/** One order at the exchange, with all S4 knows of it. */
export const Order = z
  .object({
    client_order_id: z.string().max(36),
    account: Account,
    instrument: InstrumentId,
    intent_id: z.string(),
    leg: z.string(),
    kind: IntentKind,
    side: Side,
    type: z.string(),
    qty: Decimal,
    price: Decimal.optional(),
    stop_price: Decimal.optional(),
    reduce_only: z.boolean(),
    status: OrderStatus,
    order_id: z.string().optional(),
    filled_qty: Decimal,
    avg_price: Decimal.optional(),
    mid_at_send: z.number().optional(),
    book_at_send: BookTop.optional(),
    /** Its life so far, oldest first; of a very long one the middle is left out. */
    story: z.array(OrderMoment).max(MOMENTS_MAX).optional(),
    message: z.string().optional(),
    created_at: z.number(),
    sent_at: z.number().optional(),
    acked_at: z.number().optional(),
    updated_at: z.number(),
  })
  .openapi("Order");
export type Order = z.output<typeof Order>;

export const Protection = z.object({
  stop_order_id: z.string().optional(),
  take_profit_order_id: z.string().optional(),
  guard_armed: z.boolean(),
});
export type Protection = z.output<typeof Protection>;

/** The answer to an intent, now or later; repeated intents get the first one. */
export const OrderAnswer = z
  .object({
    intent_id: z.string(),
    status: z.enum(["ACCEPTED", "WORKING", "FILLED", "PARTIALLY_FILLED", "CANCELED", "REJECTED", "EXPIRED", "UNKNOWN"]),
    order_ids: z.array(z.string()),
    client_order_ids: z.array(z.string()),
    avg_price: Decimal.optional(),
    filled_qty: Decimal,
    fills: z.array(Fill),
    protection: Protection.optional(),
    message: z.string().optional(),
  })
  .openapi("OrderAnswer");
export type OrderAnswer = z.output<typeof OrderAnswer>;
