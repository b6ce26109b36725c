/** Reads stored signals for people: newest first, by instrument, strategy and time. */
import { signalsSeen } from "../../shared/collections/signals.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { newestFirst, pageOf } from "../../shared/paging.ts";
import type { SignalsAnswer, SignalsRequest } from "./types.ts";

export async function readSignals(store: Pick<Store, "query">, request: SignalsRequest): Promise<SignalsAnswer> {
  const { instrument, strategy_id } = request;
  return pageOf(await store.query(signalsSeen, newestFirst(request, "ts", { instrument, strategy_id })));
}
