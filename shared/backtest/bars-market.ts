/**
 * The market of a tape of bars: the price goes the declared way within each bar, and what rests or waits there is met.
 *
 * A bar is four steps: its open, the first extreme at a third of its time, the other at two thirds, its close. From
 * the close before to the open the price jumps: stops in between trigger at the open. From there on it passes every
 * tick, so that a stop triggers at its own price and a liquidation happens where it is due. When a resting order is
 * filled the price waits there for the next step, so that the desk can answer before it goes on.
 *
 * Bars of one moment close in the order of the listings, before anything opens.
 */
import { TIMEFRAME_MS } from "../domain/market.ts";
import type { Listing } from "../engine/listing.ts";
import type { MatchEvent, Matcher } from "../engine/matcher.ts";
import type { ClosedBar } from "../trading/factors/series.ts";
import type { FillModel } from "./backtest-options.ts";
import { type BarSteps, barSteps, CLOSE, OPEN, OTHER } from "./bar-steps.ts";
import { type BaseBar, LongBars } from "./long-bars.ts";
import type { BacktestMarket, MarketEar, OpenPositions } from "./market.ts";
import type { Tape, TapeEvent } from "./tape.ts";
import { assumedOfTouch, TouchPlace } from "./touch-place.ts";

const NOTHING: readonly MatchEvent[] = [];
const WAY_STOPS = 3;
const SHORT_MS_MAX = 60_000;
/** So many steps may lie between what happens and what is heard of it. */
const HEARD_LATE_MAX = 2 ** 16;
/** Floats that should be whole ticks are, this close to them. */
const NOISE = 1e-6;
type BarEvent = TapeEvent & { kind: "bar" };

/** One instrument within its bar. */
interface Stage {
  readonly place: TouchPlace;
  readonly long: LongBars;
  readonly closed: ClosedBar[];
  /** Of the tape; −1 before the first. */
  bar: number;
  event: BarEvent | undefined;
  /** Extremes and close in ticks, in their order; empty until it is chosen. */
  way: number[];
  /** How many of `way` are behind. */
  passed: number;
}

export interface BarsMarketOptions {
  readonly fill: FillModel;
  readonly positions: OpenPositions;
}

export class BarsMarket implements BacktestMarket {
  readonly listings: readonly Listing[];
  readonly count: number;
  readonly marksEveryStep = true;
  isUnderway = false;
  private readonly tape: Tape;
  private readonly steps: BarSteps;
  private readonly fill: FillModel;
  /** Bars of at most a minute: who looks now and then looks once a bar. */
  private readonly isShort: boolean;
  private readonly positions: OpenPositions;
  private readonly stages: readonly Stage[];
  /** Where the price was at each of the newest steps. */
  private readonly reached = new Float64Array(HEARD_LATE_MAX);

  constructor(tape: Tape, { fill, positions }: BarsMarketOptions) {
    this.tape = tape;
    this.steps = barSteps(tape);
    this.fill = fill;
    this.isShort = TIMEFRAME_MS[tape.head.timeframe ?? "1m"] <= SHORT_MS_MAX;
    this.positions = positions;
    this.listings = tape.head.listings;
    this.count = this.steps.count;
    this.stages = this.listings.map((listing, who) => {
      const place = new TouchPlace(who, listing, fill);
      const long = new LongBars(tape.head.timeframe ?? "1m", (lots) => place.units.qty(lots));
      return { place, long, closed: [], bar: -1, event: undefined, way: [], passed: 0 };
    });
  }

  get assumed(): readonly string[] {
    const path = `way within a bar=${this.fill.path === "worst" ? "the open position's worse extreme first" : this.fill.path}`;
    return [...assumedOfTouch(this.fill), path];
  }

  at(step: number): number {
    return this.steps.at[step]!;
  }

  who(step: number): number {
    return this.tape.columns.who[this.steps.event[step]!]!;
  }

  stepAt(ts: number): number {
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.steps.at[middle]! < ts) low = middle + 1;
      else high = middle;
    }
    // The price of `ts` is the close of the bar that ended last: where one that goes on has been is made up.
    while (this.steps.at[low] === ts && this.steps.phase[low] === CLOSE) low++;
    while (low > 0 && low < this.count && this.steps.phase[low - 1] !== CLOSE) low--;
    return low;
  }

  apply(step: number): readonly MatchEvent[] {
    const stage = this.stages[this.who(step)]!;
    const phase = this.steps.phase[step]!;
    const index = this.steps.event[step]!;
    this.isUnderway = false;
    if (phase === OTHER) {
      const event = this.tape.event(index);
      if (event.kind === "markPrice") this.marked(stage, this.at(step), event);
      return NOTHING;
    }
    // A market that is joined within a bar has not seen it open.
    const events = stage.bar === index ? this.goOn(stage, phase) : this.begin(stage, index);
    this.reached[step % HEARD_LATE_MAX] = stage.place.matcher.last;
    return events;
  }

  /** Within a bar nobody knows the price of a moment, so that a mark does not tell how far from it it is. */
  private marked({ place, event, passed }: Stage, at: number, told: TapeEvent & { kind: "markPrice" }): void {
    if (event !== undefined && passed < WAY_STOPS) place.onRate(told);
    else place.onMark(at, told);
  }

  isWithin(step: number): boolean {
    return this.isShort && this.steps.phase[step] !== CLOSE;
  }

  tradeTicks(step: number): number {
    return this.steps.phase[step] === OTHER ? Number.NaN : this.stages[this.who(step)]!.place.matcher.last;
  }

  settlement(step: number): number | undefined {
    if (this.steps.phase[step] !== OTHER) return undefined;
    const event = this.tape.event(this.steps.event[step]!);
    return event.kind === "settlement" ? event.rate : undefined;
  }

  tell(step: number, ear: MarketEar): void {
    const phase = this.steps.phase[step]!;
    const stage = this.stages[this.who(step)]!;
    const index = this.steps.event[step]!;
    // What is told is mostly of the bar that goes on.
    const event = stage.bar === index ? stage.event! : this.tape.event(index);
    const { place } = stage;
    const at = this.at(step);
    if (event.kind === "markPrice") place.tellMark(at, event, ear);
    if (event.kind !== "bar") return;
    if (phase !== CLOSE) {
      place.tellTop(step, at, { ticks: phase === OPEN ? event.open : this.reached[step % HEARD_LATE_MAX]!, ear });
      return;
    }
    place.tellTop(step, at, { ticks: event.close, ear });
    place.tellBook(at, ear);
    place.tellUnmarked(at, ear);
    this.tellBars(step, event, ear);
  }

  matcher(who: number): Matcher {
    return this.stages[who]!.place.matcher;
  }

  mark(who: number): number | undefined {
    return this.stages[who]!.place.markTicks();
  }

  /** What is paid, the tape itself says; nothing else is. */
  funding(): undefined {
    return undefined;
  }

  private begin(stage: Stage, index: number): readonly MatchEvent[] {
    const event = this.tape.event(index) as BarEvent;
    stage.bar = index;
    stage.event = event;
    stage.way = [];
    stage.passed = 0;
    stage.place.onOpen(event.openTs, event.open);
    return stage.place.matcher.move(event.open);
  }

  /** On to the place where this phase ends, or to where something happens before it. */
  private goOn(stage: Stage, phase: number): readonly MatchEvent[] {
    const { matcher } = stage.place;
    const goal = phase === CLOSE ? WAY_STOPS : phase - OPEN;
    if (stage.way.length === 0) stage.way = this.wayOf(stage);
    if (stage.passed >= goal) return NOTHING;
    const target = stage.way[stage.passed]!;
    const next = this.firstStop(stage, target);
    const events = matcher.move(next);
    if (next === target) stage.passed++;
    // Who was filled may answer before the price goes on; at the close it has to.
    this.isUnderway = stage.passed < goal && (phase === CLOSE || events.length === 0);
    return events;
  }

  private wayOf({ event, place }: Stage): number[] {
    const { open, high, low, close } = event!;
    const side = this.fill.path === "worst" ? this.positions.side(place.who) : undefined;
    const own = this.fill.path === "worst" ? close >= open : this.fill.path === "olhc";
    const isLowFirst = side === undefined ? own : side === "BUY";
    return isLowFirst ? [low, high, close] : [high, low, close];
  }

  /** The first price on the way to `target` at which something waits. */
  private firstStop({ place }: Stage, target: number): number {
    const from = place.matcher.last;
    let stop = place.matcher.firstFill(target);
    for (const wait of this.positions.waits(place.who)) {
      const ticks = target > from ? Math.ceil(wait - NOISE) : Math.floor(wait + NOISE);
      if (target > from ? ticks > from && ticks < stop : ticks < from && ticks > stop) stop = ticks;
    }
    return stop;
  }

  private tellBars(step: number, event: BarEvent, ear: MarketEar): void {
    const who = this.who(step);
    const { closed, long, place } = this.stages[who]!;
    const { units } = place;
    const { openTs, open, high, low, close, lots, quoteVolume, trades } = event;
    const bar: BaseBar = {
      openTs,
      endTs: this.at(step),
      open: units.price(open),
      high: units.price(high),
      low: units.price(low),
      close: units.price(close),
      volume: units.qty(lots),
      quoteVolume,
      trades,
      lots,
    };
    closed.length = 0;
    closed.push({ timeframe: event.timeframe, bar });
    long.add(bar, closed);
    ear.bars(who, bar.endTs, closed);
  }
}
