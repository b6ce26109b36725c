/** What news of an order make of the books: its state, its fills, and the holding that they add up to. */
import type { Holding, IntentRecord } from "../../collections/orders.ts";
import type { ExchangeFill } from "../../contracts.ts";
import { dec, div, show } from "../../domain/money.ts";
import { type Fill, isEntry, type LearntBy, type Order } from "../../domain/order.ts";
import { tradeIdOf } from "../../keys.ts";
import { planOf } from "./answers.ts";
import { type Books, fillKey } from "./books.ts";
import { applyFill } from "./holding.ts";
import { netProfitPrice } from "./levels.ts";
import { executed, mergeReport, type OrderReport } from "./order-state.ts";
import type { Quotes } from "./quotes.ts";
import type { RulePorts } from "./router-parts.ts";
import { slippageBps } from "./slippage.ts";

export interface BookedNews {
  /** How it came to be known: what the order's story will say. */
  by: LearntBy;
  report?: OrderReport;
  fills?: readonly ExchangeFill[];
}

export class BookingRules {
  protected readonly ports: Pick<RulePorts, "account" | "alert" | "clock" | "revision">;
  protected readonly book: Books;
  protected readonly market: Quotes;

  constructor(ports: BookingRules["ports"], book: Books, market: Quotes) {
    this.ports = ports;
    this.book = book;
    this.market = market;
  }

  /** Nothing: the books know it already. */
  changeOf(order: Order, record: IntentRecord, news: BookedNews) {
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
              {
                net: dec(levels.net_profit),
                takerFee: this.takerFee(listing.market, record),
                tick: dec(listing.tick_size),
              },
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

  private takerFee(market: "SPOT" | "FUT", { intent }: IntentRecord) {
    const { execution } = this.ports.revision(intent.config_rev).bundle.flags;
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
  const { stop_price: _stop, take_profit_price: _target, signal_id: _signal, strategy_id: _by, ...rest } = holding;
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
