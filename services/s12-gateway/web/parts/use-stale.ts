/** Whether an answer the page keeps asking for has stopped coming. */
import { isStale } from "../state/freshness.ts";
import { useTick } from "./use-tick.ts";

interface Asked {
  dataUpdatedAt: number;
}

/** Since when (our clock, epoch ms) what is shown is old, or undefined while it is not. */
export function useStaleSince(query: Asked, everyMs: number): number | undefined {
  const at = useTick(1_000);
  return isStale(query.dataUpdatedAt, everyMs, at) ? query.dataUpdatedAt : undefined;
}
