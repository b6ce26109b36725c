import { expect, test } from "bun:test";
import type { InstrumentId } from "../../../shared/domain/instrument.ts";
import { ordersSince } from "./order-history.ts";
import type { Params } from "./rest.ts";

const DAY_MS = 86_400_000;
const NOW = 30 * DAY_MS;
const SPOT = "SPOT:BTCUSDT" as InstrumentId;
const FUT = "FUT:BTCUSDT" as InstrumentId;

const order = (id: number, at: number, clientOrderId = `c${id}`) => ({
  ...{ symbol: "BTCUSDT", orderId: id, clientOrderId, status: "FILLED", side: "BUY", type: "MARKET" },
  ...{ origQty: "1.000", executedQty: "1.000", time: at, updateTime: at },
});
const algo = (id: number, at: number, more: object) => ({
  ...{ symbol: "BTCUSDT", algoId: id, clientAlgoId: `a${id}`, algoStatus: "NEW", orderType: "STOP_MARKET" },
  ...{ side: "SELL", quantity: "1", triggerPrice: "9", createTime: at, updateTime: at, ...more },
});
type Row = { time?: number; createTime?: number; orderId?: number; algoId?: number };

/** Answers as Binance does: within a window no longer than it takes, or from an id on; a page at most. */
function exchangeWith(tables: Record<string, Row[]>, windowMs: number) {
  const asked: Params[] = [];
  const list = async (path: string, params: Params): Promise<unknown[]> => {
    asked.push(params);
    const { startTime, endTime, orderId, algoId, limit } = params as Record<string, number | undefined>;
    const from = orderId ?? algoId;
    if (from === undefined) expect((endTime as number) - (startTime as number)).toBeLessThan(windowMs);
    const at = (row: Row) => row.time ?? (row.createTime as number);
    const wanted = (row: Row) =>
      from === undefined
        ? at(row) >= (startTime as number) && at(row) <= (endTime as number)
        : ((row.orderId ?? row.algoId) as number) >= from;
    return (tables[path] ?? []).filter(wanted).slice(0, limit);
  };
  return { list, asked };
}

test("of spot, every order since the time: over days without one, and more than a page within one", async () => {
  const rows = Array.from({ length: 2_300 }, (_, at) => order(at + 1, 10 * DAY_MS + at));
  const { list, asked } = exchangeWith(
    { "/api/v3/allOrders": [order(0, DAY_MS), ...rows, order(9_999, 20 * DAY_MS)] },
    DAY_MS,
  );
  const found = await ordersSince(list, SPOT, { from_ts: 8 * DAY_MS + 0.5, now: NOW });
  expect(found.map(({ order_id }) => order_id)).toEqual([...rows.map((row) => String(row.orderId)), "9999"]);
  expect(asked.length).toBeLessThan(8);
  expect(await ordersSince(list, SPOT, { from_ts: 25 * DAY_MS, now: NOW })).toEqual([]);
});

test("of futures, conditional ones too: what one sent bears its name, and is told once", async () => {
  const { list } = exchangeWith(
    {
      "/fapi/v1/allOrders": [order(5, 3 * DAY_MS), order(6, 4 * DAY_MS, "made up there")],
      "/fapi/v1/allAlgoOrders": [
        algo(1, 3 * DAY_MS, {}),
        algo(2, 3 * DAY_MS + 1, { algoStatus: "FINISHED", actualOrderId: "6" }),
        algo(3, 3 * DAY_MS + 2, { algoStatus: "CANCELED" }),
      ],
    },
    7 * DAY_MS,
  );
  const found = await ordersSince(list, FUT, { from_ts: 2 * DAY_MS, now: NOW });
  expect(found.map(({ client_order_id, order_id, status }) => `${client_order_id} ${order_id} ${status}`)).toEqual([
    "c5 5 FILLED",
    "a1 algo-1 NEW",
    "a3 algo-3 CANCELED",
    "a2 6 FILLED",
  ]);
});
