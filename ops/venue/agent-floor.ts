/** One instrument's live book among agents: clients and agents trade in it, and every change becomes a frame. */
import { opposite, type Side } from "../../shared/domain/order.ts";
import type { Best, Depth, MatchEvent, Matcher, NewOrder, Wish } from "../../shared/engine/matcher.ts";
import { LimitOrderMatcher } from "../../shared/engine/matching.ts";
import { depthFrame, type Print, tickerFrame, tradeFrame } from "./frames.ts";
import type { FrameStream, MarketHooks } from "./market.ts";
import { Tape } from "./tape.ts";

/** Agents' order ids begin so; clients' never do. */
const AGENT = "~";
const isAgent = (orderId: string): boolean => orderId.startsWith(AGENT);

export class Floor implements Matcher {
  readonly print: Print;
  readonly tape: Tape;
  /** Counts every change of the book; the `u` of the next frame. */
  sequence: number;
  lastTicks: number | undefined;
  private readonly matching = new LimitOrderMatcher();
  private readonly now: () => number;
  private readonly traded: (trade: { ticks: number; lots: number; buyerIsTaker: boolean }) => void;
  private readonly changed: Readonly<Record<Side, Set<number>>> = { BUY: new Set(), SELL: new Set() };
  private hooks: MarketHooks | undefined;
  private told: Best | undefined;
  private sent: number;
  private tradeId: number;
  private agentId = 0;

  constructor(print: Print, now: () => number, traded: Floor["traded"]) {
    this.print = print;
    this.now = now;
    this.traded = traded;
    this.tape = new Tape(print);
    this.sequence = 1;
    this.sent = 1;
    this.tradeId = 0;
  }

  open(hooks: MarketHooks): void {
    this.hooks = hooks;
    this.tape.start(hooks);
    // Ids go on from the clock, so that they rise over restarts too.
    this.sequence = Math.max(this.sequence, Math.floor(this.now()));
    this.sent = this.sequence;
    this.tradeId = Math.max(this.tradeId, this.sequence);
  }

  close(): void {
    this.hooks = undefined;
  }

  /** A client's order; answers what happened to clients. */
  place(order: NewOrder): MatchEvent[] {
    const events = this.match(order);
    this.tellBest();
    return events;
  }

  cancel(orderId: string): MatchEvent[] {
    const events = this.withdraw(orderId);
    this.tellBest();
    return events;
  }

  cut(orderId: string, left: number): void {
    const order = this.matching.book.get(orderId);
    if (order !== undefined) this.touch(order.side, order.ticks);
    this.matching.cut(orderId, left);
    this.tellBest();
  }

  preview(order: Wish): [ticks: number, lots: number][] {
    return this.matching.preview(order);
  }

  best(): Best | undefined {
    return this.matching.best();
  }

  depth(levels: number): Depth {
    return this.matching.depth(levels);
  }

  /** Lots of an order that are left; zero when it does not rest. */
  left(orderId: string): number {
    return this.matching.book.get(orderId)?.lots ?? 0;
  }

  /** An agent's order; answers its id when it rests. Clients whose orders it meets are told. */
  act(order: Omit<NewOrder, "id">): string | undefined {
    this.agentId++;
    const id = `${AGENT}${this.agentId}`;
    const events = this.match({ id, ...order });
    if (events.length > 0) this.hooks?.matched(this.print.instrument, events);
    return this.left(id) > 0 ? id : undefined;
  }

  /** An agent takes its order back. */
  retire(orderId: string): void {
    this.withdraw(orderId);
  }

  /** The best prices, where they changed since they were last told. */
  tellBest(): void {
    const best = this.matching.best();
    const { told } = this;
    if (best === undefined || (told !== undefined && isSame(best, told))) return;
    this.told = best;
    if (!this.wants("bookTicker")) return;
    const at = Math.floor(this.now());
    const raw = tickerFrame(this.print, at, { seq: this.sequence, best });
    this.hooks?.frame(this.print.instrument, "bookTicker", raw, at);
  }

  /** Every level that changed since the last difference. */
  tellDepth(): void {
    if (this.sequence === this.sent) return;
    const levels = (side: Side) =>
      [...this.changed[side]].map((ticks): [number, number] => [ticks, this.matching.book.lotsAt(side, ticks)]);
    if (this.wants("depth")) {
      const at = Math.floor(this.now());
      const ids = { first: this.sent + 1, last: this.sequence, prev: this.sent };
      const raw = depthFrame(this.print, at, { ...ids, bids: levels("BUY"), asks: levels("SELL") });
      this.hooks?.frame(this.print.instrument, "depth", raw, at);
    }
    this.sent = this.sequence;
    this.changed.BUY.clear();
    this.changed.SELL.clear();
  }

  private match(order: NewOrder): MatchEvent[] {
    const events = this.matching.place(order);
    const at = Math.floor(this.now());
    for (const event of events) {
      if (event.kind === "resting") this.touch(order.side, order.ticks);
      if (event.kind === "prevented") this.touch(opposite(order.side), event.ticks);
      if (event.kind !== "trade" || event.maker) continue;
      this.touch(opposite(order.side), event.ticks);
      this.tell(at, { ticks: event.ticks, lots: event.lots, buyerIsTaker: order.side === "BUY" });
    }
    return events.filter(({ orderId }) => !isAgent(orderId));
  }

  private withdraw(orderId: string): MatchEvent[] {
    const order = this.matching.book.get(orderId);
    if (order !== undefined) this.touch(order.side, order.ticks);
    return this.matching.cancel(orderId);
  }

  private tell(at: number, trade: { ticks: number; lots: number; buyerIsTaker: boolean }): void {
    this.tradeId++;
    this.lastTicks = trade.ticks;
    this.traded(trade);
    const printed = { id: this.tradeId, ...trade };
    this.tape.trade(at, printed);
    if (!this.wants("trade")) return;
    this.hooks?.frame(this.print.instrument, "trade", tradeFrame(this.print, at, printed), at);
  }

  private touch(side: Side, ticks: number): void {
    this.sequence++;
    this.changed[side].add(ticks);
  }

  private wants(stream: FrameStream): boolean {
    return this.hooks !== undefined && (this.hooks.wants?.(this.print.instrument, stream) ?? true);
  }
}

const isSame = (a: Best, b: Best): boolean =>
  a.bidTicks === b.bidTicks && a.askTicks === b.askTicks && a.bidLots === b.bidLots && a.askLots === b.askLots;
