/** Whether an intent is let in: its plan, size and levels, one trade an instrument, the budget's and the limits' room. */
import type { Holding, IntentRecord } from "../../collections/orders.ts";
import { isTraded } from "../../domain/arms.ts";
import type { Decision } from "../../domain/decision.ts";
import type { Instrument } from "../../domain/instrument.ts";
import { type Amount, add, dec, max, min, mul, show, sum, toStep, zero } from "../../domain/money.ts";
import { type Intent, isEntry, isTerminal, type Order, opposite, type Side } from "../../domain/order.ts";
import { refuse } from "../../errors.ts";
import { planOf } from "./answers.ts";
import type { BookChange, Books } from "./books.ts";
import { budgetOf, hasRoom, worstCase } from "./budget.ts";
import * as checks from "./checks.ts";
import type { IntentRules } from "./intent-rules.ts";
import { defaultStop } from "./levels.ts";
import { checkLimits } from "./limits.ts";
import { decidePlan, type Plan, type Touch } from "./plan.ts";
import { type PlanParts, planViewOf } from "./plan-view.ts";
import type { Quotes } from "./quotes.ts";
import type { RulePorts } from "./router-parts.ts";
import { decideStep } from "./steps.ts";

/** An intent between its first check and its first answer. */
export interface Slot {
  readonly hash: string;
  readonly instrument: string;
  readonly side: Side;
  readonly entry: boolean;
  reserved: Amount;
  notional: Amount;
}

export interface AdmissionParts extends PlanParts {
  readonly ports: Pick<RulePorts, "clock" | "config" | "revision">;
  readonly book: Books;
  readonly market: Quotes;
  readonly intents: IntentRules;
}

export class AdmissionRules {
  readonly admitting = new Map<string, Slot>();
  private readonly parts: AdmissionParts;

  constructor(parts: AdmissionParts) {
    this.parts = parts;
  }

  slotOf({ instrument, side, kind }: Intent, hash: string): Slot {
    return { hash, instrument, side, entry: isEntry(kind), reserved: zero, notional: zero };
  }

  /** What of the books and the listing keeps an entry out; answers the listing. Throws Problems. */
  entryMayPass(intent: Intent): Instrument {
    const { ports, book } = this.parts;
    checks.checkInTime(intent.valid_until, ports.clock.now());
    const unknown = book.unknownOrder(intent.instrument);
    if (unknown) refuse("ORDER_UNKNOWN", `${unknown.client_order_id} on ${intent.instrument} has an unknown outcome`);
    const listing = this.listed(intent);
    const { instrument, config_rev } = intent;
    if (!isTraded(ports.config(), instrument, config_rev) || listing.status !== "TRADING") {
      refuse("INSTRUMENT_DISABLED", `${instrument} is not enabled for entries`);
    }
    this.oneTrade(intent);
    return listing;
  }

  /** The first word of the exchange is known, with the fills it speaks of. */
  isAnswered(intentId: string): boolean {
    const { book } = this.parts;
    const record = book.intent(intentId);
    if (!record || record.state === "DONE") return true;
    const orders = book.ownOrders(intentId);
    const acked = orders.length > 0 && orders.every((o) => o.status !== "PENDING" && o.status !== "SENT");
    // Of what goes in slices the first is an answer; its end is far off.
    const isSliced = planOf(record).slices !== undefined;
    const said = (o: Order) => o.type !== "MARKET" || o.status === "UNKNOWN" || (isSliced && isTerminal(o.status));
    return acked && orders.every(said);
  }

  /** One trade per account and instrument: a signal opens one only on a flat instrument, nobody opens against one. */
  private oneTrade(intent: Intent): void {
    const { book } = this.parts;
    const holding = book.holding(intent.instrument);
    const entering = this.enteringSides(intent);
    const open = holding !== undefined && holding.qty !== "0";
    if (open && holding.side !== intent.side) refuse("RULE", `a ${holding.side} trade is open on ${intent.instrument}`);
    if (entering.includes(opposite(intent.side))) {
      refuse("RULE", `a ${opposite(intent.side)} trade is opening on ${intent.instrument}`);
    }
    if (intent.kind === "ADD") {
      this.mayAdd(intent, open ? holding : undefined);
      return;
    }
    if (intent.signal_id !== undefined && (open || entering.length > 0)) {
      refuse("RULE", `a trade is open or opening on ${intent.instrument}`);
    }
  }

  /** Adds enlarge the trade they name, and only while all is well. */
  private mayAdd({ instrument, trade_id }: Intent, holding: Holding | undefined): void {
    const { level } = this.parts.health;
    if (!holding) refuse("NO_POSITION", "there is no trade to add to");
    if (level !== "GREEN") refuse("WRONG_STATE", `health is ${level}: no adds`);
    if (trade_id === undefined || trade_id === holding?.trade_id) return;
    refuse("RULE", `the open trade on ${instrument} is ${holding?.trade_id}, not ${trade_id}`);
  }

  /** Of entries under way on the instrument, and, of those asked at the same time, the ones that came first. */
  private enteringSides({ intent_id, instrument }: Intent): Side[] {
    const running = this.parts.book.running(instrument).filter((record) => isEntry(record.intent.kind));
    const sides = running.map((record) => record.intent.side);
    for (const [id, slot] of this.admitting) {
      if (id === intent_id) break;
      if (slot.entry && slot.instrument === instrument) sides.push(slot.side);
    }
    return sides;
  }

  listed(intent: Intent): Instrument {
    const { market, book } = this.parts;
    const listing = market.listing(intent.instrument);
    // What is held is listed, only S1 has not told of it yet: no last word on an exit.
    if (!listing && book.holding(intent.instrument)) {
      refuse("NOT_READY", `${intent.instrument} is not known yet`, { retryAfterMs: 1_000 });
    }
    return listing ?? refuse("INSTRUMENT_DISABLED", `${intent.instrument} is not listed`);
  }

  plan(intent: Intent, listing: Instrument, decision: Decision | undefined): Plan {
    const { market, book, intents } = this.parts;
    const touch = market.touch(intent.instrument);
    const holding = book.holding(intent.instrument);
    if (!isEntry(intent.kind)) {
      checks.checkReduces(intent.side, { side: holding?.side, qty: dec(holding?.qty ?? "0") });
    } else if (!touch) refuse("UNAVAILABLE", `no current market for ${intent.instrument}`, { retryAfterMs: 1_000 });
    const held = intents.closable({ intent_id: intent.intent_id, intent, instrument: intent.instrument });
    const plan = decidePlan(intent, planViewOf(this.parts, listing, { held, decision, rev: intent.config_rev }));
    if (plan.style.startsWith("MOVE")) return this.checkMove(intent, listing, plan);
    if (!isEntry(intent.kind) && held === zero) refuse("NO_POSITION", "another exit is closing it already");
    this.checkOrder(intent, plan, { listing, touch, held });
    return isEntry(intent.kind) ? this.withLevels(intent, plan, { listing, touch: touch as Touch }) : plan;
  }

  private checkOrder(
    intent: Intent,
    plan: Plan,
    { listing, touch, held }: { listing: Instrument; touch: Touch | undefined; held: Amount },
  ) {
    const price = plan.price === undefined ? undefined : dec(plan.price);
    const near = intent.side === "BUY" ? touch?.ask : touch?.bid;
    const reference = near === undefined ? (price ?? dec("1")) : dec(near);
    const reduceOnly = !isEntry(intent.kind);
    if (plan.qty === "0") refuse("MIN_NOTIONAL", "that buys less than one step");
    const terms = { side: intent.side, qty: dec(plan.qty), price, reference, reduceOnly };
    // An exit without a known market is let through: getting out matters more than the smallest amount. One of all that
    // is held ends well even where the exchange takes no order so small: the rest is left as dust.
    const isAll = reduceOnly && dec(plan.qty) >= toStep(held, dec(listing.step_size), "down");
    if (isAll) checks.checkFilters(terms, { ...listing, min_notional: "0", min_qty: "0" });
    else if (near === undefined && reduceOnly) checks.checkFilters(terms, { ...listing, min_notional: "0" });
    else checks.checkFilters(terms, listing);
  }

  private checkMove(intent: Intent, listing: Instrument, plan: Plan): Plan {
    const oco = intent.exec?.oco;
    for (const [field, price] of [
      ["stop_price", intent.stop_price],
      ["price", intent.price],
      ["exec.oco.stop", oco?.stop],
      ["exec.oco.take_profit", oco?.take_profit],
    ] as const) {
      if (price !== undefined) checks.checkTick(dec(price), listing, field);
    }
    const stop = plan.style === "MOVE_STOP" ? intent.stop_price : oco?.stop;
    const target = plan.style === "MOVE_TARGET" ? (intent.stop_price ?? intent.price) : oco?.take_profit;
    return { ...plan, levels: { ...(stop ? { stop } : {}), ...(target ? { target } : {}) } };
  }

  /** The stop and target that come with an entry; each on its tick and on its side. */
  private withLevels(intent: Intent, plan: Plan, { listing, touch }: { listing: Instrument; touch: Touch }): Plan {
    const { execution, sizing } = this.parts.ports.revision(intent.config_rev).bundle.flags;
    const entry = dec(plan.price ?? (intent.side === "BUY" ? touch.ask : touch.bid));
    const oco = intent.exec?.oco;
    const asked = this.stopAsked(intent);
    const target = intent.take_profit?.price ?? oco?.take_profit;
    if (asked !== undefined) checks.checkTick(dec(asked), listing, "stop_loss.price");
    if (target !== undefined) checks.checkTick(dec(target), listing, "take_profit.price");
    const fee = listing.market === "SPOT" ? execution.spot_taker_fee : execution.taker_fee;
    const rules = { lossCap: dec(sizing.loss_cap_usdt), takerFee: dec(fee) };
    const stop = asked === undefined ? defaultStop(intent, entry, { qty: dec(plan.qty), listing, rules }) : dec(asked);
    checks.checkSides(intent.side, entry, { stop, target: target === undefined ? undefined : dec(target) });
    const net = intent.take_profit?.net_profit_usdt;
    return {
      ...plan,
      levels: {
        stop: show(stop),
        ...(target === undefined ? {} : { target }),
        ...(target === undefined && net !== undefined ? { net_profit: net } : {}),
      },
    };
  }

  /** An add has the trade's stop, or one that is nearer: it never loosens what is there. */
  private stopAsked({ kind, instrument, side, stop_loss, exec }: Intent): string | undefined {
    const asked = stop_loss?.price ?? exec?.oco?.stop;
    const standing = kind === "ADD" ? this.parts.book.holding(instrument)?.stop_price : undefined;
    if (asked === undefined || standing === undefined) return asked ?? standing;
    return show(side === "BUY" ? max(dec(asked), dec(standing)) : min(dec(asked), dec(standing)));
  }

  /** The worst case, if the budget and the limits have room for it beside all that is open, running or coming in. */
  reserve(intent: Intent, plan: Plan, listing: Instrument): { reserved: Amount; notional: Amount } {
    const { ports, book, market } = this.parts;
    const { risk } = ports.config().bundle.flags;
    const { execution } = ports.revision(intent.config_rev).bundle.flags;
    const touch = market.touch(intent.instrument) as Touch;
    const price = dec(plan.price ?? (intent.side === "BUY" ? touch.ask : touch.bid));
    const takerFee = listing.market === "SPOT" ? execution.spot_taker_fee : execution.taker_fee;
    const stop = dec(plan.levels.stop as string);
    const need = worstCase({ side: intent.side, qty: dec(plan.qty), price, stop, takerFee });
    const notional = mul(dec(plan.qty), price, "up");
    const now = budgetOf(dec(risk.budget_usdt), book.holdings(), book.running());
    const admitting = sum([...this.admitting.values()].map((slot) => slot.reserved));
    if (!hasRoom({ ...now, reserved: add(now.reserved, admitting) }, need)) {
      const { used, reserved } = now;
      refuse(
        "BUDGET",
        `needs ${show(toStep(need, dec("0.0001"), "up"))} USDT; used ${show(used)}, reserved ${show(reserved)}`,
      );
    }
    checkLimits({ instrument: intent.instrument, usdt: notional }, risk, {
      book,
      market,
      admitting: [...this.admitting.values()],
    });
    return { reserved: need, notional };
  }

  recordOf(
    intent: Intent,
    from: { hash: string; decision: Decision | undefined; plan: Plan; reserved: Amount },
  ): IntentRecord {
    const now = this.parts.ports.clock.now();
    const { intent_id, instrument } = intent;
    return {
      intent_id,
      body_hash: from.hash,
      intent,
      ...(from.decision ? { decision: from.decision } : {}),
      state: "RUNNING",
      plan: from.plan,
      reserved_usdt: show(from.reserved),
      answer: { intent_id, status: "WORKING", order_ids: [], client_order_ids: [], filled_qty: "0", fills: [] },
      instrument,
      created_at: now,
      updated_at: now,
    };
  }

  /** What is stored first: the intent with its first order, or a move with the levels that it wants. */
  firstChange(record: IntentRecord): BookChange {
    const { book, intents } = this.parts;
    const { style, levels } = planOf(record);
    if (style.startsWith("MOVE")) {
      const holding = book.holding(record.instrument);
      if (!holding || holding.qty === "0") return { intents: [record] };
      const moved = {
        ...holding,
        ...(levels.stop ? { stop_price: levels.stop } : {}),
        ...(levels.target ? { take_profit_price: levels.target } : {}),
      };
      return { intents: [record, ...this.entriesMoved(record)], holding: moved };
    }
    const step = decideStep(intents.viewOf(record));
    return { intents: [record], ...(step.do === "send" ? { orders: [intents.orderOf(record, step)] } : {}) };
  }

  /** Entries that still fill put their levels on what they fill: from now on the moved ones, else they would undo it. */
  private entriesMoved(move: IntentRecord): IntentRecord[] {
    const { stop, target } = planOf(move).levels;
    const entries = this.parts.book.running(move.instrument).filter((record) => isEntry(record.intent.kind));
    return entries.map((record) => {
      const { net_profit, ...levels } = planOf(record).levels;
      const moved = {
        ...levels,
        ...(stop ? { stop } : {}),
        ...(target ? { target } : net_profit === undefined ? {} : { net_profit }),
      };
      return { ...record, plan: { ...planOf(record), levels: moved } };
    });
  }
}
