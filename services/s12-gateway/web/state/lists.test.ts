import { describe, expect, test } from "bun:test";
import type { Decision } from "../../../../shared/domain/decision.ts";
import type { Order } from "../../../../shared/domain/order.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";
import type { Alert, OrderResult } from "../../../../shared/streams.ts";
import type { AlertRow } from "../api/shapes.ts";
import { aDecision, aFill, anOrder, aTrade } from "../samples.ts";
import {
  foldAlert,
  foldDecision,
  foldFills,
  foldOrders,
  foldTrades,
  isOpenOrder,
  LIST_MAX,
  putOrders,
} from "./lists.ts";

const result = (orders: Order[], fills: OrderResult["fills"]): OrderResult => ({
  intent: {} as OrderResult["intent"],
  answer: { intent_id: "i", status: "WORKING", order_ids: [], client_order_ids: [], filled_qty: "0", fills },
  orders,
  fills,
  ts: 1,
});

describe("orders", () => {
  test("a newer state replaces the shown one, an older one that arrives late does not", () => {
    const list = foldOrders([], result([anOrder({ status: "NEW", updated_at: 5 })], []));
    const filled = foldOrders(list, result([anOrder({ status: "FILLED", updated_at: 9 })], []));
    expect(filled.map((o) => o.status)).toEqual(["FILLED"]);
    expect(foldOrders(filled, result([anOrder({ status: "NEW", updated_at: 5 })], []))).toBe(filled);
    expect(filled.filter(isOpenOrder)).toEqual([]);
  });
  test("newest first, and never more than the list holds", () => {
    const many = Array.from({ length: LIST_MAX + 5 }, (_, i) => anOrder({ client_order_id: `o${i}`, created_at: i }));
    const list = putOrders([], many);
    expect(list.length).toBe(LIST_MAX);
    expect(list[0]?.client_order_id).toBe(`o${LIST_MAX + 4}`);
  });
});

test("a fill told twice, in the result and its answer, stands once", () => {
  const list = foldFills([], result([], [aFill({ fill_id: "7" })]));
  expect(list.length).toBe(1);
  expect(foldFills(list, result([], [aFill({ fill_id: "7" })]))).toBe(list);
  expect(foldFills(list, result([], [aFill({ fill_id: "7", instrument: "SPOT:BTCUSDT" })])).length).toBe(2);
});

test("a decision redelivered changes nothing", () => {
  const first: Decision = aDecision({ signal_id: "s1" });
  const list = foldDecision([], first);
  expect(foldDecision(list, { ...first })).toBe(list);
});

test("a trade follows its own sequence, not the order of arrival", () => {
  const at = (seq: number, updated_at: number): Trade => aTrade({ seq, updated_at, stage: seq });
  const fold = (list: readonly Trade[], trade: Trade) =>
    foldTrades(list, { kind: "STOP_MOVE", trade, detail: "", ts: trade.updated_at });
  const list = fold(fold([], at(1, 10)), at(3, 30));
  expect(list[0]?.stage).toBe(3);
  expect(fold(list, at(2, 20))).toBe(list);
});

test("an alert that repeats is counted and moves up", () => {
  const alert = (alert_id: string, ts: number): Alert => ({
    alert_id,
    severity: "WARN",
    source: "s01",
    code: "gap",
    message: "gap",
    ts,
  });
  const list = [alert("a", 1), alert("b", 2), alert("a", 3)].reduce<readonly AlertRow[]>(foldAlert, []);
  expect(list.map((row) => [row.alert_id, row.count])).toEqual([
    ["a", 2],
    ["b", 1],
  ]);
  expect(foldAlert(list, alert("a", 3))).toBe(list);
});
