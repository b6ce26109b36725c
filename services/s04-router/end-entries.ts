/** Ends every entry that is under way: what is not sent stays unsent, what rests is withdrawn, what is filled is kept. */
import { isEntry } from "../../shared/domain/order.ts";
import { planOf } from "../../shared/trading/execution/answers.ts";
import type { OrdersBook } from "./orders-book.ts";

/** Durable, and once for each: one that is ending already keeps its first reason. */
export async function endEntries(book: OrdersBook, cancel_reason: string): Promise<void> {
  for (const record of book.running().filter((r) => isEntry(r.intent.kind))) {
    await book.change(record.instrument, () => {
      const current = book.intent(record.intent_id);
      if (!current || current.state === "DONE" || planOf(current).cancel_reason !== undefined) return undefined;
      return { intents: [{ ...current, plan: { ...planOf(current), cancel_reason } }] };
    });
  }
}
