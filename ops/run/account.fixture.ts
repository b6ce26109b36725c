/** What tests ask of a running installation's account. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { IntentRecord } from "../../shared/collections/orders.ts";
import { dec } from "../../shared/domain/money.ts";
import { isTerminal, type OrderStatus } from "../../shared/domain/order.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import { tradeIdOf } from "../../shared/keys.ts";
import { ROOT } from "../build.ts";
import { type Running, until } from "./process.fixture.ts";

export interface Items<T> {
  items: T[];
}
interface Position {
  instrument: string;
  qty: string;
}
export interface OpenOrder {
  instrument: string;
  client_order_id: string;
  type: string;
  qty: string;
  reduce_only: boolean;
}

export const openPositions = async (running: Running): Promise<Position[]> =>
  (await running.get<Items<Position>>("/xchg/positions")).items.filter((p) => dec(p.qty) !== 0n);

/** Whether the position manager keeps a trade for each futures position that the exchange holds, of its size. */
export async function everyPositionKnown(running: Running): Promise<boolean> {
  const open = await openPositions(running);
  const trades = (await running.get<Items<{ trade: { instrument: string; open_qty: string } }>>("/positions")).items;
  const sizeOf = ({ qty }: Position) => (dec(qty) < 0n ? -dec(qty) : dec(qty));
  const known = open.filter((position) =>
    trades.some(({ trade }) => trade.instrument === position.instrument && dec(trade.open_qty) === sizeOf(position)),
  );
  return known.length === open.length && trades.length === open.length;
}

/** Of all instruments: dear at the exchange, and asked for every few seconds only. */
export const openOrders = async (running: Running): Promise<OpenOrder[]> =>
  (await running.get<Items<OpenOrder>>("/xchg/open-orders")).items;

/** Of these alone: cheap, and answered at once. */
export async function openOrdersOf(running: Running, instruments: readonly string[]): Promise<OpenOrder[]> {
  const ask = (each: string) => running.get<Items<OpenOrder>>(`/xchg/open-orders?instrument=${each}`);
  return (await Promise.all(instruments.map(ask))).flatMap(({ items }) => items);
}

export const servicesReady = async (running: Running): Promise<boolean> =>
  (await running.get<Items<{ ready: boolean }>>("/services")).items.every((service) => service.ready);

export const nothingUnknown = async (running: Running): Promise<boolean> =>
  (await running.get<Items<{ status: string }>>("/orders?limit=200")).items.every((o) => o.status !== "UNKNOWN");

/** No order is under way or rests, and no trade is open, in our books. */
export async function booksFlat(running: Running): Promise<boolean> {
  const orders = await running.get<Items<{ status: OrderStatus }>>("/orders?limit=200");
  const open = await running.get<Items<unknown>>("/trades?status=ACTIVE&limit=1");
  return orders.items.every(({ status }) => isTerminal(status)) && open.items.length === 0;
}

/** Every open position has a stop at the venue that covers it. */
export async function everyPositionProtected(running: Running): Promise<boolean> {
  const open = await openPositions(running);
  const orders = await openOrdersOf(
    running,
    open.map(({ instrument }) => instrument),
  );
  return open.every(({ instrument, qty }) => {
    const stops = orders.filter((o) => o.instrument === instrument && o.type === "STOP_MARKET" && o.reduce_only);
    const size = dec(qty) < 0n ? -dec(qty) : dec(qty);
    return stops.some((stop) => dec(stop.qty) >= size);
  });
}

export const asShipped = (): string => readFileSync(join(ROOT, "services/s10-config/default-bundle.yaml"), "utf8");

/** The shipped bundle with its strategies asleep, so that only what a test asks is traded. */
export const asleep = (): string => asShipped().replace(/^( {2}- strategy_id: .*)$/gm, "$1\n    enabled: false");

/**
 * Asleep, with a breaker that is soon closed, and with room for who enters the moment after an exit: what a trade has
 * reserved is given back some moments after it has ended, later on a busy machine.
 */
export const sleepingBundle = (): string =>
  asleep()
    .replace("  execution:\n", "  execution:\n    breaker_open_ms: 500\n")
    .replace('    budget_usdt: "50"\n', '    budget_usdt: "100"\n');

/** Old enough to spare the exchange's weight, young enough for a stop that is far away. */
const PRICE_AGE_MS_MAX = 60_000;
const pricesAsked = new Map<string, { last: number; at: number }>();

/** After many starts S1 keeps what is left of the exchange's minute for exits: asked until there is some, and seldom. */
async function lastPrice(running: Running, instrument: string): Promise<number> {
  const slot = `${running.data} ${instrument}`;
  const known = pricesAsked.get(slot);
  if (known && Date.now() < known.at + PRICE_AGE_MS_MAX) return known.last;
  const path = `/xchg/history?instrument=${instrument}&timeframe=1m&limit=1`;
  let last = Number.NaN;
  await until(`a price of ${instrument}`, async () => {
    last = Number((await running.get<Items<{ close: string }>>(path)).items.at(-1)?.close);
    return last > 0;
  });
  pricesAsked.set(slot, { last, at: Date.now() });
  return last;
}

/** A market entry of about 150 USDT with its stop far away and its target farther. */
export async function entry(running: Running, intent_id: string, instrument: string) {
  const last = await lastPrice(running, instrument);
  const price = (factor: number) => ({ price: (Math.round(last * factor * 10) / 10).toFixed(1) });
  const about = { kind: "ENTRY", side: "BUY", notional_usdt: "150", leverage: 20 };
  return { intent_id, instrument, ...about, stop_loss: price(0.95), take_profit: price(1.05) };
}

/**
 * What entries filled is held and protected, or its trade is closed. On a busy machine health may end an entry in the
 * middle, and a stop may be met. Throws what there is where that is not so.
 */
export async function whatWasFilledIsSafe(running: Running, ended: readonly IntentRecord[]): Promise<boolean> {
  const filled = ended.filter(({ answer }) => dec(answer.filled_qty) > 0n);
  const open = new Set((await openPositions(running)).map(({ instrument }) => instrument));
  const gone = filled.filter(({ instrument }) => !open.has(instrument));
  const trades = await Promise.all(gone.map(({ intent }) => running.get<Trade>(`/trades/${tradeIdOf(intent)}`)));
  const areClosed = trades.every(({ status }) => status === "CLOSED");
  if (areClosed && open.size + gone.length === filled.length && (await everyPositionProtected(running))) return true;
  const entries = ended.map(({ intent_id, answer }) => `${intent_id} ${answer.status} ${answer.filled_qty}`).join(", ");
  throw new Error(`entries: ${entries}; open: ${[...open].join(", ")}; of the rest: ${trades.map((t) => t.status)}`);
}
