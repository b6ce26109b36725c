/** Whether what the page shows has stopped coming. */
import { type Freshness, freshnessOf, isStale, STALE_MS } from "../state/freshness.ts";
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

/** How far what the market panels show can be trusted; they grey out when stale. */
export function useFreshness(): Freshness {
  const live = useLive();
  const tick = useTick(1_000);
  const dataTs = useStore(live.market, (market) => market.dataTs);
  const { phase, skewMs } = useStore(live.feed, (state) => state);
  if (dataTs === 0) return "none";
  return phase === "open" ? freshnessOf(tick + skewMs - dataTs) : "stale";
}
