/** What the exchange closes by force, booked against the trade that it closes, as an order of its own. */
import { dec, show } from "../domain/money.ts";
import type { Order } from "../domain/order.ts";
import type { BookChange, Books } from "../trading/execution/books.ts";
import type { RulePorts } from "../trading/execution/router-parts.ts";
import type { News } from "./exchange-news.ts";

/** Client ids of liquidation and auto-deleveraging. */
export const FORCED = /^(autoclose-|adl_autoclose)/;

interface Parts {
  readonly ports: Pick<RulePorts, "account" | "clock">;
  readonly book: Books;
  commit(change: BookChange): void;
}

export class ForcedCloses {
  private readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** False: it is none, or closes nothing of ours. */
  book({ client_order_id, instrument, side, type, order_id }: Extract<News, { kind: "execution" }>): boolean {
    const { book, ports, commit } = this.parts;
    const holding = book.holding(instrument);
    const record = holding?.entry_intent_id === undefined ? undefined : book.intent(holding.entry_intent_id);
    if (!FORCED.test(client_order_id) || !holding || !record) return false;
    const now = ports.clock.now();
    const order: Order = {
      ...{ client_order_id, account: ports.account, instrument, intent_id: record.intent_id, leg: "forced" },
      ...{ kind: "EXIT", side, type, qty: show(dec(holding.qty)), reduce_only: true, status: "NEW", order_id },
      ...{ filled_qty: "0", message: "forced by the exchange", created_at: now, updated_at: now },
    };
    commit({ orders: [order] });
    return true;
  }
}
