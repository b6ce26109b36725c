/** One look at both sides: what our stores hold and what the exchange says, compared. */
import { holdings as holdingsKept, orders as ordersKept } from "../../shared/collections/orders.ts";
import { trades as tradesKept } from "../../shared/collections/trades.ts";
import type { ExchangeOrder } from "../../shared/contracts.ts";
import { type InstrumentId, marketOf } from "../../shared/domain/instrument.ts";
import type { Order } from "../../shared/domain/order.ts";
import type { Collection, Query } from "../../shared/kit/ports.ts";
import type { Comparison, Difference } from "../../shared/trading/reconcile/difference.ts";
import { comparePositions, compareTrades, compareWallet } from "../../shared/trading/reconcile/holdings.ts";
import { compareOrders, isInFlight } from "../../shared/trading/reconcile/orders.ts";
import type { Mode, Ports } from "./types.ts";

export interface Look {
  /** |A∪B|, of orders and of everything else. */
  readonly checkedOrders: number;
  readonly checkedPositions: number;
  readonly differences: readonly Difference[];
  /** Instruments whose position is not what was booked, whether or not positions are looked at. */
  readonly unsettled: ReadonlySet<InstrumentId>;
  /** Some differ as they stand, and orders on their way there may be why: nobody's word counts yet. */
  readonly isWaiting: boolean;
}

const PAGE = 1_000;
const LIVE = ["PENDING", "SENT", "NEW", "PARTIALLY_FILLED", "UNKNOWN"];
const OPEN = ["PENDING_ENTRY", "ACTIVE", "PENDING_CLOSING"];

const covers = (mode: Mode, part: Mode): boolean => mode === "ALL" || mode === part;

/** Throws where a store cannot be read or the exchange cannot be asked: half a look is none. */
export async function look(ports: Ports, mode: Mode): Promise<Look> {
  const { calls, account, clock } = ports;
  // The exchange first: what our books learn while it answers is then no difference.
  const [open, positions, balances, listings] = await Promise.all([
    covers(mode, "ORDERS") ? calls.exchange.getOpenOrders({ account }) : { orders: [] },
    mode === "HOLDINGS" ? { positions: [] } : calls.exchange.getPositions({ account }),
    covers(mode, "HOLDINGS") ? calls.exchange.getBalances({ account }) : { balances: [] },
    covers(mode, "HOLDINGS") ? calls.exchange.getInstruments({}) : { instruments: [] },
  ]);
  const ours = await readOurs(ports, open.orders);
  const now = clock.now();
  const moving = new Set(ours.orders.filter((order) => isInFlight(order, now)).map((order) => order.instrument));
  const wallet = { balances: balances.balances, listings: listings.instruments };
  const isLooked = ({ instrument }: { instrument: InstrumentId }) =>
    covers(mode, marketOf(instrument) === "FUT" ? "POSITIONS" : "HOLDINGS");
  const held = ours.held.filter(isLooked);
  const orders = covers(mode, "ORDERS") ? compareOrders(ours.orders, open.orders, now) : NOTHING;
  const trades = ours.trades.filter(isLooked);
  const positionsCompared = comparePositions(ours.held, positions.positions, moving);
  const compared = (but: ReadonlySet<InstrumentId>) => [
    covers(mode, "POSITIONS") ? comparePositions(ours.held, positions.positions, but) : NOTHING,
    compareWallet(held, wallet, but),
    compareTrades(held, trades, but),
  ];
  const quantities = compared(moving);
  const asTheyStand = compared(new Set()).flatMap((part) => part.differences);
  return {
    checkedOrders: orders.checked,
    checkedPositions: quantities.reduce((sum, part) => sum + part.checked, 0),
    differences: [orders, ...quantities].flatMap((part) => part.differences),
    unsettled: new Set(positionsCompared.differences.map(({ instrument }) => instrument)),
    isWaiting: asTheyStand.some(({ instrument }) => moving.has(instrument)),
  };
}

const NOTHING: Comparison = { checked: 0, differences: [] };

async function readOurs(ports: Ports, open: readonly ExchangeOrder[]) {
  const { store, account } = ports;
  const isMine = (row: { account: string }) => row.account === account;
  const live = (await readAll(ports, ordersKept, { status: { in: LIVE } })).filter(isMine);
  const known = new Set(live.map((order) => order.client_order_id));
  const ended: Order[] = [];
  for (const { client_order_id } of open) {
    const row = known.has(client_order_id) ? undefined : await store.get(ordersKept, client_order_id);
    if (row) ended.push(row.value);
  }
  return {
    orders: [...live, ...ended],
    held: (await readAll(ports, holdingsKept, {})).filter(isMine),
    trades: (await readAll(ports, tradesKept, { status: { in: OPEN } })).filter(isMine),
  };
}

export async function readAll<T>(
  { store }: Pick<Ports, "store">,
  collection: Collection<T>,
  where: NonNullable<Query["where"]>,
): Promise<T[]> {
  const found: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.query(collection, { where, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    found.push(...page.items.map((row) => row.value));
    cursor = page.next_cursor;
  } while (cursor !== undefined);
  return found;
}
