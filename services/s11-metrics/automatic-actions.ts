/**
 * What the system did by itself, with what made it do so: taken from alerts that say what was done about them, from
 * what health told, and from orders that were sent again.
 *
 * Each is kept under an id made of what it is about, so that a message heard twice is one action.
 */
import { put } from "../../shared/changes.ts";
import { automaticActions, watchMarks } from "../../shared/collections/operations.ts";
import type { Order } from "../../shared/domain/order.ts";
import type { AutomaticAction } from "../../shared/domain/watching.ts";
import { digest } from "../../shared/keys.ts";
import type { Op, Store } from "../../shared/kit/ports.ts";
import { type Alert, HealthEvent, type OrderResult } from "../../shared/streams.ts";
import { isOwnLeg } from "../../shared/trading/execution/answers.ts";
import { isShort } from "../../shared/trading/execution/shrink.ts";
import { healthActions } from "./health-actions.ts";

type Kind = AutomaticAction["kind"];
export type Action = Omit<AutomaticAction, "action_id">;

const MARK = "actions-health";
/** Refused orders whose next try may still come. */
const REFUSED_MAX = 1_000;
const ID_CHARACTERS = 20;

const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["BREAKER_OPEN", "BREAKER"],
  ["BREAKER_CLOSED", "BREAKER"],
  ["PROMOTION_TAKEN_BACK", "ROLLBACK"],
  ["CONFIG_REFUSED", "ROLLBACK"],
  ["KILL_BY_FATAL", "KILL"],
  ["STRATEGY_STOPPED", "PAUSE"],
  ["FEATURES_SILENT", "PAUSE"],
  ["HEALTH_SILENT", "SIZE"],
  ["HEALTH_HEARD", "SIZE"],
  ["MAKERS_REST", "STYLE"],
  ["LIQUIDATION_NEAR", "ORDER"],
  ["PROTECTION_REFUSED", "RETRY"],
  ["RECONCILIATION_FAILED", "RETRY"],
  ["STATEMENT_DIFFERS", "RETRY"],
  ["TRANSFER_WAITING", "RETRY"],
]);
const FAMILIES: readonly (readonly [string, Kind])[] = [
  ["LIMIT_", "PAUSE"],
  ["PROGRAM_", "PAUSE"],
  ["MODEL_", "SIZE"],
];
/** Somebody is asked to do something: nothing was done. */
const ASKS = new Set(["APPROVAL_WANTED"]);

export const kindOf = (code: string): Kind =>
  KINDS.get(code) ?? FAMILIES.find(([head]) => code.startsWith(head))?.[1] ?? "OTHER";

export function createActions(store: Pick<Store, "get" | "commit">) {
  let told: HealthEvent | undefined;
  const refused = new Map<string, { order: Order; next: Set<string> }>();

  const keep = (key: readonly string[], action: Action): Op =>
    put(automaticActions, { action_id: digest("action", ...key).slice(0, ID_CHARACTERS), ...action });

  return {
    async load(): Promise<void> {
      const kept = HealthEvent.safeParse((await store.get(watchMarks, MARK))?.value.value);
      told = kept.success ? kept.data : undefined;
    },

    /** Each time that it is told is a time that something was done. */
    async hearAlert({ alert_id, code, source, message, action_taken, ts }: Readonly<Alert>): Promise<void> {
      if (action_taken === undefined || ASKS.has(code)) return;
      const action = {
        ts,
        kind: kindOf(code),
        source,
        what: action_taken,
        trigger: message,
        ref: `alerts/${alert_id}`,
      };
      await store.commit([keep([alert_id, String(ts)], action)]);
    },

    /** What everybody is told is what everybody does from then on. */
    async hearHealth(event: Readonly<HealthEvent>): Promise<void> {
      if (told && event.ts <= told.ts) return;
      const found = healthActions(told, event);
      const ops = found.map((action) => keep(["health", String(event.ts), action.what], action));
      // Told again unchanged, it is no news.
      if (ops.length > 0 || !told)
        await store.commit([...ops, put(watchMarks, { id: MARK, value: event, ts: event.ts })]);
      told = event;
    },

    /** An order after one of the same intent that the exchange refused: tried again, perhaps smaller. */
    async hearResult({ intent, orders }: Readonly<OrderResult>): Promise<void> {
      const ops: Op[] = [];
      for (const order of orders.filter((each) => isOwnLeg(each) && each.type === "MARKET")) {
        const before = refused.get(intent.intent_id);
        if (order.status === "REJECTED") remember(intent.intent_id, order);
        if (!before || !isAfter(order, before.order) || before.next.has(order.client_order_id)) continue;
        before.next.add(order.client_order_id);
        ops.push(keep(["retry", order.client_order_id], retryOf(order, before.order)));
      }
      if (ops.length > 0) await store.commit(ops);
    },
  };

  function remember(intentId: string, order: Order): void {
    const known = refused.get(intentId);
    if (known?.order.client_order_id === order.client_order_id) return;
    refused.delete(intentId);
    refused.set(intentId, { order, next: known?.next ?? new Set() });
    if (refused.size > REFUSED_MAX) refused.delete(refused.keys().next().value as string);
  }
}
export type Actions = ReturnType<typeof createActions>;

const isAfter = (order: Order, before: Order): boolean =>
  order.client_order_id !== before.client_order_id && order.created_at >= before.updated_at;

const retryOf = (order: Order, before: Order): Action => ({
  ts: order.created_at,
  kind: "RETRY",
  source: "s04",
  what: isShort(before)
    ? `${order.instrument}: ${order.kind} sent again with ${order.qty} in place of ${before.qty}`
    : `${order.instrument}: ${order.kind} of ${order.qty} sent again`,
  trigger: before.message ?? "the exchange refused it",
  ref: `orders/${order.client_order_id}`,
});
