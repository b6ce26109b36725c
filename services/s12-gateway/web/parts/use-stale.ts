/** Whether an answer the page keeps asking for has stopped coming. */
import { isStale, STALE_MS } from "../state/freshness.ts";
import { useLive } from "../state/live.ts";
import { useStore } from "../state/store.ts";
import { useTick } from "./use-tick.ts";

interface Asked {
  dataUpdatedAt: number;
}

/** Since when (our clock, epoch ms) what is shown is old, or undefined while it is not. */
export function useStaleSince(query: Asked, everyMs: number): number | undefined {
  const at = useTick(1_000);
  const brokenAt = useStore(useLive().feed, (feed) => feed.brokenAt);
  if (isStale(query.dataUpdatedAt, everyMs, at)) return query.dataUpdatedAt;
  // Without the live connection nothing would tell of a change, however short ago the last answer was.
  return brokenAt > 0 && at - brokenAt > STALE_MS ? brokenAt : undefined;
}
