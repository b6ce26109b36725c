/** What services ask of each other by RPC: each method once, with its shapes; proto/ says the same on the wire. */
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { z } from "@hono/zod-openapi";
import { ConfigService } from "../proto/gen/chimera/config/v1/config_pb.ts";
import { ExchangeService } from "../proto/gen/chimera/exchange/v1/exchange_pb.ts";
import { GatewayService } from "../proto/gen/chimera/gateway/v1/gateway_pb.ts";
import { MetricsService } from "../proto/gen/chimera/metrics/v1/metrics_pb.ts";
import { PositionService } from "../proto/gen/chimera/position/v1/position_pb.ts";
import { RouterService } from "../proto/gen/chimera/router/v1/router_pb.ts";
import { Split } from "./domain/arms.ts";
import { Decision } from "./domain/decision.ts";
import { Account, DEFAULT_ACCOUNT, Decimal, Instrument, InstrumentId, PositiveDecimal } from "./domain/instrument.ts";
import { Kline, Timeframe } from "./domain/market.ts";
import { Intent, OrderAnswer, OrderStatus, Side } from "./domain/order.ts";
import { Balance, ExchangePosition } from "./domain/trade.ts";
import type { ServiceId } from "./kit/ports.ts";

export interface Method<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  readonly desc: DescMethod;
  readonly input: I;
  readonly output: O;
  /** True: the same request twice has one effect, so a caller may try again. */
  readonly idempotent: boolean;
  /** True: lowers risk, so it is sent even to a callee that has not answered lately. */
  readonly urgent: boolean;
}
type Methods = Record<string, Method>;
export interface Contract<M extends Methods = Methods> {
  readonly id: ServiceId;
  readonly desc: DescService;
  readonly methods: M;
}
const contract = <M extends Methods>(id: ServiceId, desc: DescService, methods: M): Contract<M> => ({
  id,
  desc,
  methods,
});
const method = <I extends z.ZodType, O extends z.ZodType>(
  desc: DescMethod,
  [input, output]: [I, O],
  idempotent = true,
): Method<I, O> => ({ desc, input, output, idempotent, urgent: false });
const urgent = <I extends z.ZodType, O extends z.ZodType>(what: Method<I, O>): Method<I, O> => ({
  ...what,
  urgent: true,
});

const account = Account.default(DEFAULT_ACCOUNT);

/** One order as S1 sends it; a repeat with the same `client_order_id` is answered from what the exchange says of it. */
export const SubmitOrder = z.object({
  account,
  instrument: InstrumentId,
  client_order_id: z.string().min(1).max(36),
  side: Side,
  type: z.enum(["MARKET", "LIMIT", "LIMIT_MAKER", "STOP_MARKET", "TAKE_PROFIT_MARKET"]),
  qty: PositiveDecimal,
  price: PositiveDecimal.optional(),
  stop_price: PositiveDecimal.optional(),
  time_in_force: z.enum(["GTC", "IOC", "FOK"]).optional(),
  working_type: z.enum(["MARK_PRICE", "CONTRACT_PRICE"]).optional(),
  reduce_only: z.boolean().default(false),
  /** True for what opens or enlarges a position: S1 refuses it while the kill switch is on. */
  entry: z.boolean(),
  leverage: z.number().int().min(1).max(125).optional(),
});
export type SubmitOrder = z.output<typeof SubmitOrder>;

/** A spot pair of take-profit and stop: one filled cancels the other. */
export const SubmitOco = z.object({
  account,
  instrument: InstrumentId,
  list_client_order_id: z.string().min(1).max(36),
  side: Side,
  qty: PositiveDecimal,
  take_profit_client_order_id: z.string().min(1).max(36),
  take_profit_price: PositiveDecimal,
  stop_client_order_id: z.string().min(1).max(36),
  stop_price: PositiveDecimal,
  /** The limit at which the triggered stop sells. */
  stop_limit_price: PositiveDecimal,
});
export type SubmitOco = z.output<typeof SubmitOco>;

export const ExchangeFill = z.object({
  fill_id: z.string(),
  order_id: z.string(),
  price: Decimal,
  qty: Decimal,
  fee: Decimal,
  fee_asset: z.string(),
  maker: z.boolean(),
  realised_usdt: Decimal.optional(),
  /** Which way it went, where the exchange's history of trades says so. */
  side: Side.optional(),
  ts: z.number(),
});
export type ExchangeFill = z.output<typeof ExchangeFill>;

/** An order as the exchange knows it. `conditional`: a stop or target that has not triggered. */
export const ExchangeOrder = z.object({
  instrument: InstrumentId,
  client_order_id: z.string(),
  order_id: z.string(),
  status: OrderStatus,
  side: Side,
  type: z.string(),
  qty: Decimal,
  price: Decimal.optional(),
  stop_price: Decimal.optional(),
  filled_qty: Decimal,
  avg_price: Decimal.optional(),
  reduce_only: z.boolean(),
  conditional: z.boolean(),
  updated_at: z.number(),
});
export type ExchangeOrder = z.output<typeof ExchangeOrder>;

const OrderRef = z.object({
  account,
  instrument: InstrumentId,
  client_order_id: z.string().min(1).max(36),
  conditional: z.boolean().default(false),
});

export const KillOrder = z.object({
  enabled: z.boolean(),
  mode: z.enum(["HALT", "CANCEL", "FLATTEN"]),
  epoch: z.number().int(),
  reason: z.string(),
  actor: z.string(),
});
export type KillOrder = z.output<typeof KillOrder>;
/** `outstanding` names client order ids of entries that are not yet resolved. */
export const KillAnswer = z.object({ epoch: z.number().int(), outstanding: z.array(z.string()) });

const Nothing = z.object({});
const Of = z.object({ account, instrument: InstrumentId.optional() });

export const History = z.object({
  instrument: InstrumentId,
  timeframe: Timeframe,
  from_ts: z.coerce.number().optional(),
  to_ts: z.coerce.number().optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(500),
});
export const HistoryAnswer = z.object({ source: z.enum(["RECORDING", "EXCHANGE"]), bars: z.array(Kline) });

/** Futures alone have any. `mark` is what the notional was computed with, where the exchange tells. */
export const FundingRate = z.object({ ts: z.number(), rate: Decimal, mark: Decimal.optional() });
export type FundingRate = z.output<typeof FundingRate>;

const WalletName = z.enum(["SPOT", "FUT"]);

/** One credit or charge as the exchange's income history tells it; `amount` is signed. Spot has only fills and transfers. */
export const Income = z.object({
  income_id: z.string(),
  market: WalletName,
  instrument: InstrumentId.optional(),
  kind: z.enum(["REALISED_PNL", "FUNDING", "COMMISSION", "TRANSFER", "LIQUIDATION_FEE", "OTHER"]),
  asset: z.string(),
  amount: Decimal,
  fill_id: z.string().optional(),
  ts: z.number(),
});
export type Income = z.output<typeof Income>;

/** A movement between the account's own wallets. `grant`: the gateway's signature over exactly this. */
export const Transfer = z.object({
  transfer_id: z.string().regex(/^[\x21-\x7e]{1,64}$/, "must be 1 to 64 printable characters without spaces"),
  account,
  from: WalletName,
  to: WalletName,
  amount_usdt: PositiveDecimal,
  reason: z
    .string()
    .max(200)
    .refine((text) => text.isWellFormed(), "must be whole characters"),
});
export type Transfer = z.output<typeof Transfer>;
export const TransferResult = z.object({
  transfer_id: z.string(),
  result: z.enum(["OK", "FAIL", "UNKNOWN"]),
  tx_id: z.string().optional(),
  message: z.string().optional(),
});
export type TransferResult = z.output<typeof TransferResult>;

/** S1. Refusals are EXCHANGE_REFUSED; EXCHANGE_UNKNOWN means that the order may live. */
export const exchange = contract("s01", ExchangeService, {
  submitOrder: method(ExchangeService.method.submitOrder, [SubmitOrder, ExchangeOrder], false),
  submitOco: method(ExchangeService.method.submitOco, [SubmitOco, z.object({ orders: z.array(ExchangeOrder) })], false),
  cancelOrder: urgent(method(ExchangeService.method.cancelOrder, [OrderRef, ExchangeOrder])),
  /** NOT_FOUND is no proof that the order does not exist. */
  queryOrder: method(ExchangeService.method.queryOrder, [OrderRef, ExchangeOrder]),
  /** With `from_ts` and an instrument: all orders sent since, ended ones too, where the exchange tells them. */
  getOpenOrders: method(ExchangeService.method.getOpenOrders, [
    Of.extend({ from_ts: z.number().optional(), for_exit: z.boolean().optional() }),
    z.object({ orders: z.array(ExchangeOrder) }),
  ]),
  getFills: method(ExchangeService.method.getFills, [
    z.object({
      account,
      instrument: InstrumentId,
      order_id: z.string().optional(),
      from_ts: z.number().optional(),
      for_exit: z.boolean().optional(),
    }),
    z.object({ fills: z.array(ExchangeFill) }),
  ]),
  getPositions: method(ExchangeService.method.getPositions, [Of, z.object({ positions: z.array(ExchangePosition) })]),
  getBalances: method(ExchangeService.method.getBalances, [
    z.object({ account }),
    z.object({ balances: z.array(Balance) }),
  ]),
  getInstruments: method(ExchangeService.method.getInstruments, [
    Nothing,
    z.object({ instruments: z.array(Instrument) }),
  ]),
  getHistory: method(ExchangeService.method.getHistory, [History, HistoryAnswer]),
  /** Both ends included, oldest first, at most a thousand. */
  getFundingRates: method(ExchangeService.method.getFundingRates, [
    z.object({ instrument: InstrumentId, from_ts: z.number(), to_ts: z.number() }),
    z.object({ rates: z.array(FundingRate) }),
  ]),
  setKill: urgent(method(ExchangeService.method.setKill, [KillOrder, KillAnswer])),
  getIncome: method(ExchangeService.method.getIncome, [
    z.object({ account, from_ts: z.number(), to_ts: z.number() }),
    z.object({ income: z.array(Income) }),
  ]),
  transfer: method(ExchangeService.method.transfer, [Transfer.extend({ grant: z.string() }), TransferResult]),
});

/** The way to name an order: any one of the three. */
export const CancelRequest = z
  .object({
    order_id: z.string().max(64).optional(),
    client_order_id: z.string().max(36).optional(),
    intent_id: z.string().max(128).optional(),
    cascade: z.boolean().default(true),
    reason: z.string().max(200).optional(),
  })
  .refine((r) => [r.order_id, r.client_order_id, r.intent_id].filter((id) => id !== undefined).length === 1, {
    message: "name the order by exactly one of order_id, client_order_id, intent_id",
  });
export const CancelAnswer = z.object({ result: z.literal("CANCELED"), order_ids: z.array(z.string()) });
export const Budget = z.object({
  account: z.string(),
  budget_usdt: Decimal,
  used_usdt: Decimal,
  reserved_usdt: Decimal,
  open_positions: z.number().int(),
});

const run_id = z.string().min(1).max(64);
/** RESYNC: ours, take its state and missing fills. ADOPT: open there, unknown here. CANCEL: open there, nobody's. */
export const RepairOrder = z.object({
  run_id,
  account,
  instrument: InstrumentId,
  client_order_id: z.string().min(1).max(64),
  conditional: z.boolean().default(false),
  action: z.enum(["RESYNC", "ADOPT", "CANCEL"]),
});
export type RepairOrder = z.output<typeof RepairOrder>;
export const RepairOrderAnswer = z.object({
  done: z.enum(["RESYNCED", "ADOPTED", "CANCELED", "NONE"]),
  before: z.string(),
  after: z.string(),
});
/** CLOSE: what nobody can explain is reduced to flat. KEEP: it is adopted and protected where the budget has room. */
export const RepairHolding = z.object({
  run_id,
  account,
  instrument: InstrumentId,
  orphans: z.enum(["CLOSE", "KEEP"]),
});
export type RepairHolding = z.output<typeof RepairHolding>;
/** `before` and `after` are signed quantities. */
export const RepairHoldingAnswer = z.object({
  done: z.enum(["BOOKED", "ADOPTED", "CLOSING", "ADJUSTED", "NONE"]),
  before: z.string(),
  after: z.string(),
  detail: z.string(),
});

/** S4. `decision` rides along so that the intent's commit holds its whole reason. */
export const PlaceRequest = z.object({ intent: Intent, decision: Decision.optional() });
export const router = contract("s04", RouterService, {
  placeOrder: method(RouterService.method.placeOrder, [PlaceRequest, OrderAnswer]),
  cancelOrder: urgent(method(RouterService.method.cancelOrder, [CancelRequest, CancelAnswer])),
  getBudget: method(RouterService.method.getBudget, [z.object({ account }), Budget]),
  setKill: urgent(method(RouterService.method.setKill, [KillOrder, KillAnswer])),
  repairOrder: method(RouterService.method.repairOrder, [RepairOrder, RepairOrderAnswer]),
  repairHolding: method(RouterService.method.repairHolding, [RepairHolding, RepairHoldingAnswer]),
});

/** S6. */
export const position = contract("s06", PositionService, {
  flatten: urgent(
    method(PositionService.method.flatten, [
      z.object({ reason: z.string().max(200), instruments: z.array(InstrumentId).default([]) }),
      z.object({ closing: z.array(z.string()) }),
    ]),
  ),
  repair: method(PositionService.method.repair, [
    z.object({ run_id, account, instrument: InstrumentId }),
    z.object({ done: z.enum(["REBUILT", "NONE"]), before: z.string(), after: z.string(), detail: z.string() }),
  ]),
});

/** S12. Under the policy's caps the answer is final; above them a person decides later. */
export const gateway = contract("s12", GatewayService, {
  requestTransfer: method(GatewayService.method.requestTransfer, [
    Transfer,
    z.object({
      transfer_id: z.string(),
      status: z.enum(["PENDING_APPROVAL", "OK", "FAIL", "UNKNOWN"]),
      message: z.string().optional(),
    }),
  ]),
});

/** S10. `bundle` is the document itself, as `domain/bundle.ts` describes it. */
export const config = contract("s10", ConfigService, {
  getActive: method(ConfigService.method.getActive, [
    Nothing,
    z.object({
      rev: z.number().int(),
      bundle_id: z.string(),
      hash: z.string(),
      activated_at: z.number(),
      bundle: z.record(z.string(), z.unknown()),
      canary: Split.extend({
        rev: z.number().int(),
        bundle_id: z.string(),
        hash: z.string(),
        bundle: z.record(z.string(), z.unknown()),
      }).optional(),
    }),
  ]),
});

/** S11. What the config service must know before and while a revision comes into force. */
export const metrics = contract("s11", MetricsService, {
  getStanding: method(MetricsService.method.getStanding, [
    Nothing,
    z.object({
      level: z.enum(["GREEN", "YELLOW", "ORANGE", "RED"]),
      reasons: z.array(z.string()),
      /** Of every replica of every service that uses the config, asked just now. */
      revisions: z.array(
        z.object({
          service: z.string(),
          replica: z.string(),
          answered: z.boolean(),
          rev: z.number().int(),
          canary_rev: z.number().int().optional(),
          /** Of the promotion that its canary belongs to. */
          promotion_id: z.string().optional(),
          /** It could not load this one, and why. */
          refused_rev: z.number().int().optional(),
          error: z.string().optional(),
        }),
      ),
      ts: z.number(),
    }),
  ]),
});

export const CONTRACTS: readonly Contract[] = [exchange, router, position, config, metrics, gateway];
