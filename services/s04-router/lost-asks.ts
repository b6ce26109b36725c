/** Which asks of a trade lost orders were sent for: a client id is made of what the order is for, so it can be made again. */
import type { ExchangeOrder } from "../../shared/contracts.ts";
import { type Amount, add, dec, sum, zero } from "../../shared/domain/money.ts";
import type { IntentKind } from "../../shared/domain/order.ts";
import { clientOrderId } from "../../shared/keys.ts";
import { sliceLeg } from "../../shared/trading/execution/twap.ts";
import { type Ask, askedId, seqOf } from "../../shared/trading/position/ask.ts";

export interface LostAsk {
  readonly intent_id: string;
  readonly kind: IntentKind;
  /** Its number among the trade's asks. */
  readonly seq: number;
}

const KINDS: Readonly<Partial<Record<Ask["action"], IntentKind>>> = {
  TP: "TP",
  ADD: "ADD",
  CLOSE: "EXIT",
  REDUCE: "EXIT",
};
/** Each stop that is moved takes a number too: more than a trade comes to between two backups. */
const NUMBERS_MAX = 300;
const SLICES_MAX = 200;
/** A slice's order is replaced so often at most, while it waits as a maker. */
const ORDERS_MAX = 8;

/** Of an intent in one piece, and of one in slices. */
export const FIRST_LEGS = ["e0", sliceLeg(0, 0)];

/**
 * Those of `client_ids` that were sent for an ask of this trade numbered above `after`, by client id; of one ask in the
 * order in which they left.
 */
export function lostAsks(
  tag: string,
  { trade_id, after }: { trade_id: string; after: number },
  client_ids: ReadonlySet<string>,
): Map<string, LostAsk> {
  const found = new Map<string, LostAsk>();
  if (client_ids.size === 0) return found;
  for (const [action, kind] of Object.entries(KINDS) as [Ask["action"], IntentKind][]) {
    for (let seq = after + 1; seq <= after + NUMBERS_MAX; seq++) {
      const intent_id = askedId(trade_id, action, seq);
      if (!FIRST_LEGS.some((leg) => client_ids.has(clientOrderId(tag, intent_id, leg)))) continue;
      for (const leg of legs()) {
        const id = clientOrderId(tag, intent_id, leg);
        if (client_ids.has(id)) found.set(id, { intent_id, kind, seq });
      }
    }
  }
  return found;
}

/**
 * What an ask was for by its orders, in the order in which they left: each is for what those before it have not filled,
 * so that their quantities must not be added up.
 */
export function askedQty(orders: readonly Pick<ExchangeOrder, "qty" | "filled_qty">[]): Amount {
  const last = orders.at(-1);
  return last ? add(dec(last.qty), sum(orders.slice(0, -1).map(({ filled_qty }) => dec(filled_qty)))) : zero;
}

/** The highest number among these intents of the trade. */
export function lastAsk(trade_id: string, intent_ids: readonly string[]): number {
  const numbers = intent_ids.flatMap((id) => ACTIONS.map((action) => seqOf(trade_id, action, id) ?? 0));
  return Math.max(0, ...numbers);
}
const ACTIONS = ["SL", "TP", "CLOSE", "REDUCE", "ADD"] as const satisfies Ask["action"][];

/** All that an intent's orders may be called: one after another, or slice by slice. */
function* legs(): Generator<string> {
  for (let order = 0; order < SLICES_MAX; order++) yield `e${order}`;
  for (let slice = 0; slice < SLICES_MAX; slice++) {
    for (let order = 0; order < ORDERS_MAX; order++) yield sliceLeg(slice, order);
  }
}
