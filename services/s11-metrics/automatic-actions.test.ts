/** What was done by itself is listed with what made it so: once each, whatever is heard twice. */
import { beforeEach, describe, expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { automaticActions } from "../../shared/collections/operations.ts";
import type { Order } from "../../shared/domain/order.ts";
import type { Net, Store } from "../../shared/kit/ports.ts";
import type { Alert, HealthEffects, HealthEvent, HealthLevel, OrderResult } from "../../shared/streams.ts";
import { simulatedWorld } from "../../shared/testing/world.ts";
import { type Actions, createActions, kindOf } from "./automatic-actions.ts";

let store: Store;
let actions: Actions;
beforeEach(() => {
  store = simulatedWorld({ clock: new VirtualClock(0), net: {} as Net, seed: 1 }).store("s11");
  actions = createActions(store);
});
const kept = async () => {
  const oldest = { sort: { field: "ts", order: "asc" }, limit: 50 } as const;
  return (await store.query(automaticActions, oldest)).items.map(({ value }) => value);
};

describe("alerts", () => {
  const breaker: Alert = {
    alert_id: "b1",
    severity: "ERROR",
    source: "s04",
    code: "BREAKER_OPEN",
    message: "too many exchange calls fail",
    action_taken: "entries are refused, exits pass",
    ts: 5,
  };

  test("that say what was done are actions, each time that they are told and no oftener", async () => {
    await actions.hearAlert(breaker);
    await actions.hearAlert(breaker);
    await actions.hearAlert({ ...breaker, ts: 9 });
    expect(await kept()).toMatchObject([
      {
        ts: 5,
        kind: "BREAKER",
        source: "s04",
        what: "entries are refused, exits pass",
        trigger: "too many exchange calls fail",
        ref: "alerts/b1",
      },
      { ts: 9 },
    ]);
  });

  test("that only tell, or ask a person, are none", async () => {
    const { action_taken: _nothing, ...told } = breaker;
    await actions.hearAlert(told);
    await actions.hearAlert({ ...breaker, code: "APPROVAL_WANTED" });
    expect(await kept()).toEqual([]);
  });

  test.each([
    ["PROMOTION_TAKEN_BACK", "ROLLBACK"],
    ["KILL_BY_FATAL", "KILL"],
    ["STRATEGY_STOPPED", "PAUSE"],
    ["LIMIT_DRAWDOWN", "PAUSE"],
    ["MODEL_SLOW", "SIZE"],
    ["MAKERS_REST", "STYLE"],
    ["LIQUIDATION_NEAR", "ORDER"],
    ["RECONCILIATION_FAILED", "RETRY"],
    ["SESSION_REUSED", "OTHER"],
  ] as const)("%s is of kind %s", (code, kind) => {
    expect(kindOf(code)).toBe(kind);
  });
});

describe("health", () => {
  const word = (ts: number, level: HealthLevel, effects: HealthEffects = {}): HealthEvent => ({
    ...{ ts, level, effects },
    reasons: level === "GREEN" ? [] : ["ack_p95_ms 3100ms is over 3000ms"],
  });
  const lines = async () => (await kept()).map(({ ts, kind, what, trigger }) => [ts, kind, what, trigger]);

  test("each level and effect that begins and ends is an action with its trigger; unchanged it is none", async () => {
    await actions.hearHealth(word(1, "GREEN"));
    await actions.hearHealth(word(2, "RED", { takers_only: "30 % of posts were filled" }));
    await actions.hearHealth(word(3, "RED", { takers_only: "29 % of posts were filled" }));
    await actions.hearHealth(word(2, "GREEN"));
    await actions.hearHealth(word(4, "GREEN", { spot_size: { mult: 0.5, why: "balances lack" } }));
    const why = "ack_p95_ms 3100ms is over 3000ms";
    expect((await lines()).toSorted()).toEqual([
      [2, "PAUSE", "Health is RED: no entries; those under way end", why],
      [2, "STYLE", "Takers only: nothing is posted", "30 % of posts were filled"],
      [4, "SIZE", "Health is GREEN: entries at their full size, adds allowed", "all figures in bounds"],
      [4, "SIZE", "Smaller spot entries", "balances lack (× 0.5)"],
      [4, "STYLE", "Makers post again", "over: 29 % of posts were filled"],
    ]);
  });

  test("a restart knows what was told before it", async () => {
    await actions.hearHealth(word(1, "ORANGE"));
    actions = createActions(store);
    await actions.load();
    await actions.hearHealth(word(2, "ORANGE"));
    await actions.hearHealth(word(3, "GREEN"));
    expect((await lines()).map(([ts]) => ts)).toEqual([1, 3]);
  });
});

describe("orders", () => {
  const order = (nth: number, over: Partial<Order>): Order => ({
    ...{ client_order_id: `c${nth}`, account: "main", instrument: "SPOT:BTCUSDT", intent_id: "i", leg: `e${nth}` },
    ...{ kind: "ENTRY", side: "BUY", type: "MARKET", qty: "0.01", reduce_only: false, status: "FILLED" },
    ...{ filled_qty: "0", created_at: 10 * nth, updated_at: 10 * nth + 5, ...over },
  });
  const result = (...orders: Order[]) => ({ intent: { intent_id: "i" }, orders }) as unknown as OrderResult;
  const short = { status: "REJECTED", message: "Account has insufficient balance (-2010)" } as const;

  test("sent again after a refusal are retries with the refusal as their trigger", async () => {
    await actions.hearResult(result(order(1, short)));
    await actions.hearResult(result(order(1, short), order(2, { ...short, qty: "0.005" })));
    await actions.hearResult(result(order(2, { ...short, qty: "0.005" })));
    await actions.hearResult(result(order(3, { qty: "0.002", status: "NEW" })));
    await actions.hearResult(result(order(3, { qty: "0.002" })));
    expect((await kept()).map(({ ts, kind, what, trigger, ref }) => [ts, kind, what, trigger, ref])).toEqual([
      [20, "RETRY", "SPOT:BTCUSDT: ENTRY sent again with 0.005 in place of 0.01", short.message, "orders/c2"],
      [30, "RETRY", "SPOT:BTCUSDT: ENTRY sent again with 0.002 in place of 0.005", short.message, "orders/c3"],
    ]);
  });

  test("that go in parts, or after one that was taken, are none", async () => {
    await actions.hearResult(result(order(1, {}), order(2, {})));
    await actions.hearResult(result(order(3, { leg: "sl0", ...short }), order(4, {})));
    expect(await kept()).toEqual([]);
  });
});
