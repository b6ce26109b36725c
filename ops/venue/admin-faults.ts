/** What the admin API takes as a fault, and how each is switched on: every field, its bounds and its default. */
import { z } from "@hono/zod-openapi";
import { Account, Decimal, InstrumentId, marketOf, PositiveDecimal } from "../../shared/domain/instrument.ts";
import { type Amount, dec, isOnStep, sub, toSteps } from "../../shared/domain/money.ts";
import type { Exchange } from "../../shared/engine/exchange.ts";
import { fund } from "../../shared/engine/funding.ts";
import { setLeverage, setMarginType, setPositionMode } from "../../shared/engine/settings.ts";
import { remaining, type VenueOrder } from "../../shared/engine/state.ts";
import { refuse } from "../../shared/errors.ts";
import type { Faults } from "./faults.ts";
import { STREAM_FAULTS } from "./stream-faults.ts";

const FAULT_MS_MAX = 600_000;
const COUNT_MAX = 1_000;
/** What a request that is lost on the way may be answered with. */
const UNKNOWN_CODES = [-1001, -1006, -1007, -1008];

export const MarketName = z.enum(["SPOT", "FUT"]);
const SymbolName = z.string().regex(/^[A-Z0-9]{2,24}$/);
const Count = z.number().int().min(1).max(COUNT_MAX).default(1);
const Ms = z.number().int().min(0).max(FAULT_MS_MAX);
const Code = z.number().int().min(-9_999).max(-1);
const Method = z.enum(["GET", "POST", "PUT", "DELETE"]);
const Path = z.string().startsWith("/").max(100);

const FaultBody = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.enum(["timeout_after_accept", "timeout_before_accept", "reject"]),
    on: z.enum(["place", "cancel"]).default("place"),
    market: MarketName,
    symbol: SymbolName,
    count: Count,
    hold_ms: Ms.default(30_000),
    code: Code.optional(),
  }),
  z.strictObject({
    kind: z.literal("answer"),
    path: Path,
    method: Method.optional(),
    count: Count,
    status: z.number().int().min(400).max(599),
    code: Code,
    retry_after_s: z.number().int().min(0).max(3_600).optional(),
  }),
  z.strictObject({
    kind: z.literal("delay"),
    path: Path,
    method: Method.optional(),
    when: z.enum(["before", "after"]).default("after"),
    delay_ms: Ms,
    count: Count,
  }),
  z.strictObject({ kind: z.literal("lagging_queries"), lag_ms: Ms }),
  z.strictObject({ kind: z.literal("drop_streams"), for_ms: Ms.default(0) }),
  z.strictObject({ kind: z.literal("half_open"), market: MarketName }),
  z.strictObject({
    kind: z.literal("stream"),
    does: z.enum(STREAM_FAULTS),
    market: MarketName,
    event: z
      .string()
      .regex(/^\w{2,40}$/)
      .optional(),
    symbol: SymbolName.optional(),
    count: z.number().int().min(1).max(1_000_000).optional(),
    for_ms: Ms.optional(),
    delay_ms: Ms.default(1_000),
  }),
  z.strictObject({ kind: z.literal("mark"), instrument: InstrumentId, price: PositiveDecimal, for_ms: Ms.min(1_000) }),
  z.strictObject({ kind: z.literal("funding"), instrument: InstrumentId, rate: Decimal }),
  z.strictObject({ kind: z.literal("insurance"), qty: Decimal }),
  z.strictObject({ kind: z.literal("late_funding"), instrument: InstrumentId, by_ms: Ms }),
  z.strictObject({ kind: z.literal("halt"), instrument: InstrumentId, for_ms: Ms }),
  z.strictObject({
    kind: z.literal("filters"),
    instrument: InstrumentId,
    tick: PositiveDecimal.optional(),
    step: PositiveDecimal.optional(),
    min_notional: PositiveDecimal.optional(),
  }),
  z.strictObject({
    kind: z.literal("settings"),
    account: Account,
    instrument: InstrumentId,
    leverage: z.number().int().min(1).max(125).optional(),
    margin_type: z.enum(["ISOLATED", "CROSSED"]).optional(),
    hedge_mode: z.boolean().optional(),
  }),
  z.strictObject({
    kind: z.literal("fill"),
    account: Account,
    market: MarketName,
    client_id: z.string().min(1).max(36),
    qty: PositiveDecimal.optional(),
  }),
]);
type Fault = z.output<typeof FaultBody>;
export const FaultSchema: z.ZodType<Fault> = FaultBody;

export interface FaultContext {
  readonly exchange: Exchange;
  readonly faults: Faults;
  now(): number;
  /** Closes every stream and refuses new ones for so long. */
  dropStreams(forMs: number): void;
}

type Of<K extends Fault["kind"]> = Extract<Fault, { kind: K }>;

/** Throws a Problem for a fault that cannot be: an unknown order, a step that is none, a setting that is refused. */
export function switchOn(context: FaultContext, fault: Fault): void {
  const { faults, now } = context;
  switch (fault.kind) {
    case "drop_streams":
      context.dropStreams(fault.for_ms);
      break;
    case "half_open":
      faults.streams.halfOpen(fault.market);
      break;
    case "stream":
      faults.streams.add(streamFault(fault, now()));
      break;
    case "answer":
      faults.addAnswer({ ...fault });
      break;
    case "delay":
      faults.addDelay({ ...fault });
      break;
    case "lagging_queries":
      faults.lag(fault.lag_ms);
      break;
    case "mark":
      faults.setMark(fault.instrument, dec(fault.price), now() + fault.for_ms);
      break;
    case "funding":
      fundNow(context, fault);
      break;
    case "insurance":
      context.exchange.run(now(), () => context.exchange.record({ fact: "insured", asset: "USDT", qty: fault.qty }));
      break;
    case "late_funding":
      faults.holdFunding(fault.instrument, now() + fault.by_ms);
      break;
    case "halt":
      faults.halt(listed(context, fault.instrument), now() + fault.for_ms);
      break;
    case "filters":
      changeFilters(context, fault);
      break;
    case "settings":
      changeSettings(context, fault);
      break;
    case "fill":
      fill(context, fault);
      break;
    default:
      faults.add(orderFault(fault));
  }
}

/** For a while where a time is given, else once or as often as said. */
function streamFault({ count, for_ms, ...fault }: Of<"stream">, now: number) {
  const until = for_ms === undefined ? Number.MAX_SAFE_INTEGER : now + for_ms;
  return { ...fault, count: count ?? (for_ms === undefined ? 1 : Number.MAX_SAFE_INTEGER), until };
}

function orderFault({ code, ...fault }: Of<"reject" | "timeout_after_accept" | "timeout_before_accept">) {
  if (fault.kind === "reject") return { ...fault, code: code ?? (fault.on === "cancel" ? -2011 : -2010) };
  if (code !== undefined && !UNKNOWN_CODES.includes(code)) {
    refuse("INVALID", `code: a time-out says one of ${UNKNOWN_CODES.join(", ")}`);
  }
  return { ...fault, code: code ?? -1007 };
}

function listed({ exchange }: FaultContext, instrument: InstrumentId): InstrumentId {
  if (!exchange.deps.listings.some((each) => each.instrument === instrument)) {
    refuse("NOT_FOUND", `${instrument} is not listed.`);
  }
  return instrument;
}

/** A funding payment out of turn, at the mark. */
function fundNow({ exchange, now }: FaultContext, { instrument, rate }: Of<"funding">): void {
  const mark = exchange.mark(instrument) ?? refuse("WRONG_STATE", `${instrument} has no mark.`);
  exchange.run(now(), () => fund(exchange, instrument, { rate: dec(rate), mark }));
}

function changeFilters(context: FaultContext, { instrument, tick, step, min_notional }: Of<"filters">): void {
  const listing = context.exchange.state.listing(listed(context, instrument));
  const fits = (name: string, text: string | undefined, own: Amount): void => {
    if (text !== undefined && !isOnStep(dec(text), own))
      refuse("INVALID", `${name}: must be a multiple of the book's own`);
  };
  fits("tick", tick, listing.tick);
  fits("step", step, listing.step);
  context.faults.filters.set(instrument, {
    ...(tick !== undefined && { tick }),
    ...(step !== undefined && { step }),
    ...(min_notional !== undefined && { min_notional }),
  });
}

/** As if the account had changed them elsewhere. */
function changeSettings(context: FaultContext, fault: Of<"settings">): void {
  const { exchange, now } = context;
  const { account, instrument, leverage, margin_type, hedge_mode } = fault;
  if (marketOf(listed(context, instrument)) !== "FUT") refuse("INVALID", "instrument: must be a future");
  if (!exchange.state.accounts.has(account)) refuse("NOT_FOUND", "There is no such account.");
  exchange.run(now(), () => {
    if (hedge_mode !== undefined) setPositionMode(exchange, account, hedge_mode);
    if (margin_type !== undefined) setMarginType(exchange, { account, instrument }, margin_type);
    if (leverage !== undefined) setLeverage(exchange, { account, instrument }, leverage);
  });
}

/** A stranger takes an open limit order, or a part of it, at its own price. */
function fill({ exchange, now }: FaultContext, { account, market, client_id, qty }: Of<"fill">): void {
  const found = exchange.find(account, market, { client_id });
  const order: VenueOrder =
    found?.working && exchange.state.open.has(found.order_id)
      ? found
      : refuse("NOT_FOUND", "There is no such order on the book.");
  const { instrument } = order;
  const listing = exchange.state.listing(instrument);
  const wanted = qty === undefined ? remaining(order) : dec(qty);
  if (!isOnStep(wanted, listing.step) || wanted > remaining(order)) {
    refuse("INVALID", "qty: must be on the step size and no more than what is left");
  }
  const matcher = exchange.deps.matcher(instrument);
  const orderId = String(order.order_id);
  const left = toSteps(sub(remaining(order), wanted), listing.step);
  const lots = toSteps(wanted, listing.step);
  const trade = { kind: "trade", orderId, maker: true, ticks: toSteps(order.price, listing.tick), lots } as const;
  exchange.run(now(), () => {
    if (left === 0) matcher.cancel(orderId);
    else matcher.cut(orderId, left);
    exchange.settle(instrument, [trade]);
  });
}
