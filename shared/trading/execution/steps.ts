/** The next step of a running intent, decided from its stored state alone: what runs on and what recovers are one. */
import { type Amount, dec, max, min, mul, show, sub, sum, toNumber, toStep, zero } from "../../domain/money.ts";
import { type Fill, type Intent, isEntry, type Order } from "../../domain/order.ts";
import { isLive, missingQty } from "./order-state.ts";
import { type Plan, type Touch, touchPrice } from "./plan.ts";

export interface StepRules {
  /** At least this share filled by a maker ends an entry without a taker. */
  readonly makerFillMin: number;
  /** Exits that came back unfilled are sent again after waits that double from here. */
  readonly retryMs: number;
  readonly retryMsMax: number;
  readonly retriesMax: number;
  readonly step: Amount;
  readonly minQty: Amount;
  /** 0 where the exchange has no minimum for this order. */
  readonly minNotional: Amount;
}

export interface StepView {
  readonly intent: Intent;
  readonly plan: Plan;
  /** The intent's own orders, oldest first; not the protective ones. */
  readonly orders: readonly Order[];
  readonly fills: readonly Fill[];
  readonly now: number;
  /** What an exit may still close. */
  readonly held: Amount;
  readonly touch: Touch | undefined;
  /** False while the kill switch is on. */
  readonly entriesAllowed: boolean;
  /** Spot exits wait until the protective pair has let go of the balance. */
  readonly balanceFree: boolean;
  readonly rules: StepRules;
}

export type OrderKind = "MARKET" | "LIMIT" | "LIMIT_MAKER";
export type Step =
  | { do: "send"; type: OrderKind; qty: string; price?: string }
  /** Not sent yet: give it up. */
  | { do: "drop"; order: Order; why: string }
  | { do: "submit"; order: Order }
  | { do: "cancel"; order: Order }
  /** Its state is not known: ask the exchange. */
  | { do: "ask"; order: Order }
  /** The exchange executed more than we hold fills of. */
  | { do: "fetch_fills"; order: Order }
  | { do: "wait"; until?: number }
  | { do: "done"; failed?: string };

const WAIT: Step = { do: "wait" };

/** At most one live order at a time, so quantities cannot overlap. */
export function decideStep(view: StepView): Step {
  const live = view.orders.find(isLive);
  if (live) return liveStep(live, view);
  const behind = view.orders.find((order) => missingQty(order, view.fills) > 0n);
  if (behind) return { do: "fetch_fills", order: behind };
  return nextOrder(view);
}

function liveStep(order: Order, view: StepView): Step {
  if (order.status === "PENDING") {
    const why = isEntry(view.intent.kind) ? entryEnded(view) : view.plan.cancel_reason;
    return why === undefined ? { do: "submit", order } : { do: "drop", order, why };
  }
  if (order.status === "UNKNOWN") return { do: "ask", order };
  if (order.status === "SENT") return WAIT;
  if (view.plan.cancel_reason !== undefined) return { do: "cancel", order };
  if (order.type === "MARKET") return { do: "ask", order };
  if (view.plan.style === "MAKER") {
    const until = (order.acked_at ?? order.created_at) + view.plan.maker_wait_ms;
    return view.now >= until ? { do: "cancel", order } : { do: "wait", until };
  }
  const { valid_until } = view.intent;
  if (valid_until === undefined || !isEntry(view.intent.kind)) return WAIT;
  return view.now > valid_until ? { do: "cancel", order } : { do: "wait", until: valid_until + 1 };
}

/** Why no further order of this entry may be sent, if so. */
function entryEnded(view: StepView): string | undefined {
  const { intent, plan } = view;
  if (plan.cancel_reason !== undefined) return plan.cancel_reason;
  if (!view.entriesAllowed) return "the kill switch is on";
  return intent.valid_until !== undefined && view.now > intent.valid_until ? "past its valid_until" : undefined;
}

function nextOrder(view: StepView): Step {
  const filled = sum(view.orders.map((order) => dec(order.filled_qty)));
  const rest = max(zero, sub(dec(view.plan.qty), filled));
  return isEntry(view.intent.kind) ? nextEntryOrder(view, filled, rest) : nextExitOrder(view, rest);
}

function nextEntryOrder(view: StepView, filled: Amount, rest: Amount): Step {
  const { orders, plan, rules } = view;
  const first = orders[0];
  if (!first) return sendFirst(view, rest);
  const takerDue = plan.style === "MAKER" && orders.length === 1;
  if (rest === zero || !takerDue) return { do: "done" };
  if (entryEnded(view) !== undefined) return { do: "done" };
  const share = toNumber(filled) / toNumber(dec(plan.qty));
  if (share >= rules.makerFillMin) return { do: "done" };
  const qty = toStep(rest, rules.step, "down");
  return worthSending(qty, view) ? { do: "send", type: "MARKET", qty: show(qty) } : { do: "done" };
}

function nextExitOrder(view: StepView, rest: Amount): Step {
  const { orders, plan, rules } = view;
  const qty = toStep(min(rest, view.held), rules.step, "down");
  if (plan.cancel_reason !== undefined || !worthSending(qty, view)) return { do: "done" };
  if (!view.balanceFree) return WAIT;
  if (orders.length === 0) return sendFirst(view, qty);
  if (plan.style === "LIMIT") return { do: "done" };
  const misses = orders.filter((order) => order.filled_qty === "0" && order.type === "MARKET").length;
  if (misses > rules.retriesMax) return { do: "done", failed: orders.at(-1)?.message ?? "unfilled" };
  const last = orders.at(-1);
  const due =
    misses === 0 ? 0 : (last?.updated_at ?? 0) + Math.min(rules.retryMs * 2 ** (misses - 1), rules.retryMsMax);
  return view.now < due ? { do: "wait", until: due } : { do: "send", type: "MARKET", qty: show(qty) };
}

function sendFirst(view: StepView, qty: Amount): Step {
  const { plan, intent, touch } = view;
  if (plan.style === "LIMIT" && plan.price !== undefined) {
    return { do: "send", type: "LIMIT", qty: show(qty), price: plan.price };
  }
  if (plan.style === "MAKER" && touch) {
    return { do: "send", type: "LIMIT_MAKER", qty: show(qty), price: plan.price ?? touchPrice(intent.side, touch) };
  }
  return { do: "send", type: "MARKET", qty: show(qty) };
}

function worthSending(qty: Amount, view: StepView): boolean {
  if (qty < view.rules.minQty || qty <= 0n) return false;
  if (view.rules.minNotional === zero || !view.touch) return true;
  return mul(qty, dec(view.intent.side === "BUY" ? view.touch.ask : view.touch.bid)) >= view.rules.minNotional;
}
