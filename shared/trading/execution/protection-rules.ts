/** How protection stands for what is held: the view it is decided by, its legs, and the exit when it fails. */
import type { Holding, IntentRecord } from "../../collections/orders.ts";
import type { Instrument, InstrumentId } from "../../domain/instrument.ts";
import { type Amount, dec, mul, show, toStep } from "../../domain/money.ts";
import { type Intent, isEntry, type Order, opposite } from "../../domain/order.ts";
import { clientOrderId, digest } from "../../keys.ts";
import { planOf } from "./answers.ts";
import type { Books } from "./books.ts";
import { IN_DOUBT } from "./intent-rules.ts";
import type { ProtectionView } from "./protection.ts";
import type { Quotes } from "./quotes.ts";
import type { RulePorts } from "./router-parts.ts";

/** What the exchange connectors say of a conditional order whose price was reached. */
export const TRIGGERED = "TRIGGERED";
const UNANSWERED_MS = 1_000;
const UNANSWERED_MS_MAX = 30_000;
/** An exchange that answers again may still know nothing of the stop: the next one waits no longer than this. */
const UNANSWERED_MS_HEARD = 1_500;
const RETRY_MS = 200;
const RETRY_MS_MAX = 30_000;
/** While no stop stands. */
const RETRY_MS_BARE = 1_500;
/** A triggered spot stop sells down to this share of its trigger price. */
const STOP_LIMIT_SHARE = dec("0.99");

export interface ProtectionParts {
  readonly ports: Pick<RulePorts, "account" | "settings" | "clock">;
  readonly book: Books;
  readonly market: Quotes;
  /** When the exchange itself last answered a call, epoch ms. */
  readonly venue: { readonly answeredAt: number };
}

export class ProtectionRules {
  private readonly parts: ProtectionParts;

  constructor(parts: ProtectionParts) {
    this.parts = parts;
  }

  viewOf(holding: Holding, listing: Instrument): ProtectionView {
    const { book, market, ports } = this.parts;
    const { instrument } = holding;
    const spot = listing.market === "SPOT";
    const held = toStep(dec(holding.qty), dec(listing.step_size), "down");
    const running = book.running(instrument);
    const orders = book.protective(instrument);
    const touch = market.touch(instrument);
    const worth = touch === undefined || mul(held, dec(touch.bid)) >= dec(listing.min_notional);
    return {
      spot,
      held,
      stop: amountOf(holding.stop_price),
      target: amountOf(holding.take_profit_price),
      orders,
      entry: holding.entry_intent_id,
      entering: running.some((record) => isEntry(record.intent.kind)),
      releasing: this.isClosing(instrument),
      placeable: held >= dec(listing.min_qty) && worth,
      guard: holding.guard,
      now: ports.clock.now(),
      unansweredMs: this.unansweredMs(orders),
      growMs: ports.settings.protectGrowMs,
    };
  }

  /** Growing while nothing at all is heard; short once the exchange has answered anything after the last of them. */
  private unansweredMs(orders: readonly Order[]): number {
    const unknown = orders.filter((order) => order.status === "UNKNOWN");
    const sentAt = Math.max(...unknown.map((order) => order.sent_at ?? order.created_at));
    const isHeard = this.parts.venue.answeredAt > sentAt;
    return Math.min(UNANSWERED_MS * 2 ** unknown.length, isHeard ? UNANSWERED_MS_HEARD : UNANSWERED_MS_MAX);
  }

  /** An exit runs that is no move of levels, and is one of these. */
  isClosing(instrument: InstrumentId, such: (exit: IntentRecord) => boolean = () => true): boolean {
    const isExit = (r: IntentRecord) => !isEntry(r.intent.kind) && !planOf(r).style.startsWith("MOVE");
    return this.parts.book.running(instrument).some((r) => isExit(r) && such(r));
  }

  leg(
    holding: Holding,
    of: { kind: "SL" | "TP"; type: string; qty: Amount; stop_price?: string; price?: string; number: number },
  ): Order {
    const { ports } = this.parts;
    const intent_id = holding.entry_intent_id as string;
    const leg = `${of.kind.toLowerCase()}${of.number}`;
    const now = ports.clock.now();
    return {
      client_order_id: clientOrderId(ports.settings.installationTag, intent_id, leg),
      account: ports.account,
      instrument: holding.instrument,
      intent_id,
      leg,
      kind: of.kind,
      side: opposite(holding.side ?? "BUY"),
      type: of.type,
      qty: show(of.qty),
      ...(of.price === undefined ? {} : { price: of.price }),
      ...(of.stop_price === undefined ? {} : { stop_price: of.stop_price }),
      reduce_only: holding.instrument.startsWith("FUT:"),
      status: "PENDING",
      filled_qty: "0",
      created_at: now,
      updated_at: now,
    };
  }

  /** After so many refusals in a row the next try waits so long. */
  retryMs(refusals: number, isBare: boolean): number {
    return Math.min(RETRY_MS * 2 ** (refusals - 1), isBare ? RETRY_MS_BARE : RETRY_MS_MAX);
  }

  /** A refusal is in the books before the answer to it has been weighed: even then the next try waits. */
  refusedUntil(instrument: InstrumentId): number {
    const refused = this.parts.book.protective(instrument).filter((order) => order.status === "REJECTED");
    return Math.max(...refused.map((order) => order.updated_at)) + RETRY_MS;
  }

  /** The pair's name at the exchange, and the limit that its triggered stop sells down to. */
  pairOf(stop: Order, listing: Instrument): { listId: string; stopLimit: string } {
    const { installationTag } = this.parts.ports.settings;
    const listId = clientOrderId(installationTag, stop.intent_id, `oco${stop.leg.slice(2)}`);
    const limit = mul(dec(stop.stop_price as string), STOP_LIMIT_SHARE);
    return { listId, stopLimit: show(toStep(limit, dec(listing.tick_size), "down")) };
  }

  /** One per protective leg tried: the same trouble makes the same exit, a new one another. */
  exitOf(holding: Holding, side: "BUY" | "SELL", tags: string[]): Intent {
    const { ports, book } = this.parts;
    const { instrument, trade_id, signal_id, strategy_id } = holding;
    const about = [holding.key, holding.entry_intent_id ?? "", String(holding.next_leg)];
    if (tags.includes(IN_DOUBT)) about.push(String(book.running(instrument).length));
    const intent_id = `close:${digest("close", ...about)}`;
    return {
      intent_id: intent_id.slice(0, 48),
      account: ports.account,
      instrument,
      kind: "EXIT",
      side: opposite(side),
      type: "MARKET",
      working_type: "MARK_PRICE",
      reduce_only: true,
      leverage: 1,
      margin: "ISOLATED",
      ...(trade_id === undefined ? {} : { trade_id }),
      ...(signal_id === undefined ? {} : { signal_id }),
      ...(strategy_id === undefined ? {} : { strategy_id }),
      tags,
    };
  }
}

const amountOf = (text?: string): Amount | undefined => (text === undefined ? undefined : dec(text));
