/** Looks after open trades: stop, stages, adds, stagnation and liquidation distance, as prices and time pass. */
import { type Holding, holdings } from "../../shared/collections/orders.ts";
import type { Funding, Ticker } from "../../shared/domain/market.ts";
import { dec, show, zero } from "../../shared/domain/money.ts";
import type { ExchangePosition, Trade } from "../../shared/domain/trade.ts";
import { bookKey } from "../../shared/keys.ts";
import type { AddDecision } from "../../shared/trading/position/adds.ts";
import { decideReduction, liquidationDistance } from "../../shared/trading/position/liquidation.ts";
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
} from "../../shared/trading/position/plans.ts";
import { BEST_ROE_STEP, GATE_EVERY_MS } from "../../shared/trading/position/position-settings.ts";
import { isStagnant } from "../../shared/trading/position/stagnation.ts";
import { roe } from "../../shared/trading/position/trade.ts";
import { paramsOf, withParams } from "../../shared/trading/position/trade-params.ts";
import type { Asked, Asks, Wish } from "./asks.ts";
import type { AddGate } from "./health.ts";
import type { Prices } from "./prices.ts";
import type { TradesBook } from "./trades-book.ts";
import type { Ports } from "./types.ts";

interface Parts {
  readonly ports: Ports;
  readonly book: TradesBook;
  readonly asks: Asks;
  readonly prices: Prices;
  readonly gate: AddGate;
}

/** A trade without a price for so long is told of. */
const NO_PRICE_MS = 30_000;

export class Caretaker {
  private readonly parts: Parts;
  private readonly lookedAt = new Map<string, number>();
  private readonly bestRoe = new Map<string, number>();
  private readonly gateReadAt = new Map<string, number>();
  private readonly priceless = new Map<string, { since: number; told: boolean }>();
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
    const { book, asks, ports } = this.parts;
    const trade = book.open(instrument);
    if (!trade) return;
    if (this.flattening && ports.clock.now() < this.flattening.until) {
      await this.close(trade, this.flattening.reason);
      return;
    }
    asks.again(trade);
    if (trade.status !== "ACTIVE" || !asks.isFree(trade)) return;
    const { closing, rules } = paramsOf(trade);
    if (closing !== undefined) {
      await this.close(trade, closing);
      return;
    }
    const at = this.at(trade);
    const bestRoe = at ? await this.rememberBest(trade, roe(trade, at.price)) : paramsOf(trade).best_roe;
    if (isStagnant(trade, { now: ports.clock.now(), bestRoe }, rules)) await this.close(trade, "stagnated");
    else if (at) await this.manage(trade, at);
  }

  /** Without a current price nothing is moved: the stop at the exchange, or the router's guard, stands as it is. */
  private at(trade: Trade): At | undefined {
    const { prices, ports } = this.parts;
    const price = prices.known(trade);
    const listing = prices.listing(trade.instrument);
    if (price !== undefined && listing) {
      this.priceless.delete(trade.trade_id);
      return { price, listing };
    }
    const now = ports.clock.now();
    const seen = this.priceless.get(trade.trade_id) ?? { since: now, told: false };
    const isLong = now - seen.since >= NO_PRICE_MS;
    this.priceless.set(trade.trade_id, { ...seen, told: seen.told || isLong });
    if (isLong && !seen.told) {
      const what = `${trade.instrument}: no current price`;
      ports.alert("WARN", "PRICE_MISSING", what, "its stop stands where it is; nothing is moved, taken or added");
    }
    return undefined;
  }

  private async manage(trade: Trade, at: At): Promise<void> {
    const { asks, ports } = this.parts;
    const stage = stageOf(trade, at);
    const stop = stage ? undefined : stopOf(trade, at);
    if (stage) await asks.ask(trade, stageAsk(stage));
    else if (stop) await asks.ask(trade, stopAsk(trade, stop, ports.clock.now()));
    else await this.addIfEarned(trade, at);
  }

  private async addIfEarned(trade: Trade, at: At): Promise<void> {
    const { ports, asks } = this.parts;
    const now = ports.clock.now();
    if (typeof addOf(trade, at) === "string" || now < (paramsOf(trade).add_after ?? 0)) return;
    if (now - (this.gateReadAt.get(trade.instrument) ?? Number.NEGATIVE_INFINITY) < GATE_EVERY_MS) return;
    this.gateReadAt.set(trade.instrument, now);
    const add = await this.mayAdd(trade);
    if (typeof add !== "string") await asks.ask(trade, addAsk(add, this.addTimes(trade)));
  }

  /** The add that the trade has earned and nothing speaks against; else why there is none. Only at a streamed price. */
  async mayAdd(trade: Trade): Promise<AddDecision | string> {
    const { ports, gate, prices } = this.parts;
    const price = prices.exit(trade);
    const listing = prices.listing(trade.instrument);
    if (price === undefined || !listing) return `no current price of ${trade.instrument}`;
    const add = addOf(trade, { price, listing });
    if (typeof add === "string") return add;
    const waitMs = (paramsOf(trade).add_after ?? 0) - ports.clock.now();
    if (waitMs > 0) return `one was asked for not long ago; the next may be in ${Math.ceil(waitMs / 1_000)} s`;
    return (await gate.closed(trade)) ?? add;
  }

  addTimes({ config_rev }: Trade): { valid_until: number; after: number } {
    const { clock, settings, revision } = this.parts.ports;
    const now = clock.now();
    return {
      valid_until: now + revision(config_rev).bundle.flags.execution.entry_valid_ms,
      after: now + settings.addAgainMs,
    };
  }

  /** Asks for the exit of all that is open, once; a trade that is closing already goes on closing. */
  async close(trade: Trade, reason: string, wish?: Wish): Promise<Asked | undefined> {
    const { asks } = this.parts;
    if (trade.status === "PENDING_CLOSING") return undefined;
    return asks.ask(trade, closeAsk(reason), { urgent: true, ...(wish ? { wish } : {}) });
  }

  /** Closes the named instruments' trades, or all, and for a while those that still open. Answers their ids. */
  async flatten(instruments: readonly string[], wish?: Wish): Promise<string[]> {
    const { book, ports } = this.parts;
    book.mustBeWhole();
    const all = instruments.length === 0;
    if (all) this.flattening = { until: ports.clock.now() + ports.settings.flattenForMs, reason: "flatten" };
    const trades = book.all().filter((trade) => all || instruments.includes(trade.instrument));
    for (const trade of trades) await this.close(trade, "flatten", wish);
    return trades.map((trade) => trade.trade_id);
  }

  /** Gives up part of a position whose liquidation is too near. */
  async guardLiquidation(positions: readonly ExchangePosition[]): Promise<void> {
    const { book, asks, prices } = this.parts;
    for (const position of positions) {
      const trade = book.open(position.instrument);
      const listing = prices.listing(position.instrument);
      if (!trade || !listing || trade.status !== "ACTIVE" || !asks.owesNothing(trade)) continue;
      const mark = dec(position.mark_price);
      const liquidation = position.liquidation_price === undefined ? undefined : dec(position.liquidation_price);
      const distance = liquidationDistance(mark, liquidation);
      const distanceMin = paramsOf(trade).rules.liquidation_distance_min;
      const sizes = { distanceMin, step: dec(listing.step_size), minQty: dec(listing.min_qty) };
      const qty = decideReduction(dec(trade.open_qty), distance, sizes);
      if (qty === zero) continue;
      const what = `${trade.instrument}: liquidation is ${((distance ?? 0) * 100).toFixed(2)} % away`;
      this.parts.ports.alert("ERROR", "LIQUIDATION_NEAR", what, `reducing by ${show(qty)}`);
      if (qty === dec(trade.open_qty)) await this.close(trade, LIQUIDATION_NEAR);
      else await asks.ask(trade, reduceAsk(show(qty)));
    }
  }

  /** The router's record of each stop against ours: what never reached it is asked for again, what is better is taken. */
  async compareStops(): Promise<void> {
    const { book, asks, ports } = this.parts;
    for (const trade of book.all()) {
      if (trade.status !== "ACTIVE" || !asks.isFree(trade) || paramsOf(trade).closing !== undefined) continue;
      const { ask, take } = stopElsewhere(await this.held(trade), trade);
      if (take !== undefined) await this.takeStop(trade, take);
      if (ask === undefined) continue;
      await asks.ask(trade, stopAsk(trade, { stop_price: ask, reason: "again" }, ports.clock.now()));
    }
  }

  private async held({ account, instrument }: Trade): Promise<Holding | undefined> {
    return (await this.parts.ports.store.get(holdings, bookKey(account, instrument)))?.value;
  }

  private async takeStop({ trade_id, instrument, stop_price: seen }: Trade, stop_price: string): Promise<void> {
    const ts = this.parts.ports.clock.now();
    await this.parts.book.change(instrument, (open) => {
      if (open?.trade_id !== trade_id || open.stop_price !== seen) return undefined;
      const stops = [...open.stops, { ts, stop_price, reason: "router" }];
      return { trades: [{ ...open, stop_price, stops, updated_at: ts }] };
    });
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
