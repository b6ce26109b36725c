/** Books what the exchange says: order states, fills, and the holding they make, in one commit. */
import type { Holding, IntentRecord } from "../../shared/collections/orders.ts";
import type { ExchangeFill } from "../../shared/contracts.ts";
import { dec, div, show, sum } from "../../shared/domain/money.ts";
import { type Fill, isEntry, type LearntBy, type Order } from "../../shared/domain/order.ts";
import { tradeIdOf } from "../../shared/keys.ts";
import type { Op } from "../../shared/kit/ports.ts";
import { applyFill } from "../../shared/trading/execution/holding.ts";
import { netProfitPrice } from "../../shared/trading/execution/levels.ts";
import { executed, mergeReport, type OrderReport } from "../../shared/trading/execution/order-state.ts";
import { slippageBps } from "../../shared/trading/execution/slippage.ts";
import { planOf } from "./answers.ts";
import type { MarketView } from "./market.ts";
import { fillKey, type OrdersBook } from "./orders-book.ts";
import type { Ports } from "./types.ts";

export interface News {
  /** How it came to be known: what the order's story will say. */
  by: LearntBy;
  report?: OrderReport;
  fills?: readonly ExchangeFill[];
  /** What else the commit holds, if there is one. */
  ops?: readonly Op[];
}

export class Booking {
  private readonly ports: Ports;
  private readonly book: OrdersBook;
  private readonly market: MarketView;

  constructor(ports: Ports, book: OrdersBook, market: MarketView) {
    this.ports = ports;
    this.book = book;
    this.market = market;
  }

  /** Takes news of one of our orders, in any order and as often as it comes. False: the order is none of ours. */
  async take(clientId: string, news: News): Promise<boolean> {
    const found = await this.book.find(clientId);
    if (!found) return false;
    if (news.fills?.length) await this.market.need(found.instrument);
    await this.book.change(found.instrument, () => {
      const order = this.book.order(clientId);
      const record = order && this.book.intent(order.intent_id);
      if (!order || !record) return undefined;
      const change = this.changeOf(order, record, news);
      return change && { ...change, ops: news.ops ?? [] };
    });
    return true;
  }

  /**
   * Books an order that others made, with its fills, in one commit; `record` is its own intent, or the one whose trade
   * it closes. Booked already: nothing happens.
   */
  async takeOutside(order: Order, record: IntentRecord, news: News): Promise<void> {
    await this.market.need(order.instrument);
    await this.book.change(
      order.instrument,
      () => {
        if (this.book.order(order.client_order_id)) return undefined;
        const owner = this.book.intent(record.intent_id) ?? record;
        const change = this.changeOf(order, owner, news);
        return change && { ...change, intents: [owner, ...(change.intents ?? [])], ops: news.ops ?? [] };
      },
      "full",
    );
  }

  private changeOf(order: Order, record: IntentRecord, news: News) {
    const known = this.book.fillsOf(order.intent_id);
    const { instrument } = order;
    const fresh = (news.fills ?? []).filter((f) => this.isNew(order, f.fill_id));
    const told = { by: news.by, now: this.ports.clock.now() };
    const reported = news.report ? mergeReport(order, news.report, told) : order;
    if (fresh.length === 0) return reported === order ? undefined : { orders: [reported] };
    const before = this.book.holding(instrument) ?? this.book.blank(instrument);
    const fills: Fill[] = [];
    let holding = before;
    for (const heard of fresh) {
      const fill = this.fillOf(order, record, { heard, holding });
      fills.push(fill);
      holding = this.hold(holding, fill, record);
    }
    const mine = [...known.filter((f) => f.client_order_id === order.client_order_id), ...fills];
    const { qty, notional } = executed(mine);
    const filled = mergeReport(reported, { status: reported.status, filled_qty: show(qty) }, told);
    const avg_price = show(div(notional, qty, "nearest"));
    const closing = isEntry(order.kind) ? [] : this.entriesEnded(instrument);
    return { orders: [{ ...filled, avg_price }], fills, holding, intents: closing };
  }

  /** A trade at the exchange belongs to one order: told of another one too, it counts once, and that is alerted. */
  private isNew({ client_order_id, instrument }: Order, fill_id: string): boolean {
    const known = this.book.fill(fillKey({ instrument, fill_id }));
    if (known && known.client_order_id !== client_order_id) {
      const what = `${instrument}: fill ${fill_id} of ${known.client_order_id} is told of ${client_order_id} too`;
      this.ports.alert("ERROR", "FILL_OF_TWO_ORDERS", what, "counted once");
    }
    return known === undefined;
  }

  /** What closes a position ends the entries that still enlarge it. */
  private entriesEnded(instrument: string): IntentRecord[] {
    return this.book
      .running(instrument)
      .filter((record) => isEntry(record.intent.kind) && planOf(record).cancel_reason === undefined)
      .map((record) => ({ ...record, plan: { ...planOf(record), cancel_reason: "the position is being closed" } }));
  }

  private fillOf(order: Order, record: IntentRecord, from: { heard: ExchangeFill; holding: Holding }): Fill {
    const { heard, holding } = from;
    const { instrument, side } = order;
    const mid = order.mid_at_send ?? this.market.mid(instrument);
    const { intent } = record;
    const trade_id =
      holding.qty === "0" ? (isEntry(order.kind) ? tradeIdOf(intent) : intent.trade_id) : holding.trade_id;
    const signal_id = intent.signal_id ?? holding.signal_id;
    return {
      fill_id: heard.fill_id,
      account: order.account,
      instrument,
      intent_id: order.intent_id,
      client_order_id: order.client_order_id,
      order_id: heard.order_id,
      kind: order.kind,
      side,
      price: heard.price,
      qty: heard.qty,
      fee: heard.fee,
      fee_asset: heard.fee_asset,
      fee_usdt: this.market.feeUsdt({ ...heard, instrument }),
      maker: heard.maker,
      ...(heard.realised_usdt === undefined ? {} : { realised_usdt: heard.realised_usdt }),
      mid_at_send: mid,
      slippage_bps: slippageBps(side, Number(heard.price), mid),
      // The exchange's clock may be behind ours.
      ...(order.sent_at === undefined ? {} : { latency_ms: Math.max(0, heard.ts - order.sent_at) }),
      ...(order.book_at_send === undefined ? {} : { book_at_send: order.book_at_send }),
      ...(signal_id === undefined ? {} : { signal_id }),
      ...(trade_id === undefined ? {} : { trade_id }),
      ts: heard.ts,
    };
  }

  /** The holding after a fill, with its owner when it opens and nothing wanted when it is flat. */
  private hold(before: Holding, fill: Fill, record: IntentRecord): Holding {
    const listing = this.market.listing(fill.instrument);
    const rules = {
      spot: fill.instrument.startsWith("SPOT:"),
      base: listing?.base ?? "",
      step_size: listing?.step_size ?? "0.00000001",
    };
    const after: Holding = { ...applyFill(before, fill, rules), updated_at: this.ports.clock.now() };
    if (after.qty === "0") return settled(after);
    if (!isEntry(fill.kind) || fill.side !== after.side) return after;
    const opened = before.qty === "0" || before.side !== after.side;
    return this.withLevels(opened ? ownedBy(after, record) : after, record);
  }

  private withLevels(holding: Holding, record: IntentRecord): Holding {
    const { levels } = planOf(record);
    const listing = this.market.listing(holding.instrument);
    const target =
      levels.net_profit !== undefined && listing && holding.side
        ? show(
            netProfitPrice(
              holding.side,
              { entry: dec(holding.avg_entry), qty: dec(planOf(record).qty) },
              { net: dec(levels.net_profit), takerFee: this.takerFee(listing.market), tick: dec(listing.tick_size) },
            ),
          )
        : levels.target;
    // The stop may have moved on while an add was filling.
    const isBehind = record.intent.kind === "ADD" && levels.stop !== undefined && !isNearer(holding, levels.stop);
    return {
      ...holding,
      ...(levels.stop === undefined || isBehind ? {} : { stop_price: levels.stop }),
      ...(target === undefined ? {} : { take_profit_price: target }),
    };
  }

  private takerFee(market: "SPOT" | "FUT") {
    const { execution } = this.ports.config().bundle.flags;
    return dec(market === "SPOT" ? execution.spot_taker_fee : execution.taker_fee);
  }
}

/** Better than the stop that is wanted now: nearer to the winning side. */
function isNearer({ side, stop_price }: Holding, stop: string): boolean {
  if (stop_price === undefined) return true;
  return side === "BUY" ? dec(stop) > dec(stop_price) : dec(stop) < dec(stop_price);
}

/** A flat holding wants nothing; only its dust stays. */
export function settled(holding: Holding): Holding {
  const { stop_price: _stop, take_profit_price: _target, ...rest } = holding;
  return { ...rest, guard: false, reserved_usdt: "0" };
}

function ownedBy(holding: Holding, record: IntentRecord): Holding {
  const { intent } = record;
  const fresh = holding.entry_intent_id !== record.intent_id;
  const { stop_price: _stop, take_profit_price: _target, ...rest } = holding;
  return {
    ...rest,
    entry_intent_id: record.intent_id,
    trade_id: tradeIdOf(intent),
    ...(intent.signal_id === undefined ? {} : { signal_id: intent.signal_id }),
    ...(intent.strategy_id === undefined ? {} : { strategy_id: intent.strategy_id }),
    working_type: intent.working_type,
    next_leg: fresh ? 0 : holding.next_leg,
  };
}

/** What the fills of one order add up to. */
export const filledQty = (fills: readonly Fill[]): string => show(sum(fills.map((fill) => dec(fill.qty))));
