import { expect, test } from "bun:test";
import type { Order } from "../../shared/domain/order.ts";
import type { OrderResult } from "../../shared/streams.ts";
import { createReadings } from "./readings.ts";

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
