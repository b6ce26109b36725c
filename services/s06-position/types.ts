/** What the position manager's parts share: ports, settings, and the shapes of its questions and answers. */
import { z } from "@hono/zod-openapi";
import { AutoTransfer } from "../../shared/collections/trades.ts";
import type { exchange, gateway, router } from "../../shared/contracts.ts";
import type { ActiveConfig } from "../../shared/domain/arms.ts";
import type { BundleView } from "../../shared/domain/bundle.ts";
import { Decimal, InstrumentId, PositiveDecimal } from "../../shared/domain/instrument.ts";
import type { Intent } from "../../shared/domain/order.ts";
import { ExchangePosition, Trade } from "../../shared/domain/trade.ts";
import type { Clock, Op, Store } from "../../shared/kit/ports.ts";
import { inOrder, Paging, Period } from "../../shared/paging.ts";
import type { Alert } from "../../shared/streams.ts";
import type { PositionSettings } from "../../shared/trading/position/position-settings.ts";

type Calls<M extends Record<string, { input: z.ZodType; output: z.ZodType }>> = {
  readonly [K in keyof M]: (input: z.input<M[K]["input"]>) => Promise<z.output<M[K]["output"]>>;
};
export type RouterCalls = Calls<typeof router.methods>;
export type ExchangeCalls = Calls<typeof exchange.methods>;
export type GatewayCalls = Calls<typeof gateway.methods>;

export interface Ports {
  readonly account: string;
  readonly settings: PositionSettings;
  readonly clock: Clock;
  readonly store: Store;
  readonly router: RouterCalls;
  readonly exchange: ExchangeCalls;
  readonly gateway: GatewayCalls;
  /** What is in force. */
  config(): ActiveConfig;
  /** That revision, else, or where nobody knows it, the newest. */
  revision(rev: number | undefined): BundleView;
  /** Has a revision at hand for `revision`; undefined: there is none. Throws while nobody can be asked. */
  learn(rev: number): Promise<BundleView | undefined>;
  /** Exits by stream, when the router cannot be called. */
  command(intent: Intent): Promise<unknown>;
  /** Why no risk should be added now: nobody would hear of it. */
  noEntries(): string | undefined;
  audit(entry: { actor: string; what: string; ref: string; outcome: string; before?: unknown; after?: unknown }): Op;
  alert(severity: Alert["severity"], code: string, message: string, action?: string): void;
  warn(message: string, fields?: Record<string, unknown>): void;
}

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
  /** `trade_id` is empty where no trade is open. */
  errors: z.array(
    z.object({ trade_id: z.string(), instrument: InstrumentId, action: ManageAction, message: z.string() }),
  ),
});
export type ManageAnswer = z.output<typeof ManageAnswer>;

export const AutoTransferRequest = z.object({
  /** The same one is the same look at the wallets, however often it is asked. */
  trigger_id: z
    .string()
    .regex(/^(?!auto-)[\w.:-]{1,64}$/, "1 to 64 letters, digits and . : _ -, not beginning with auto-"),
  reason: z.string().min(1).max(200).default("asked for by hand"),
});
export const AutoTransferAnswer = AutoTransfer.pick({
  need_usdt: true,
  transfer_id: true,
  status: true,
  message: true,
});

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
