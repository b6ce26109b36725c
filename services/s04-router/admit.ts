/** Lets an intent in: every check in order, then one commit of intent, first order, reservation and lineage. */
import type { Holding, IntentRecord } from "../../shared/collections/orders.ts";
import type { Decision } from "../../shared/domain/decision.ts";
import type { Instrument } from "../../shared/domain/instrument.ts";
import { type Amount, add, dec, max, min, mul, show, sum, toStep, zero } from "../../shared/domain/money.ts";
import {
  type Intent,
  isEntry,
  isTerminal,
  type Order,
  type OrderAnswer,
  opposite,
  type Side,
} from "../../shared/domain/order.ts";
import { refuse } from "../../shared/errors.ts";
import { digest } from "../../shared/keys.ts";
import type { Op } from "../../shared/kit/ports.ts";
import { budgetOf, hasRoom, worstCase } from "../../shared/trading/execution/budget.ts";
import * as checks from "../../shared/trading/execution/checks.ts";
import { defaultStop } from "../../shared/trading/execution/levels.ts";
import { decidePlan, type Plan, type Touch } from "../../shared/trading/execution/plan.ts";
import { decideStep } from "../../shared/trading/execution/steps.ts";
import { checkLimits } from "./admit-limits.ts";
import { planOf } from "./answers.ts";
import type { Costs } from "./costs.ts";
import type { Executor } from "./execute.ts";
import type { Health } from "./health.ts";
import type { KillSwitch } from "./kill.ts";
import type { MarketView } from "./market.ts";
import type { OrdersBook } from "./orders-book.ts";
import { planViewOf } from "./plan-view.ts";
import type { SharedBudget } from "./shared-budget.ts";
import type { Ports } from "./types.ts";
import type { Venue } from "./venue.ts";

interface Parts {
  readonly ports: Ports;
  readonly book: OrdersBook;
  readonly market: MarketView;
  readonly kill: KillSwitch;
  readonly venue: Venue;
  readonly executor: Executor;
  readonly health: Health;
  readonly costs: Costs;
  /** None where this router alone takes from the budget: then its own books are all there is to know. */
  readonly sharedBudget: SharedBudget | undefined;
  /** Starts the work on an admitted intent. */
  poke(intentId: string): void;
  /** False until our books have met the exchange's once. */
  reconciled(): boolean;
}

export class Admission {
  private readonly parts: Parts;
  /** Intents between their first check and their first answer. */
  private readonly admitting = new Map<
    string,
    { hash: string; instrument: string; side: Side; entry: boolean; reserved: Amount; notional: Amount }
  >();

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /**
   * Executes an intent once. A repeat gets the first answer; another body under the same id is KEY_REUSED; one whose
   * first request still runs is STILL_RUNNING.
   */
  async place(intent: Intent, decision?: Decision): Promise<OrderAnswer> {
    this.parts.book.mustBeWhole();
    const hash = digest(JSON.stringify(intent));
    const { book, ports } = this.parts;
    const running = this.admitting.get(intent.intent_id);
    if (running) return this.repeat(running.hash, hash, undefined);
    this.admitting.set(intent.intent_id, {
      hash,
      instrument: intent.instrument,
      side: intent.side,
      entry: isEntry(intent.kind),
      reserved: zero,
      notional: zero,
    });
    try {
      const known = await book.ensure(intent.intent_id);
      if (known) return this.repeat(known.body_hash, hash, known.first_answer ?? known.answer);
      await this.admit(intent, { hash, decision });
      await book.until(() => this.isAnswered(intent.intent_id), ports.settings.answerWaitMs);
      return await this.firstAnswer(intent);
    } finally {
      this.admitting.delete(intent.intent_id);
    }
  }

  /** Admits without waiting for the exchange: what the router itself asks. False: it is known already. */
  async admitOwn(intent: Intent): Promise<boolean> {
    if (this.admitting.has(intent.intent_id) || (await this.parts.book.ensure(intent.intent_id))) return false;
    await this.admit(intent, { hash: digest(JSON.stringify(intent)), decision: undefined });
    return true;
  }

  private repeat(first: string, now: string, answer: OrderAnswer | undefined): OrderAnswer {
    if (first !== now) refuse("KEY_REUSED", "this intent_id was used with another body");
    return (
      answer ?? refuse("STILL_RUNNING", "the first request with this intent_id is still running", { retryAfterMs: 500 })
    );
  }

  /** The first word of the exchange is known, with the fills it speaks of. */
  private isAnswered(intentId: string): boolean {
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

  private async firstAnswer(intent: Intent): Promise<OrderAnswer> {
    const { book } = this.parts;
    await book.change(intent.instrument, () => {
      const current = book.intent(intent.intent_id);
      return current && { intents: [{ ...current, first_answer: current.answer }] };
    });
    const record = book.intent(intent.intent_id);
    return record?.first_answer ?? refuse("INTERNAL", "the intent is gone");
  }

  private async admit(intent: Intent, { hash, decision }: { hash: string; decision: Decision | undefined }) {
    const { ports, book, sharedBudget, poke } = this.parts;
    if (intent.account !== ports.account) refuse("NOT_FOUND", `there is no account ${intent.account} here`);
    if (!ports.shard.owns(intent.instrument)) refuse("NOT_OWNER", `${intent.instrument} is another shard's`);
    checks.checkShape(intent);
    const listing = isEntry(intent.kind) ? this.entryMayPass(intent) : this.listed(intent);
    const plan = this.plan(intent, listing, decision);
    const { reserved, notional } = isEntry(intent.kind)
      ? this.reserve(intent, plan, listing)
      : { reserved: zero, notional: zero };
    const slot = this.admitting.get(intent.intent_id);
    if (slot) Object.assign(slot, { reserved, notional });
    const store = () => {
      const record = this.recordOf(intent, { hash, decision, plan, reserved });
      return book.change(intent.instrument, () => this.firstChange(record), "full");
    };
    if (sharedBudget && isEntry(intent.kind))
      await sharedBudget.within(intent, reserved, () => this.still(intent, store));
    else await store();
    if (slot) Object.assign(slot, { reserved: zero, notional: zero });
    poke(intent.intent_id);
  }

  /** Reserving has taken a moment: what was allowed before must be so still. */
  private still<T>(intent: Intent, store: () => Promise<T>): Promise<T> {
    this.entryMayPass(intent);
    return store();
  }

  /** What only entries must pass, in the documented order. */
  private entryMayPass(intent: Intent): Instrument {
    const { ports, book, kill, venue } = this.parts;
    if (!kill.entriesAllowed()) refuse("KILL_SWITCH", kill.reason());
    if (!this.parts.reconciled())
      refuse("NOT_READY", "no entries before the first reconciliation", { retryAfterMs: 1_000 });
    const away = ports.noEntries();
    if (away !== undefined) refuse("UNAVAILABLE", `no entries now: ${away}`, { retryAfterMs: 1_000 });
    if (this.parts.health.level === "RED") refuse("WRONG_STATE", "health is RED: no entries");
    checks.checkInTime(intent.valid_until, ports.clock.now());
    const unknown = book.allOrders(intent.instrument).find((order) => order.status === "UNKNOWN");
    if (unknown) refuse("ORDER_UNKNOWN", `${unknown.client_order_id} on ${intent.instrument} has an unknown outcome`);
    const listing = this.listed(intent);
    const wanted = ports.config().bundle.instruments.find((i) => i.instrument === intent.instrument);
    if (!wanted?.enabled || listing.status !== "TRADING") {
      refuse("INSTRUMENT_DISABLED", `${intent.instrument} is not enabled for entries`);
    }
    this.oneTrade(intent);
    const breaker = venue.breakerOpensIn();
    if (breaker > 0)
      refuse("UNAVAILABLE", "the breaker is open: too many exchange calls fail", { retryAfterMs: breaker });
    return listing;
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

  private listed(intent: Intent): Instrument {
    const { market, book } = this.parts;
    const listing = market.listing(intent.instrument);
    // What is held is listed, only S1 has not told of it yet: no last word on an exit.
    if (!listing && book.holding(intent.instrument)) {
      refuse("NOT_READY", `${intent.instrument} is not known yet`, { retryAfterMs: 1_000 });
    }
    return listing ?? refuse("INSTRUMENT_DISABLED", `${intent.instrument} is not listed`);
  }

  private plan(intent: Intent, listing: Instrument, decision: Decision | undefined): Plan {
    const { market, book, executor } = this.parts;
    const touch = market.touch(intent.instrument);
    const holding = book.holding(intent.instrument);
    if (!isEntry(intent.kind)) {
      checks.checkReduces(intent.side, { side: holding?.side, qty: dec(holding?.qty ?? "0") });
    } else if (!touch) refuse("UNAVAILABLE", `no current market for ${intent.instrument}`, { retryAfterMs: 1_000 });
    const held = executor.closable({ intent_id: intent.intent_id, intent, instrument: intent.instrument });
    const plan = decidePlan(intent, planViewOf(this.parts, listing, { held, decision }));
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
    const { execution, sizing } = this.parts.ports.config().bundle.flags;
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
  private reserve(intent: Intent, plan: Plan, listing: Instrument): { reserved: Amount; notional: Amount } {
    const { ports, book, market } = this.parts;
    const { execution, risk } = ports.config().bundle.flags;
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

  private recordOf(
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

  private firstChange(record: IntentRecord) {
    const { book, executor } = this.parts;
    const { intent } = record;
    const links: Op[] = intent.signal_id
      ? [{ op: "link", child: `intents/${record.intent_id}`, parent: `signals/${intent.signal_id}` }]
      : [];
    const { style, levels } = planOf(record);
    if (style.startsWith("MOVE")) {
      const holding = book.holding(record.instrument);
      if (!holding || holding.qty === "0") return { intents: [record], ops: links };
      const moved = {
        ...holding,
        ...(levels.stop ? { stop_price: levels.stop } : {}),
        ...(levels.target ? { take_profit_price: levels.target } : {}),
      };
      return { intents: [record, ...this.entriesMoved(record)], holding: moved, ops: links };
    }
    const step = decideStep(executor.viewOf(record));
    if (step.do !== "send") return { intents: [record], ops: links };
    const { order, link } = executor.orderOf(record, step);
    return { intents: [record], orders: [order], ops: [...links, link] };
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
