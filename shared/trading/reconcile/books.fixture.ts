/** Books that agree with the exchange's in everything, for tests that then change one thing. */
import fc from "fast-check";
import { add, dec, neg, show } from "../../domain/money.ts";
import type { Order } from "../../domain/order.ts";
import { agreement, type Comparison, type Difference } from "./difference.ts";
import {
  type BalanceThere,
  comparePositions,
  compareTrades,
  compareWallet,
  type Held,
  type OpenTrade,
} from "./holdings.ts";
import { compareOrders, type OpenThere } from "./orders.ts";

export const NOW = Date.UTC(2026, 0, 5, 12);
const SYMBOLS = ["BTC", "ETH", "SOL", "XRP"];
export const LISTINGS = SYMBOLS.flatMap((base) => [
  { instrument: `FUT:${base}USDT`, base },
  { instrument: `SPOT:${base}USDT`, base },
]);

export type Here = Parameters<typeof compareOrders>[0][number];
export interface Books {
  orders: Here[];
  open: OpenThere[];
  held: Held[];
  positions: { instrument: string; qty: string }[];
  balances: BalanceThere[];
  trades: OpenTrade[];
}

export const orderWith = (over: Partial<Here> = {}): Here => ({
  instrument: "FUT:BTCUSDT",
  client_order_id: "chim-1",
  status: "NEW",
  side: "BUY",
  qty: "0.01",
  filled_qty: "0",
  reduce_only: false,
  leg: "m0",
  created_at: NOW - 60_000,
  ...over,
});
export const asOpen = (order: Here, over: Partial<OpenThere> = {}): OpenThere => ({
  instrument: order.instrument,
  client_order_id: order.client_order_id,
  status: order.status,
  side: order.side,
  qty: order.qty,
  price: order.price,
  stop_price: order.stop_price,
  filled_qty: order.filled_qty,
  reduce_only: order.reduce_only,
  conditional: order.leg.startsWith("sl"),
  ...over,
});

const lots = (max: number) => fc.integer({ min: 1, max }).map((count) => show(dec(String(count / 1_000))));
const arbitraryOrder = fc.record({
  instrument: fc.constantFrom(...LISTINGS.map((row) => row.instrument)),
  side: fc.constantFrom("BUY" as const, "SELL" as const),
  qty: lots(5_000),
  isPartial: fc.boolean(),
  leg: fc.constantFrom("m0", "t1", "sl0", "tp0"),
});
const arbitraryHolding = fc.record({
  instrument: fc.constantFrom(...LISTINGS.map((row) => row.instrument)),
  side: fc.constantFrom("BUY" as const, "SELL" as const),
  qty: lots(5_000),
  dust: fc.constantFrom("0", "0.0004"),
  /** What the wallet has besides. */
  own: fc.constantFrom("0", "0.7"),
});

/** Any orders and holdings, and an exchange that says the same of them. */
export const agreeing: fc.Arbitrary<Books> = fc
  .record({
    orders: fc.array(arbitraryOrder, { maxLength: 8 }),
    holdings: fc.uniqueArray(arbitraryHolding, { maxLength: 8, selector: (row) => row.instrument }),
  })
  .map(({ orders: drawn, holdings }) => {
    const orders = drawn.map(({ isPartial, ...row }, at) =>
      orderWith({
        ...row,
        client_order_id: `chim-${at}`,
        reduce_only: row.leg.startsWith("sl") || row.leg.startsWith("tp"),
        ...(isPartial ? { status: "PARTIALLY_FILLED" as const, filled_qty: "0.0005" } : {}),
      }),
    );
    const held = holdings.map((row): Held => {
      const isSpot = row.instrument.startsWith("SPOT:");
      return { ...row, side: isSpot ? "BUY" : row.side, dust: isSpot ? row.dust : "0" };
    });
    return {
      orders,
      open: orders.map((order) => asOpen(order)),
      held,
      positions: held.filter(isFut).map((row) => ({ instrument: row.instrument, qty: signedQty(row) })),
      balances: holdings
        .filter((row) => !isFut(row))
        .map((row) => ({
          market: "SPOT",
          asset: LISTINGS.find((listing) => listing.instrument === row.instrument)!.base,
          free: row.own,
          locked: show(add(dec(row.qty), dec(row.dust))),
        })),
      trades: held.map((row) => ({ instrument: row.instrument, side: row.side ?? "BUY", open_qty: row.qty })),
    };
  });

export const isFut = ({ instrument }: { instrument: string }): boolean => instrument.startsWith("FUT:");
const signedQty = ({ qty, side }: Held): string => (side === "SELL" ? show(neg(dec(qty))) : qty);

/** All four comparisons as one. */
export function compareAll(books: Books, moving: ReadonlySet<string> = new Set()) {
  const { orders, open, held, positions, balances, trades } = books;
  const parts: Comparison[] = [
    compareOrders(orders, open, NOW),
    comparePositions(held, positions, moving),
    compareWallet(held, { balances, listings: LISTINGS }, moving),
    compareTrades(held, trades, moving),
  ];
  const differences: Difference[] = parts.flatMap((part) => part.differences);
  const checked = parts.reduce((sum, part) => sum + part.checked, 0);
  return { checked, differences, agreement: agreement(checked, differences.length) };
}

export const statusOf = (order: Here, status: Order["status"]): Here => ({ ...order, status });
