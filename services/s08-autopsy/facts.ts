/** Everything that a report tells, as data: what is asked for as JSON, and all that a page is rendered from. */
import { z } from "@hono/zod-openapi";
import { CostCurve } from "../../shared/collections/execution.ts";
import { Decision, Signal } from "../../shared/domain/decision.ts";
import { Decimal } from "../../shared/domain/instrument.ts";
import { Fill, IntentKind, Order, Side } from "../../shared/domain/order.ts";
import { Trade } from "../../shared/domain/trade.ts";
import { WHAT_IFS } from "../../shared/trading/autopsy/what-if.ts";

/** Of a report: a change of it makes reports anew when they are asked for. */
export const FACTS_FORMAT = 1;

export const PathBar = z.object({ open_ts: z.number(), open: Decimal, high: Decimal, low: Decimal, close: Decimal });
export type PathBar = z.output<typeof PathBar>;

/** A fill beside the price it is held against. */
export const SlippageRow = z.object({
  fill_id: z.string(),
  client_order_id: z.string(),
  ts: z.number(),
  kind: IntentKind,
  side: Side,
  maker: z.boolean(),
  qty: Decimal,
  price: Decimal,
  fee_usdt: Decimal,
  notional_usdt: Decimal,
  /** The trigger of an order that waited for a price, or a resting target's own, else the mid when it was sent. */
  reference: Decimal.optional(),
  /** Above zero: worse than the reference. */
  slippage_usdt: Decimal,
  slippage_bps: z.number().optional(),
  /** What the account's cost curve expects of a taker of this notional. */
  curve_bps: z.number().optional(),
});
export type SlippageRow = z.output<typeof SlippageRow>;

export const PeerRow = z.object({
  what: z.enum(["roi_net", "net_usdt", "held_ms", "fees_bps"]),
  value: z.number(),
  /** Of this trade among its peers, 0 to 100. */
  percentile: z.number(),
  q1: z.number(),
  median: z.number(),
  q3: z.number(),
});
export type PeerRow = z.output<typeof PeerRow>;
/** Trades that closed before this one, of its direction, a like size and, where it is known, its regime. */
export const Peers = z.object({
  regime: z.string().optional(),
  /** Entered notional, USDT. */
  notional_from: z.number(),
  notional_to: z.number(),
  looked_at: z.number().int(),
  count: z.number().int(),
  rows: z.array(PeerRow),
});
export type Peers = z.output<typeof Peers>;

export const WhatIfRow = z.object({
  kind: z.enum(WHAT_IFS),
  change: z.string(),
  stop_price: Decimal.optional(),
  take_profit_price: Decimal.optional(),
  qty: Decimal,
  exit_price: Decimal.optional(),
  how: z.string(),
  at: z.number().optional(),
  net_usdt: Decimal,
  roi: Decimal,
});

export const AutopsyFacts = z
  .object({
    format: z.number().int(),
    trade: Trade,
    /** net / margin; a fraction. */
    roi_net: z.number(),
    regime: z.enum(["FROZEN", "NORMAL", "EXTREME"]).optional(),
    signal: Signal.optional(),
    decision: Decision.optional(),
    fills: z.array(Fill),
    orders: z.array(Order),
    /** Signed: what the wallet gained. */
    payments: z.array(z.object({ ts: z.number(), amount_usdt: Decimal })),
    costs: z.object({
      gross: Decimal,
      fees: Decimal,
      funding: Decimal,
      slippage: Decimal,
      total: Decimal,
      share: Decimal,
    }),
    slippage: z.array(SlippageRow),
    curve: CostCurve.optional(),
    path: z.object({ from: z.number(), to: z.number(), bar_ms: z.number().int(), bars: z.array(PathBar) }),
    roe: z.array(z.object({ ts: z.number(), roe: z.number() })),
    peers: Peers,
    what_ifs: z.array(WhatIfRow),
    /** Up to when stops and targets were replayed. */
    what_ifs_until: z.number().optional(),
    holes: z.array(z.string()),
  })
  .openapi("AutopsyFacts");
export type AutopsyFacts = z.output<typeof AutopsyFacts>;
