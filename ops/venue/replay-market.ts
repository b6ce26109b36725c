/** The market of a recording: plays its lines when the clock reaches them, and matches clients against its books. */
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import type { Listing } from "../../shared/engine/listing.ts";
import type { MatchEvent, Matcher } from "../../shared/engine/matcher.ts";
import { RecordedMatcher } from "../../shared/engine/recorded.ts";
import { assert, refuse } from "../../shared/errors.ts";
import type { Cancel, Clock } from "../../shared/kit/ports.ts";
import type { Line, Recording } from "../../shared/market-data/recording.ts";
import { type Print, printOf } from "./frames.ts";
import { type History, placeHistory } from "./kline-files.ts";
import type { Bar } from "./klines.ts";
import type { KlineQuery, MarketHooks, MarketModel } from "./market.ts";
import { openRecording } from "./replay.ts";
import { type Mark, markOf, nextFundingAt, TAPE_PERIOD_MS, Tape } from "./tape.ts";

/** Frames of one instant reach the recorder up to this much apart: a bar is closed that much after its end. */
const STRAGGLERS_MS = 500;
/** Lines played before timers and sockets get their turn, when the clock is ahead. */
const BATCH_LINES = 1000;
const DAY_MS = 86_400_000;
/** A clock that is further past the recording's start is no clock of that time: the recording is played as if now. */
const LATE_START_MS_MAX = 60_000;
/** Event and transaction times, funding times: every epoch in a frame. */
const EPOCHS = /"([ET])":(\d{13})\b/g;

interface Stage {
  readonly print: Print;
  readonly matcher: RecordedMatcher;
  readonly tape: Tape;
  /** Recorded; none: the mid and no funding. */
  mark: Mark | undefined;
}

export interface ReplayOptions {
  clock: Clock;
  files: readonly string[];
  /** Instruments without a listing are left out, each line counted among the problems. */
  listings: readonly Listing[];
  /** Bars from before the recording, by instrument. */
  history?: ReadonlyMap<InstrumentId, History>;
}

/**
 * Throws a Problem INVALID for files that cannot be opened or hold nothing.
 *
 * On a clock that stands at `startsAt` (or before) when it starts, frames are played as recorded. On a later one, such
 * as the wall clock, the whole recording is moved: it begins at once, and the times in its frames are moved with it.
 */
export async function openReplayMarket({ clock, files, listings, history }: ReplayOptions): Promise<ReplayMarket> {
  const prints = new Map(listings.map((listing) => [listing.instrument, printOf(listing)]));
  const recording = await openRecording(files, { scalesOf: (instrument) => prints.get(instrument) });
  const played = recording.instruments.flatMap((instrument) => prints.get(instrument) ?? []);
  if (played.length === 0) refuse("INVALID", `None of ${recording.instruments.join(", ")} is listed`);
  return new ReplayMarket(clock, recording, { prints: played, history: history ?? new Map() });
}

export class ReplayMarket implements MarketModel {
  readonly recording: Recording;
  private readonly clock: Clock;
  private readonly history: ReadonlyMap<InstrumentId, History>;
  private readonly stages = new Map<InstrumentId, Stage>();
  private readonly cancels = new Map<string, Cancel>();
  private hooks: MarketHooks | undefined;
  private ahead: Line | undefined;
  /** Recorded time plus this is the clock's time. */
  private shiftMs = 0;
  /** When bars and marks are told next: in line with the recorded lines, however late the machine's timers are. */
  private beatAt = 0;
  private playedAt = 0;

  constructor(
    clock: Clock,
    recording: Recording,
    { prints, history }: { prints: readonly Print[]; history: ReadonlyMap<InstrumentId, History> },
  ) {
    this.clock = clock;
    this.recording = recording;
    this.history = history;
    for (const print of prints) {
      const stage = { print, matcher: new RecordedMatcher(), tape: new Tape(print), mark: undefined };
      this.stages.set(print.instrument, stage);
      const opening = recording.openings.get(print.instrument);
      if (opening !== undefined) stage.matcher.onSnapshot(opening);
    }
  }

  get startsAt(): number {
    return this.recording.startsAt;
  }

  get instruments(): InstrumentId[] {
    return [...this.stages.keys()];
  }

  get assumed(): readonly string[] {
    const assumed = ["market=not moved by us", "queue=cancels spread evenly", this.before, "regime=NORMAL"];
    if (this.shiftMs > 0) assumed.push(`time=recorded time and ${(this.shiftMs / DAY_MS).toFixed(2)} days`);
    for (const { print, matcher, mark } of this.stages.values()) {
      if (print.market === "FUT" && mark === undefined) assumed.push(`${print.instrument}: mark=mid, funding=0`);
      if (!matcher.isWhole) assumed.push(`${print.instrument}: book=differences without a snapshot`);
    }
    return assumed;
  }

  private get before(): string {
    const known = [...this.history.keys()];
    return known.length === 0 ? "history=none before" : `history=from files, moved to end at the start: ${known}`;
  }

  matcher(instrument: InstrumentId): Matcher {
    return this.stage(instrument).matcher;
  }

  start(hooks: MarketHooks): void {
    assert(this.hooks === undefined, "a recording starts once");
    const late = this.clock.now() - this.startsAt;
    if (late > LATE_START_MS_MAX) this.shiftMs = Math.round(late);
    this.hooks = hooks;
    for (const [instrument, { tape }] of this.stages) {
      const known = this.history.get(instrument);
      if (known) placeHistory(tape.klines, known, this.startsAt + this.shiftMs);
      tape.start(hooks);
    }
    this.beatAt = (Math.floor(this.clock.now() / TAPE_PERIOD_MS) + 1) * TAPE_PERIOD_MS;
    this.pump();
  }

  stop(): void {
    for (const cancel of this.cancels.values()) cancel();
    this.cancels.clear();
    this.hooks = undefined;
    this.recording.close();
  }

  /** Without history, closed bars that began before the recording are left out: a real exchange has no parts of bars. */
  klines(instrument: InstrumentId, timeframe: string, query: KlineQuery): Bar[] {
    const bars = this.stage(instrument).tape.klines.query(timeframe, query);
    const wholeFrom = this.startsAt + this.shiftMs;
    if (this.history.has(instrument)) return bars;
    return bars.filter(({ openTs, closeTs }) => openTs >= wholeFrom || closeTs >= this.clock.now());
  }

  mark(instrument: InstrumentId): number | undefined {
    return markOf(this.stage(instrument));
  }

  funding(instrument: InstrumentId): { rate: number; nextAt: number } {
    const { mark } = this.stage(instrument);
    return mark ?? { rate: 0, nextAt: nextFundingAt(this.clock.now()) };
  }

  sequence(instrument: InstrumentId): number {
    return this.stage(instrument).matcher.sequence;
  }

  private stage(instrument: InstrumentId): Stage {
    const stage = this.stages.get(instrument);
    return stage ?? refuse("INSTRUMENT_DISABLED", `The recording has no ${instrument}`);
  }

  /** Plays every line and beat that is due, in order of time, then waits for the next. */
  private pump(): void {
    for (let played = 0; this.hooks !== undefined; played++) {
      const line = this.ahead ?? this.recording.next();
      if (line instanceof Promise) {
        void this.clock.hold(line).then((read) => this.goOn(read));
        return;
      }
      if (line === undefined) {
        this.end();
        return;
      }
      this.ahead = line;
      const lineAt = line.clockMs + this.shiftMs;
      const waitMs = Math.min(lineAt, this.beatAt) - this.clock.now();
      if (waitMs > 0 || played >= BATCH_LINES) {
        this.cancels.set(
          "pump",
          this.clock.after(Math.max(0, waitMs), () => this.pump()),
        );
        return;
      }
      if (this.beatAt < lineAt) {
        this.beat(this.beatAt);
        this.beatAt += TAPE_PERIOD_MS;
        continue;
      }
      this.ahead = undefined;
      this.playedAt = lineAt;
      this.play(line, this.hooks);
    }
  }

  private goOn(line: Line | undefined): void {
    this.ahead = line;
    if (line === undefined) this.end();
    else this.pump();
  }

  private end(): void {
    const { hooks } = this;
    if (hooks === undefined) return;
    this.beat(this.playedAt);
    for (const cancel of this.cancels.values()) cancel();
    this.cancels.clear();
    hooks.ended();
  }

  private play(line: Line, hooks: MarketHooks): void {
    const stage = this.stage(line.instrument);
    const events = this.apply(stage, line);
    if (line.stream !== "snapshot") {
      const raw = this.shiftMs === 0 ? line.raw : moved(line.raw, this.shiftMs);
      hooks.frame(line.instrument, line.stream, raw, line.exchTs + this.shiftMs);
    }
    if (events.length > 0) hooks.matched(line.instrument, events);
  }

  private apply(stage: Stage, { event, exchTs }: Line): MatchEvent[] {
    const { matcher, tape, print } = stage;
    switch (event.kind) {
      case "depth":
        return matcher.onDepth(event);
      case "trade":
        tape.trade(exchTs + this.shiftMs, event);
        return matcher.onTrade(event);
      case "bookTicker":
        return matcher.onTicker(event);
      case "snapshot":
        return matcher.onSnapshot(event);
      case "markPrice":
        stage.mark = { ticks: print.ticksBetween(event.mark), rate: event.rate, nextAt: event.nextAt + this.shiftMs };
        return [];
    }
  }

  private beat(now: number): void {
    for (const { print, tape, mark } of this.stages.values()) {
      const ticks = print.market === "FUT" && mark === undefined ? this.mark(print.instrument) : undefined;
      const frame = ticks === undefined ? undefined : { ticks, rate: 0, nextAt: nextFundingAt(now) };
      tape.beat(now, now - STRAGGLERS_MS, frame);
    }
  }
}

const moved = (raw: string, ms: number): string =>
  raw.replace(EPOCHS, (_, name: string, epoch: string) => `"${name}":${Number(epoch) + ms}`);
