/** What others did to the account, the exchange by force or a person at its site: booked as orders of their own. */
import { fills as fillsKept, type Holding, type IntentRecord } from "../../shared/collections/orders.ts";
import type { ExchangeFill } from "../../shared/contracts.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import { type Amount, abs, add, dec, min, neg, show, sub, sum, zero } from "../../shared/domain/money.ts";
import { type Intent, type Order, opposite, type Side } from "../../shared/domain/order.ts";
import { Problem } from "../../shared/errors.ts";
import { digest } from "../../shared/keys.ts";
import { planOf } from "../../shared/trading/execution/answers.ts";
import { fillKey } from "../../shared/trading/execution/books.ts";
import { isLive } from "../../shared/trading/execution/order-state.ts";
import type { Plan } from "../../shared/trading/execution/plan.ts";
import type { Booking } from "./booking.ts";
import { orderNumbered } from "./kept.ts";
import type { OrdersBook } from "./orders-book.ts";
import type { Ports } from "./types.ts";
import type { Venue } from "./venue.ts";

export interface OutsideParts {
  readonly ports: Ports;
  readonly book: OrdersBook;
  readonly booking: Booking;
  readonly venue: Venue;
}

/** A fill younger than this may be of an order of ours whose id at the exchange we have yet to learn. */
const SETTLED_MS = 5_000;
/** On intents that stand for what others did. */
export const OUTSIDE = "outside";

/** What the exchange executed on one instrument and our books lack, oldest first. */
export interface Lacking {
  /** By order of ours. */
  readonly missed: ReadonlyMap<Order, ExchangeFill[]>;
  /** Of orders that are none of ours. */
  readonly strange: readonly ExchangeFill[];
}

/** Throws when the exchange cannot be asked. */
export async function lackingSince(parts: OutsideParts, instrument: InstrumentId, from_ts: number): Promise<Lacking> {
  const { ports, book, venue } = parts;
  const { account } = ports;
  const said = await venue.ask(instrument, (options) =>
    venue.calls.getFills({ account, instrument, from_ts: Math.floor(from_ts) }, options),
  );
  if (said.kind !== "answered") throw new Problem(said.problem.code, said.problem.message, { cause: said.problem });
  const missed = new Map<Order, ExchangeFill[]>();
  const strange: ExchangeFill[] = [];
  for (const fill of said.value.fills.toSorted((a, b) => a.ts - b.ts)) {
    const key = fillKey({ instrument, fill_id: fill.fill_id });
    if (book.fill(key) || (await ports.store.get(fillsKept, key))) continue;
    const order = await ownOrder(parts, instrument, fill.order_id);
    if (order) missed.set(order, [...(missed.get(order) ?? []), fill]);
    else strange.push(fill);
  }
  return { missed, strange };
}

/** The order that the books have under this number of the exchange's, also one that stands for what others did. */
export async function ownOrder(
  { book, ports }: Pick<OutsideParts, "book" | "ports">,
  instrument: InstrumentId,
  order_id: string,
): Promise<Order | undefined> {
  const known = book.numbered({ instrument, order_id });
  if (known) return known;
  const kept = await orderNumbered(ports.store, order_id, instrument);
  return kept && book.find(kept.client_order_id);
}

/** Some of these fills may be ours after all: of an order that has no id there yet, or gets another by triggering. */
export function isTooEarly({ ports, book }: OutsideParts, instrument: InstrumentId, fills: readonly ExchangeFill[]) {
  const live = book.allOrders(instrument).filter(isLive);
  if (live.some((order) => order.order_id === undefined)) return true;
  return live.length > 0 && fills.some((fill) => fill.ts > ports.clock.now() - SETTLED_MS);
}

/** Signed. Where the history does not say which way a fill went, all went the way that is missing. */
export const movedBy = (fills: readonly ExchangeFill[], missing: Amount): Amount =>
  sum(fills.map((fill) => (sideOf(fill, missing) === "SELL" ? neg(dec(fill.qty)) : dec(fill.qty))));

export const sideOf = (fill: ExchangeFill, missing: Amount): Side => fill.side ?? (missing < zero ? "SELL" : "BUY");

/**
 * The fills that explain what is missing, signed, to the last digit: all of them, or the newest ones that do, since
 * older ones may have happened before these books began. Undefined when none do.
 */
export function explaining(strange: readonly ExchangeFill[], missing: Amount): ExchangeFill[] | undefined {
  if (strange.length === 0) return undefined;
  if (movedBy(strange, missing) === missing) return [...strange];
  for (let from = strange.length - 1; from > 0; from--) {
    const newest = strange.slice(from);
    if (movedBy(newest, missing) === missing) return newest;
  }
  return undefined;
}

/** An order of the exchange's with what we must book of it, all in one direction. */
interface Strange {
  readonly order_id: string;
  readonly side: Side;
  readonly fills: readonly ExchangeFill[];
}

const groups = (fills: readonly ExchangeFill[], missing: Amount): Strange[] =>
  [...Map.groupBy(fills, (fill) => fill.order_id)].map(([order_id, mine]) => ({
    order_id,
    side: sideOf(mine[0] as ExchangeFill, missing),
    fills: mine,
  }));

/**
 * Books the fills of strangers, each order against the trade that it closes or under an intent of its own. Answers how
 * much of what is held now they have opened.
 */
export async function bookStrange(
  parts: OutsideParts,
  instrument: InstrumentId,
  { fills, missing, run }: { fills: readonly ExchangeFill[]; missing: Amount; run: string },
): Promise<Amount> {
  const { book } = parts;
  let opened = zero;
  for (const one of groups(fills, missing)) {
    const holding = book.holding(instrument) ?? book.blank(instrument);
    const before = signedQty(holding);
    const closes = holding.side === opposite(one.side) && sum(one.fills.map((f) => dec(f.qty))) <= dec(holding.qty);
    const holder = holding.entry_intent_id === undefined ? undefined : await book.ensure(holding.entry_intent_id);
    if (holding.qty !== "0" && closes && holder) await bookClose(parts, holder, { ...one, holding, run });
    else await bookOpening(parts, holding, { ...one, run });
    const after = signedQty(book.holding(instrument) ?? holding);
    const grown = sub(abs(after), before > zero === after > zero ? abs(before) : zero);
    if (grown > zero) opened = add(opened, grown);
  }
  const left = abs(signedQty(book.holding(instrument) ?? book.blank(instrument)));
  return min(opened, left);
}

export const signedQty = ({ qty, side }: Pick<Holding, "qty" | "side">): Amount =>
  side === "SELL" ? neg(dec(qty)) : dec(qty);

interface Told extends Strange {
  readonly run: string;
}

async function bookClose(parts: OutsideParts, record: IntentRecord, told: Told & { holding: Holding }): Promise<void> {
  const { holding } = told;
  const order = orderOf(parts, told, { record, leg: "forced", kind: "EXIT", reduce_only: true });
  await parts.booking.takeOutside(order, record, newsOf(parts, told));
  parts.ports.alert(
    "FATAL",
    "CLOSED_OUTSIDE",
    `${holding.instrument}: closed by an order that is none of ours`,
    "booked",
  );
}

async function bookOpening(parts: OutsideParts, holding: Holding, told: Told): Promise<void> {
  const { instrument } = holding;
  const adds = holding.qty !== "0" && holding.side === told.side;
  const qty = show(sum(told.fills.map((fill) => dec(fill.qty))));
  const record = outsideIntent(parts, {
    intent_id: `${OUTSIDE}:${told.order_id}`,
    instrument,
    kind: adds ? "ADD" : "ENTRY",
    side: told.side,
    qty,
    ...(adds && holding.trade_id !== undefined ? { trade_id: holding.trade_id } : {}),
  });
  const order = orderOf(parts, told, { record, leg: "e0", kind: record.intent.kind, reduce_only: false });
  await parts.booking.takeOutside(order, record, newsOf(parts, told));
  parts.ports.alert("FATAL", "OPENED_OUTSIDE", `${instrument}: ${told.side} ${qty} by an order that is none of ours`);
}

type Named = Pick<Intent, "intent_id" | "instrument" | "kind" | "side"> & {
  qty: string;
  trade_id?: string;
};

const NOT_ASKED = "not asked of us";
/** It stands for what was done without an ask that these books know. */
export const isOutside = (record: IntentRecord): boolean => planOf(record).why === NOT_ASKED;

/** The record of what nobody asked us to do, over as soon as it is known. */
export function outsideIntent({ ports }: Pick<OutsideParts, "ports">, named: Named): IntentRecord {
  const { intent_id, instrument, kind, side, qty, trade_id } = named;
  const now = ports.clock.now();
  const intent: Intent = {
    ...{ intent_id, instrument, kind, side, qty },
    ...(trade_id !== undefined && { trade_id }),
    account: ports.account,
    type: "MARKET",
    working_type: "MARK_PRICE",
    reduce_only: false,
    leverage: 1,
    margin: "ISOLATED",
    tags: [OUTSIDE],
  };
  const plan: Plan = { style: "MARKET", qty, maker_wait_ms: 0, why: NOT_ASKED, levels: {} };
  return {
    intent_id,
    body_hash: digest(JSON.stringify(intent)),
    intent,
    state: "DONE",
    plan,
    reserved_usdt: "0",
    answer: { intent_id, status: "WORKING", order_ids: [], client_order_ids: [], filled_qty: "0", fills: [] },
    instrument,
    created_at: now,
    updated_at: now,
  };
}

const newsOf = ({ ports }: OutsideParts, { run, order_id, fills, side }: Told) => ({
  by: "RECONCILIATION" as const,
  fills,
  ops: [
    ports.audit({
      actor: `reconciliation ${run}`,
      what: "book outside order",
      ref: order_id,
      outcome: `${side} ${show(sum(fills.map((fill) => dec(fill.qty))))}`,
    }),
  ],
});

function orderOf(
  { ports }: OutsideParts,
  { order_id, side, fills }: Told,
  of: { record: IntentRecord; leg: string; kind: Order["kind"]; reduce_only: boolean },
): Order {
  const now = ports.clock.now();
  const { record, leg, kind, reduce_only } = of;
  return {
    client_order_id: `${OUTSIDE}-${order_id}`.slice(0, 36),
    account: ports.account,
    instrument: record.instrument,
    intent_id: record.intent_id,
    leg,
    kind,
    side,
    type: "MARKET",
    qty: show(sum(fills.map((fill) => dec(fill.qty)))),
    reduce_only,
    status: "NEW",
    order_id,
    filled_qty: "0",
    message: "not sent by us",
    created_at: now,
    updated_at: now,
  };
}

/**
 * Books what closed a position while nobody told of it. Only when no order of ours is without an answer, and fills that
 * are none of ours add up exactly to what is missing; answers whether they did. `ours` and `theirs` are signed.
 */
export async function bookOutsideCloses(parts: OutsideParts, holding: Holding, [ours, theirs]: [Amount, Amount]) {
  const { book, ports } = parts;
  const { instrument } = holding;
  const record = holding.entry_intent_id === undefined ? undefined : await book.ensure(holding.entry_intent_id);
  const missing = sub(abs(ours), abs(theirs));
  if (!record || missing <= 0n || (theirs !== 0n && theirs > 0n !== ours > 0n)) return false;
  try {
    const { strange } = await lackingSince(parts, instrument, record.created_at);
    const wanted = sub(theirs, ours);
    const fills = explaining(strange, wanted);
    if (!fills || isTooEarly(parts, instrument, fills)) return false;
    await bookStrange(parts, instrument, { fills, missing: wanted, run: "start or gap" });
    return true;
  } catch (error) {
    ports.warn("what closed a position could not be booked yet", { instrument, error: String(error) });
    return false;
  }
}
