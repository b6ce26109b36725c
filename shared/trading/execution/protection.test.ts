import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { dec, fromSteps, show } from "../../domain/money.ts";
import { isTerminal, type Order, type OrderStatus } from "../../domain/order.ts";
import { coveredQty, decideProtection, isStopReached, type ProtectionView } from "./protection.ts";

const leg = (kind: "SL" | "TP", status: OrderStatus, over: Partial<Order> = {}): Order => ({
  client_order_id: `${kind}${Math.abs(Number(over.qty ?? 1))}${over.stop_price ?? ""}`,
  account: "main",
  instrument: "FUT:BTCUSDT",
  intent_id: "i",
  leg: kind === "SL" ? "sl0" : "tp0",
  kind,
  side: "SELL",
  type: kind === "SL" ? "STOP_MARKET" : "TAKE_PROFIT_MARKET",
  qty: "1",
  stop_price: kind === "SL" ? "90" : "110",
  reduce_only: true,
  status,
  filled_qty: "0",
  created_at: 0,
  sent_at: 0,
  updated_at: 0,
  ...over,
});
const view = (over: Partial<ProtectionView> = {}): ProtectionView => ({
  spot: false,
  held: dec("1"),
  stop: dec("90"),
  target: dec("110"),
  orders: [],
  entering: false,
  releasing: false,
  placeable: true,
  guard: false,
  now: 10_000,
  unansweredMs: 1_000,
  growMs: 250,
  ...over,
});
const told = (over: Partial<ProtectionView>) =>
  decideProtection(view(over)).map((action) => {
    switch (action.do) {
      case "place":
        return `place ${action.kind} ${show(action.qty)} at ${show(action.price)}`;
      case "place_pair":
        return `pair ${show(action.qty)} at ${show(action.stop)}/${show(action.target)}`;
      case "guard":
        return `guard ${action.on ? "on" : "off"}`;
      case "wait":
        return `wait ${action.until}`;
      default:
        return `${action.do} ${action.order.kind} ${action.order.qty}`;
    }
  });

describe("futures", () => {
  const rows: [string, Partial<ProtectionView>, string[]][] = [
    ["bare: both legs", {}, ["place SL 1 at 90", "place TP 1 at 110"]],
    ["covered: nothing", { orders: [leg("SL", "NEW"), leg("TP", "NEW")] }, []],
    [
      "grown: the new stop first, the old one stays until it stands",
      { held: dec("2"), target: undefined, orders: [leg("SL", "NEW")] },
      ["place SL 2 at 90"],
    ],
    [
      "the new one stands: the old one goes",
      { held: dec("2"), target: undefined, orders: [leg("SL", "NEW"), leg("SL", "NEW", { qty: "2" })] },
      ["cancel SL 1"],
    ],
    ["asked a moment ago: wait", { now: 500, target: undefined, orders: [leg("SL", "SENT")] }, ["wait 1000"]],
    ["no answer: another one", { target: undefined, orders: [leg("SL", "UNKNOWN")] }, ["ask SL 1", "place SL 1 at 90"]],
    ["stored, not sent", { target: undefined, orders: [leg("SL", "PENDING")] }, ["submit SL 1"]],
    [
      "a stop that trades is left alone",
      { target: undefined, orders: [leg("SL", "PARTIALLY_FILLED", { qty: "3", filled_qty: "0.5" })] },
      [],
    ],
    ["flat: all go", { held: dec("0"), orders: [leg("SL", "NEW"), leg("TP", "NEW")] }, ["cancel SL 1", "cancel TP 1"]],
    [
      "while an entry fills it grows at its pace",
      { held: dec("2"), target: undefined, entering: true, now: 100, orders: [leg("SL", "NEW")] },
      ["wait 250"],
    ],
  ];
  test.each(rows)("%s", (_what, over, expected) => {
    expect(told(over)).toEqual(expected);
  });

  test("from any orders, placing and cancelling ends with exactly one stop of the held quantity, never without one once covered", () => {
    const anyLeg = fc.record({
      qty: fc.integer({ min: 1, max: 5 }),
      price: fc.constantFrom("90", "91"),
      status: fc.constantFrom<OrderStatus>("NEW", "CANCELED", "REJECTED"),
    });
    fc.assert(
      fc.property(fc.array(anyLeg, { maxLength: 6 }), fc.integer({ min: 1, max: 5 }), (legs, lots) => {
        const held = fromSteps(lots, dec("1"));
        let orders = legs.map((l, at) =>
          leg("SL", l.status, { qty: String(l.qty), stop_price: l.price, client_order_id: `o${at}` }),
        );
        let covered = coveredQty(orders) > 0n;
        for (let round = 0; round < 20; round++) {
          const [action] = decideProtection(view({ held, target: undefined, orders }));
          if (!action) break;
          if (action.do === "place") {
            const placed = { qty: show(action.qty), stop_price: show(action.price), client_order_id: `n${round}` };
            orders = [...orders, leg("SL", "NEW", placed)];
          } else if (action.do === "cancel") {
            const { order } = action;
            orders = orders.map((o) => (o === order ? { ...o, status: "CANCELED" as const } : o));
          }
          if (covered) expect(coveredQty(orders) > 0n).toBe(true);
          covered ||= coveredQty(orders) > 0n;
        }
        const live = orders.filter((o) => !isTerminal(o.status));
        expect(live.map((o) => [o.qty, o.stop_price])).toEqual([[String(lots), "90"]]);
      }),
      { seed: 31, numRuns: 300 },
    );
  });
});

describe("spot", () => {
  const tp = leg("TP", "NEW", { type: "LIMIT_MAKER", price: "110", stop_price: undefined });
  const pair = [leg("SL", "NEW"), tp];
  const traded = leg("SL", "PARTIALLY_FILLED", { filled_qty: "0.4" });
  const rows: [string, Partial<ProtectionView>, string[]][] = [
    ["bare: guard, then the pair", {}, ["guard on", "pair 1 at 90/110"]],
    ["the pair stands: no guard", { guard: true, orders: pair }, ["guard off"]],
    ["the entry still fills: guard only", { entering: true }, ["guard on"]],
    ["an exit wants the balance", { releasing: true, orders: pair }, ["guard on", "cancel SL 1", "cancel TP 1"]],
    [
      "grown: guard, then the old pair goes",
      { held: dec("2"), orders: pair },
      ["guard on", "cancel SL 1", "cancel TP 1"],
    ],
    [
      "a target that trades is left alone, with the guard for the stop it ends",
      { held: dec("0.6"), orders: [leg("SL", "EXPIRED"), { ...tp, filled_qty: "0.4" }] },
      ["guard on"],
    ],
    [
      "a stop that has triggered is left alone, with the guard for what its limit leaves behind",
      { held: dec("0.6"), orders: [traded, leg("TP", "EXPIRED")] },
      ["guard on"],
    ],
    ["also before it trades", { orders: [leg("SL", "NEW"), leg("TP", "EXPIRED")] }, ["guard on"]],
    ["too small to place", { placeable: false }, ["guard on"]],
    ["without a target", { target: undefined }, ["guard on"]],
    ["flat", { held: dec("0"), guard: true, orders: pair }, ["cancel SL 1", "cancel TP 1", "guard off"]],
  ];
  test.each(rows)("%s", (_what, over, expected) => {
    expect(told({ spot: true, ...over })).toEqual(expected);
  });
});

test("the guard sells when the way out has reached the stop", () => {
  expect(isStopReached("BUY", dec("90"), dec("90"))).toBe(true);
  expect(isStopReached("BUY", dec("90"), dec("90.1"))).toBe(false);
  expect(isStopReached("SELL", dec("90"), dec("89.9"))).toBe(false);
  expect(isStopReached("SELL", dec("90"), dec("90"))).toBe(true);
});
