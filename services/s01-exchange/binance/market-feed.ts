/** One market's frames in, events out: who a frame is for, what is new in it, and when the book must be built anew. */
import type { InstrumentId, Market } from "../../../shared/domain/instrument.ts";
import type { Funding, MarketTrade, Ticker } from "../../../shared/domain/market.ts";
import { BookSync } from "../../../shared/engine/book-sync.ts";
import type { Cancel } from "../../../shared/kit/ports.ts";
import type { Listed, MarketOutlet, Surroundings } from "../types.ts";
import { parseExact } from "./exact-json.ts";
import { FrameScan } from "./frame-scan.ts";
import {
  type Diff,
  type Flaw,
  type Frame,
  kindOf,
  readDiff,
  readFunding,
  readLevels,
  readTicker,
  readTrade,
} from "./normalise.ts";
import { TopLevels } from "./top-levels.ts";

const SNAPSHOT_WAIT_MS = [250, 500, 1_000, 2_000, 5_000];
const WARN_EVERY_MS = 10_000;
const SECOND_MS = 1_000;

/** A book as it comes over REST. */
export interface Snapshot {
  readonly lastUpdateId: number;
  readonly bids: unknown;
  readonly asks: unknown;
}

/** What is known of one followed instrument. */
interface Track {
  on: Listed;
  readonly sync: BookSync;
  readonly bids: TopLevels;
  readonly asks: TopLevels;
  newestTs: number;
  heardAt: number;
  lastTrade: number;
  lastTicker: number;
  lastFunding: number;
  /** The newest update that came, in the book or not. */
  lastDiff: number;
  mark: string | undefined;
  /** The book changed since its top was last told. */
  dirty: boolean;
  /** The newest second of exchange time that anything was told of. */
  second: number;
  fetching: boolean;
}

export interface FeedPorts {
  outlet: MarketOutlet;
  snapshot(instrument: InstrumentId): Promise<Snapshot>;
  /** Every frame that is no repeat, as it came. */
  record(instrument: InstrumentId, ts: number, text: string): void;
  /** A trade was off the tick: the listing may have changed. */
  doubt(instrument: InstrumentId): void;
}

export class MarketFeed {
  private readonly tracks = new Map<string, Track>();
  private readonly warnedAt = new Map<string, number>();
  private readonly counts = { trade: 0, ticker: 0, depth: 0, funding: 0, other: 0, repeat: 0 };
  private readonly scan = new FrameScan((symbol) => this.tracks.get(symbol));
  private dirty: Track[] = [];
  private turn: Cancel | undefined;
  private readonly around: Surroundings;
  private readonly market: Market;
  private readonly ports: FeedPorts;

  constructor(around: Surroundings, market: Market, ports: FeedPorts) {
    this.around = around;
    this.market = market;
    this.ports = ports;
  }

  /** From now on these instruments and no others; one whose steps changed starts with an empty book. */
  follow(instruments: readonly Listed[]): void {
    const wanted = new Map(instruments.map((on) => [on.symbol, on]));
    for (const symbol of this.tracks.keys()) if (!wanted.has(symbol)) this.tracks.delete(symbol);
    for (const on of instruments) {
      const track = this.tracks.get(on.symbol);
      const sameSteps =
        track?.on.info.tick_size === on.info.tick_size && track?.on.info.step_size === on.info.step_size;
      if (track && sameSteps) track.on = on;
      else this.tracks.set(on.symbol, this.newTrack(on));
    }
  }

  /** The stream begins anew: the exchange's numbers may have too. */
  restart(): void {
    for (const track of this.tracks.values()) {
      const wasLive = track.sync.live;
      track.lastTrade = track.lastTicker = track.lastFunding = track.lastDiff = 0;
      track.sync.lose();
      if (wasLive) this.tellBook(track, this.around.clock.now());
    }
  }

  /** Milliseconds since anything came, by instrument; undefined: nothing yet. */
  ages(): { instrument: InstrumentId; ageMs: number | undefined; whole: boolean }[] {
    const now = this.around.clock.mono();
    return [...this.tracks.values()].map(({ on, heardAt, sync }) => ({
      instrument: on.instrument,
      ageMs: heardAt < 0 ? undefined : now - heardAt,
      whole: sync.live,
    }));
  }

  mark(instrument: InstrumentId): string | undefined {
    for (const track of this.tracks.values()) if (track.on.instrument === instrument) return track.mark;
    return undefined;
  }

  /** Frames since the last call by kind, for the metrics; counted apart because frames are many. */
  drainCounts(): [string, number][] {
    const counts = Object.entries(this.counts).filter(([, count]) => count > 0);
    Object.assign(this.counts, { trade: 0, ticker: 0, depth: 0, funding: 0, other: 0, repeat: 0 });
    return counts;
  }

  frame(text: string): void {
    const ts = this.around.clock.now();
    if (this.takeScanned(text, ts)) return;
    let data: Frame;
    try {
      data = inner(JSON.parse(text));
    } catch {
      this.drop("bad_json", text);
      return;
    }
    const track = this.tracks.get(data.s as string);
    if (!track) {
      if (typeof data.s === "string") this.drop("unknown_symbol", text);
      return;
    }
    let flaw = this.take(track, data, ts, text);
    if (flaw === "long_id") flaw = this.take(track, inner(parseExact(text)), ts, text);
    if (flaw) this.drop(flaw, text, track);
  }

  stop(): void {
    this.turn?.();
    this.tracks.clear();
  }

  /** The fast way for the frames that are many; false: the frame is to be parsed in full. */
  private takeScanned(text: string, ts: number): boolean {
    const { scan } = this;
    const kind = scan.begin(text);
    const track = scan.subject;
    if (!kind || !track) return false;
    if (kind === "trade") {
      const trade = scan.trade(ts);
      if (trade) this.takeTrade(track, trade, text);
      return trade !== undefined;
    }
    if (kind === "ticker") {
      const ticker = scan.ticker(ts, track.newestTs || ts);
      if (ticker) this.takeTicker(track, ticker, text);
      return ticker !== undefined;
    }
    const diff = scan.diff();
    if (diff) this.takeDiff(track, diff, ts, text);
    return diff !== undefined;
  }

  private take(track: Track, data: Frame, ts: number, text: string): Flaw | undefined {
    switch (kindOf(data)) {
      case "trade": {
        const trade = readTrade(data, track.on, ts);
        if (typeof trade === "string") return trade;
        this.takeTrade(track, trade, text);
        return;
      }
      case "ticker": {
        const ticker = readTicker(data, track.on, { ts, newestTs: track.newestTs || ts });
        if (typeof ticker === "string") return ticker;
        this.takeTicker(track, ticker, text);
        return;
      }
      case "depth": {
        const diff = readDiff(data, track.on);
        if (typeof diff === "string") return diff;
        this.takeDiff(track, diff, ts, text);
        return;
      }
      case "funding": {
        const funding = readFunding(data, track.on, ts);
        if (typeof funding === "string") return funding;
        this.takeFunding(track, funding, text);
        return;
      }
      case "other":
        this.counts.other++;
    }
  }

  private takeTrade(track: Track, trade: MarketTrade, text: string): void {
    this.counts.trade++;
    track.heardAt = this.around.clock.mono();
    const id = Number(trade.trade_id);
    if (id <= track.lastTrade) {
      this.counts.repeat++;
      return;
    }
    track.lastTrade = id;
    if (this.isOfNextSecond(track, trade.exch_ts)) this.tellChanges(track, trade.ts);
    track.newestTs = Math.max(track.newestTs, trade.exch_ts);
    this.ports.record(track.on.instrument, trade.ts, text);
    this.ports.outlet.trade(trade);
    if (!track.on.price.isOnStep(track.on.price.read(trade.price))) this.ports.doubt(track.on.instrument);
  }

  private takeTicker(track: Track, ticker: Ticker, text: string): void {
    this.counts.ticker++;
    track.heardAt = this.around.clock.mono();
    if (ticker.seq <= track.lastTicker) {
      this.counts.repeat++;
      return;
    }
    track.lastTicker = ticker.seq;
    if (this.isOfNextSecond(track, ticker.exch_ts)) this.tellChanges(track, ticker.ts);
    this.ports.record(track.on.instrument, ticker.ts, text);
    this.ports.outlet.ticker(ticker);
  }

  /** Marks come on a connection of their own and do not show that the book's lives. */
  private takeFunding(track: Track, funding: Funding, text: string): void {
    this.counts.funding++;
    if (funding.exch_ts <= track.lastFunding) {
      this.counts.repeat++;
      return;
    }
    track.lastFunding = funding.exch_ts;
    track.mark = funding.mark;
    this.ports.record(track.on.instrument, funding.ts, text);
    this.ports.outlet.funding(funding);
  }

  private takeDiff(track: Track, diff: Diff, ts: number, text: string): void {
    this.counts.depth++;
    track.heardAt = this.around.clock.mono();
    if (diff.last <= track.lastDiff) {
      this.counts.repeat++;
      return;
    }
    track.lastDiff = diff.last;
    track.newestTs = Math.max(track.newestTs, diff.exchTs);
    this.ports.record(track.on.instrument, ts, text);
    const taken = track.sync.take(diff);
    if (taken === "applied" && this.isOfNextSecond(track, diff.exchTs)) this.tellBook(track, ts);
    else if (taken === "applied") this.touch(track, ts);
    else if (taken === "gap") this.gap(track, ts, `update ${diff.first}–${diff.last} does not follow`);
    if (taken === "held" || taken === "gap") void this.fetch(track);
  }

  /** Bars end on whole seconds: what closes one must find the book as it was, however many frames a turn brings. */
  private isOfNextSecond(track: Track, exchTs: number): boolean {
    const second = Math.floor(exchTs / SECOND_MS);
    if (second <= track.second) return false;
    track.second = second;
    return true;
  }

  private tellChanges(track: Track, ts: number): void {
    if (track.dirty && track.sync.live) this.tellBook(track, ts);
  }

  /** The first change of a turn is told at once, what follows in the same turn together at its end. */
  private touch(track: Track, ts: number): void {
    if (track.dirty) return;
    if (!this.turn) {
      this.tellBook(track, ts);
      this.turn = this.around.clock.after(0, () => this.endTurn(), this.market);
      return;
    }
    track.dirty = true;
    this.dirty.push(track);
  }

  private endTurn(): void {
    this.turn = undefined;
    const dirty = this.dirty;
    this.dirty = [];
    for (const track of dirty) {
      track.dirty = false;
      if (track.sync.live) this.tellBook(track, this.around.clock.now());
    }
  }

  private tellBook(track: Track, ts: number): void {
    const { on, sync, newestTs } = track;
    const stamp = { instrument: on.instrument, exch_ts: newestTs || ts, ts, seq: sync.last };
    this.ports.outlet.depth(
      sync.live
        ? { ...stamp, ok: true, bids: track.bids.of(sync.book), asks: track.asks.of(sync.book) }
        : { ...stamp, ok: false, bids: [], asks: [] },
    );
  }

  private gap(track: Track, ts: number, why: string): void {
    const { instrument } = track.on;
    this.tellBook(track, ts);
    this.around.meters.gaps.inc({ instrument });
    this.around.log.warn("Book lost", { instrument, why });
    this.around.raise("WARN", "MARKET_GAP", `The book of ${instrument} was lost`, "Building it anew");
  }

  /** Tries until the book is whole; the held updates bridge the time that a snapshot takes. */
  private async fetch(track: Track): Promise<void> {
    if (track.fetching) return;
    track.fetching = true;
    const { clock, log, random } = this.around;
    const { instrument, symbol } = track.on;
    try {
      for (let attempt = 0; this.tracks.get(symbol) === track && !track.sync.live; attempt++) {
        try {
          const snapshot = await this.ports.snapshot(instrument);
          if (this.tracks.get(symbol) !== track) return;
          if (restored(track, snapshot)) this.touch(track, clock.now());
          if (track.sync.live) return;
        } catch (error) {
          log.warn("No book snapshot", { instrument, error: String(error) });
        }
        const wait = SNAPSHOT_WAIT_MS[Math.min(attempt, SNAPSHOT_WAIT_MS.length - 1)]!;
        await clock.sleep(wait * (0.75 + random.next() / 2));
      }
    } finally {
      track.fetching = false;
    }
  }

  private newTrack(on: Listed): Track {
    return {
      on,
      sync: new BookSync(),
      bids: new TopLevels(on, "BUY"),
      asks: new TopLevels(on, "SELL"),
      newestTs: 0,
      heardAt: -1,
      lastTrade: 0,
      lastTicker: 0,
      lastFunding: 0,
      lastDiff: 0,
      mark: undefined,
      dirty: false,
      second: 0,
      fetching: false,
    };
  }

  private drop(reason: Flaw | "bad_json" | "unknown_symbol", text: string, track?: Track): void {
    this.around.meters.dropped.inc({ market: this.market, reason });
    const now = this.around.clock.mono();
    const key = `${reason}/${track?.on.instrument ?? ""}`;
    if (now - (this.warnedAt.get(key) ?? Number.NEGATIVE_INFINITY) < WARN_EVERY_MS) return;
    this.warnedAt.set(key, now);
    this.around.log.warn("Market frame dropped", { market: this.market, reason, frame: text.slice(0, 200) });
  }
}

/** The combined-stream envelope is taken off where there is one. */
function inner(parsed: unknown): Frame {
  if (typeof parsed !== "object" || parsed === null) throw new SyntaxError("A frame is an object");
  const { data } = parsed as { data?: unknown };
  return (typeof data === "object" && data !== null ? data : parsed) as Frame;
}

/** False: the snapshot is older than what is held, or spoilt. */
function restored({ on, sync }: Track, { lastUpdateId: last, ...sides }: Snapshot): boolean {
  const bids = readLevels(sides.bids, on);
  const asks = readLevels(sides.asks, on);
  return Array.isArray(bids) && Array.isArray(asks) && sync.restore({ last, bids, asks });
}
