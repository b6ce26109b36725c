import { expect, test } from "bun:test";
import type { Order } from "../../shared/domain/order.ts";
import type { StreamState } from "../../shared/kit/ports.ts";
import { type OrderResult, orderResults, type Reconciliation } from "../../shared/streams.ts";
import { createReadings, WINDOW_MS } from "./readings.ts";

const resultOf = (order: Partial<Order>) =>
  ({ orders: [{ client_order_id: "c1", sent_at: 1_000, ...order }] }) as OrderResult;
const value = (readings: ReturnType<typeof createReadings>, name: string) =>
  readings.read(2_000, []).find((reading) => reading.name === name)?.value;

test("an order counts by the newest word of it, also when older ones are told again after it", () => {
  const readings = createReadings();
  const unknown = resultOf({ status: "UNKNOWN", updated_at: 1_100 });
  readings.onResult(unknown);
  expect(value(readings, "submit_error_share")).toBe(1);
  readings.onResult(resultOf({ status: "FILLED", acked_at: 1_050, updated_at: 1_200 }));
  expect([value(readings, "submit_error_share"), value(readings, "ack_p95_ms")]).toEqual([0, 50]);
  readings.onResult(unknown);
  expect([value(readings, "submit_error_share"), value(readings, "ack_p95_ms")]).toEqual([0, 50]);
});

test("agreement is that of the newest whole run, as long as the window", () => {
  const readings = createReadings();
  const run = (agreement: number, started_at: number, over: Partial<Reconciliation> = {}) =>
    ({ mode: "ALL", status: "DONE", summary: { agreement }, started_at, ...over }) as Reconciliation;
  const read = (now: number) => readings.read(now, []).find((each) => each.name === "reconciliation_agreement");
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
    createReadings()
      .read(2_000, streams)
      .find((reading) => reading.name === "unacked_age_ms")?.value;
  expect(age(of("s06", 40), of("s12-live-s12-4711", 83_900))).toBe(40);
  expect(age(of("s04#1", 900), of("s06", 40))).toBe(900);
});
