/** Reads everything that a report is made from: the books of others, and the prices that came; or says what is missing. */
import type { MissingInput } from "../../shared/collections/autopsy.ts";
import { configBundles } from "../../shared/collections/config.ts";
import { fundingRecords, instrumentRegistry } from "../../shared/collections/exchange.ts";
import type { CostCurve } from "../../shared/collections/execution.ts";
import { costCurves } from "../../shared/collections/execution.ts";
import { fills as fillsKept, intents, orders as ordersKept } from "../../shared/collections/orders.ts";
import { decisionsMade, signalsSeen } from "../../shared/collections/signals.ts";
import { Bundle } from "../../shared/domain/bundle.ts";
import type { Decision, Signal } from "../../shared/domain/decision.ts";
import { type Instrument, marketOf } from "../../shared/domain/instrument.ts";
import type { Fill, Order } from "../../shared/domain/order.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import { entryIntentId } from "../../shared/keys.ts";
import type { Prices } from "../../shared/minute-prices.ts";
import { readAll } from "../../shared/read-all.ts";
import type { SlippageCurve } from "../../shared/trading/execution/cost.ts";
import type { FundingTime } from "../../shared/trading/labels/counterfactual.ts";
import { firstMissing, MINUTE_MS, type MinuteBar } from "../../shared/trading/labels/price-path.ts";
import { agrees } from "../../shared/trading/labels/traded.ts";
import { findPeers, type PeersFound } from "./find-peers.ts";
import type { Ports } from "./types.ts";

const HOUR_MS = 3_600_000;
/** What came before the entry is shown for so long. */
const LEAD_MS = 30 * MINUTE_MS;
/** How long after the close a trade's path goes on, once so much time has passed. */
export const AFTERMATH_MS = 24 * HOUR_MS;
/** Of a longer trade the path begins later. */
const PATH_MS_MAX = 10 * 24 * HOUR_MS;
/** An order may have been sent so long before the first fill. */
const ORDERS_LEAD_MS = HOUR_MS;
const ORDERS_READ_MAX = 1_000;
export const ORDERS_MAX = 200;

/** A closed trade with all that is known of it. */
export interface Gathered {
  readonly trade: Trade & { closed_at: number };
  readonly listing: Instrument;
  readonly takerFee: string;
  readonly signal: Signal | undefined;
  readonly decision: Decision | undefined;
  /** Oldest first, all three. */
  readonly fills: readonly Fill[];
  readonly orders: readonly Order[];
  readonly payments: readonly { readonly ts: number; readonly amount_usdt: string }[];
  readonly bars: readonly MinuteBar[];
  readonly rates: readonly FundingTime[];
  /** The path is known from here, and without a hole up to here. */
  readonly from: number;
  readonly to: number;
  readonly curve: (CostCurve & SlippageCurve) | undefined;
  readonly peers: PeersFound;
  readonly holes: readonly string[];
}

/** Nothing can be made without these. */
export class Missing extends Error {
  readonly inputs: readonly MissingInput[];
  constructor(inputs: readonly MissingInput[]) {
    super(inputs.map(({ detail }) => detail).join("; "));
    this.inputs = inputs;
  }
}

/** `curve` is that of an earlier report of the trade: a later one would have this very trade in it. */
export async function gather(
  { ports, prices }: { ports: Ports; prices: Prices },
  trade: Gathered["trade"],
  curve: CostCurve | undefined,
): Promise<Gathered> {
  const { store } = ports;
  const missing: MissingInput[] = [];
  const holes: string[] = [];
  const listing = (await store.get(instrumentRegistry, trade.instrument))?.value;
  if (!listing) missing.push({ code: "NOT_LISTED", detail: `${trade.instrument} is not among the listed instruments` });
  const fills = (await readAll(store, fillsKept, ["ts", { trade_id: trade.trade_id }])).toSorted(inTime);
  missing.push(...fillsMissing(trade, fills, listing));
  const takerFee = await takerFeeOf(ports, trade);
  if (takerFee === undefined) missing.push({ code: "CONFIG", detail: `revision ${trade.config_rev} is not known` });
  const path = await pathOf({ ports, prices }, trade);
  missing.push(...path.missing);
  if (missing.length > 0 || !listing || takerFee === undefined) throw new Missing(missing);

  const why = await whyOf(ports, trade, holes);
  if (path.from > trade.opened_at) holes.push("the path begins ten days before its end");
  const orders = await ordersOf(ports, trade, fills);
  if (orders.length > ORDERS_MAX) holes.push(`of ${orders.length} orders the first ${ORDERS_MAX} are told`);
  const isFutures = marketOf(trade.instrument) === "FUT";
  const span = { from: trade.opened_at, to: path.to };
  return {
    ...{ trade, listing, takerFee, ...why, fills, orders: orders.slice(0, ORDERS_MAX), holes },
    payments: isFutures ? await paymentsOf(ports, trade) : [],
    rates: isFutures ? await prices.funding(trade.instrument, span) : [],
    ...{ bars: path.bars, from: path.from, to: path.to },
    curve: curve ?? (await store.get(costCurves, trade.instrument))?.value,
    peers: await findPeers(store, trade, why),
  };
}

const inTime = (a: Fill, b: Fill): number => a.ts - b.ts || (a.fill_id < b.fill_id ? -1 : 1);

function fillsMissing(trade: Trade, fills: readonly Fill[], listing: Instrument | undefined): MissingInput[] {
  if (fills.length === 0) return [{ code: "FILLS", detail: "no fill of it is on record" }];
  if (!listing) return [];
  const rules = { spot: listing.market === "SPOT", base: listing.base, step_size: listing.step_size };
  return agrees({ trade, fills, rules })
    ? []
    : [{ code: "FILLS", detail: "its fills and its quantities do not agree" }];
}

async function takerFeeOf({ store }: Ports, { config_rev, instrument }: Trade): Promise<string | undefined> {
  const { items } = await store.query(configBundles, { where: { rev: config_rev }, limit: 1 });
  if (!items[0]) return undefined;
  const { taker_fee, spot_taker_fee } = Bundle.parse(items[0].value.bundle).flags.execution;
  return String(marketOf(instrument) === "FUT" ? taker_fee : spot_taker_fee);
}

interface Path {
  readonly bars: readonly MinuteBar[];
  readonly from: number;
  readonly to: number;
  readonly missing: readonly MissingInput[];
}

/** Up to the end of the minute in which it closed; a day later for a day longer, as far as there is no hole. */
async function pathOf(
  { ports, prices }: { ports: Ports; prices: Prices },
  { instrument, opened_at, closed_at }: Gathered["trade"],
): Promise<Path> {
  const isLater = ports.clock.now() >= closed_at + AFTERMATH_MS + ports.settings.settleMs;
  const end = minuteAfter(isLater ? closed_at + AFTERMATH_MS : closed_at);
  const start = Math.max(opened_at, minuteAfter(closed_at) - PATH_MS_MAX);
  const from = minuteOf(start - LEAD_MS);
  const bars = await prices.minutes(instrument, { from, to: end });
  const held = { first: minuteOf(start), last: minuteAfter(closed_at) - MINUTE_MS };
  const hole = firstMissing(bars, held);
  if (hole !== undefined) {
    const detail = `the exchange has no closed bar of the minute ${new Date(hole).toISOString()}`;
    return { bars, from, to: end, missing: [{ code: "PRICES", detail }] };
  }
  const to = firstMissing(bars, { first: held.first, last: end - MINUTE_MS }) ?? end;
  return { bars: bars.filter(({ open_ts }) => open_ts < to), from, to, missing: [] };
}

const minuteOf = (ts: number): number => Math.floor(ts / MINUTE_MS) * MINUTE_MS;
/** The end of the minute that `ts` lies in. */
const minuteAfter = (ts: number): number => minuteOf(ts) + MINUTE_MS;

/** The decision is embedded in the entry's intent too, where the store of decisions should have lost it. */
async function whyOf(
  { store }: Ports,
  { signal_id }: Trade,
  holes: string[],
): Promise<Pick<Gathered, "signal" | "decision">> {
  if (signal_id === undefined) return { signal: undefined, decision: undefined };
  const signal = (await store.get(signalsSeen, signal_id))?.value;
  const kept = (await store.get(decisionsMade, signal_id))?.value;
  const decision = kept ?? (await store.get(intents, entryIntentId(signal_id, "entry")))?.value.decision;
  if (!signal) holes.push("the signal is not on record any more");
  if (!decision) holes.push("the decision is not on record any more");
  return { signal, decision };
}

/** Those of its entry, of what S6 asked for it, and whatever else filled it. */
async function ordersOf({ store }: Ports, trade: Gathered["trade"], fills: readonly Fill[]): Promise<Order[]> {
  const { trade_id, signal_id, account, instrument, opened_at, closed_at } = trade;
  const known = new Set(fills.map((fill) => fill.intent_id));
  const isOurs = ({ intent_id }: Order): boolean =>
    known.has(intent_id) ||
    intent_id.startsWith(`${trade_id}:`) ||
    (signal_id !== undefined && intent_id.startsWith(`${signal_id}:`));
  const { items } = await store.query(ordersKept, {
    where: { instrument, created_at: { gte: opened_at - ORDERS_LEAD_MS, lte: closed_at } },
    sort: { field: "created_at", order: "asc" },
    limit: ORDERS_READ_MAX,
  });
  const near = items.map(({ value }) => value);
  return near.filter((order) => order.account === account && isOurs(order));
}

/** One trade per account and instrument: what was paid while it was open is its own. */
async function paymentsOf({ store }: Ports, { account, instrument, opened_at, closed_at }: Gathered["trade"]) {
  const ts = { gte: opened_at, lte: closed_at };
  const records = await readAll(store, fundingRecords, ["ts", { instrument, ts }]);
  return records
    .filter((record) => record.account === account)
    .map((record) => ({ ts: record.ts, amount_usdt: record.amount_usdt }));
}
