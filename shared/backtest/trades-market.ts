/** The market of a tape of trades: each trade is the price, around which a touch is declared; bars are built from them. */
import type { Listing } from "../engine/listing.ts";
import type { MatchEvent, Matcher } from "../engine/matcher.ts";
import type { FillModel } from "./backtest-options.ts";
import type { BacktestMarket, MarketEar } from "./market.ts";
import type { Tape } from "./tape.ts";
import { assumedOfTouch, TouchPlace } from "./touch-place.ts";

const NOTHING: readonly MatchEvent[] = [];
/** The declared depth goes with the price, which changes it little: it is told this often. */
const BOOK_PERIOD_MS = 1_000;

export class TradesMarket implements BacktestMarket {
  readonly listings: readonly Listing[];
  readonly count: number;
  readonly marksEveryStep = true;
  private readonly tape: Tape;
  private readonly fill: FillModel;
  private readonly places: readonly TouchPlace[];
  /** When each book is told next, epoch ms. */
  private readonly bookAt: number[];

  constructor(tape: Tape, { fill }: { fill: FillModel }) {
    this.tape = tape;
    this.fill = fill;
    this.listings = tape.head.listings;
    this.count = tape.count;
    this.places = this.listings.map((listing, who) => new TouchPlace(who, listing, fill));
    this.bookAt = this.listings.map(() => 0);
  }

  get assumed(): readonly string[] {
    return assumedOfTouch(this.fill);
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
    const place = this.places[this.who(step)]!;
    const event = this.tape.event(step);
    if (event.kind === "trade") return place.matcher.move(event.ticks);
    if (event.kind === "markPrice") place.onMark(this.at(step), event);
    return NOTHING;
  }

  tradeTicks(step: number): number {
    return this.tape.kindAt(step) === "trade" ? this.places[this.who(step)]!.matcher.last : Number.NaN;
  }

  settlement(step: number): number | undefined {
    const event = this.tape.kindAt(step) === "settlement" ? this.tape.event(step) : undefined;
    return event?.kind === "settlement" ? event.rate : undefined;
  }

  tell(step: number, ear: MarketEar): void {
    const who = this.who(step);
    const place = this.places[who]!;
    const event = this.tape.event(step);
    const exchTs = this.tape.columns.exch[step]!;
    if (event.kind === "markPrice") place.tellMark(exchTs, event, ear);
    if (event.kind !== "trade") return;
    const { id, ticks, lots, buyerIsTaker } = event;
    ear.trade(who, exchTs, { id, ticks, lots, takerBuys: buyerIsTaker });
    place.tellTop(step, exchTs, { ticks, ear });
    if (exchTs < this.bookAt[who]!) return;
    this.bookAt[who] = exchTs + BOOK_PERIOD_MS;
    place.tellBook(exchTs, ear);
    place.tellUnmarked(exchTs, ear);
  }

  matcher(who: number): Matcher {
    return this.places[who]!.matcher;
  }

  mark(who: number): number | undefined {
    return this.places[who]!.markTicks();
  }

  /** What is paid, the tape itself says; nothing else is. */
  funding(): undefined {
    return undefined;
  }
}
