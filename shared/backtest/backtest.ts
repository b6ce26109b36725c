/** Runs a bundle over a recorded market with the rules of the live desk, and says what came of it. */

import type { Signal } from "../domain/decision.ts";
import { DEFAULT_ACCOUNT } from "../domain/instrument.ts";
import { dec, mul } from "../domain/money.ts";
import type { Delay, Latency } from "../engine/latency.ts";
import { Wire } from "../engine/latency.ts";
import { compileBundle } from "../trading/decision/compiled.ts";
import { Quotes } from "../trading/execution/quotes.ts";
import type { RulePorts } from "../trading/execution/router-parts.ts";
import { RouterSettings } from "../trading/execution/router-settings.ts";
import { FeatureSettings } from "../trading/factors/feature-settings.ts";
import { PositionSettings } from "../trading/position/position-settings.ts";
import { seededChance } from "../trading/stats/seeded-chance.ts";
import type { BacktestOptions, RunningBacktest } from "./backtest-options.ts";
import type { BacktestResult } from "./backtest-result.ts";
import { checkOptions } from "./check-options.ts";
import { Connector } from "./connector.ts";
import { DecisionRecord } from "./decision-record.ts";
import { DeskEar } from "./desk-ear.ts";
import type { News } from "./exchange-news.ts";
import { ExchangeSide } from "./exchange-side.ts";
import { Units } from "./in-units.ts";
import { openMarket } from "./open-market.ts";
import { PositionDesk } from "./position-desk.ts";
import { resultOf } from "./result.ts";
import { RouterDesk } from "./router-desk.ts";
import { StrategyDesk } from "./strategy-desk.ts";
import { Timeline } from "./timeline.ts";
import { Worth } from "./worth.ts";

/** The desk is up when the record begins, as it is in a replay. */
const LEAD_MS = 2_000;
const SECOND_MS = 1_000;
const ROUND_EVERY_MS = 10_000;
/** So long after something was held or asked, all that is told late has been told. */
const CALM_AFTER_MS = 5 * 60_000;
const FEE_DIGITS = 12;
/** Steps between two words of progress. */
const PROGRESS_STEPS = 5_000;
const FEATURES = FeatureSettings.parse({});

/** Throws a Problem INVALID for options that cannot be. */
export function* backtest(options: BacktestOptions): RunningBacktest<BacktestResult> {
  checkOptions(options);
  const run = new Run(options);
  yield* run.play();
  return run.result();
}

class Run {
  private readonly options: BacktestOptions;
  private readonly timeline: Timeline;
  private readonly market: ReturnType<typeof openMarket>;
  private readonly side: ExchangeSide;
  private readonly connector: Connector;
  private readonly router: RouterDesk;
  private readonly positions: PositionDesk;
  private readonly strategy: StrategyDesk;
  private readonly ear: DeskEar;
  private readonly worth: Worth;
  private readonly feed: Wire;
  private readonly chance;
  private readonly signals: Signal[] = [];
  private readonly decisions: DecisionRecord;
  private readonly from: number;
  private readonly to: number;
  private readonly first: number;
  private readonly end: number;
  private signalCount = 0;
  private busyAt = Number.NEGATIVE_INFINITY;
  private events = 0;

  constructor(options: BacktestOptions) {
    this.options = options;
    this.decisions = new DecisionRecord(options.keep_decisions);
    const { tape, bundle, seed, stress, wallets } = options;
    const { head } = tape;
    this.from = options.from_ts ?? head.from_ts;
    this.timeline = new Timeline(head.from_ts - LEAD_MS);
    const { timeline } = this;
    this.chance = seededChance(`backtest ${seed}`);
    const latency = scaled(options.latency, stress.latency_mult);
    this.feed = new Wire(latency.feed);
    this.connector = new Connector({
      ...{ timeline, latency, chance: this.chance, side: () => this.side, closesAt: () => this.to },
      hear: (news) => this.hear(news),
    });
    this.market = openMarket(options, {
      now: () => timeline.now(),
      after: (ms, run) => timeline.after(ms, run),
      ask: (work, then) => this.connector.ask(work, then),
      positions: { side: (who) => this.side.sideOf(who), waits: (who) => this.side.waitsOf(who) },
    });
    this.to = Math.min(options.to_ts ?? head.to_ts, head.to_ts);
    this.first = 0;
    this.end = options.to_ts === undefined ? this.market.count : this.market.stepAt(options.to_ts);
    const fees = stress.fee_mult.toFixed(FEE_DIGITS);
    const listings = this.market.listings.map((listing) => ({
      ...listing,
      maker_fee: mul(listing.maker_fee, dec(fees)),
      taker_fee: mul(listing.taker_fee, dec(fees)),
    }));
    this.side = new ExchangeSide({
      ...{ market: this.market, listings, slippageBps: stress.slippage_bps, now: () => timeline.now() },
      tell: (where, news) => this.connector.tell(where, news),
    });
    this.side.begin(wallets);
    const view = { rev: bundle.rev, bundle_id: bundle.bundle_id, hash: "", bundle };
    const compiled = compileBundle(view);
    const ports: RulePorts = {
      account: DEFAULT_ACCOUNT,
      settings: RouterSettings.parse({}),
      clock: { now: () => timeline.now() },
      config: () => view,
      revision: () => view,
      alert: () => {},
      warn: () => {},
    };
    const quotes = new Quotes(ports);
    const units = listings.map((listing) => new Units(listing));
    this.router = new RouterDesk({
      ...{ timeline, connector: this.connector, ports, market: quotes },
      told: (result) => {
        this.strategy.tally.onResult(result);
        this.positions.hearResult(result);
      },
    });
    const { router } = this;
    this.positions = new PositionDesk({
      ...{ ports, router, settings: PositionSettings.parse({}) },
      told: (trade) => this.strategy.tally.onTrade(trade),
    });
    for (const each of units) {
      quotes.list(each.filters());
      this.positions.prices.list(each.filters());
    }
    this.strategy = new StrategyDesk({
      ...{ timeline, compiled, router, programs: options.programs ?? new Map() },
      listing: (instrument) => quotes.listing(instrument),
      decided: (decision) => this.decisions.note(decision),
    });
    this.ear = new DeskEar({
      ...{ compiled, form: head.form, units, quotes, router, positions: this.positions, settings: FEATURES },
      now: () => timeline.now(),
      signal: (signal) => this.noteSignal(signal),
    });
    this.worth = new Worth({
      ...{ side: this.side, tally: this.strategy.tally, timeline, sampleMs: options.sample_ms, from: this.from },
      bid: (instrument) => quotes.bid(instrument),
    });
    this.startJobs();
  }

  private startJobs(): void {
    const { timeline, market, side } = this;
    timeline.waitsToBeStirred = market.marksEveryStep;
    side.second();
    timeline.every(SECOND_MS, () => {
      if (timeline.now() > this.to) return;
      side.second();
      market.listings.forEach((_, who) => {
        this.tellMark(who);
      });
    });
    timeline.every(ROUND_EVERY_MS, () => this.round());
  }

  /** Where prices alone are known the jobs of services run after each; and not where they find nothing to do. */
  private stir(): void {
    const { timeline, side, positions } = this;
    const now = timeline.now();
    if (!side.isIdle || positions.openTrades.length > 0) this.busyAt = now;
    if (now - this.busyAt < CALM_AFTER_MS) timeline.stir();
  }

  private tellMark(who: number): void {
    const told = this.market.markTold?.(who, Math.floor(this.timeline.now()));
    if (!told) return;
    const at = this.feed.arrival(this.timeline.now(), this.chance.next());
    this.timeline.at(at, () => told(this.ear));
  }

  private round(): void {
    this.connector.ask(
      () => this.worth.measure(),
      (measured) => {
        this.worth.note(measured);
        this.positions.round(measured.positions);
      },
    );
  }

  private noteSignal(signal: Signal): void {
    if (signal.ts < this.from || signal.ts >= (this.options.to_ts ?? Number.POSITIVE_INFINITY)) return;
    this.signalCount++;
    this.signals.push(signal);
  }

  private hear(news: News): void {
    if (news.kind === "execution") this.router.hear(news);
    else if (news.kind === "position") this.positions.poke(news.instrument);
    else {
      this.worth.funded(news.amount_usdt);
      this.positions.fund(news.instrument, news.amount_usdt, news.exch_ts);
    }
  }

  private get isDrained(): boolean {
    return this.signals.length === 0 && this.timeline.isIdle;
  }

  /** What is still to do at this very moment: signals are decided as they come. */
  private *drain(): RunningBacktest<void> {
    for (;;) {
      const signal = this.signals.shift();
      if (signal) yield* this.strategy.decide(signal);
      else if (!this.timeline.runSoon()) return;
    }
  }

  *play(): RunningBacktest<void> {
    const { timeline, market, side, ear } = this;
    const heardAt: number[] = [];
    let [next, heard] = [this.first, this.first];
    let told = 0;
    for (;;) {
      const stepAt = next < this.end ? market.at(next) : Number.POSITIVE_INFINITY;
      const hearAt = heard < next ? heardAt[heard - this.first]! : Number.POSITIVE_INFINITY;
      const dueAt = timeline.next;
      if (stepAt === Number.POSITIVE_INFINITY && hearAt === Number.POSITIVE_INFINITY && dueAt > this.to) break;
      if (stepAt <= dueAt && stepAt <= hearAt) {
        timeline.reach(stepAt);
        side.step(next);
        heardAt[next - this.first] = this.feed.arrival(stepAt, this.chance.next());
        next++;
        this.events++;
        if (market.marksEveryStep && !market.isWithin?.(next - 1)) this.stir();
        if (side.hasPrinted && !(market.at(next) === stepAt)) side.catchUp();
      } else if (dueAt < hearAt || (dueAt === hearAt && !timeline.isNextLook)) {
        timeline.runNext();
      } else {
        timeline.reach(hearAt);
        market.tell(heard, ear);
        heard++;
        // What comes at one moment is heard before anything follows from it.
        if (heard < next && heardAt[heard - this.first]! <= hearAt) continue;
        if (!this.isDrained) yield* this.drain();
        market.endTurn?.(ear);
      }
      if (!this.isDrained) yield* this.drain();
      if (this.events - told >= PROGRESS_STEPS) {
        told = this.events;
        const done = this.end === this.first ? 1 : (next - this.first) / (this.end - this.first);
        yield { kind: "progress", done, ts: timeline.now(), equity_usdt: this.worth.latest };
      }
    }
    yield* this.hearTheRest();
    this.worth.sample();
  }

  /** Of all that happened in the window the account hears, so that fills and trades add up to what it is worth. */
  private *hearTheRest(): RunningBacktest<void> {
    const { timeline, connector } = this;
    timeline.reach(this.to);
    while (connector.isTelling) {
      timeline.runNext();
      yield* this.drain();
    }
  }

  result(): BacktestResult {
    const { router, positions, side, worth, decisions, options } = this;
    return resultOf({
      ...{ options, market: this.market, decisions, side, worth },
      from: this.from,
      to: Math.max(this.to, this.timeline.now()),
      events: this.events,
      signals: this.signalCount,
      orders: this.connector.sent,
      fills: router.fills,
      orderOf: (id) => router.order(id),
      trades: [...positions.trades.values()],
    });
  }
}

const times = ({ baseMs, jitterMs }: Delay, by: number): Delay => ({ baseMs: baseMs * by, jitterMs: jitterMs * by });
const scaled = ({ feed, order, response }: Latency, by: number): Latency => ({
  feed: times(feed, by),
  order: times(order, by),
  response: times(response, by),
});
