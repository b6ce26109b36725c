import { describe, expect, test } from "bun:test";
import type { Order } from "../../shared/domain/order.ts";
import type { StreamState } from "../../shared/kit/ports.ts";
import { type OrderResult, orderResults, type Reconciliation } from "../../shared/streams.ts";
import { CATCHING_UP_MS, createReadings } from "./readings.ts";
import { WINDOW_MS } from "./watched-orders.ts";

const ORDER = { client_order_id: "c1", sent_at: 1_000, instrument: "SPOT:BTCUSDT", type: "MARKET", leg: "e1" };
const resultOf = (order: Partial<Order>) => ({ orders: [{ ...ORDER, ...order }] }) as OrderResult;
const value = (readings: ReturnType<typeof createReadings>, name: string) =>
  readings.read({ now: 2_000, streams: [] }).find((reading) => reading.name === name)?.value;

test("an order counts by the newest word of it, also when older ones are told again after it", () => {
  const readings = createReadings(Number.NEGATIVE_INFINITY);
  const unknown = resultOf({ status: "UNKNOWN", updated_at: 1_100 });
  readings.orders.hear(unknown);
  expect(value(readings, "submit_error_share")).toBe(1);
  readings.orders.hear(resultOf({ status: "FILLED", acked_at: 1_050, updated_at: 1_200 }));
  expect([value(readings, "submit_error_share"), value(readings, "ack_p95_ms")]).toEqual([0, 50]);
  readings.orders.hear(unknown);
  expect([value(readings, "submit_error_share"), value(readings, "ack_p95_ms")]).toEqual([0, 50]);
});

test("agreement is that of the newest whole run, as long as the window", () => {
  const readings = createReadings(Number.NEGATIVE_INFINITY);
  const run = (agreement: number, started_at: number, over: Partial<Reconciliation> = {}) =>
    ({ mode: "ALL", status: "DONE", summary: { agreement }, started_at, ...over }) as Reconciliation;
  const read = (now: number) =>
    readings.read({ now, streams: [] }).find((each) => each.name === "reconciliation_agreement");
  expect(read(0)?.sample).toBe(0);
  readings.onReconciliation(run(0.8, 2_000));
  for (const other of [run(1, 1_000), run(0.1, 3_000, { mode: "ORDERS" }), run(0, 3_000, { status: "FAILED" })]) {
    readings.onReconciliation(other);
  }
  expect(read(3_000)).toMatchObject({ value: 0.8, sample: 1 });
  expect(read(2_001 + WINDOW_MS)?.sample).toBe(0);
});

test("the oldest unacknowledged entry is that of a service, not of a page whose gateway was killed", () => {
  const of = (group: string, oldestMs: number) =>
    ({ stream: `${orderResults.family}:{FUT:BTCUSDT}`, group, lag: 0, pending: 1, oldestMs, dead: 0 }) as StreamState;
  const age = (...streams: StreamState[]) =>
    createReadings(Number.NEGATIVE_INFINITY)
      .read({ now: 2_000, streams })
      .find((reading) => reading.name === "unacked_age_ms")?.value;
  expect(age(of("s06", 40), of("s12-live-s12-4711", 83_900))).toBe(40);
  expect(age(of("s04#1", 900), of("s06", 40))).toBe(900);
});

test("what waits while everybody catches up after a start says nothing yet", () => {
  const readings = createReadings(1_000);
  const streams = [{ stream: `${orderResults.family}:{FUT:BTCUSDT}`, group: "s06", oldestMs: 90_000 } as StreamState];
  const sample = (now: number) =>
    readings.read({ now, streams }).find((reading) => reading.name === "unacked_age_ms")?.sample;
  expect([sample(999 + CATCHING_UP_MS), sample(1_000 + CATCHING_UP_MS)]).toEqual([0, 1]);
});

describe("orders on spot and posts", () => {
  const order = (nth: number, over: Partial<Order>) =>
    ({
      ...{ client_order_id: `c${nth}`, instrument: "SPOT:BTCUSDT", leg: "e1", type: "MARKET", qty: "1", price: "100" },
      ...{ filled_qty: "0", status: "FILLED", order_id: "1", sent_at: nth, acked_at: nth, updated_at: nth, ...over },
    }) as Order;
  const read = (orders: Order[], postsFrom = 0) => {
    const readings = createReadings(0);
    readings.orders.hear({ orders });
    const all = readings.read({ now: 1_000, streams: [], postsFrom });
    return (name: string) => all.find((reading) => reading.name === name);
  };
  test("the share that lacked balance is of orders on spot alone", () => {
    const message = "-2010 Account has insufficient balance for requested action.";
    const told = read([
      order(1, { status: "REJECTED", message }),
      order(2, { status: "REJECTED", message: "-1013 Filter failure: LOT_SIZE" }),
      order(3, {}),
      order(4, {}),
      order(5, { instrument: "FUT:BTCUSDT", status: "REJECTED", message: "-2019 Margin is insufficient." }),
    ]);
    expect(told("spot_balance_short_share")).toMatchObject({ value: 0.25, sample: 4 });
  });
  test("the share of posts that was filled is by value, of those that are over and not refused, from then on", () => {
    const post = (nth: number, over: Partial<Order>) =>
      order(nth, { type: "LIMIT_MAKER", status: "CANCELED", ...over });
    const orders = [
      post(1, { filled_qty: "1", status: "FILLED" }),
      post(2, { qty: "3" }),
      post(3, { status: "NEW" }),
      post(4, { status: "REJECTED" }),
    ];
    expect(read(orders)("maker_fill_ratio")).toMatchObject({ value: 0.25, sample: 2 });
    expect(read(orders, 2)("maker_fill_ratio")).toMatchObject({ value: 0, sample: 1 });
    expect(read([])("maker_fill_ratio")).toMatchObject({ sample: 0 });
  });
});
