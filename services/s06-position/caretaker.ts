/** Looks after open trades: stop, stages, stagnation and liquidation distance, as prices and time pass. */
import type { Instrument } from "../../shared/domain/instrument.ts";
import type { Funding, Ticker } from "../../shared/domain/market.ts";
import { type Amount, dec, show, zero } from "../../shared/domain/money.ts";
import type { ExchangePosition, Trade } from "../../shared/domain/trade.ts";
import { decideReduction, liquidationDistance } from "../../shared/trading/position/liquidation.ts";
import { decideStage, type StageDecision } from "../../shared/trading/position/stages.ts";
import { isStagnant } from "../../shared/trading/position/stagnation.ts";
import { decideStop, type StopDecision } from "../../shared/trading/position/stops.ts";
import { roe } from "../../shared/trading/position/trade.ts";
import type { Asks } from "./asks.ts";
import type { Prices } from "./prices.ts";
import type { TradesBook } from "./trades-book.ts";
import { type Ports, paramsOf, withParams } from "./types.ts";

interface Parts {
  readonly ports: Ports;
  readonly book: TradesBook;
  readonly asks: Asks;
  readonly prices: Prices;
}

/** The best ROE is stored when it has grown by this much, so that a restart remembers it well enough. */
const BEST_ROE_STEP = 0.005;

export class Caretaker {
  private readonly parts: Parts;
  private readonly lookedAt = new Map<string, number>();
  private readonly bestRoe = new Map<string, number>();
  private flattening: { until: number; reason: string } | undefined;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** Prices come often; trades are looked at no more often than set. */
  hear(event: Ticker | Funding): void {
    const { prices, book, ports } = this.parts;
    prices.hear(event);
    if (!book.open(event.instrument)) return;
    const now = ports.clock.mono();
    if (now - (this.lookedAt.get(event.instrument) ?? Number.NEGATIVE_INFINITY) < ports.settings.lookEveryMs) return;
    this.poke(event.instrument);
  }

  poke(instrument: string): void {
    const { ports } = this.parts;
    this.lookedAt.set(instrument, ports.clock.mono());
    void this.look(instrument).catch((error) =>
      ports.warn("a trade could not be looked after", { instrument, error: String(error) }),
    );
  }

  async lookAtAll(): Promise<void> {
    for (const trade of this.parts.book.all()) await this.look(trade.instrument);
  }

  private async look(instrument: string): Promise<void> {
    const { book, asks, prices, ports } = this.parts;
    const trade = book.open(instrument);
    if (!trade) return;
    if (this.flattening && ports.clock.now() < this.flattening.until) {
      await this.close(trade, this.flattening.reason);
      return;
    }
    asks.again(trade);
    if (trade.status !== "ACTIVE" || !asks.isFree(trade)) return;
    const { closing } = paramsOf(trade);
    if (closing !== undefined) {
      await this.close(trade, closing);
      return;
    }
    const price = prices.exit(trade);
    const listing = prices.listing(instrument);
    if (price === undefined || !listing) return;
    await this.manage(trade, { price, listing });
  }

  private async manage(trade: Trade, at: { price: Amount; listing: Instrument }): Promise<void> {
    const best = await this.rememberBest(trade, roe(trade, at.price));
    const { rules } = paramsOf(trade);
    const now = this.parts.ports.clock.now();
    if (isStagnant(trade, { now, bestRoe: best }, rules)) {
      await this.close(trade, "stagnated");
      return;
    }
    const stage = this.stageOf(trade, at);
    if (stage) {
      await this.takeStage(trade, stage);
      return;
    }
    const stop = this.stopOf(trade, at);
    if (stop) await this.moveStop(trade, stop);
  }

  stopOf(trade: Trade, { price, listing }: { price: Amount; listing: Instrument }): StopDecision | undefined {
    const { rules, taker_fee } = paramsOf(trade);
    return decideStop({ trade, price, rules, takerFee: taker_fee, tick: listing.tick_size });
  }

  stageOf(trade: Trade, { price, listing }: { price: Amount; listing: Instrument }): StageDecision | undefined {
    const { stages } = paramsOf(trade).rules;
    return decideStage({ trade, price, stages, step_size: listing.step_size, min_qty: listing.min_qty });
  }

  moveStop(trade: Trade, { stop_price, reason }: StopDecision): Promise<string | undefined> {
    const ts = this.parts.ports.clock.now();
    return this.parts.asks.ask(trade, {
      action: "SL",
      intent: { kind: "SL", stop_price },
      change: (open) => ({ ...open, stop_price, stops: [...open.stops, { ts, stop_price, reason }] }),
      event: { kind: "STOP_MOVE", detail: `${reason}: ${trade.stop_price ?? "none"} → ${stop_price}` },
    });
  }

  takeStage(trade: Trade, { qty, stage }: StageDecision): Promise<string | undefined> {
    return this.parts.asks.ask(trade, {
      action: "TP",
      intent: { kind: "TP", qty },
      change: (open) => ({ ...open, stage }),
    });
  }

  /** Asks for the exit of all that is open, once; a trade that is closing already goes on closing. */
  close(trade: Trade, reason: string): Promise<string | undefined> {
    if (trade.status === "PENDING_CLOSING") return Promise.resolve(undefined);
    return this.parts.asks.ask(
      trade,
      {
        action: "CLOSE",
        intent: { kind: "EXIT" },
        closing: reason,
        change: (open) => ({ ...open, status: "PENDING_CLOSING" }),
        ...(reason === "stagnated" ? { event: { kind: "STAGNATED" as const, detail: "its time limit is over" } } : {}),
      },
      true,
    );
  }

  /** Closes the named instruments' trades, or all, and for a while those that still open. Answers their ids. */
  async flatten(instruments: readonly string[]): Promise<string[]> {
    const { book, ports } = this.parts;
    book.mustBeWhole();
    const all = instruments.length === 0;
    if (all) this.flattening = { until: ports.clock.now() + ports.settings.flattenForMs, reason: "flatten" };
    const trades = book.all().filter((trade) => all || instruments.includes(trade.instrument));
    for (const trade of trades) await this.close(trade, "flatten");
    return trades.map((trade) => trade.trade_id);
  }

  /** Gives up part of a position whose liquidation is too near. */
  async guardLiquidation(positions: readonly ExchangePosition[]): Promise<void> {
    const { book, asks, prices } = this.parts;
    for (const position of positions) {
      const trade = book.open(position.instrument);
      const listing = prices.listing(position.instrument);
      if (!trade || !listing || trade.status !== "ACTIVE" || !asks.isFree(trade)) continue;
      const mark = dec(position.mark_price);
      const liquidation = position.liquidation_price === undefined ? undefined : dec(position.liquidation_price);
      const distance = liquidationDistance(mark, liquidation);
      const distanceMin = paramsOf(trade).rules.liquidation_distance_min;
      const sizes = { distanceMin, step: dec(listing.step_size), minQty: dec(listing.min_qty) };
      const qty = decideReduction(dec(trade.open_qty), distance, sizes);
      if (qty === zero) continue;
      const what = `${trade.instrument}: liquidation is ${((distance ?? 0) * 100).toFixed(2)} % away`;
      this.parts.ports.alert("ERROR", "LIQUIDATION_NEAR", what, `reducing by ${show(qty)}`);
      if (qty === dec(trade.open_qty)) await this.close(trade, "liquidation_distance");
      else
        await asks.ask(trade, { action: "REDUCE", intent: { kind: "EXIT", qty: show(qty) }, change: (open) => open });
    }
  }

  private async rememberBest(trade: Trade, now: number): Promise<number> {
    const stored = paramsOf(trade).best_roe;
    const best = Math.max(now, stored, this.bestRoe.get(trade.trade_id) ?? 0);
    if (this.bestRoe.size > 1_000) this.bestRoe.clear();
    this.bestRoe.set(trade.trade_id, best);
    if (best < stored + BEST_ROE_STEP) return best;
    await this.parts.book.change(trade.instrument, (open) => {
      if (open?.trade_id !== trade.trade_id) return undefined;
      return { trades: [withParams(open, { ...paramsOf(open), best_roe: best })] };
    });
    return best;
  }
}
