/** Every order of an instrument since a time, ended ones too, as Binance keeps them in pages and windows. */
import type { ExchangeOrder } from "../../../shared/contracts.ts";
import { type InstrumentId, marketOf, symbolOf } from "../../../shared/domain/instrument.ts";
import { readConditional, readOrder } from "./order-wire.ts";
import type { Params } from "./rest.ts";

const DAY_MS = 86_400_000;
/** What one question may span; a millisecond less than the exchange's bound. */
const SPAN_MS = { SPOT: DAY_MS - 1, FUT: 7 * DAY_MS - 1 } as const;
const PAGE = { "/fapi/v1/allAlgoOrders": 100 } as Readonly<Record<string, number>>;
const PAGE_MAX = 1_000;

type List = (path: string, params: Params) => Promise<unknown[]>;

/** Oldest first. A conditional one that was set off is told as the order that it sent, under its own client id. */
export async function ordersSince(
  list: List,
  instrument: InstrumentId,
  { from_ts, now }: { from_ts: number; now: number },
): Promise<ExchangeOrder[]> {
  const market = marketOf(instrument);
  const ask = { symbol: symbolOf(instrument), from: Math.floor(from_ts), now: Math.ceil(now), spanMs: SPAN_MS[market] };
  if (market === "SPOT") {
    return (await rowsSince(list, { ...ask, path: "/api/v3/allOrders", id: "orderId" })).map((row) =>
      readOrder("SPOT", row),
    );
  }
  const [plain, conditional] = await Promise.all([
    rowsSince(list, { ...ask, path: "/fapi/v1/allOrders", id: "orderId" }),
    rowsSince(list, { ...ask, path: "/fapi/v1/allAlgoOrders", id: "algoId" }),
  ]);
  const orders = new Map(plain.map((row) => readOrder("FUT", row)).map((order) => [order.order_id, order]));
  for (const { order, sentOrderId } of conditional.map(readConditional)) {
    const sent = sentOrderId === undefined ? undefined : orders.get(sentOrderId);
    if (sent) orders.set(sent.order_id, { ...sent, client_order_id: order.client_order_id });
    else orders.set(order.order_id, order);
  }
  return [...orders.values()].sort((a, b) => a.updated_at - b.updated_at);
}

interface Ask {
  path: string;
  id: "orderId" | "algoId";
  symbol: string;
  from: number;
  now: number;
  spanMs: number;
}

/** Windows until one holds something, then on by id: within a window more can lie than a page holds. */
async function rowsSince(list: List, { path, id, symbol, from, now, spanMs }: Ask): Promise<unknown[]> {
  const limit = PAGE[path] ?? PAGE_MAX;
  const rows: unknown[] = [];
  for (let start = from; start <= now && rows.length === 0; start += spanMs) {
    rows.push(...(await list(path, { symbol, startTime: start, endTime: Math.min(start + spanMs, now), limit })));
  }
  for (let full = rows.length > 0; full; ) {
    const last = Number((rows.at(-1) as Record<string, unknown>)[id]);
    const more = await list(path, { symbol, [id]: last + 1, limit });
    rows.push(...more);
    full = more.length === limit;
  }
  return rows;
}
