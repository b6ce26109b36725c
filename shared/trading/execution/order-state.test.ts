import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { dec } from "../../domain/money.ts";
import { isTerminal, MOMENTS_MAX, type Order, OrderStatus } from "../../domain/order.ts";
import { markSent, markUnknown, mergeReport } from "./order-state.ts";

const sent: Order = {
  client_order_id: "c",
  account: "main",
  instrument: "FUT:BTCUSDT",
  intent_id: "i",
  leg: "e0",
  kind: "ENTRY",
  side: "BUY",
  type: "LIMIT",
  qty: "10",
  reduce_only: false,
  status: "SENT",
  filled_qty: "0",
  created_at: 0,
  updated_at: 0,
};
const merged = (order: Order, status: OrderStatus, filled_qty = "0", order_id?: string) =>
  mergeReport(order, { status, filled_qty, order_id }, { by: "STREAM", now: 5 });

describe("an order's state", () => {
  test("goes from sent to filled, and keeps when it was acknowledged", () => {
    const taken = merged(sent, "NEW", "0", "77");
    expect(taken).toMatchObject({ status: "NEW", order_id: "77", acked_at: 5 });
    expect(merged(taken, "FILLED", "10")).toMatchObject({ status: "FILLED", filled_qty: "10" });
  });
  test("a reduce-only order that the exchange cut to the position has ended when it says filled", () => {
    expect(merged(sent, "FILLED", "3")).toMatchObject({ status: "EXPIRED", filled_qty: "3" });
    expect(merged(merged(sent, "PARTIALLY_FILLED", "2"), "FILLED", "3")).toMatchObject({ status: "EXPIRED" });
  });
  test("an older word changes nothing", () => {
    const part = merged(sent, "PARTIALLY_FILLED", "4");
    expect(merged(part, "NEW")).toBe(part);
    expect(merged(part, "PARTIALLY_FILLED", "3")).toBe(part);
  });
  test("UNKNOWN is left by any word, and never comes after an acknowledgement", () => {
    const unknown = markUnknown(sent, "lost", { by: "ANSWER", now: 1 });
    expect(unknown.status).toBe("UNKNOWN");
    expect(merged(unknown, "NEW").status).toBe("NEW");
    const taken = merged(sent, "NEW");
    expect(markUnknown(taken, "lost", { by: "ANSWER", now: 1 })).toBe(taken);
  });
  test("a late fill of a cancelled order counts, its end stays", () => {
    const gone = merged(sent, "CANCELED");
    expect(merged(gone, "PARTIALLY_FILLED", "2")).toMatchObject({ status: "CANCELED", filled_qty: "2" });
  });
  test("a triggered order takes its new id until it has traded", () => {
    const algo = merged(sent, "NEW", "0", "a1");
    const live = merged(algo, "PARTIALLY_FILLED", "1", "o9");
    expect(live.order_id).toBe("o9");
    expect(merged(live, "PARTIALLY_FILLED", "1", "a1").order_id).toBe("o9");
  });

  test("in any order, any number of times: executed never falls, terminal absorbs", () => {
    const word = fc.tuple(fc.constantFrom(...OrderStatus.options), fc.integer({ min: 0, max: 10 }));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 20 }), (words) => {
        let order = sent;
        for (const [status, filled] of words) {
          const next = merged(order, status, String(filled));
          expect(dec(next.filled_qty) >= dec(order.filled_qty)).toBe(true);
          if (isTerminal(order.status)) expect(next.status).toBe(order.status);
          if (next.status === "FILLED") expect(next.filled_qty).toBe("10");
          order = next;
        }
      }),
      { seed: 51, numRuns: 300 },
    );
  });
});

describe("an order's story", () => {
  const told = (now: number) => ({ by: "STREAM" as const, now });
  const { status: _status, ...rest } = sent;
  const stored: Order = { ...rest, status: "PENDING" };

  test("has each change once, with who told of it", () => {
    let order = markUnknown(markSent(stored, 1), "no answer", { by: "ANSWER", now: 2 });
    order = mergeReport(order, { status: "NEW", filled_qty: "0", order_id: "7" }, { by: "QUERY", now: 3 });
    order = mergeReport(order, { status: "PARTIALLY_FILLED", filled_qty: "4" }, told(4));
    order = mergeReport(order, { status: "PARTIALLY_FILLED", filled_qty: "4", order_id: "8" }, told(5));
    order = mergeReport(order, { status: "FILLED", filled_qty: "10" }, { by: "RECONCILIATION", now: 6 });
    expect(order.story).toEqual([
      { ts: 1, status: "SENT", by: "ROUTER" },
      { ts: 2, status: "UNKNOWN", by: "ANSWER", detail: "no answer" },
      { ts: 3, status: "NEW", by: "QUERY" },
      { ts: 4, status: "PARTIALLY_FILLED", by: "STREAM", filled_qty: "4" },
      { ts: 6, status: "FILLED", by: "RECONCILIATION", filled_qty: "10" },
    ]);
  });
  test("of an order that fills in a thousand parts keeps its beginning and its end", () => {
    let order: Order = markSent({ ...stored, qty: "1000" }, 0);
    for (let part = 1; part <= 1_000; part++) {
      order = mergeReport(order, { status: "PARTIALLY_FILLED", filled_qty: String(part) }, told(part));
    }
    expect(order.story).toHaveLength(MOMENTS_MAX);
    expect(order.story?.[0]?.status).toBe("SENT");
    expect(order.story?.[1]?.filled_qty).toBe("1");
    expect(order.story?.at(-2)?.filled_qty).toBe("999");
    expect(order.story?.at(-1)).toMatchObject({ status: "FILLED", filled_qty: "1000" });
  });
});
