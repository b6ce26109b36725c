/** Streams told by the second: klines that no market sends by itself, tickers, slower marks, and all of a market at once. */
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import type { Cancel } from "../../shared/kit/ports.ts";
import { barsOf } from "./binance/bars.ts";
import { klineEvent } from "./binance/kline-rows.ts";
import { listedAs } from "./binance/prints.ts";
import type { TickerKind } from "./binance/stream-names.ts";
import { tickerEvent } from "./binance/tickers.ts";
import type { Bar } from "./klines.ts";
import type { Made, MadeContext } from "./made.ts";
import type { FrameStream } from "./market.ts";

const SECOND = 1_000;
/** Futures tell klines every 250 ms, spot its one-second ones every second and others every two. */
const KLINE_MS = { FUT: 250, SPOT: 2_000 } as const;

/** The bars of one interval: the open one when it changed, and each once more as it closes. */
export class KlineFeed implements Made {
  private readonly context: MadeContext;
  private readonly interval: string;
  private readonly offsetMs: number;
  private readonly continuous: boolean;
  private readonly cancel: Cancel;
  private open: Bar | undefined;

  constructor(context: MadeContext, feed: { interval: string; offsetMs: number; continuous?: boolean }) {
    this.context = context;
    this.interval = feed.interval;
    this.offsetMs = feed.offsetMs;
    this.continuous = feed.continuous ?? false;
    const everyMs = this.interval === "1s" ? SECOND : KLINE_MS[context.market];
    this.cancel = context.desk.clock.every(everyMs, () => this.tell());
  }

  private tell(): void {
    const { desk } = this.context;
    const { market } = desk;
    const { instrument } = listedAs(desk, this.context.instrument);
    const bars = barsOf({ market, instrument }, { interval: this.interval, offsetMs: this.offsetMs }, { limit: 3 });
    const before = this.open;
    for (const bar of bars) {
      if (before && bar.openTs < before.openTs) continue;
      const isLast = bar === bars.at(-1);
      const isNews = !before || bar.openTs > before.openTs || bar.trades !== before.trades;
      if (!isLast && before) this.publish(bar, true);
      else if (isLast && isNews) this.publish(bar, false);
    }
    this.open = bars.at(-1) && { ...(bars.at(-1) as Bar) };
  }

  private publish(bar: Bar, closed: boolean): void {
    const { desk } = this.context;
    const listing = listedAs(desk, this.context.instrument);
    const how = { interval: this.interval, closed, at: Math.floor(desk.clock.now()), continuous: this.continuous };
    this.context.publish(JSON.stringify(klineEvent(listing, bar, how)));
  }

  stop(): void {
    this.cancel();
  }
}

/** One instrument's ticker as an object, or all that changed as an array. */
export class TickerFeed implements Made {
  private readonly context: MadeContext;
  private readonly kind: TickerKind;
  private readonly cancel: Cancel;
  private readonly told = new Map<InstrumentId, string>();

  constructor(context: MadeContext, kind: TickerKind) {
    this.context = context;
    this.kind = kind;
    this.cancel = context.desk.clock.every(SECOND, () => this.tell());
  }

  private tell(): void {
    const { desk, market, instrument, publish } = this.context;
    const listings = desk.listed.filter((each) =>
      instrument === undefined ? each.market === market : each.instrument === instrument,
    );
    const changed: unknown[] = [];
    for (const listing of listings) {
      const event = tickerEvent(desk, listing, this.kind);
      if (!event) continue;
      // Times move on by themselves; only what traded and what is offered is news.
      const news = JSON.stringify({ ...event, E: 0, O: 0, C: 0 });
      if (this.told.get(listing.instrument) === news) continue;
      this.told.set(listing.instrument, news);
      changed.push(event);
    }
    if (instrument === undefined && changed.length > 0) publish(JSON.stringify(changed));
    else for (const event of changed) publish(JSON.stringify(event));
  }

  stop(): void {
    this.cancel();
  }
}

/** Mark prices on every multiple of `everyMs` only; of all instruments together as an array. */
export class SlowFrames implements Made {
  readonly from = "markPrice";
  private readonly context: MadeContext;
  private readonly everyMs: number;
  private waiting: string[] = [];
  private cancel: Cancel | undefined;

  constructor(context: MadeContext, everyMs: number) {
    this.context = context;
    this.everyMs = everyMs;
  }

  frame(raw: string): void {
    const { desk, instrument, publish } = this.context;
    const second = Math.round(desk.clock.now() / SECOND) * SECOND;
    if (second % this.everyMs !== 0) return;
    if (instrument !== undefined) {
      publish(raw);
      return;
    }
    this.waiting.push(raw);
    this.cancel ??= desk.clock.after(0, () => this.tell());
  }

  private tell(): void {
    this.cancel = undefined;
    const frames = this.waiting;
    this.waiting = [];
    this.context.publish(`[${frames.join(",")}]`);
  }

  stop(): void {
    this.cancel?.();
  }
}

/** One kind of frame of all of a market's instruments. */
export class AllFrames implements Made {
  readonly from: FrameStream;
  private readonly context: MadeContext;

  constructor(context: MadeContext, stream: FrameStream) {
    this.context = context;
    this.from = stream;
  }

  frame(raw: string): void {
    this.context.publish(raw);
  }

  stop(): void {}
}
