import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { dec, fromSteps, min, show, sum, zero } from "../../domain/money.ts";
import type { Order, OrderStatus } from "../../domain/order.ts";
import type { Plan } from "./plan.ts";
import { exit, fillsOf, order, plan, view } from "./steps.fixture.ts";
import { decideStep, type StepView } from "./steps.ts";
import { sliceOfLeg } from "./twap.ts";

const sliced = (over: Partial<Plan> = {}): Plan =>
  plan({
    slices: [
      { qty: "0.4", due_at: 0 },
      { qty: "0.3", due_at: 1_000 },
      { qty: "0.3", due_at: 2_000 },
    ],
    deadline: 20_000,
    ...over,
  });
const filled = (leg: string, qty: string, over: Partial<Order> = {}) =>
  order("FILLED", { leg, client_order_id: leg, qty, filled_qty: qty, ...over });
const first = filled("e0.0", "0.4");
const second = filled("e1.0", "0.3", { created_at: 1_000 });

describe("an entry in slices", () => {
  const rows: [string, Partial<StepView>, object][] = [
    ["begins with its first", {}, { do: "send", type: "MARKET", qty: "0.4", slice: 0 }],
    ["waits until the next is due", { orders: [first] }, { do: "wait", until: 1_000 }],
    ["sends it then", { orders: [first], now: 1_000 }, { do: "send", qty: "0.3", slice: 1 }],
    ["late ones keep half their distance", { orders: [{ ...first, created_at: 9_000 }], now: 9_000 }, { until: 9_500 }],
    ["waits while the spread is wide", { orders: [first], now: 1_000, spreadIsWide: true }, { until: 1_250 }],
    ["not for ever", { orders: [first], now: 11_000, spreadIsWide: true }, { do: "send", slice: 1 }],
    ["its first waits too", { spreadIsWide: true, now: 0 }, { do: "wait", until: 250 }],
    ["goes on past its valid_until once begun", { orders: [first], now: 6_000 }, { do: "send", slice: 1 }],
    [
      "does not begin past it",
      { orders: [order("CANCELED", { leg: "e0.0", acked_at: undefined } as object)], now: 6_000 },
      { do: "done" },
    ],
    ["ends at its deadline", { orders: [first], now: 20_001 }, { do: "done" }],
    ["ends under the kill switch", { orders: [first], now: 1_000, entriesStopped: "kill" }, { do: "done" }],
    [
      "drops what is stored under the kill switch",
      { orders: [first, order("PENDING", { leg: "e1.0" })], entriesStopped: "kill" },
      { do: "drop" },
    ],
    ["passes a refused slice over", { orders: [order("REJECTED", { leg: "e0.0" })], now: 1_000 }, { slice: 1 }],
    [
      "ends after two that brought nothing",
      { orders: [order("REJECTED", { leg: "e0.0" }), order("REJECTED", { leg: "e1.0" })], now: 9_000 },
      { do: "done" },
    ],
    ["is done after the last", { orders: [first, second, filled("e2.0", "0.3")], now: 9_000 }, { do: "done" }],
    [
      "posts each slice, and takes what is left of it",
      {
        plan: sliced({ style: "MAKER" }),
        orders: [order("CANCELED", { leg: "e0.0", type: "LIMIT_MAKER", qty: "0.4", filled_qty: "0.1" })],
      },
      { do: "send", type: "MARKET", qty: "0.3", slice: 0 },
    ],
    [
      "posts only where posting is cheaper now",
      { plan: sliced({ style: "MAKER" }), orders: [first], now: 1_000, posting: false },
      { do: "send", type: "MARKET", slice: 1 },
    ],
  ];
  test.each(rows)("%s", (_what, over, expected) => {
    expect(decideStep(view({ plan: sliced(), ...over }))).toMatchObject(expected);
  });
});

describe("an exit in slices", () => {
  const held = dec("1");
  const rows: [string, Partial<StepView>, object][] = [
    ["begins with its first", { held }, { do: "send", qty: "0.4", slice: 0 }],
    ["waits between them", { held: dec("0.6"), orders: [first] }, { do: "wait", until: 1_000 }],
    ["ends when nothing is held any more", { held: zero, orders: [first] }, { do: "done" }],
    ["closes no more than is held", { held: dec("0.1"), orders: [first], now: 1_000 }, { qty: "0.1", slice: 1 }],
    [
      "makes up for what was missed",
      { held: dec("0.9"), orders: [order("EXPIRED", { leg: "e0.0", qty: "0.4", filled_qty: "0.1" })] },
      { do: "send", qty: "0.3", slice: 0 },
    ],
    ["takes all past its deadline", { held: dec("0.6"), orders: [first], now: 20_001 }, { qty: "0.6", slice: 2 }],
    [
      "takes all in a hurry",
      { held: dec("0.6"), orders: [first], plan: sliced({ hurry_reason: "the stop" }) },
      { do: "send", type: "MARKET", qty: "0.6" },
    ],
    [
      "lets go of what rests in a hurry",
      {
        held,
        orders: [order("NEW", { leg: "e0.0", type: "LIMIT_MAKER" })],
        plan: sliced({ style: "MAKER", hurry_reason: "the stop" }),
      },
      { do: "cancel" },
    ],
  ];
  test.each(rows)("%s", (_what, over, expected) => {
    expect(decideStep(view({ intent: exit, plan: sliced(), ...over }))).toMatchObject(expected);
  });
});

describe("too little balance", () => {
  const short = (at: number, qty: string) =>
    order("REJECTED", { leg: `e${at}`, client_order_id: `c${at}`, qty, message: "-2019 Margin is insufficient." });
  const ladder = ["1", "0.251", "0.063", "0.016", "0.004", "0.001"];
  const noMinimum = { ...view().rules, minNotional: zero };

  test("an entry shrinks to the smallest there is with growing waits, then gives up and says why", () => {
    const orders: Order[] = [short(0, "1")];
    const waits: unknown[] = [];
    for (const qty of ladder.slice(1)) {
      const waiting = decideStep(view({ orders, now: 0, rules: noMinimum }));
      waits.push(waiting.do === "wait" ? waiting.until : waiting.do);
      expect(decideStep(view({ orders, now: 4_900, rules: noMinimum }))).toMatchObject({ do: "send", qty });
      orders.push(short(orders.length, qty));
    }
    expect(waits).toEqual([200, 400, 800, 1_600, 3_200]);
    expect(decideStep(view({ orders, now: 4_900, rules: noMinimum }))).toMatchObject({
      do: "done",
      code: "BALANCE_SHORT",
    });
  });

  test("what a smaller order has bought is all there will be", () => {
    const orders = [
      short(0, "1"),
      order("FILLED", { leg: "e1", client_order_id: "c1", qty: "0.2", filled_qty: "0.2" }),
    ];
    expect(decideStep(view({ orders }))).toEqual({ do: "done" });
  });

  test("never below what the exchange takes by value", () => {
    const orders = ["1", "0.5", "0.3", "0.2", "0.1"].map((qty, at) => short(at, qty));
    const step = decideStep(view({ orders, now: 4_900, touch: { bid: "99", ask: "100", bid_qty: "1", ask_qty: "1" } }));
    expect(step).toMatchObject({ do: "send", qty: "0.05" });
  });

  test("an exit first asks for all of it again: its balance may still be in the pair; then it sells what there is", () => {
    const rules = { ...noMinimum, retriesMax: 300 };
    const ask = (orders: Order[], over: Partial<StepView> = {}) =>
      decideStep(view({ intent: exit, held: dec("1"), orders, now: 100_000, rules, ...over }));
    const shorts = Array.from({ length: 9 }, (_, at) => short(at, "1"));
    expect(ask(shorts.slice(0, 1))).toMatchObject({ do: "send", qty: "1" });
    expect(ask(shorts.slice(0, 2))).toMatchObject({ do: "send", qty: "1" });
    expect(ask(shorts.slice(0, 2), { balanceFree: false })).toEqual({ do: "wait" });
    expect(ask(shorts.slice(0, 3))).toMatchObject({ do: "send", qty: "0.251" });
    expect(ask(shorts.slice(0, 8))).toMatchObject({ do: "done", code: "BALANCE_SHORT" });
  });
});

test("property: whatever becomes of its slices, a plan never orders more than they are, and ends", () => {
  const ends = fc.array(
    fc.record({
      share: fc.integer({ min: 0, max: 100 }),
      status: fc.constantFrom("CANCELED", "EXPIRED", "REJECTED"),
      short: fc.boolean(),
      tookMs: fc.integer({ min: 0, max: 3_000 }),
      isWide: fc.boolean(),
    }),
    { minLength: 20, maxLength: 20 },
  );
  const lots = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 8 });
  fc.assert(
    fc.property(lots, ends, fc.constantFrom("MAKER", "MARKET"), fc.boolean(), (sizes, happenings, style, entering) => {
      const slices = sizes.map((size, at) => ({ qty: show(fromSteps(size, dec("0.001"))), due_at: at * 500 }));
      const total = sum(slices.map((slice) => dec(slice.qty)));
      const some = plan({ style, qty: show(total), slices, deadline: slices.length * 500 + 5_000 });
      const orders: Order[] = [];
      let now = 0;
      for (let turn = 0; turn < 1_000; turn++) {
        const { share, status, short, tookMs, isWide } = happenings[turn % happenings.length]!;
        const bought = sum(orders.map((o) => dec(o.filled_qty)));
        const held = entering ? zero : ((total - bought) as typeof zero);
        const rules = { ...view().rules, minNotional: zero };
        const look = { intent: entering ? view().intent : exit, plan: some, orders, fills: fillsOf(orders), rules };
        const step = decideStep(view({ ...look, now, held, spreadIsWide: isWide }));
        if (step.do === "done") return;
        if (step.do === "wait") {
          expect(step.until).toBeGreaterThan(now);
          now = step.until as number;
          continue;
        }
        if (step.do !== "send") throw new Error(step.do);
        expect(bought + dec(step.qty) <= total).toBe(true);
        const mine = orders.filter((o) => sliceOfLeg(o.leg) === step.slice);
        const sofar = sum(mine.map((o) => dec(o.filled_qty)));
        if (entering) expect(sofar + dec(step.qty) <= dec(slices[step.slice!]!.qty)).toBe(true);
        const isShort = short && status === "REJECTED";
        const got =
          status === "REJECTED" ? zero : fromSteps(Math.floor((Number(step.qty) * share) / 0.1), dec("0.001"));
        orders.push(
          order(status as OrderStatus, {
            leg: `e${step.slice}.${mine.length}`,
            client_order_id: `c${orders.length}`,
            qty: step.qty,
            filled_qty: show(min(got, dec(step.qty))),
            type: step.type,
            created_at: now,
            updated_at: now + tookMs,
            ...(isShort ? { message: "-2010 Account has insufficient balance for requested action." } : {}),
          }),
        );
        now += tookMs;
      }
      throw new Error(`it does not end: ${orders.length} orders`);
    }),
    { seed: 33, numRuns: 150 },
  );
});
