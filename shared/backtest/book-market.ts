/** The market of a tape that has the whole book: matched by what was recorded, heard as the connector would tell it. */
import type { BookSnapshot } from "../engine/book-sync.ts";
import type { Listing } from "../engine/listing.ts";
import type { MatchEvent, Matcher } from "../engine/matcher.ts";
import { RecordedMatcher } from "../engine/recorded.ts";
import { HeardMarket } from "./heard-market.ts";
import { Units } from "./in-units.ts";
import type { BacktestMarket, MarketEar } from "./market.ts";
import type { Tape, TapeEvent } from "./tape.ts";

const NOTHING: readonly MatchEvent[] = [];
const FUNDING_PERIOD_MS = 8 * 3_600_000;
/** As a snapshot over REST. */
const SNAPSHOT_LEVELS = 1_000;
/** Events kept from where they happen to where they are heard; a power of two. */
const UNDER_WAY = 1_024;

export interface BookPorts {
  now(): number;
  after(ms: number, run: () => void): void;
  /** A question to the exchange: `work` happens there, `then` a whole way later. */
  ask<T>(work: () => T, then: (answer: T) => void): void;
}

interface Stage {
  readonly units: Units;
  readonly matcher: RecordedMatcher;
  readonly heard: HeardMarket;
  mark: { ticks: number; price: number; rate: number; nextAt: number } | undefined;
}

export class BookMarket implements BacktestMarket {
  readonly listings: readonly Listing[];
  readonly count: number;
  readonly marksEveryStep = false;
  private readonly tape: Tape;
  private readonly stages: readonly Stage[];
  private readonly dirty: Record<Listing["market"], Stage[]> = { FUT: [], SPOT: [] };
  private readonly isTurn: Record<Listing["market"], boolean> = { FUT: false, SPOT: false };
  private applied: TapeEvent | undefined;
  private readonly underWay = new Array<TapeEvent | undefined>(UNDER_WAY);
  private appliedStep = -1;

  constructor(tape: Tape, ports: BookPorts) {
    this.tape = tape;
    this.listings = tape.head.listings;
    this.count = tape.count;
    this.stages = this.listings.map((listing, who) => ({
      units: new Units(listing),
      matcher: new RecordedMatcher(),
      heard: new HeardMarket(who, listing.market === "SPOT", {
        now: ports.now,
        after: ports.after,
        fetch: (of, then) => ports.ask(() => this.snapshot(of), then),
      }),
      mark: undefined,
    }));
    this.open();
  }

  /** The books with which the record begins stand before it does. */
  private open(): void {
    const { tape } = this;
    for (let step = 0; step < tape.count && tape.at(step) === tape.at(0); step++) {
      const event = tape.event(step);
      if (event.kind === "snapshot") this.stages[this.who(step)]!.matcher.onSnapshot(event);
    }
  }

  get assumed(): readonly string[] {
    const assumed = ["market=not moved by us", "queue=cancels spread evenly"];
    for (const { units, matcher, mark } of this.stages) {
      if (units.listing.market === "FUT" && !mark) assumed.push(`${units.instrument}: mark=mid, funding=0`);
      if (!matcher.isWhole) assumed.push(`${units.instrument}: book=differences without a snapshot`);
    }
    return assumed;
  }

  at(step: number): number {
    return this.tape.at(step);
  }

  who(step: number): number {
    return this.tape.columns.who[step]!;
  }

  stepAt(ts: number): number {
    return this.tape.indexAt(ts);
  }

  apply(step: number): readonly MatchEvent[] {
    const stage = this.stages[this.who(step)]!;
    const event = this.tape.event(step);
    this.applied = event;
    this.appliedStep = step;
    this.underWay[step & (UNDER_WAY - 1)] = event;
    switch (event.kind) {
      case "depth":
        return stage.matcher.onDepth(event);
      case "trade":
        return stage.matcher.onTrade(event);
      case "bookTicker":
        return stage.matcher.onTicker(event);
      case "snapshot":
        return stage.matcher.onSnapshot(event);
      case "markPrice": {
        const { mark, rate, nextAt } = event;
        stage.mark = { ticks: mark / stage.units.price(1), price: mark, rate, nextAt };
        return NOTHING;
      }
      default:
        return NOTHING;
    }
  }

  tradeTicks(): number {
    return this.applied?.kind === "trade" ? this.applied.ticks : Number.NaN;
  }

  settlement(): number | undefined {
    return this.applied?.kind === "settlement" ? this.applied.rate : undefined;
  }

  tell(step: number, ear: MarketEar): void {
    const stage = this.stages[this.who(step)]!;
    const isKept = this.appliedStep - step < UNDER_WAY;
    const event = (isKept ? this.underWay[step & (UNDER_WAY - 1)] : undefined) ?? this.tape.event(step);
    const exchTs = this.tape.columns.exch[step]!;
    const { heard } = stage;
    switch (event.kind) {
      case "depth":
        this.tellDiff(stage, exchTs, { event, ear });
        break;
      case "trade": {
        const { id, ticks, lots, buyerIsTaker } = event;
        heard.trade(exchTs, { id, ticks, lots, takerBuys: buyerIsTaker }, ear);
        break;
      }
      case "bookTicker":
        heard.ticker(exchTs, event, ear);
        break;
      case "markPrice":
        heard.funding(exchTs, event, ear);
        break;
      default:
    }
  }

  /** The first change of a turn is told at once, what follows in the same turn together at its end. */
  private tellDiff(
    stage: Stage,
    exchTs: number,
    { event, ear }: { event: TapeEvent & { kind: "depth" }; ear: MarketEar },
  ): void {
    const { market } = stage.units.listing;
    const diff = { first: event.first, last: event.last, previous: event.prev, bids: event.bids, asks: event.asks };
    const isLater = stage.heard.diff(exchTs, diff, { ear, isFirst: !this.isTurn[market] });
    if (!isLater) return;
    if (this.isTurn[market]) this.dirty[market].push(stage);
    this.isTurn[market] = true;
  }

  endTurn(ear: MarketEar): void {
    for (const market of ["FUT", "SPOT"] as const) {
      if (!this.isTurn[market]) continue;
      this.isTurn[market] = false;
      for (const { heard } of this.dirty[market].splice(0)) heard.endTurn(ear);
    }
  }

  markTold(who: number, exchTs: number): ((ear: MarketEar) => void) | undefined {
    const { heard, units, mark, matcher } = this.stages[who]!;
    const best = matcher.best();
    if (mark !== undefined || best === undefined || units.listing.market !== "FUT") return undefined;
    const price = units.between((best.bidTicks + best.askTicks) / 2);
    const nextAt = (Math.floor(exchTs / FUNDING_PERIOD_MS) + 1) * FUNDING_PERIOD_MS;
    return (ear) => heard.funding(exchTs, { mark: price, rate: 0, nextAt }, ear);
  }

  matcher(who: number): Matcher {
    return this.stages[who]!.matcher;
  }

  mark(who: number): number | undefined {
    const { mark, matcher } = this.stages[who]!;
    if (mark !== undefined) return mark.ticks;
    const best = matcher.best();
    return best && (best.bidTicks + best.askTicks) / 2;
  }

  funding(who: number): { rate: number; nextAt: number } | undefined {
    return this.stages[who]!.mark;
  }

  private snapshot(who: number): BookSnapshot {
    const { matcher } = this.stages[who]!;
    const { bids, asks } = matcher.depth(SNAPSHOT_LEVELS);
    return { last: matcher.sequence, bids: bids.flat(), asks: asks.flat() };
  }
}
