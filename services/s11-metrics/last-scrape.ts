/** When S11 last scraped itself: what its own counters counted after that is not known any more. */
import { metricsTimeseries } from "../../shared/collections/operations.ts";
import type { Store } from "../../shared/kit/ports.ts";

/** Epoch ms; 0 when it never did. */
export async function lastScrape(store: Pick<Store, "query">): Promise<number> {
  const newest = { where: { service: "s11" }, sort: { field: "ts", order: "desc" as const }, limit: 1 };
  return (await store.query(metricsTimeseries, newest)).items[0]?.value.ts ?? 0;
}
