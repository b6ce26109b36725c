/** Fills that the router has booked and that never came here: the bus may have lost the news of them. */
import { done } from "../../shared/changes.ts";
import { fills, intents, orders } from "../../shared/collections/orders.ts";
import { trades } from "../../shared/collections/trades.ts";
import type { Instrument } from "../../shared/domain/instrument.ts";
import { dec, sum } from "../../shared/domain/money.ts";
import type { Fill } from "../../shared/domain/order.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import type { Op, Query } from "../../shared/kit/ports.ts";
import type { OrderResult } from "../../shared/streams.ts";
import { netQty } from "../../shared/trading/execution/net-qty.ts";
import type { TradeRules } from "../../shared/trading/position/trade.ts";
import { rulesOf } from "../../shared/trading/position/trade-fills.ts";
import { isOpen } from "../../shared/trading/position/trade-params.ts";
import type { Ports } from "./types.ts";

/** The group under which S6 hears the router; marks of done messages and fills carry it. */
export const GROUP = "s06";
const PAGE = 1_000;
/** Far longer than what was told is kept, to be told again. */
const LOOK_BACK_MS = 24 * 3_600_000;

/** A fill, as the result that would have told of it. */
export interface Missed {
  readonly result: OrderResult;
}

export class MissedFills {
  private readonly ports: Ports;
  private readonly listing: (instrument: string) => Instrument | undefined;

  constructor(ports: Ports, listing: (instrument: string) => Instrument | undefined) {
    this.ports = ports;
    this.listing = listing;
  }

  /** Goes into the commit in which the fill counts. */
  mark(fill: Fill): Op {
    return done(asMessage(fill), GROUP);
  }

  /** Those of them that have not counted yet. */
  async unheard(heard: readonly Fill[]): Promise<Fill[]> {
    const fresh: Fill[] = [];
    for (const fill of heard) if (!(await this.isHeard(fill))) fresh.push(fill);
    return fresh;
  }

  /** Of one trade, those up to a time, oldest first. */
  async ofTrade(trade_id: string, upTo: number): Promise<Missed[]> {
    return this.missedOf(await this.read({ trade_id, ts: { lte: upTo } }));
  }

  /** All of the last day, oldest first. */
  async all(): Promise<Missed[]> {
    const { clock } = this.ports;
    return this.missedOf(await this.read({ ts: { gte: clock.now() - LOOK_BACK_MS } }));
  }

  private async missedOf(booked: readonly Fill[]): Promise<Missed[]> {
    const { store, account } = this.ports;
    const complete = new Map<string, boolean>();
    const missed: Missed[] = [];
    for (const fill of booked) {
      const { trade_id, intent_id } = fill;
      if (trade_id === undefined || fill.account !== account) continue;
      if (!complete.has(trade_id)) complete.set(trade_id, await this.isComplete(trade_id));
      if (complete.get(trade_id) || (await this.isHeard(fill))) continue;
      const record = (await store.get(intents, intent_id))?.value;
      if (!record) continue;
      const { items } = await store.query(orders, { where: { intent_id }, limit: PAGE });
      const { intent, answer } = record;
      missed.push({ result: { intent, answer, orders: items.map(({ value }) => value), fills: [fill], ts: fill.ts } });
    }
    return missed;
  }

  /** Trades from before fills were marked one by one are told by their sums. */
  private async isComplete(trade_id: string): Promise<boolean> {
    const trade = (await this.ports.store.get(trades, trade_id))?.value;
    if (!trade) return false;
    const rules = rulesOf(trade.instrument, this.listing(trade.instrument));
    return addsUp(trade, await this.read({ trade_id }), rules);
  }

  private isHeard(fill: Fill): Promise<boolean> {
    const { stream, id } = asMessage(fill);
    return this.ports.store.isDone(stream, GROUP, id);
  }

  private async read(where: NonNullable<Query["where"]>): Promise<Fill[]> {
    const found: Fill[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.ports.store.query(fills, {
        where,
        sort: { field: "ts", order: "asc" },
        limit: PAGE,
        ...(cursor !== undefined && { cursor }),
      });
      found.push(...page.items.map(({ value }) => value));
      cursor = page.next_cursor;
    } while (cursor !== undefined);
    return found;
  }
}

const asMessage = ({ instrument, fill_id }: Fill) => ({ stream: fills.name, id: `${instrument}/${fill_id}` });

/** Whether the trade is made of all these fills; an exit may have moved more than was open. */
function addsUp(trade: Trade, booked: readonly Fill[], rules: TradeRules): boolean {
  const total = (enters: boolean) =>
    sum(booked.filter((fill) => (fill.side === trade.side) === enters).map((fill) => netQty(fill, rules)));
  return total(true) === dec(trade.entry_qty) && (!isOpen(trade) || total(false) === dec(trade.exit_qty));
}
