/** Spot exits of which the exchange does not say what became: when another sale may be sent all the same. */

import type { Holding, IntentRecord } from "../../shared/collections/orders.ts";
import { marketOf } from "../../shared/domain/instrument.ts";
import { add, dec, sum, toStep } from "../../shared/domain/money.ts";
import { isEntry } from "../../shared/domain/order.ts";
import { planOf } from "../../shared/trading/execution/answers.ts";
import { isDoubtful } from "../../shared/trading/execution/intent-rules.ts";
import { isLive } from "../../shared/trading/execution/order-state.ts";
import type { MarketView } from "./market.ts";
import type { OrdersBook } from "./orders-book.ts";
import type { Ports } from "./types.ts";
import type { Venue } from "./venue.ts";

/** An answer, or a question about the order, may clear it up within this time. */
const DOUBTED_MS = 2_000;

interface Parts {
  readonly ports: Ports;
  readonly book: OrdersBook;
  readonly market: MarketView;
  readonly venue: Venue;
}

export class Doubt {
  private readonly parts: Parts;
  private readonly askedAt = new Map<string, number>();

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /**
   * True when the wallet still has all of the holding and less than twice of it: then the exchange itself cannot sell
   * it twice, whichever of the two sales it takes. Asked of the exchange at most every two seconds.
   */
  async maySellAgain({ instrument, account, qty }: Holding): Promise<boolean> {
    const { ports, book, market, venue } = this.parts;
    const listing = market.listing(instrument);
    if (marketOf(instrument) !== "SPOT" || !listing) return false;
    const exits = book
      .running(instrument)
      .filter((r) => !isEntry(r.intent.kind) && !planOf(r).style.startsWith("MOVE"));
    const now = ports.clock.now();
    const doubted = exits.every((exit) => isDoubtful(book, exit) && sentBefore(book, exit, now - DOUBTED_MS));
    if (exits.length === 0 || !doubted) return false;
    if (now - (this.askedAt.get(instrument) ?? Number.NEGATIVE_INFINITY) < DOUBTED_MS) return false;
    this.askedAt.set(instrument, now);
    const said = await venue.attempt((options) => venue.calls.getBalances({ account }, options));
    if (said.kind !== "answered") return false;
    const wallet = said.value.balances.filter((row) => row.market === "SPOT" && row.asset === listing.base);
    const free = sum(wallet.map((row) => dec(row.free)));
    const total = add(free, sum(wallet.map((row) => dec(row.locked))));
    const whole = toStep(dec(qty), dec(listing.step_size), "down");
    return free >= whole && total < add(whole, whole);
  }
}

const sentBefore = (book: OrdersBook, { intent_id }: IntentRecord, ts: number): boolean =>
  book
    .ownOrders(intent_id)
    .filter(isLive)
    .every((order) => (order.sent_at ?? order.created_at) <= ts);
