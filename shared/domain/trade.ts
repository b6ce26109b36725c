/** Trades and positions: built from S4's fills alone. */
import { z } from "@hono/zod-openapi";
import { Account, Decimal, InstrumentId } from "./instrument.ts";
import { Side } from "./order.ts";

export const TradeStatus = z.enum(["PENDING_ENTRY", "ACTIVE", "PENDING_CLOSING", "CLOSED", "ABANDONED"]);
export type TradeStatus = z.output<typeof TradeStatus>;

export const StopMove = z.object({ ts: z.number(), stop_price: Decimal, reason: z.string() });

/** One round trip on one instrument, from the first entry fill to flat. Money is USDT, quantities base units. */
export const Trade = z
  .object({
    trade_id: z.string(),
    account: Account,
    instrument: InstrumentId,
    strategy_id: z.string(),
    signal_id: z.string().optional(),
    side: Side,
    status: TradeStatus,
    entry_qty: Decimal,
    exit_qty: Decimal,
    open_qty: Decimal,
    /** What left it without a fill, by the exchange's word; negative: what came. In no average and in no result. */
    adjusted_qty: Decimal.optional(),
    /** When that was first seen, epoch ms. */
    adjusted_at: z.number().optional(),
    avg_entry: Decimal,
    avg_exit: Decimal.optional(),
    /** Σ price · qty of the entries and of the exits: what averages and results are computed from. */
    entry_cost_usdt: Decimal.optional(),
    exit_value_usdt: Decimal.optional(),
    realised_usdt: Decimal,
    fees_usdt: Decimal,
    funding_usdt: Decimal,
    /** realised − fees + funding. */
    pnl_usdt: Decimal,
    /** Margin of all that was entered: avg_entry · entry_qty / leverage. */
    margin_usdt: Decimal,
    leverage: z.number(),
    stop_price: Decimal.optional(),
    take_profit_price: Decimal.optional(),
    stops: z.array(StopMove),
    stage: z.number().int(),
    adds: z.number().int(),
    seq: z.number().int(),
    params: z.record(z.string(), z.unknown()),
    opened_at: z.number(),
    closed_at: z.number().optional(),
    /** stop, take_profit, close, flatten, stagnated, liquidation_distance, safety or forced. */
    exit_reason: z.string().optional(),
    config_rev: z.number().int(),
    updated_at: z.number(),
  })
  .openapi("Trade");
export type Trade = z.output<typeof Trade>;

/** A position as the exchange tells it; `qty` is signed. */
export const ExchangePosition = z
  .object({
    account: Account,
    instrument: InstrumentId,
    qty: Decimal,
    entry_price: Decimal,
    mark_price: Decimal,
    unrealised_usdt: Decimal,
    liquidation_price: Decimal.optional(),
    leverage: z.number(),
    isolated_margin_usdt: Decimal,
    updated_at: z.number(),
  })
  .openapi("ExchangePosition");
export type ExchangePosition = z.output<typeof ExchangePosition>;

export const Balance = z
  .object({
    market: z.enum(["SPOT", "FUT"]),
    asset: z.string(),
    free: Decimal,
    locked: Decimal,
    updated_at: z.number(),
  })
  .openapi("Balance");
export type Balance = z.output<typeof Balance>;
