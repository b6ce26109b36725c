/** The readable form of a plan: what people see of how an intent is executed, computed from its stored state. */
import { put } from "../../shared/changes.ts";
import { type ExecutionPlan, executionPlans, type PlanSlice } from "../../shared/collections/execution.ts";
import type { IntentRecord } from "../../shared/collections/orders.ts";
import { dec, show, sum } from "../../shared/domain/money.ts";
import type { Order } from "../../shared/domain/order.ts";
import type { Op } from "../../shared/kit/ports.ts";
import { isOwnLeg, planOf } from "../../shared/trading/execution/answers.ts";
import { isLive } from "../../shared/trading/execution/order-state.ts";
import { type Slice, sliceOfLeg } from "../../shared/trading/execution/twap.ts";

/** `orders` are the intent's own, oldest first. */
export function executionPlanOf(record: IntentRecord, orders: readonly Order[], now: number): ExecutionPlan {
  const plan = planOf(record);
  const slices: readonly Slice[] = plan.slices ?? [{ qty: plan.qty, due_at: record.created_at }];
  return {
    intent_id: record.intent_id,
    account: record.intent.account,
    instrument: record.instrument,
    style: plan.style,
    why: plan.why,
    qty: plan.qty,
    slices: slices.map((slice, number) => {
      const mine = orders.filter((order) => sliceOfLeg(order.leg) === number);
      return {
        number,
        qty: slice.qty,
        due_at: slice.due_at,
        state: stateOf(mine, record.state),
        filled_qty: show(sum(mine.map((order) => dec(order.filled_qty)))),
        client_order_ids: mine.map((order) => order.client_order_id),
      };
    }),
    ...(plan.expected === undefined ? {} : { expected: plan.expected }),
    state: record.state,
    created_at: record.created_at,
    updated_at: now,
  };
}

function stateOf(orders: readonly Order[], intent: IntentRecord["state"]): PlanSlice["state"] {
  if (orders.some(isLive)) return "SENT";
  if (intent === "DONE") return orders.length > 0 ? "DONE" : "DROPPED";
  return orders.length > 0 ? "DONE" : "WAITING";
}

/** An intent in memory. */
interface Seen {
  readonly record: IntentRecord;
  readonly orders: ReadonlyMap<string, Order>;
}

/**
 * The plan's row, wherever the commit changes what it says. One order at once has nothing to tell before its end: on the
 * way to the exchange it costs no second row.
 */
export function planOps(now: Seen, before: Seen | undefined, ts: number): Op[] {
  const { style, slices } = planOf(now.record);
  // Orders that others made have no plan of ours, and a move sends nothing.
  if (style === undefined || style.startsWith("MOVE")) return [];
  const isOver = now.record.state === "DONE";
  if (!isOver && slices === undefined && style !== "MAKER") return [];
  const own = [...now.orders.values()].filter(isOwnLeg);
  const isNew = before === undefined || before.record.state !== now.record.state;
  const changed = isNew || own.some((order) => before.orders.get(order.client_order_id) !== order);
  return changed ? [put(executionPlans, executionPlanOf(now.record, own, ts))] : [];
}
