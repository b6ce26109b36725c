/** The streams that clients listen to: the market's own frames, and what is made of them only while somebody listens. */
import { type InstrumentId, marketOf } from "../../shared/domain/instrument.ts";
import type { Desk } from "./binance/desk.ts";
import type { Feed, Wanted } from "./binance/stream-names.ts";
import { AggregateTrades, PacedDepth, PartialDepth } from "./book-feeds.ts";
import type { Hub, Listener } from "./hub.ts";
import type { Made, MadeContext } from "./made.ts";
import type { FrameStream } from "./market.ts";
import { AllFrames, KlineFeed, SlowFrames, TickerFeed } from "./second-feeds.ts";

export class Feeds {
  private readonly hub: Hub;
  private readonly desk: () => Desk;
  private readonly made = new Map<string, { wanted: Wanted; made: Made }>();
  /** `FUT:BTCUSDT|depth` or `FUT|bookTicker` → what is made of such frames. */
  private readonly consumers = new Map<string, Set<Made>>();

  constructor(hub: Hub, desk: () => Desk) {
    this.hub = hub;
    this.desk = desk;
  }

  add(wanted: Wanted, listener: Listener, prefix: string): void {
    if (!this.hub.add(wanted.topic, listener, prefix)) return;
    const made = this.make(wanted);
    if (!made) return;
    this.made.set(wanted.topic, { wanted, made });
    if (made.from === undefined) return;
    const key = consumerKey(wanted, made.from);
    const group = this.consumers.get(key) ?? new Set();
    this.consumers.set(key, group);
    group.add(made);
  }

  remove(wanted: Wanted, listener: Listener, prefix: string): void {
    if (!this.hub.remove(wanted.topic, listener, prefix)) return;
    const known = this.made.get(wanted.topic);
    if (!known) return;
    this.made.delete(wanted.topic);
    known.made.stop();
    if (known.made.from === undefined) return;
    const key = consumerKey(wanted, known.made.from);
    const group = this.consumers.get(key);
    group?.delete(known.made);
    if (group?.size === 0) this.consumers.delete(key);
  }

  wants(instrument: InstrumentId, stream: FrameStream): boolean {
    if (this.hub.has(`${instrument}|${stream}`)) return true;
    if (this.consumers.size === 0) return false;
    return this.consumers.has(`${instrument}|${stream}`) || this.consumers.has(`${marketOf(instrument)}|${stream}`);
  }

  /** A frame of the market. */
  frame(instrument: InstrumentId, stream: FrameStream, raw: string): void {
    this.hub.publish(`${instrument}|${stream}`, raw);
    if (this.consumers.size === 0) return;
    for (const made of this.consumers.get(`${instrument}|${stream}`) ?? []) made.frame?.(raw, instrument);
    for (const made of this.consumers.get(`${marketOf(instrument)}|${stream}`) ?? []) made.frame?.(raw, instrument);
  }

  /** A liquidation order, for those who listen to the instrument's or to all. */
  forceOrder(instrument: InstrumentId, raw: string): void {
    const feed = JSON.stringify({ kind: "forceOrder" } satisfies Feed);
    this.hub.publish(`${instrument}|${feed}`, raw);
    this.hub.publish(`${marketOf(instrument)}|*|${feed}`, raw);
  }

  stop(): void {
    for (const { made } of this.made.values()) made.stop();
    this.made.clear();
    this.consumers.clear();
  }

  private make({ market, instrument, feed, topic }: Wanted): Made | undefined {
    const context: MadeContext = {
      desk: this.desk(),
      instrument,
      market,
      publish: (raw) => this.hub.publish(topic, raw),
    };
    const isListed = context.desk.listed.some((each) => each.instrument === instrument);
    if (instrument !== undefined && !isListed) return undefined;
    switch (feed.kind) {
      case "aggTrade":
        return new AggregateTrades(context);
      case "depth":
        return new PacedDepth(context, feed.everyMs);
      case "partial":
        return new PartialDepth(context, feed);
      case "kline":
        return new KlineFeed(context, feed);
      case "ticker":
        return new TickerFeed(context, feed.ticker);
      case "markPrice":
        return new SlowFrames(context, feed.everyMs);
      case "frame":
        // One instrument's frames are published as they come.
        return instrument === undefined ? new AllFrames(context, feed.stream) : undefined;
      case "forceOrder":
        return undefined;
      default:
        feed satisfies never;
        return undefined;
    }
  }
}

const consumerKey = ({ instrument, market }: Wanted, from: FrameStream): string => `${instrument ?? market}|${from}`;
