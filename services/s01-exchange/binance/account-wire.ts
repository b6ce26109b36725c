/** Binance's account stream frames as our account events; what a frame is missing makes it unreadable, never guessed. */
import { z } from "@hono/zod-openapi";
import { InstrumentId, instrumentOf } from "../../../shared/domain/instrument.ts";
import { add, dec, div, isDecimal, show, sub, zero } from "../../../shared/domain/money.ts";
import { Side } from "../../../shared/domain/order.ts";
import type { AccountEvent } from "../../../shared/streams.ts";
import { algoOrderId, statusOf } from "./order-wire.ts";

const Id = z.union([z.string(), z.number()]).transform(String);
const Amount = z.string().refine(isDecimal, "is no decimal");
/** Nothing for what cannot be an instrument of ours, such as a dated contract. */
const Symbol_ = (market: "SPOT" | "FUT") =>
  z.string().transform((symbol) => InstrumentId.safeParse(instrumentOf(market, symbol)).data);

/** What events need that no frame tells. */
export interface Known {
  readonly account: string;
  readonly ts: number;
  mark(instrument: InstrumentId): string | undefined;
  leverage(instrument: InstrumentId): number;
  /** The conditional order that sent this order, by the exchange's order id. */
  conditionalOf(orderId: string): string | undefined;
  /** A conditional order has sent an order. */
  triggered(orderId: string, clientOrderId: string): void;
  /** Leverage or margin type was changed. */
  configured(instrument: InstrumentId, leverage: number | undefined): void;
  /** Funding was paid or received. */
  funded(): void;
}

const FutOrder = z.looseObject({
  T: z.number(),
  o: z.looseObject({
    s: Symbol_("FUT"),
    c: z.string(),
    i: Id,
    S: Side,
    o: z.string(),
    x: z.string(),
    X: z.string(),
    l: Amount,
    L: Amount,
    z: Amount,
    ap: Amount,
    n: Amount.optional(),
    N: z.string().nullish(),
    t: Id,
    m: z.boolean(),
    rp: Amount.optional(),
    er: Id.optional(),
  }),
});

/** CALCULATED is a fill that the exchange forced: a liquidation. */
const FUT_FILLS = ["TRADE", "CALCULATED"];

function futOrder(frame: unknown, known: Known): AccountEvent[] {
  const { o, T } = FutOrder.parse(frame);
  if (!o.s) return [];
  const isFill = FUT_FILLS.includes(o.x);
  return [
    {
      kind: "execution",
      account: known.account,
      instrument: o.s,
      client_order_id: known.conditionalOf(o.i) ?? o.c,
      order_id: o.i,
      status: statusOf(o.X),
      side: o.S,
      type: o.o,
      filled_qty: o.z,
      ...(dec(o.ap) > zero && { avg_price: o.ap }),
      ...(isFill && {
        fill: {
          fill_id: o.t,
          price: o.L,
          qty: o.l,
          fee: o.n ?? "0",
          fee_asset: o.N ?? "USDT",
          maker: o.m,
          ...(o.rp !== undefined && { realised_usdt: o.rp }),
        },
      }),
      ...(o.er !== undefined && o.er !== "0" && { reason: `expiry ${o.er}` }),
      exch_ts: T,
      ts: known.ts,
    },
  ];
}

const Algo = z.looseObject({
  T: z.number(),
  o: z.looseObject({
    caid: z.string(),
    aid: Id,
    o: z.string(),
    s: Symbol_("FUT"),
    S: Side,
    X: z.string(),
    ai: Id.nullish(),
    rm: z.string().nullish(),
  }),
});

/** FINISHED is left out: the order that the trigger sent tells its own end, under the same client id. */
function algo(frame: unknown, known: Known): AccountEvent[] {
  const { o, T } = Algo.parse(frame);
  if (!o.s) return [];
  if (o.ai && o.ai !== "0") known.triggered(o.ai, o.caid);
  if (o.X === "FINISHED") return [];
  const triggered = o.X === "TRIGGERING" || o.X === "TRIGGERED";
  return [
    {
      kind: "execution",
      account: known.account,
      instrument: o.s,
      client_order_id: o.caid,
      order_id: algoOrderId(o.aid),
      status: triggered ? "NEW" : statusOf(o.X),
      side: o.S,
      type: o.o,
      filled_qty: "0",
      ...(triggered ? { reason: "TRIGGERED" } : o.rm ? { reason: o.rm } : {}),
      exch_ts: T,
      ts: known.ts,
    },
  ];
}

const FutAccount = z.looseObject({
  T: z.number(),
  a: z.looseObject({
    m: z.string().default(""),
    B: z.array(z.looseObject({ a: z.string(), wb: Amount, cw: Amount })).default([]),
    P: z
      .array(
        z.looseObject({
          s: Symbol_("FUT"),
          pa: Amount,
          ep: Amount,
          up: Amount,
          iw: Amount.default("0"),
          mt: z.string().default("isolated"),
          ps: z.string().default("BOTH"),
        }),
      )
      .default([]),
  }),
});

/** `free` leaves out what isolated positions hold; margin of open orders is not told here. */
function futAccount(frame: unknown, known: Known): AccountEvent[] {
  const { T, a } = FutAccount.parse(frame);
  if (a.m === "MARGIN_TYPE_CHANGE") {
    for (const { s, mt } of a.P) if (s && mt !== "isolated") known.configured(s, undefined);
  }
  if (a.m === "FUNDING_FEE") known.funded();
  const events: AccountEvent[] = [];
  for (const p of a.P) {
    if (!p.s || p.ps !== "BOTH") continue;
    const position = {
      account: known.account,
      instrument: p.s,
      qty: p.pa,
      entry_price: p.ep,
      mark_price: known.mark(p.s) ?? p.ep,
      unrealised_usdt: p.up,
      leverage: known.leverage(p.s),
      isolated_margin_usdt: dec(p.iw) === zero ? "0" : show(add(dec(p.iw), dec(p.up))),
      updated_at: T,
    };
    events.push({ kind: "position", instrument: p.s, position, ts: known.ts });
  }
  if (a.B.length > 0) {
    const balances = a.B.map((b) => ({
      market: "FUT" as const,
      asset: b.a,
      free: b.cw,
      locked: show(sub(dec(b.wb), dec(b.cw))),
      updated_at: T,
    }));
    events.push({ kind: "balance", balances, instrument: "FUT", ts: known.ts });
  }
  return events;
}

const FutConfig = z.looseObject({
  ac: z.looseObject({ s: Symbol_("FUT"), l: z.number().optional() }).optional(),
});
function futConfig(frame: unknown, known: Known): AccountEvent[] {
  const { ac } = FutConfig.parse(frame);
  if (ac?.s) known.configured(ac.s, ac.l);
  return [];
}

const SpotOrder = z.looseObject({
  T: z.number(),
  s: Symbol_("SPOT"),
  /** Of the order, or of the request that cancelled it; then `C` is the order's. */
  c: z.string(),
  C: z.string().default(""),
  i: Id,
  S: Side,
  o: z.string(),
  x: z.string(),
  X: z.string(),
  r: z.string().default("NONE"),
  l: Amount,
  L: Amount,
  z: Amount,
  Z: Amount,
  n: Amount.nullish(),
  N: z.string().nullish(),
  t: Id,
  m: z.boolean(),
});

function spotOrder(frame: unknown, known: Known): AccountEvent[] {
  const e = SpotOrder.parse(frame);
  if (!e.s) return [];
  const filled = dec(e.z);
  return [
    {
      kind: "execution",
      account: known.account,
      instrument: e.s,
      client_order_id: e.C || e.c,
      order_id: e.i,
      status: statusOf(e.X),
      side: e.S,
      type: e.o,
      filled_qty: e.z,
      ...(filled > zero && { avg_price: show(div(dec(e.Z), filled, "nearest")) }),
      ...(e.x === "TRADE" && {
        fill: { fill_id: e.t, price: e.L, qty: e.l, fee: e.n ?? "0", fee_asset: e.N ?? "", maker: e.m },
      }),
      ...(e.r !== "NONE" && { reason: e.r }),
      exch_ts: e.T,
      ts: known.ts,
    },
  ];
}

const SpotAccount = z.looseObject({
  E: z.number(),
  B: z.array(z.looseObject({ a: z.string(), f: Amount, l: Amount })),
});
function spotAccount(frame: unknown, known: Known): AccountEvent[] {
  const { E, B } = SpotAccount.parse(frame);
  const balances = B.map(({ a, f, l }) => ({ market: "SPOT" as const, asset: a, free: f, locked: l, updated_at: E }));
  return [{ kind: "balance", balances, instrument: "SPOT", ts: known.ts }];
}

const READERS: Readonly<Record<string, (frame: unknown, known: Known) => AccountEvent[]>> = {
  ORDER_TRADE_UPDATE: futOrder,
  ALGO_UPDATE: algo,
  ACCOUNT_UPDATE: futAccount,
  ACCOUNT_CONFIG_UPDATE: futConfig,
  executionReport: spotOrder,
  outboundAccountPosition: spotAccount,
};

/** Throws a ZodError on a known frame that cannot be read; unknown kinds mean nothing to us. */
export function readAccountFrame(frame: Readonly<Record<string, unknown>>, known: Known): AccountEvent[] {
  const kind = String(frame.e);
  return Object.hasOwn(READERS, kind) ? READERS[kind]!(frame, known) : [];
}

/** The exchange closed a position by itself. */
export const isForced = (clientOrderId: string): boolean =>
  /^(autoclose-|adl_autoclose|settlement_autoclose-)/.test(clientOrderId);
