/** The market of a real exchange's public feeds: passed through as they come, with clients' orders matched here. */
import { type InstrumentId, instrumentOf, type Market } from "../../shared/domain/instrument.ts";
import { TIMEFRAMES } from "../../shared/domain/market.ts";
import { show } from "../../shared/domain/money.ts";
import type { Listing } from "../../shared/engine/listing.ts";
import type { MatchEvent, Matcher } from "../../shared/engine/matcher.ts";
import { RecordedMatcher } from "../../shared/engine/recorded.ts";
import { refuse } from "../../shared/errors.ts";
import type { Cancel, Clock, Net } from "../../shared/kit/ports.ts";
import { type Envelope, readEnvelope, readEvent } from "../../shared/market-data/recorded-line.ts";
import { INTERVALS, lengthOf } from "./binance/intervals.ts";
import { type Print, printOf } from "./frames.ts";
import { barOfRow } from "./kline-rows.ts";
import type { Bar } from "./klines.ts";
import type { KlineQuery, MarketHooks, MarketModel } from "./market.ts";
import { type Difference, MirrorBook, type SnapshotEvent, type Step } from "./mirror-book.ts";
import { MirrorLine } from "./mirror-line.ts";
import { askOrigin, type MirrorOrigin, streamUrls } from "./mirror-origin.ts";
import { type Mark, markOf, nextFundingAt, TAPE_PERIOD_MS, Tape } from "./tape.ts";

const HISTORY_BARS = 1_000;
const SNAPSHOT_LEVELS = 1_000;
const SNAPSHOT_RETRY_MS = 1_000;
const SNAPSHOT_RETRY_MS_MAX = 30_000;
/** An instrument of which nothing was heard for so long takes no orders. */
const STALE_MS = 10_000;

interface Stage {
  readonly listing: Listing;
  readonly print: Print;
  readonly matcher: RecordedMatcher;
  readonly tape: Tape;
  readonly book: MirrorBook;
  mark: Mark | undefined;
  heardAt: number;
  /** Why there is no whole book. */
  why: string;
  retryMs: number;
  cancel: Cancel;
}

export interface MirrorOptions {
  readonly clock: Clock;
  readonly net: Net;
  readonly origin: MirrorOrigin;
  readonly listings: readonly Listing[];
  /** Hears of everything that goes wrong on the way, a line each. */
  onTrouble?(message: string): void;
}

/**
 * Asks the exchange for each listing's filters and its past bars. Throws a Problem UNAVAILABLE where it cannot be
 * reached, and INVALID where it trades an instrument in other steps than the listing's.
 */
export async function openMirrorMarket(options: MirrorOptions): Promise<MirrorMarket> {
  const stages = options.listings.map((listing) => stageOf(listing));
  try {
    for (const stage of stages) await prepare(options, stage);
  } catch (error) {
    if (error instanceof Error && error.name === "Problem") throw error;
    refuse("UNAVAILABLE", `The mirrored exchange cannot be asked: ${(error as Error).message}`);
  }
  return new MirrorMarket(options, stages);
}

function stageOf(listing: Listing): Stage {
  const print = printOf(listing);
  const parts = { matcher: new RecordedMatcher(), tape: new Tape(print), book: new MirrorBook() };
  const why = "it is not connected yet";
  return { listing, print, ...parts, mark: undefined, heardAt: 0, why, retryMs: SNAPSHOT_RETRY_MS, cancel: () => {} };
}

async function prepare({ net, origin }: MirrorOptions, { listing, print, tape }: Stage): Promise<void> {
  const { market, symbol } = listing;
  const at = { market, host: origin[market] };
  checkSteps(listing, await askOrigin(net, at, { path: "exchangeInfo", query: { symbol } }));
  for (const timeframe of TIMEFRAMES) {
    if (!INTERVALS[market].has(timeframe)) continue;
    const query = { symbol, interval: timeframe, limit: HISTORY_BARS };
    const rows = (await askOrigin(net, at, { path: "klines", query })) as unknown[][];
    const bars = rows.map((row) => barOfRow(print, row, lengthOf(timeframe) as number));
    tape.klines.preload(
      timeframe,
      bars.filter((bar): bar is Bar => typeof bar !== "string"),
    );
  }
}

function checkSteps({ symbol, market, tick, step }: Listing, info: unknown): void {
  const { symbols } = info as { symbols: { symbol: string; filters: Record<string, string>[] }[] };
  const listed = symbols.find((each) => each.symbol === symbol);
  if (!listed) refuse("INVALID", `The mirrored exchange has no ${market} ${symbol}`);
  const of = (type: string, name: string): number =>
    Number(listed.filters.find(({ filterType }) => filterType === type)?.[name]);
  const [theirTick, theirStep] = [of("PRICE_FILTER", "tickSize"), of("LOT_SIZE", "stepSize")];
  if (theirTick === Number(show(tick)) && theirStep === Number(show(step))) return;
  refuse(
    "INVALID",
    `${market} ${symbol} trades there in ticks of ${theirTick} and steps of ${theirStep}, here in ${show(tick)} and ${show(step)}`,
  );
}

export class MirrorMarket implements MarketModel {
  private readonly options: MirrorOptions;
  private readonly stages = new Map<InstrumentId, Stage>();
  private lines: MirrorLine[] = [];
  private hooks: MarketHooks | undefined;
  private cancel: Cancel = () => {};

  constructor(options: MirrorOptions, stages: readonly Stage[]) {
    this.options = options;
    for (const stage of stages) this.stages.set(stage.listing.instrument, stage);
  }

  get assumed(): readonly string[] {
    const halted = [...this.stages.keys()].flatMap((instrument) => this.halted(instrument) ?? []);
    return ["market=not moved by us", "queue=cancels spread evenly", ...halted];
  }

  matcher(instrument: InstrumentId): Matcher {
    return this.stage(instrument).matcher;
  }

  start(hooks: MarketHooks): void {
    this.hooks = hooks;
    const { clock, net, origin } = this.options;
    for (const { tape } of this.stages.values()) tape.start(hooks);
    for (const market of ["SPOT", "FUT"] as const satisfies Market[]) {
      const symbols = [...this.stages.values()].flatMap(({ listing }) =>
        listing.market === market ? [listing.symbol] : [],
      );
      if (symbols.length === 0) continue;
      this.lines.push(
        ...streamUrls(market, origin[market], symbols).map(
          (url, nth) =>
            new MirrorLine({
              ...{ net, clock, url },
              // The first connection of a market is the one that carries its books.
              opened: () => nth === 0 && this.opened(market),
              message: (text) => this.heard(market, text),
              lost: (reason) => this.lost(market, { carriesBooks: nth === 0, reason }),
            }),
        ),
      );
    }
    this.cancel = clock.every(TAPE_PERIOD_MS, () => this.beat());
  }

  stop(): void {
    this.hooks = undefined;
    this.cancel();
    for (const line of this.lines) line.stop();
    for (const stage of this.stages.values()) stage.cancel();
    this.lines = [];
  }

  klines(instrument: InstrumentId, timeframe: string, query: KlineQuery): Bar[] {
    return this.stage(instrument).tape.klines.query(timeframe, query);
  }

  mark(instrument: InstrumentId): number | undefined {
    return markOf(this.stage(instrument));
  }

  funding(instrument: InstrumentId): { rate: number; nextAt: number } {
    return this.stage(instrument).mark ?? { rate: 0, nextAt: nextFundingAt(this.options.clock.now()) };
  }

  sequence(instrument: InstrumentId): number {
    return this.stage(instrument).matcher.sequence;
  }

  halted(instrument: InstrumentId): string | undefined {
    const { book, why, heardAt } = this.stage(instrument);
    if (!book.isWhole) return `The mirror of ${instrument} has no whole book: ${why}.`;
    const silentMs = this.options.clock.now() - heardAt;
    return silentMs > STALE_MS ? `The mirror of ${instrument} has heard nothing for ${STALE_MS / 1_000} s.` : undefined;
  }

  private stage(instrument: InstrumentId): Stage {
    return this.stages.get(instrument) ?? refuse("INSTRUMENT_DISABLED", `The mirror has no ${instrument}`);
  }

  private opened(market: Market): void {
    for (const stage of this.stages.values()) {
      if (stage.listing.market === market) this.resync(stage, "its snapshot is on its way");
    }
  }

  private lost(market: Market, { carriesBooks, reason }: { carriesBooks: boolean; reason: string }): void {
    this.options.onTrouble?.(`The ${market} streams were lost: ${reason}`);
    if (!carriesBooks) return;
    for (const stage of this.stages.values()) {
      if (stage.listing.market !== market) continue;
      stage.cancel();
      this.drop(stage, `its stream was lost (${reason.slice(0, 100)})`);
    }
  }

  private drop(stage: Stage, why: string): void {
    stage.why = why;
    stage.book.reset();
    stage.matcher.forget();
  }

  /** Begins the book anew; a gap's own difference stays in the book's waiting list. */
  private resync(stage: Stage, why: string): void {
    stage.cancel();
    stage.why = why;
    stage.matcher.forget();
    stage.retryMs = SNAPSHOT_RETRY_MS;
    void this.fetchSnapshot(stage);
  }

  private async fetchSnapshot(stage: Stage): Promise<void> {
    const { net, origin, onTrouble } = this.options;
    const { market, symbol } = stage.listing;
    const query = { symbol, limit: SNAPSHOT_LEVELS };
    try {
      const data = await askOrigin(net, { market, host: origin[market] }, { path: "depth", query });
      this.takeSnapshot(stage, data);
    } catch (error) {
      onTrouble?.(`${stage.listing.instrument}: ${(error as Error).message}`);
      this.askAgain(stage);
    }
  }

  private askAgain(stage: Stage): void {
    if (this.hooks === undefined || stage.book.isWhole) return;
    stage.cancel = this.options.clock.after(stage.retryMs, () => this.fetchSnapshot(stage));
    stage.retryMs = Math.min(SNAPSHOT_RETRY_MS_MAX, stage.retryMs * 2);
  }

  private takeSnapshot(stage: Stage, data: unknown): void {
    if (this.hooks === undefined || stage.book.isWhole) return;
    const envelope = { stream: "snapshot", data } as Envelope;
    const snapshot = readEvent(envelope, stage.print);
    if (typeof snapshot === "string") throw new Error(`a snapshot that cannot be read: ${snapshot}`);
    const step = stage.book.onSnapshot(snapshot as SnapshotEvent);
    if (step.kind !== "apply") {
      this.askAgain(stage);
      return;
    }
    stage.heardAt = this.options.clock.now();
    this.matched(stage, stage.matcher.onSnapshot(snapshot as SnapshotEvent));
    this.applyStep(stage, step);
  }

  private heard(market: Market, text: string): void {
    if (this.hooks === undefined) return;
    const envelope = readEnvelope(`${Math.floor(this.options.clock.now())}000000 ${text}`);
    if (typeof envelope !== "object" || envelope.symbol === undefined) return;
    const stage = this.stages.get(instrumentOf(market, envelope.symbol));
    if (!stage) return;
    const event = readEvent(envelope, stage.print);
    if (typeof event === "string") {
      this.options.onTrouble?.(`${stage.listing.instrument}: ${event}`);
      return;
    }
    stage.heardAt = this.options.clock.now();
    this.play(stage, envelope, event);
  }

  private play(stage: Stage, envelope: Envelope, event: Exclude<ReturnType<typeof readEvent>, string>): void {
    switch (event.kind) {
      case "depth":
        this.applyStep(stage, stage.book.onDifference({ event, raw: envelope.raw }));
        return;
      case "trade":
        stage.tape.trade(envelope.data.T, event);
        this.pass(stage, envelope);
        this.matched(stage, stage.matcher.onTrade(event));
        return;
      case "bookTicker":
        if (!stage.book.isWhole) return;
        this.pass(stage, envelope);
        this.matched(stage, stage.matcher.onTicker(event));
        return;
      case "markPrice":
        stage.mark = { ticks: stage.print.ticksBetween(event.mark), rate: event.rate, nextAt: event.nextAt };
        this.pass(stage, envelope);
        return;
      case "snapshot":
        return;
      default:
        event satisfies never;
    }
  }

  private applyStep(stage: Stage, step: Step): void {
    if (step.kind === "gap") {
      this.options.onTrouble?.(`${stage.listing.instrument}: updates are missing`);
      this.resync(stage, "updates were missing and its snapshot is on its way");
    }
    if (step.kind === "apply") for (const difference of step.differences) this.applyDifference(stage, difference);
  }

  private applyDifference(stage: Stage, { event, raw }: Difference): void {
    this.hooks?.frame(stage.listing.instrument, "depth", raw, this.options.clock.now());
    this.matched(stage, stage.matcher.onDepth(event));
  }

  private pass(stage: Stage, { stream, raw, exchTs }: Envelope): void {
    if (stream === "snapshot") return;
    this.hooks?.frame(stage.listing.instrument, stream, raw, exchTs ?? this.options.clock.now());
  }

  private matched({ listing }: Stage, events: readonly MatchEvent[]): void {
    if (events.length > 0) this.hooks?.matched(listing.instrument, [...events]);
  }

  private beat(): void {
    const now = this.options.clock.now();
    for (const { tape } of this.stages.values()) tape.beat(now, now, undefined);
  }
}
