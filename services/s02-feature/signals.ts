/** Reads stored signals for people: newest first, by instrument, strategy and time. */
import { signalsSeen } from "../../shared/collections/signals.ts";
import type { Query, Store, Test } from "../../shared/kit/ports.ts";
import type { SignalsAnswer, SignalsRequest } from "./types.ts";

export async function readSignals(store: Pick<Store, "query">, request: SignalsRequest): Promise<SignalsAnswer> {
  const { instrument, strategy_id, from_ts, to_ts, limit, cursor } = request;
  const ts: Test = { ...(from_ts !== undefined && { gte: from_ts }), ...(to_ts !== undefined && { lte: to_ts }) };
  const query: Query = {
    where: {
      ...(instrument !== undefined && { instrument }),
      ...(strategy_id !== undefined && { strategy_id }),
      ...((from_ts !== undefined || to_ts !== undefined) && { ts }),
    },
    sort: { field: "ts", order: "desc" },
    limit,
    ...(cursor !== undefined && { cursor }),
  };
  const page = await store.query(signalsSeen, query);
  const items = page.items.map(({ value }) => value);
  return page.next_cursor === undefined ? { items } : { items, next_cursor: page.next_cursor };
}
