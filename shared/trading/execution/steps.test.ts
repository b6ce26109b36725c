import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { dec, fromSteps, show, sum, zero } from "../../domain/money.ts";
import type { Order, OrderStatus } from "../../domain/order.ts";
import { exit, fillsOf, order, plan, view } from "./steps.fixture.ts";
import { decideStep, type StepView } from "./steps.ts";

const maker = plan({ style: "MAKER" });

describe("an entry", () => {
  const rows: [string, Partial<StepView>, object][] = [
    ["begins with its order", {}, { do: "send", type: "MARKET", qty: "1" }],
    ["as a maker joins the touch", { plan: maker }, { do: "send", type: "LIMIT_MAKER", price: "99" }],
    ["sends what is stored", { orders: [order("PENDING")] }, { do: "submit" }],
    ["drops it under the kill switch", { orders: [order("PENDING")], entriesStopped: "kill" }, { do: "drop" }],
    ["drops it past its time", { orders: [order("PENDING")], now: 5_001 }, { do: "drop" }],
    ["waits while it is being sent", { orders: [order("SENT")] }, { do: "wait" }],
    ["asks when nobody knows", { orders: [order("UNKNOWN")] }, { do: "ask" }],
    ["asks after a market order that only rests", { orders: [order("NEW")] }, { do: "ask" }],
    [
      "lets a maker rest",
      { plan: maker, orders: [order("NEW", { type: "LIMIT_MAKER" })] },
      { do: "wait", until: 1_000 },
    ],
    [
      "cancels a maker in time",
      { plan: maker, now: 1_000, orders: [order("NEW", { type: "LIMIT_MAKER" })] },
      { do: "cancel" },
    ],
    [
      "takes what the maker left",
      { plan: maker, orders: [order("CANCELED", { type: "LIMIT_MAKER", filled_qty: "0.3" })] },
      { do: "send", type: "MARKET", qty: "0.7" },
    ],
    [
      "takes all when it could not rest",
      { plan: maker, orders: [order("REJECTED", { type: "LIMIT_MAKER" })] },
      { do: "send", type: "MARKET", qty: "1" },
    ],
    [
      "is content with 70 %",
      { plan: maker, orders: [order("CANCELED", { type: "LIMIT_MAKER", filled_qty: "0.7" })] },
      { do: "done" },
    ],
    [
      "takes nothing past its time",
      { plan: maker, now: 5_001, orders: [order("CANCELED", { type: "LIMIT_MAKER", filled_qty: "0.3" })] },
      { do: "done" },
    ],
    [
      "takes nothing under the kill switch",
      { plan: maker, entriesStopped: "kill", orders: [order("CANCELED", { type: "LIMIT_MAKER", filled_qty: "0.3" })] },
      { do: "done" },
    ],
    ["is not sent again when refused", { orders: [order("REJECTED")] }, { do: "done" }],
    [
      "fetches fills it was not told of",
      { orders: [order("FILLED", { filled_qty: "1" })], fills: [] },
      { do: "fetch_fills" },
    ],
    [
      "is cancelled on request",
      {
        plan: plan({ style: "LIMIT", price: "99", cancel_reason: "asked" }),
        orders: [order("NEW", { type: "LIMIT" })],
      },
      { do: "cancel" },
    ],
  ];
  test.each(rows)("%s", (_what, over, expected) => {
    expect(decideStep(view(over))).toMatchObject(expected);
  });
});

describe("an exit", () => {
  const rows: [string, Partial<StepView>, object][] = [
    ["closes at most what is held", { held: dec("0.4") }, { do: "send", type: "MARKET", qty: "0.4" }],
    ["is done when nothing is held", { held: zero }, { do: "done" }],
    ["waits for the balance", { held: dec("1"), balanceFree: false }, { do: "wait" }],
    [
      "passes the kill switch",
      { held: dec("1"), orders: [order("PENDING")], entriesStopped: "kill" },
      { do: "submit" },
    ],
    ["waits before it tries again", { held: dec("1"), orders: [order("REJECTED")] }, { do: "wait", until: 200 }],
    ["tries again", { held: dec("1"), now: 200, orders: [order("REJECTED")] }, { do: "send", qty: "1" }],
    [
      "gives up after so many, and says why",
      {
        held: dec("1"),
        orders: Array.from({ length: 4 }, (_, at) => order("REJECTED", { client_order_id: `c${at}`, message: "no" })),
      },
      { do: "done", failed: "no" },
    ],
  ];
  test.each(rows)("%s", (_what, over, expected) => {
    expect(decideStep(view({ intent: exit, ...over }))).toMatchObject(expected);
  });
});

test("whatever the exchange fills, an entry never orders more than its plan, and ends", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5_000 }),
      fc.array(fc.tuple(fc.integer({ min: 0, max: 100 }), fc.constantFrom("CANCELED", "EXPIRED", "REJECTED")), {
        minLength: 4,
        maxLength: 4,
      }),
      fc.constantFrom("MAKER", "MARKET"),
      (lots, ends, style) => {
        const total = fromSteps(lots, dec("0.001"));
        const orders: Order[] = [];
        for (const [share, status] of ends) {
          const rules = { ...view().rules, minNotional: zero };
          const step = decideStep(
            view({ plan: plan({ style, qty: show(total) }), orders, fills: fillsOf(orders), rules }),
          );
          if (step.do === "done") return;
          if (step.do !== "send") throw new Error(step.do);
          const before = sum(orders.map((o) => dec(o.filled_qty)));
          expect(before + dec(step.qty) <= total).toBe(true);
          const filled =
            status === "REJECTED"
              ? "0"
              : show(fromSteps(Math.floor((Number(step.qty) * share) / 100 / 0.001), dec("0.001")));
          orders.push(
            order(status as OrderStatus, {
              client_order_id: `c${orders.length}`,
              qty: step.qty,
              filled_qty: filled,
              type: step.type,
            }),
          );
        }
        expect(orders.length).toBeLessThan(3);
      },
    ),
    { seed: 21, numRuns: 300 },
  );
});
