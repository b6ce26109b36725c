/** Every stream in the system, once. A name that is not here does not exist. */
import { z } from "@hono/zod-openapi";
import { Decision, FeatureSet, Signal } from "./domain/decision.ts";
import { Account, Decimal, InstrumentId } from "./domain/instrument.ts";
import { Depth, Funding, Kline, MarketTrade, Ticker } from "./domain/market.ts";
import { Fill, Intent, Order, OrderAnswer, OrderStatus, Side } from "./domain/order.ts";
import { Balance, ExchangePosition, Trade } from "./domain/trade.ts";
import type { ServiceId, Stream } from "./kit/ports.ts";

const LOSSY_LENGTH_MAX = 5_000;
const RELIABLE_LENGTH_MAX = 100_000;

type Ends = { from: readonly ServiceId[] | "all"; heardBy: readonly ServiceId[] | "all" };

const lossy = <E>(family: string, event: z.ZodType<E>, ends: Ends): Stream<E> => ({
  family,
  event,
  ...ends,
  keyed: true,
  mode: "lossy",
  version: 1,
  lengthMax: LOSSY_LENGTH_MAX,
});
const reliable = <E>(family: string, event: z.ZodType<E>, ends: Ends & { keyed?: false }): Stream<E> => ({
  family,
  event,
  keyed: true,
  ...ends,
  mode: "reliable",
  version: 1,
  lengthMax: RELIABLE_LENGTH_MAX,
});

const market: Ends = { from: ["s01"], heardBy: ["s02", "s04", "s06", "s12"] };
export const ticker = lossy("mkt:ticker", Ticker, market);
export const depth = lossy("mkt:depth", Depth, market);
export const marketTrade = lossy("mkt:trade", MarketTrade, market);
export const kline = lossy("mkt:kline", Kline, market);
export const funding = lossy("mkt:funding", Funding, market);
export const features = lossy("feat:events", FeatureSet, { from: ["s02"], heardBy: ["s03", "s12"] });

export const signals = reliable("signals:new", Signal, { from: ["s02"], heardBy: ["s03", "s07", "s12"] });
export const decisions = reliable("sig:events", Decision, { from: ["s03"], heardBy: ["s11", "s12"] });

/** What the exchange told on its account stream. */
export const AccountEvent = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("execution"),
    account: Account,
    instrument: InstrumentId,
    client_order_id: z.string(),
    order_id: z.string(),
    /** What happened: accepted, filled in part or whole, cancelled, refused, expired; or a conditional order's trigger. */
    status: OrderStatus,
    side: Side,
    type: z.string(),
    filled_qty: Decimal,
    avg_price: Decimal.optional(),
    /** Set when this event is a fill. */
    fill: z
      .object({
        fill_id: z.string(),
        price: Decimal,
        qty: Decimal,
        fee: Decimal,
        fee_asset: z.string(),
        maker: z.boolean(),
        realised_usdt: Decimal.optional(),
      })
      .optional(),
    reason: z.string().optional(),
    exch_ts: z.number(),
    ts: z.number(),
  }),
  z.object({ kind: z.literal("position"), position: ExchangePosition, instrument: InstrumentId, ts: z.number() }),
  z.object({ kind: z.literal("balance"), balances: z.array(Balance), instrument: z.string(), ts: z.number() }),
  /** A funding payment, once per `income_id`; `amount_usdt` is signed: what the wallet gained. */
  z.object({
    kind: z.literal("funding"),
    account: Account,
    instrument: InstrumentId,
    income_id: z.string(),
    amount_usdt: Decimal,
    exch_ts: z.number(),
    ts: z.number(),
  }),
  /** The exchange changed an instrument's filters or status: `changed` names the fields. */
  z.object({ kind: z.literal("listing"), instrument: InstrumentId, changed: z.array(z.string()), ts: z.number() }),
  /** The stream was away from `from_ts` to `ts`: ask for what was missed. */
  z.object({ kind: z.literal("gap"), instrument: z.string(), from_ts: z.number(), ts: z.number() }),
]);
export type AccountEvent = z.output<typeof AccountEvent>;
export const accountEvents = reliable("acct:events", AccountEvent, { from: ["s01"], heardBy: ["s04", "s05", "s06"] });

export const orderCommands = reliable("ord:cmd", Intent, { from: ["s06"], heardBy: ["s04"] });

/** What became of an intent: the answer so far, the orders that changed, the fills that are new. */
export const OrderResult = z.object({
  intent: Intent,
  answer: OrderAnswer,
  orders: z.array(Order),
  fills: z.array(Fill),
  ts: z.number(),
});
export type OrderResult = z.output<typeof OrderResult>;
export const orderResults = reliable("ord:results", OrderResult, {
  from: ["s04"],
  heardBy: ["s03", "s05", "s06", "s11", "s12"],
});

export const PositionEvent = z.object({
  kind: z.enum(["ENTRY", "ADD", "STOP_MOVE", "TP_PARTIAL", "EXIT", "STAGNATED"]),
  trade: Trade,
  detail: z.string(),
  ts: z.number(),
});
export type PositionEvent = z.output<typeof PositionEvent>;
export const positionEvents = reliable("pos:events", PositionEvent, {
  from: ["s06"],
  heardBy: ["s03", "s08", "s11", "s12"],
});

/** What a reconciliation found and did; kept by S5, told on its stream. */
export const ReconciliationItem = z.object({
  /**
   * ORDER_MISSING_HERE, ORDER_GONE_THERE, ORDER_DIFFERS, POSITION_DIFFERS, HOLDING_DIFFERS or TRADE_DIFFERS; where the
   * cause is known LIQUIDATION, AUTO_DELEVERAGING, MANUAL_TRADE or MISSED_FILLS.
   */
  type: z.string(),
  /** RESYNC, ADOPT, CANCEL, CLOSE, KEEP, BOOK, REBUILD or NONE. */
  action: z.string(),
  /** What it is about: a client order id or an instrument. */
  ref: z.string(),
  instrument: InstrumentId,
  before: z.string(),
  after: z.string(),
  outcome: z.enum(["PLANNED", "DONE", "FAILED", "SEEN"]),
  detail: z.string().optional(),
});
export type ReconciliationItem = z.output<typeof ReconciliationItem>;
export const ReconciliationSummary = z.object({
  checked_orders: z.number().int(),
  checked_positions: z.number().int(),
  adopted: z.number().int(),
  closed: z.number().int(),
  fixed: z.number().int(),
  /** Jaccard |A∩B|/|A∪B| of what both sides say, as found, before any repair. */
  agreement: z.number(),
});
export type ReconciliationSummary = z.output<typeof ReconciliationSummary>;
export const Reconciliation = z
  .object({
    run_id: z.string(),
    account: Account,
    mode: z.enum(["ALL", "ORDERS", "POSITIONS", "HOLDINGS"]),
    /** GAP: news was missed. OUTSIDE: an order that is none of ours was heard of. */
    cause: z.enum(["START", "PERIODIC", "ASKED", "GAP", "OUTSIDE"]),
    dry_run: z.boolean(),
    orphan_policy: z.enum(["CONSERVATIVE", "RECLAIM_IF_SAFE"]),
    time_window_h: z.number(),
    status: z.enum(["DONE", "FAILED"]),
    summary: ReconciliationSummary,
    items: z.array(ReconciliationItem),
    started_at: z.number(),
    ended_at: z.number(),
    message: z.string().optional(),
  })
  .openapi("Reconciliation");
export type Reconciliation = z.output<typeof Reconciliation>;
export const reconResults = reliable("recon:results", Reconciliation, {
  from: ["s05"],
  heardBy: ["s08", "s09", "s11", "s12"],
  keyed: false,
});

/** Labels that were written together: what each of the signals earned by one horizon. */
export const LabelsReady = z.object({
  horizon_h: z.union([z.literal(12), z.literal(24), z.literal(36)]),
  /** DUE: the horizon has passed. RECHECK: fills or funding came late. ASKED: by the backfill `job_id`. */
  cause: z.enum(["DUE", "RECHECK", "ASKED"]),
  job_id: z.string().optional(),
  labels: z.array(
    z.object({
      signal_id: z.string(),
      class: z.enum(["pos", "neutral", "neg"]),
      roi_net: z.number(),
      counterfactual: z.boolean(),
      /** 1 when it was new; more where it corrects what was told before. */
      revision: z.number().int(),
    }),
  ),
  ts: z.number(),
});
export type LabelsReady = z.output<typeof LabelsReady>;
export const labelsReady = reliable("labels:ready", LabelsReady, {
  from: ["s07"],
  heardBy: ["s08", "s09", "s11", "s12"],
  keyed: false,
});

/** Told with every change of what is in force, for all or for a share; who hears it fetches the active config anew. */
export const ConfigEvent = z.object({
  kind: z.enum(["PROMOTE", "ROLLBACK"]),
  /** In force for all. */
  rev: z.number().int(),
  /** For a share of the triggers, while a promotion is under way. */
  canary_rev: z.number().int().optional(),
  promotion_id: z.string().optional(),
  reason: z.string().optional(),
  bundle_id: z.string(),
  hash: z.string(),
  ts: z.number(),
});
export type ConfigEvent = z.output<typeof ConfigEvent>;
export const configEvents = reliable("cfg:events", ConfigEvent, { from: ["s10"], heardBy: "all", keyed: false });

export const HealthLevel = z.enum(["GREEN", "YELLOW", "ORANGE", "RED"]);
export type HealthLevel = z.output<typeof HealthLevel>;
/** What the level alone does not say; absent: nothing of it. Each with why. */
export const HealthEffects = z.object({
  /** Orders take, and none is posted. */
  takers_only: z.string().optional(),
  /** New spot size times this. */
  spot_size: z.object({ mult: z.number().min(0).max(1), why: z.string() }).optional(),
  /** Models have no say: sizes count them as 1.0. */
  models_off: z.string().optional(),
  /** What happens is too far from what backtests assume: finer slices, no posting at a wide spread. */
  careful_routing: z.string().optional(),
  no_entries: z.string().optional(),
});
export type HealthEffects = z.output<typeof HealthEffects>;
export const HealthEvent = z.object({
  level: HealthLevel,
  reasons: z.array(z.string()),
  effects: HealthEffects.optional(),
  ts: z.number(),
});
export type HealthEvent = z.output<typeof HealthEvent>;
export const healthEvents = reliable("health:events", HealthEvent, {
  from: ["s11"],
  heardBy: ["s03", "s04", "s06", "s10", "s11", "s12"],
  keyed: false,
});

export const Alert = z
  .object({
    /** The same for repeats of the same trouble: they are counted, not added. */
    alert_id: z.string(),
    severity: z.enum(["INFO", "WARN", "ERROR", "FATAL"]),
    source: z.string(),
    code: z.string(),
    message: z.string(),
    action_taken: z.string().optional(),
    ts: z.number(),
  })
  .openapi("Alert");
export type Alert = z.output<typeof Alert>;
export const alerts = reliable("alerts", Alert, { from: "all", heardBy: ["s11", "s12"], keyed: false });

/** An entry for the audit log: who changed what. */
export const OpsEvent = z.object({
  source: z.string(),
  actor: z.string(),
  what: z.string(),
  ref: z.string(),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  outcome: z.string(),
  ts: z.number(),
  /** Where the person or program was, as the gateway saw it: an address. */
  from: z.string().optional(),
  /** Of what needs a second person: who allowed it; `single` where one is enough. */
  second: z.string().optional(),
  /** Of the request or message that it came from; a request's answer names it as `x-request-id`. */
  trace_id: z.string().optional(),
  /** Whose store committed it, with the shard where there are several, and which of its entries it is, from 1. */
  owner: z.string().optional(),
  owner_seq: z.number().int().optional(),
});
export type OpsEvent = z.output<typeof OpsEvent>;
export const opsEvents: Stream<OpsEvent> = {
  ...reliable("ops:events", OpsEvent, { from: "all", heardBy: ["s12"], keyed: false }),
  numbered: true,
};

export const STREAMS: readonly Stream[] = [
  ticker,
  depth,
  marketTrade,
  kline,
  funding,
  features,
  signals,
  decisions,
  accountEvents,
  orderCommands,
  orderResults,
  positionEvents,
  reconResults,
  labelsReady,
  configEvents,
  healthEvents,
  alerts,
  opsEvents,
] as unknown as readonly Stream[];
