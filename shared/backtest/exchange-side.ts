/** The exchange of a backtest: orders meet the market, marks trigger and liquidate, funding is paid, news wait to be told. */
import { DEFAULT_ACCOUNT as ACCOUNT, type InstrumentId, type Market } from "../domain/instrument.ts";
import { type Amount, add, dec, div, mul, show, sum, toNumber, zero } from "../domain/money.ts";
import type { Side } from "../domain/order.ts";
import { triggerAlgos, watches } from "../engine/algos.ts";
import { Exchange } from "../engine/exchange.ts";
import { fund } from "../engine/funding.ts";
import { liquidationPrice, unrealised } from "../engine/futures.ts";
import { passTime } from "../engine/futures-orders.ts";
import { liquidate } from "../engine/liquidation.ts";
import { type Listing, priceOf } from "../engine/listing.ts";
import { walletOf } from "../engine/state.ts";
import { activate, waits } from "../engine/stops.ts";
import { ExchangeNews, type News } from "./exchange-news.ts";
import type { BacktestMarket } from "./market.ts";
import { withSlippage } from "./slipping-matcher.ts";

const FUND_CAPITAL = "1000000";
/** Marks are settled to 10⁻⁸. */
const MARK_STEP = 10n ** 10n;
const NONE: readonly number[] = [];
const BUCKETS = ["wallet", "hold", "margin"] as const;

export interface ExchangeParts {
  readonly market: BacktestMarket;
  readonly listings: readonly Listing[];
  readonly slippageBps: number;
  now(): number;
  /** News of one market's account stream, as they become durable. */
  tell(market: Market, news: News): void;
}

export class ExchangeSide {
  readonly exchange: Exchange;
  liquidations = 0;
  private readonly parts: ExchangeParts;
  private readonly who = new Map<InstrumentId, number>();
  private readonly lastTicks: number[] = [];
  private readonly due = new Map<InstrumentId, { rate: number; nextAt: number }>();
  private readonly printed: number[] = [];
  /** Looked at again when something has become of the account. */
  private idle: boolean | undefined;
  private readonly liquidationPrices = new Map<InstrumentId, Amount | undefined>();

  constructor(parts: ExchangeParts) {
    this.parts = parts;
    const { market, listings, slippageBps } = parts;
    listings.forEach((listing, who) => {
      this.who.set(listing.instrument, who);
    });
    const matchers = listings.map((_, who) => withSlippage(market.matcher(who), slippageBps));
    const news = new ExchangeNews({ state: () => this.exchange.state, tell: parts.tell });
    this.exchange = new Exchange({
      listings,
      matcher: (instrument) => matchers[this.who.get(instrument)!]!,
      write: () => {},
      lastPrice: (instrument) => this.lastPrice(instrument),
      heard: (fact, at) => {
        this.idle = undefined;
        this.liquidationPrices.clear();
        if (fact.fact === "liquidated" && fact.account === ACCOUNT) this.liquidations++;
        news.heard(fact, at);
      },
      flush: () => news.flush(),
    });
  }

  private get now(): number {
    return Math.floor(this.parts.now());
  }

  begin({ spot_usdt, fut_usdt }: { spot_usdt: string; fut_usdt: string }): void {
    this.exchange.run(this.now, () => {
      this.exchange.record({ fact: "insured", asset: "USDT", qty: FUND_CAPITAL });
      for (const [market, qty] of [["SPOT", spot_usdt] as const, ["FUT", fut_usdt] as const]) {
        if (dec(qty) > 0n) this.exchange.move(ACCOUNT, market, { asset: "USDT", qty: dec(qty), why: "deposit" });
      }
    });
  }

  run<T>(command: () => T): T {
    return this.exchange.run(this.now, command);
  }

  /** One step of the market, to its end, with all that follows from it but what its trade sets off. */
  step(step: number): void {
    const { market } = this.parts;
    const who = market.who(step);
    do {
      const events = market.apply(step);
      const ticks = market.tradeTicks(step);
      const isTrade = !Number.isNaN(ticks);
      if (isTrade) this.lastTicks[who] = ticks;
      if (events.length > 0) this.run(() => this.exchange.settle(this.instrumentOf(who), events));
      if (isTrade) this.traded(who, ticks);
      const rate = market.settlement(step);
      if (rate !== undefined) this.settle(who, rate);
      if (market.marksEveryStep) {
        this.catchUp();
        // A mark that is told beside a price that is past already must not sell at it.
        if (isTrade) this.marked(who);
      }
    } while (market.isUnderway);
  }

  instrumentOf(who: number): InstrumentId {
    return this.parts.listings[who]!.instrument;
  }

  private traded(who: number, ticks: number): void {
    const instrument = this.instrumentOf(who);
    const { exchange } = this;
    if (!watches(exchange, instrument, "CONTRACT_PRICE") && !waits(exchange, instrument)) return;
    this.printed.push(who, ticks);
  }

  /** True while trades have set off something that is not done. */
  get hasPrinted(): boolean {
    return this.printed.length > 0;
  }

  /** What trades have set off comes before anything that is asked after them. */
  catchUp(): void {
    const { exchange } = this;
    while (this.printed.length > 0) {
      const [who, ticks] = this.printed.splice(0, 2) as [number, number];
      const instrument = this.instrumentOf(who);
      this.run(() => {
        const price = priceOf(this.parts.listings[who]!, ticks);
        triggerAlgos(exchange, { instrument, working: "CONTRACT_PRICE", price, other: exchange.mark(instrument) });
        activate(exchange, instrument, price);
      });
    }
  }

  lastPrice(instrument: InstrumentId): Amount | undefined {
    const who = this.who.get(instrument)!;
    const ticks = this.lastTicks[who];
    return ticks === undefined ? undefined : priceOf(this.parts.listings[who]!, ticks);
  }

  markOf(who: number): Amount | undefined {
    const ticks = this.parts.market.mark(who);
    if (ticks === undefined) return undefined;
    const exact = (BigInt(Math.round(ticks * 100)) * this.parts.listings[who]!.tick) / 100n;
    return ((exact / MARK_STEP) * MARK_STEP) as Amount;
  }

  /** Mark price on futures, last price on spot, mid where there is neither yet. */
  reference(instrument: InstrumentId): Amount | undefined {
    const who = this.who.get(instrument)!;
    if (this.parts.listings[who]!.market === "FUT") return this.exchange.mark(instrument) ?? this.markOf(who);
    return this.lastPrice(instrument) ?? this.markOf(who);
  }

  /** Once a second: marks and what follows from them. */
  second(): void {
    for (const who of this.parts.market.marksEveryStep ? [] : this.parts.listings.keys()) this.marked(who);
    this.run(() => passTime(this.exchange));
  }

  /** The mark moves: funding that has come due, then triggers, then liquidation. */
  private marked(who: number): void {
    const listing = this.parts.listings[who]!;
    const mark = listing.market === "FUT" ? this.markOf(who) : undefined;
    if (mark === undefined) return;
    const { instrument } = listing;
    const { exchange } = this;
    exchange.setMark(instrument, mark);
    if (this.parts.market.marksEveryStep && this.isIdle) return;
    this.run(() => {
      this.payFunding(who, mark);
      triggerAlgos(exchange, { instrument, working: "MARK_PRICE", price: mark, other: this.lastPrice(instrument) });
      liquidate(exchange, instrument, mark);
    });
  }

  private payFunding(who: number, mark: Amount): void {
    const instrument = this.instrumentOf(who);
    const was = this.due.get(instrument);
    const next = this.parts.market.funding(who);
    if (next) this.due.set(instrument, next);
    if (was === undefined || this.now < was.nextAt) return;
    if (next) fund(this.exchange, instrument, { rate: dec(was.rate.toFixed(8)), mark });
  }

  /** The record itself says what was paid. */
  private settle(who: number, rate: number): void {
    const mark = this.markOf(who);
    if (mark === undefined) return;
    this.run(() => fund(this.exchange, this.instrumentOf(who), { rate: dec(rate.toFixed(8)), mark }));
  }

  /** Nothing is held and nothing waits: whatever the market does, the account stays as it is. */
  get isIdle(): boolean {
    this.idle ??= this.lookIdle();
    return this.idle;
  }

  private lookIdle(): boolean {
    const { state } = this.exchange;
    if (state.open.size > 0 || state.openAlgos.size > 0) return false;
    return this.parts.listings.every((_, who) => this.sideOf(who) === undefined);
  }

  /** Which way the account is in the market. */
  sideOf(who: number): Side | undefined {
    const { instrument, market, base } = this.parts.listings[who]!;
    const { state } = this.exchange;
    if (market === "FUT") {
      const { qty } = state.position(ACCOUNT, instrument);
      return qty === zero ? undefined : qty > zero ? "BUY" : "SELL";
    }
    const owner = walletOf(ACCOUNT, "SPOT");
    return BUCKETS.some((bucket) => state.ledger.total(owner, bucket, base) > zero) ? "BUY" : undefined;
  }

  /** Last prices in ticks at which something happens to the account: stops and targets that wait there, a liquidation. */
  waitsOf(who: number): readonly number[] {
    if (this.isIdle) return NONE;
    const { instrument, tick } = this.parts.listings[who]!;
    const { state } = this.exchange;
    const ticksOf = (price: Amount): number => toNumber(div(price, tick, "nearest"));
    // The mark goes with the last price, so far from it: what the mark must reach, the last price reaches before or after.
    const apart = (this.parts.market.mark(who) ?? Number.NaN) - (this.lastTicks[who] ?? Number.NaN) || 0;
    const all: number[] = [];
    for (const { instrument: of, trigger_price, working_type } of state.openAlgos.values()) {
      if (of === instrument) all.push(ticksOf(trigger_price) - (working_type === "MARK_PRICE" ? apart : 0));
    }
    for (const { stop_price } of state.open.waitingOn(instrument)) if (stop_price) all.push(ticksOf(stop_price));
    const liquidation = this.liquidationOf(instrument);
    if (liquidation !== undefined) {
      // It is told to the nearest tick, and may be due only at the next.
      const ticks = ticksOf(liquidation) - apart;
      all.push(ticks - 1, ticks, ticks + 1);
    }
    return all;
  }

  /** Liquidation price of what is held; undefined where there is none. */
  liquidationOf(instrument: InstrumentId): Amount | undefined {
    if (!this.liquidationPrices.has(instrument)) this.liquidationPrices.set(instrument, this.reckoned(instrument));
    return this.liquidationPrices.get(instrument);
  }

  private reckoned(instrument: InstrumentId): Amount | undefined {
    const { state } = this.exchange;
    const position = state.position(ACCOUNT, instrument);
    if (position.qty === zero) return undefined;
    const price = liquidationPrice([position], state.isolatedMargin(position), state.listing(instrument));
    return price > zero ? price : undefined;
  }

  /** What is in the account's wallets and held back there, by asset; and what its positions gain at these marks. */
  holdings(markOf = (who: number) => this.markOf(who)): { assets: Map<string, Amount>; gained: Amount } {
    const { state } = this.exchange;
    const { ledger } = state;
    const assets = new Map<string, Amount>();
    for (const market of ["SPOT", "FUT"] as const) {
      const owner = walletOf(ACCOUNT, market);
      for (const asset of ledger.assetsOf(owner)) {
        const qty = sum(BUCKETS.map((bucket) => ledger.total(owner, bucket, asset)));
        assets.set(asset, add(assets.get(asset) ?? zero, qty));
      }
    }
    let gained = zero;
    for (const position of state.futures.of(ACCOUNT)) {
      const mark = position.qty === zero ? undefined : markOf(this.who.get(position.instrument)!);
      if (mark !== undefined) gained = add(gained, unrealised(position, mark));
    }
    return { assets, gained };
  }

  /** All that the account is worth, USDT: wallets, coins and positions at their marks. */
  worth(): Amount {
    const { assets, gained } = this.holdings();
    let total = gained;
    for (const [asset, qty] of assets) {
      const who = this.who.get(`SPOT:${asset}USDT`);
      const price = asset === "USDT" ? dec("1") : who === undefined ? undefined : this.markOf(who);
      if (price !== undefined) total = add(total, mul(qty, price));
    }
    return total;
  }

  worthText(): string {
    return show(this.worth());
  }
}
