/** What the position manager's parts share: ports, settings, and the shapes of its questions and answers. */
import { z } from "@hono/zod-openapi";
import type { exchange, router } from "../../shared/contracts.ts";
import type { BundleView, PositionRules } from "../../shared/domain/bundle.ts";
import { Decimal, InstrumentId, PositiveDecimal } from "../../shared/domain/instrument.ts";
import type { Intent } from "../../shared/domain/order.ts";
import { ExchangePosition, Trade } from "../../shared/domain/trade.ts";
import type { Clock, Store } from "../../shared/kit/ports.ts";
import { inOrder, Paging, Period } from "../../shared/kit/rest.ts";
import type { Alert } from "../../shared/streams.ts";

type Calls<M extends Record<string, { input: z.ZodType; output: z.ZodType }>> = {
  readonly [K in keyof M]: (input: z.input<M[K]["input"]>) => Promise<z.output<M[K]["output"]>>;
};
export type RouterCalls = Calls<typeof router.methods>;
export type ExchangeCalls = Calls<typeof exchange.methods>;

export const PositionSettings = z.object({
  /** An instrument is looked at no more often than this as prices come in. */
  lookEveryMs: z.coerce.number().int().min(1).default(250),
  /** A mark price older than this is not used; the middle of the book is. */
  markAgeMsMax: z.coerce.number().int().min(1).default(10_000),
  /** After a refused or unanswered ask, the trade waits this long, then twice as long, up to the second. */
  askAgainMs: z.coerce.number().int().min(1).default(1_000),
  askAgainMsMax: z.coerce.number().int().min(1).default(30_000),
  /**
   * Trades that open within this time of a flatten order are closed too: their entries were on their way. The kill
   * switch repeats its order more often than that while it is on, and trading after it is soon free again.
   */
  flattenForMs: z.coerce.number().int().min(0).default(6_000),
});
export type PositionSettings = z.output<typeof PositionSettings>;

export interface Ports {
  readonly account: string;
  readonly settings: PositionSettings;
  readonly clock: Clock;
  readonly store: Store;
  readonly router: RouterCalls;
  readonly exchange: ExchangeCalls;
  config(): BundleView;
  /** Exits by stream, when the router cannot be called. */
  command(intent: Intent): Promise<unknown>;
  alert(severity: Alert["severity"], code: string, message: string, action?: string): void;
  warn(message: string, fields?: Record<string, unknown>): void;
}

/** What a trade was opened with and what it has asked for, kept in its `params`. */
export interface TradeParams {
  rules: PositionRules;
  taker_fee: number;
  /** The best ROE seen, as last stored. */
  best_roe: number;
  /** Asked of the router and not yet answered: asked again, with the same id, until it is. */
  pending?: Intent;
  /** Why it is to be closed: asked again until it is flat. */
  closing?: string;
}
export const paramsOf = (trade: Trade): TradeParams => trade.params as unknown as TradeParams;
export const withParams = (trade: Trade, params: TradeParams): Trade => ({ ...trade, params: { ...params } });

export const ManageAction = z.enum(["TRAIL_SL", "PARTIAL_TP", "ADD_IF_OK", "SET_STOP", "CLOSE"]);
export const ManageRequest = z.object({
  instruments: z.array(InstrumentId).max(100).default([]),
  actions: z.array(ManageAction).min(1).max(5),
  stop_price: PositiveDecimal.optional(),
  dry_run: z.boolean().default(false),
});
export type ManageRequest = z.output<typeof ManageRequest>;
const Move = z.object({ trade_id: z.string(), instrument: InstrumentId, stop_price: Decimal, reason: z.string() });
const Reduce = z.object({ trade_id: z.string(), instrument: InstrumentId, qty: Decimal, reason: z.string() });
export const ManageAnswer = z.object({
  plan: z.object({ stop_moves: z.array(Move), reduces: z.array(Reduce), adds: z.array(Reduce) }),
  managed: z.array(z.string()),
  orders: z.array(z.string()),
  errors: z.array(z.object({ trade_id: z.string(), action: ManageAction, message: z.string() })),
});
export type ManageAnswer = z.output<typeof ManageAnswer>;

export const OpenPosition = z.object({
  trade: Trade,
  price: Decimal.optional(),
  unrealised_usdt: Decimal.optional(),
  roe: z.number().optional(),
  exchange: ExchangePosition.optional(),
});
export type OpenPosition = z.output<typeof OpenPosition>;

export const TradesQuery = inOrder(
  z.object({
    ...Paging,
    ...Period,
    instrument: InstrumentId.optional(),
    strategy_id: z.string().max(64).optional(),
    status: Trade.shape.status.optional(),
  }),
);
export const PnlQuery = inOrder(
  z.object({
    by: z.enum(["strategy", "instrument", "day"]).default("day"),
    ...Period,
  }),
);
export const PnlRow = z.object({
  key: z.string(),
  trades: z.number().int(),
  wins: z.number().int(),
  realised_usdt: Decimal,
  fees_usdt: Decimal,
  funding_usdt: Decimal,
  pnl_usdt: Decimal,
});
export type PnlRow = z.output<typeof PnlRow>;
export const Equity = z.object({
  equity_usdt: Decimal.optional(),
  open_pnl_usdt: Decimal,
  pnl_today_usdt: Decimal,
  drawdown: z.number(),
  drawdown_usdt: Decimal,
  ts: z.number(),
});
export type Equity = z.output<typeof Equity>;
