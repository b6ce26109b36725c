/** Mends what is held where books and exchange differ: missed fills, then strangers' fills, then the exchange's word. */
import type { z } from "@hono/zod-openapi";
import type { Holding } from "../../shared/collections/orders.ts";
import type { RepairHolding, RepairHoldingAnswer } from "../../shared/contracts.ts";
import { type Instrument, type InstrumentId, marketOf } from "../../shared/domain/instrument.ts";
import { type Amount, abs, add, dec, max, min, show, sub, sum, toStep, zero } from "../../shared/domain/money.ts";
import type { Side } from "../../shared/domain/order.ts";
import { Problem, refuse } from "../../shared/errors.ts";
import { digest } from "../../shared/keys.ts";
import type { Op } from "../../shared/kit/ports.ts";
import { settled } from "../../shared/trading/execution/booking-rules.ts";
import { share } from "../../shared/trading/execution/budget.ts";
import { isLive } from "../../shared/trading/execution/order-state.ts";
import type { Dispatch } from "./dispatch.ts";
import type { MarketView } from "./market.ts";
import type { Orphans } from "./orphans.ts";
import {
  bookStrange,
  explaining,
  isTooEarly,
  lackingSince,
  movedBy,
  type OutsideParts,
  outsideIntent,
  signedQty,
} from "./outside.ts";
import { LACKING } from "./repair-orders.ts";

type Answer = z.output<typeof RepairHoldingAnswer>;

interface Parts extends OutsideParts {
  readonly market: MarketView;
  readonly dispatch: Dispatch;
  readonly orphans: Orphans;
  /** The books were restored, and what the exchange knows since is not in them yet. */
  isLacking(): boolean;
  /** Lets the instrument's protection look at what has changed without an order. */
  poke(instrument: InstrumentId): void;
}

/** What happened before that is not looked for; the exchange itself tells of a week. */
const WINDOW_MS = 72 * 3_600_000;
/** A difference that nothing explains must stand so long before our books give way: fills may come late. */
const UNEXPLAINED_MS = 10_000;
const AGAIN_MS = 5_000;

interface Gap {
  readonly instrument: InstrumentId;
  readonly run: string;
  /** Signed: what the exchange has more than we. */
  readonly missing: Amount;
  /** Signed: what the exchange has. */
  readonly theirs: Amount;
  readonly entry_price: string | undefined;
  readonly leverage: number;
  /** Spot: what the wallet has beyond what is held, where that is less than the dust we count there. */
  readonly dust: Amount | undefined;
}

export class HoldingRepair {
  private readonly parts: Parts;
  private readonly underWay = new Set<InstrumentId>();
  private readonly unexplained = new Map<InstrumentId, { missing: Amount; since: number }>();

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /**
   * NONE when they agree. NOT_READY while an order's outcome is unknown, a fill may be ours after all, or a difference
   * that nothing explains has not stood for ten seconds: ask again. STILL_RUNNING: one at a time on an instrument.
   */
  async repair(ask: RepairHolding): Promise<Answer> {
    const { book, market, ports } = this.parts;
    const { instrument } = ask;
    book.mustBeWhole();
    if (this.parts.isLacking()) refuse("NOT_READY", LACKING, { retryAfterMs: 1_000 });
    if (!ports.shard.owns(instrument)) refuse("NOT_OWNER", `${instrument} is another shard's`);
    if (this.underWay.has(instrument)) refuse("STILL_RUNNING", `${instrument} is being repaired`);
    this.underWay.add(instrument);
    try {
      await market.need(instrument);
      const before = this.held(instrument);
      const answer = await this.meet(ask);
      this.unexplained.delete(instrument);
      return { ...answer, before: show(before), after: show(this.held(instrument)) };
    } finally {
      this.underWay.delete(instrument);
    }
  }

  private held(instrument: InstrumentId): Amount {
    const { book } = this.parts;
    return signedQty(book.holding(instrument) ?? book.blank(instrument));
  }

  private async meet(ask: RepairHolding): Promise<Pick<Answer, "done" | "detail">> {
    const { instrument, run_id: run } = ask;
    let gap = await this.gap(instrument, run);
    if (gap.missing === zero) return (await this.withoutDust(ask, gap)) ?? none("they agree");
    await this.settleOrders(instrument);
    const { missed, strange } = await lackingSince(this.parts, instrument, this.beginning(instrument));
    let booked = zero;
    for (const [order, fills] of missed) {
      await this.parts.booking.take(order.client_order_id, {
        by: "RECONCILIATION",
        fills,
        ops: [this.audit(ask, "book missed fills", `${fills.length} of ${order.client_order_id}`)],
      });
      booked = add(booked, sum(fills.map((fill) => dec(fill.qty))));
    }
    gap = await this.gap(instrument, run);
    const found = booked > zero ? `fills of ours that were missed: ${show(booked)}` : "";
    if (gap.missing === zero) return booked > zero ? { done: "BOOKED", detail: found } : none("they agree by now");
    if (isTooEarly(this.parts, instrument, strange)) {
      refuse("NOT_READY", `a fill on ${instrument} may be ours after all`, { retryAfterMs: AGAIN_MS });
    }
    const fills = marketOf(instrument) === "SPOT" ? soldBy(strange, gap.missing) : explaining(strange, gap.missing);
    if (!fills) return this.adjust(ask, gap);
    const opened = await bookStrange(this.parts, instrument, { fills, missing: gap.missing, run });
    if (opened > zero) return this.parts.orphans.settle(ask, { qty: opened, leverage: gap.leverage });
    const after = marketOf(instrument) === "SPOT" ? await this.gap(instrument, run) : undefined;
    if (after && after.missing !== zero) return this.adjust(ask, after);
    return { done: "BOOKED", detail: `orders that are none of ours: ${show(movedBy(fills, gap.missing))}` };
  }

  private async gap(instrument: InstrumentId, run: string): Promise<Gap> {
    const theirs = marketOf(instrument) === "SPOT" ? await this.wallet(instrument) : await this.position(instrument);
    const { qty, price: entry_price, leverage, dust } = theirs;
    return { instrument, run, missing: sub(qty, this.held(instrument)), theirs: qty, entry_price, leverage, dust };
  }

  private async position(instrument: InstrumentId) {
    const { ports, venue } = this.parts;
    const { account } = ports;
    const said = await venue.attempt((options) => venue.calls.getPositions({ account, instrument }, options));
    if (said.kind !== "answered") throw new Problem(said.problem.code, said.problem.message, { cause: said.problem });
    const row = said.value.positions.find((position) => position.instrument === instrument);
    return { qty: dec(row?.qty ?? "0"), price: row?.entry_price, leverage: row?.leverage ?? 1, dust: undefined };
  }

  /**
   * Of what we hold, what the wallet has of it once what we hold by other pairs is set aside. More than we hold is the
   * owner's business: then it is what we hold.
   */
  private async wallet(instrument: InstrumentId) {
    const { ports, venue, book, market } = this.parts;
    const { account } = ports;
    const base = market.listing(instrument)?.base;
    const said = await venue.attempt((options) => venue.calls.getBalances({ account }, options));
    if (said.kind !== "answered") throw new Problem(said.problem.code, said.problem.message, { cause: said.problem });
    const rows = said.value.balances.filter((row) => row.market === "SPOT" && row.asset === base);
    const has = sum(rows.flatMap((row) => [dec(row.free), dec(row.locked)]));
    const others = book.holdings().filter((h) => h.instrument !== instrument && isSpotOf(market, h, base));
    const elsewhere = sum(others.flatMap((h) => [dec(h.qty), dec(h.dust)]));
    const held = this.held(instrument);
    const left = sub(has, elsewhere);
    const over = max(zero, sub(left, held));
    const dust = over < dec(book.holding(instrument)?.dust ?? "0") ? over : undefined;
    return { qty: max(zero, min(held, left)), price: undefined, leverage: 1, dust };
  }

  /** The dust of earlier trades is no position: what of it is gone is noted, not explained. */
  private async withoutDust(ask: RepairHolding, { dust }: Gap): Promise<Pick<Answer, "done" | "detail"> | undefined> {
    if (dust === undefined) return undefined;
    const { book, ports } = this.parts;
    const ops = [this.audit(ask, "adjust dust", show(dust))];
    await book.change(ask.instrument, () => {
      const current = book.holding(ask.instrument);
      return current && { holding: { ...current, dust: show(dust), updated_at: ports.clock.now() }, ops };
    });
    return { done: "ADJUSTED", detail: `of the dust of earlier trades ${show(dust)} is left` };
  }

  /** What our own orders became comes before anything that others may have done. */
  private async settleOrders(instrument: InstrumentId): Promise<void> {
    const { book, dispatch } = this.parts;
    for (const order of book.allOrders(instrument).filter(isLive)) {
      if (!dispatch.isBusy(order)) await dispatch.ask(order, "RECONCILIATION");
    }
    const open = book
      .allOrders(instrument)
      .find((o) => o.status === "UNKNOWN" || o.status === "SENT" || dispatch.isBusy(o));
    if (open)
      refuse("NOT_READY", `nobody knows yet what became of ${open.client_order_id}`, { retryAfterMs: AGAIN_MS });
  }

  private beginning(instrument: InstrumentId): number {
    const { book, ports } = this.parts;
    const created = book.allOrders(instrument).map((order) => order.created_at);
    return Math.min(ports.clock.now() - WINDOW_MS, ...created);
  }

  /** The last resort: the exchange's word without fills to show for it. */
  private async adjust(ask: RepairHolding, gap: Gap): Promise<Pick<Answer, "done" | "detail">> {
    const { book, ports, orphans } = this.parts;
    const { instrument, missing, theirs } = gap;
    const now = ports.clock.now();
    const seen = this.unexplained.get(instrument);
    if (seen?.missing !== missing) this.unexplained.set(instrument, { missing, since: now });
    if (seen?.missing !== missing || now - seen.since < UNEXPLAINED_MS) {
      refuse("NOT_READY", `no fills explain ${show(missing)} on ${instrument} yet`, { retryAfterMs: UNEXPLAINED_MS });
    }
    const ours = this.held(instrument);
    const isOther = ours === zero || (theirs !== zero && theirs > zero !== ours > zero);
    const opened = isOther ? abs(theirs) : max(zero, sub(abs(theirs), abs(ours)));
    await book.change(instrument, () => this.adjusted(ask, gap, { isOther, now }), "full");
    this.parts.poke(instrument);
    const what = `${instrument}: ${show(ours)} in our books, ${show(theirs)} at the exchange, and no fills explain it`;
    ports.alert("FATAL", "HOLDING_ADJUSTED", what, "the exchange's word was taken");
    if (opened > zero) await orphans.settle(ask, { qty: opened, leverage: gap.leverage });
    return { done: "ADJUSTED", detail: "no fills explain it: the exchange's word was taken" };
  }

  private adjusted(ask: RepairHolding, gap: Gap, { isOther, now }: { isOther: boolean; now: number }) {
    const { book, market } = this.parts;
    const { instrument, theirs, entry_price } = gap;
    const before = book.holding(instrument) ?? book.blank(instrument);
    const ops = [this.audit(ask, "adjust holding", `${show(signedQty(before))} to ${show(theirs)}`)];
    const qty = abs(theirs);
    if (qty === zero) return { holding: settled(flatOf(before, now)), ops };
    if (!isOther) {
      const listing = market.listing(instrument) as Instrument;
      return { holding: shrunk(before, { qty, listing, now }), ops };
    }
    const side: Side = theirs > zero ? "BUY" : "SELL";
    const intent_id = `outside:adjusted:${digest(ask.run_id, instrument).slice(0, 32)}`;
    const record = outsideIntent(this.parts, { intent_id, instrument, kind: "ENTRY", side, qty: show(qty) });
    const { stop_price: _stop, take_profit_price: _target, signal_id: _signal, strategy_id: _by, ...rest } = before;
    const avg_entry = entry_price ?? "0";
    const opened = { qty: show(qty), side, avg_entry, entry_intent_id: intent_id, trade_id: intent_id };
    const blank = { reserved_usdt: "0", guard: false, next_leg: 0, updated_at: now };
    return { intents: [record], holding: { ...rest, ...opened, ...blank }, ops };
  }

  private audit({ run_id, instrument }: RepairHolding, what: string, outcome: string): Op {
    return this.parts.ports.audit({ actor: `reconciliation ${run_id}`, what, ref: instrument, outcome });
  }
}

const none = (detail: string): Pick<Answer, "done" | "detail"> => ({ done: "NONE", detail });

function isSpotOf(market: MarketView, { instrument }: Holding, base: string | undefined): boolean {
  return marketOf(instrument) === "SPOT" && market.listing(instrument)?.base === base;
}

/** The newest sales that took what is missing from the wallet; what else they sold was the owner's. */
function soldBy(strange: Parameters<typeof explaining>[0], missing: Amount): ReturnType<typeof explaining> {
  const sales = strange.filter((fill) => fill.side === "SELL");
  for (let from = sales.length - 1; from >= 0; from--) {
    const newest = sales.slice(from);
    if (abs(movedBy(newest, missing)) >= abs(missing)) return newest;
  }
  return sales.length > 0 ? sales : undefined;
}

function flatOf(holding: Holding, updated_at: number): Holding {
  const { side: _side, ...rest } = holding;
  return { ...rest, qty: "0", avg_entry: "0", dust: "0", updated_at };
}

/** Less or more of the same; on spot what is below one step can only be dust. */
function shrunk(holding: Holding, { qty, listing, now }: { qty: Amount; listing: Instrument; now: number }): Holding {
  const whole = listing.market === "SPOT" ? toStep(qty, dec(listing.step_size), "down") : qty;
  const reserved_usdt = show(share(dec(holding.reserved_usdt), whole, dec(holding.qty)));
  const dust = listing.market === "SPOT" ? show(sub(qty, whole)) : holding.dust;
  const next = { ...holding, qty: show(whole), reserved_usdt, dust, updated_at: now };
  return whole === zero ? settled(flatOf(next, now)) : next;
}
