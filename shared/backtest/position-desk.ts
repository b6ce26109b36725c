/** The position manager of a backtest: trades from what the router tells, looked after by the live rules. */

import type { InstrumentId } from "../domain/instrument.ts";
import { dec, show, zero } from "../domain/money.ts";
import { type Intent, isEntry } from "../domain/order.ts";
import type { Trade } from "../domain/trade.ts";
import { Problem } from "../errors.ts";
import type { OrderResult, PositionEvent } from "../streams.ts";
import type { RulePorts } from "../trading/execution/router-parts.ts";
import type { AddDecision } from "../trading/position/adds.ts";
import { type Ask, answeredTrade, asked, intentOf, intentSeq, isNothing, isOwed } from "../trading/position/ask.ts";
import { decideReduction, liquidationDistance } from "../trading/position/liquidation.ts";
import {
  type At,
  addAsk,
  addOf,
  closeAsk,
  LIQUIDATION_NEAR,
  reduceAsk,
  stageAsk,
  stageOf,
  stopAsk,
  stopElsewhere,
  stopOf,
} from "../trading/position/plans.ts";
import { BEST_ROE_STEP, GATE_EVERY_MS, type PositionSettings } from "../trading/position/position-settings.ts";
import { ResultRules } from "../trading/position/result-rules.ts";
import { isStagnant } from "../trading/position/stagnation.ts";
import { roe, withFunding } from "../trading/position/trade.ts";
import { isOpen, paramsOf, withParams } from "../trading/position/trade-params.ts";
import { TradePrices } from "../trading/position/trade-prices.ts";
import type { RouterDesk, Word } from "./router-desk.ts";

/** A futures position as the exchange was asked for it. */
export interface AskedPosition {
  readonly instrument: InstrumentId;
  readonly mark_price: string;
  readonly liquidation_price?: string;
}

interface Parts {
  readonly ports: RulePorts;
  readonly settings: PositionSettings;
  readonly router: RouterDesk;
  /** A trade's news, as the strategy's account book hears them. */
  told(trade: Trade): void;
}

type Change = { trades: readonly Trade[]; events?: readonly Pick<PositionEvent, "trade">[] };

export class PositionDesk {
  readonly prices: TradePrices;
  /** Every trade there was, as it is now. */
  readonly trades = new Map<string, Trade>();
  private readonly open = new Map<InstrumentId, Trade>();
  private readonly parts: Parts;
  private readonly rules: ResultRules;
  private readonly lookedAt = new Map<InstrumentId, number>();
  private readonly bestRoe = new Map<string, number>();
  private readonly gateReadAt = new Map<InstrumentId, number>();
  private readonly notBefore = new Map<string, number>();
  private readonly failures = new Map<string, number>();
  private readonly asking = new Set<string>();

  constructor(parts: Parts) {
    this.parts = parts;
    const { ports, settings } = parts;
    this.prices = new TradePrices({ clock: ports.clock, settings });
    this.rules = new ResultRules({
      account: ports.account,
      revision: (rev) => ports.revision(rev),
      listing: (instrument) => this.prices.listing(instrument),
      price: (instrument) => this.prices.bid(instrument),
      alert: (...alert) => ports.alert(...alert),
    });
  }

  get openTrades(): readonly Trade[] {
    return [...this.open.values()];
  }

  private get now(): number {
    return this.parts.ports.clock.now();
  }

  private commit(instrument: InstrumentId, { trades, events = [] }: Change): void {
    for (const trade of trades) {
      this.trades.set(trade.trade_id, trade);
      if (isOpen(trade)) this.open.set(instrument, trade);
      else if (this.open.get(instrument)?.trade_id === trade.trade_id) this.open.delete(instrument);
    }
    for (const { trade } of events) this.parts.told(trade);
  }

  hearResult(result: OrderResult): void {
    const { instrument } = result.intent;
    const open = this.open.get(instrument);
    const opens = !open && result.fills.some(({ kind }) => isEntry(kind));
    const { book } = this.parts.router;
    const maxAdds = opens ? book.intent(result.intent.intent_id)?.decision?.decision.max_adds : undefined;
    const ended = open ? undefined : this.trades.get(result.fills[0]?.trade_id ?? "");
    this.commit(instrument, this.rules.fold(open, result, { isOld: false, maxAdds, ended }));
    this.poke(instrument);
  }

  /** The wallet has gained this by funding. */
  fund(instrument: InstrumentId, amount_usdt: string, ts: number): void {
    const held = [...this.trades.values()]
      .filter((trade) => trade.instrument === instrument && trade.opened_at <= ts && ts <= (trade.closed_at ?? ts))
      .at(0);
    if (held) this.commit(instrument, { trades: [withFunding(held, dec(amount_usdt), ts)] });
  }

  /** Prices come often; trades are looked at no more often than set. */
  heardPrice(instrument: InstrumentId): void {
    if (!this.open.has(instrument)) return;
    if (this.now - (this.lookedAt.get(instrument) ?? Number.NEGATIVE_INFINITY) < this.parts.settings.lookEveryMs)
      return;
    this.poke(instrument);
  }

  poke(instrument: InstrumentId): void {
    this.lookedAt.set(instrument, this.now);
    this.look(instrument);
  }

  /** Every ten seconds: what the exchange holds, liquidation distance, and every open trade. */
  round(positions: readonly AskedPosition[]): void {
    this.prices.take(positions);
    for (const position of positions) this.guardLiquidation(position);
    for (const trade of this.openTrades) this.compareStop(trade);
    for (const trade of this.openTrades) this.look(trade.instrument);
  }

  private look(instrument: InstrumentId): void {
    const trade = this.open.get(instrument);
    if (!trade) return;
    this.again(trade);
    if (trade.status !== "ACTIVE" || !this.isFree(trade)) return;
    const { closing, rules, best_roe } = paramsOf(trade);
    if (closing !== undefined) {
      this.close(trade, closing);
      return;
    }
    const price = this.prices.known(trade);
    const listing = this.prices.listing(instrument);
    const at = price !== undefined && listing ? { price, listing } : undefined;
    const bestRoe = at ? this.rememberBest(trade, roe(trade, at.price)) : best_roe;
    const now = this.open.get(instrument) ?? trade;
    if (isStagnant(trade, { now: this.now, bestRoe }, rules)) this.close(now, "stagnated");
    else if (at) this.manage(now, at);
  }

  private manage(trade: Trade, at: At): void {
    const stage = stageOf(trade, at);
    const stop = stage ? undefined : stopOf(trade, at);
    if (stage) this.ask(trade, stageAsk(stage));
    else if (stop) this.ask(trade, stopAsk(trade, stop, this.now));
    else this.addIfEarned(trade, at);
  }

  private addIfEarned(trade: Trade, at: At): void {
    const { now } = this;
    if (typeof addOf(trade, at) === "string" || now < (paramsOf(trade).add_after ?? 0)) return;
    if (now - (this.gateReadAt.get(trade.instrument) ?? Number.NEGATIVE_INFINITY) < GATE_EVERY_MS) return;
    this.gateReadAt.set(trade.instrument, now);
    const add = this.mayAdd(trade);
    if (add) this.ask(trade, addAsk(add, this.addTimes()));
  }

  /** Only at a streamed price. */
  private mayAdd(trade: Trade): AddDecision | undefined {
    const price = this.prices.exit(trade);
    const listing = this.prices.listing(trade.instrument);
    const add = price !== undefined && listing ? addOf(trade, { price, listing }) : "no current price";
    return typeof add === "string" ? undefined : add;
  }

  private addTimes(): { valid_until: number; after: number } {
    const { ports, settings } = this.parts;
    const valid = ports.config().bundle.flags.execution.entry_valid_ms;
    return { valid_until: this.now + valid, after: this.now + settings.addAgainMs };
  }

  private close(trade: Trade, reason: string): void {
    if (trade.status !== "PENDING_CLOSING") this.ask(trade, closeAsk(reason), true);
  }

  private guardLiquidation({ instrument, mark_price, liquidation_price }: AskedPosition): void {
    const trade = this.open.get(instrument);
    const listing = this.prices.listing(instrument);
    if (!trade || !listing || trade.status !== "ACTIVE" || paramsOf(trade).pending !== undefined) return;
    const liquidation = liquidation_price === undefined ? undefined : dec(liquidation_price);
    const distance = liquidationDistance(dec(mark_price), liquidation);
    const distanceMin = paramsOf(trade).rules.liquidation_distance_min;
    const sizes = { distanceMin, step: dec(listing.step_size), minQty: dec(listing.min_qty) };
    const qty = decideReduction(dec(trade.open_qty), distance, sizes);
    if (qty === zero) return;
    if (qty === dec(trade.open_qty)) this.close(trade, LIQUIDATION_NEAR);
    else this.ask(trade, reduceAsk(show(qty)));
  }

  /** The router's record of the stop against ours. */
  private compareStop(trade: Trade): void {
    if (trade.status !== "ACTIVE" || !this.isFree(trade) || paramsOf(trade).closing !== undefined) return;
    const { ask, take } = stopElsewhere(this.parts.router.book.holding(trade.instrument), trade);
    const ts = this.now;
    if (take !== undefined) {
      const stops = [...trade.stops, { ts, stop_price: take, reason: "router" }];
      this.commit(trade.instrument, { trades: [{ ...trade, stop_price: take, stops, updated_at: ts }] });
    }
    if (ask !== undefined) this.ask(trade, stopAsk(trade, { stop_price: ask, reason: "again" }, ts));
  }

  private rememberBest(trade: Trade, now: number): number {
    const stored = paramsOf(trade).best_roe;
    const best = Math.max(now, stored, this.bestRoe.get(trade.trade_id) ?? 0);
    this.bestRoe.set(trade.trade_id, best);
    if (best < stored + BEST_ROE_STEP) return best;
    this.commit(trade.instrument, { trades: [withParams(trade, { ...paramsOf(trade), best_roe: best })] });
    return best;
  }

  /** Nothing is asked while an answer is owed or the last ask has just failed. */
  private isFree(trade: Trade): boolean {
    return paramsOf(trade).pending === undefined && !this.waits(trade);
  }

  private waits({ trade_id }: Trade): boolean {
    return (this.notBefore.get(trade_id) ?? 0) > this.now;
  }

  private again(trade: Trade): void {
    const { pending } = paramsOf(trade);
    if (pending && !this.waits(trade)) this.send(trade.instrument, pending);
  }

  private ask(trade: Trade, ask: Ask, urgent = false): void {
    const open = this.open.get(trade.instrument);
    if (open?.trade_id !== trade.trade_id) return;
    if (!urgent && (paramsOf(open).pending !== undefined || open.seq !== trade.seq)) return;
    const intent = intentOf(open, ask, intentSeq(open));
    const after = asked(open, ask, { intent, now: this.now });
    this.commit(trade.instrument, { trades: [after], events: ask.event ? [{ trade: after }] : [] });
    this.send(trade.instrument, intent);
  }

  private send(instrument: InstrumentId, intent: Intent): void {
    if (this.asking.has(intent.intent_id)) return;
    this.asking.add(intent.intent_id);
    this.parts.router.place(intent, undefined, (word) => {
      this.asking.delete(intent.intent_id);
      this.heardWord(instrument, intent, word);
    });
  }

  private heardWord(instrument: InstrumentId, intent: Intent, word: Word): void {
    const open = this.open.get(instrument);
    if (!(word instanceof Problem)) {
      if (!isNothing(word)) {
        this.failures.delete(open?.trade_id ?? "");
        this.answered(instrument, intent, false);
        return;
      }
    }
    this.failed(open);
    if (!(word instanceof Problem && isOwed(word))) this.answered(instrument, intent, true);
  }

  private failed(trade: Trade | undefined): void {
    if (!trade) return;
    const { askAgainMs, askAgainMsMax } = this.parts.settings;
    const failures = this.failures.get(trade.trade_id) ?? 0;
    this.notBefore.set(trade.trade_id, this.now + Math.min(askAgainMs * 2 ** failures, askAgainMsMax));
    this.failures.set(trade.trade_id, failures + 1);
  }

  private answered(instrument: InstrumentId, intent: Intent, isRefused: boolean): void {
    const open = this.open.get(instrument);
    const trade = open && answeredTrade(open, intent, isRefused);
    if (trade) this.commit(instrument, { trades: [trade] });
  }
}
