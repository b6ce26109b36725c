/** Names of the streams the page hears, taken from where they are declared while bundling, so that zod stays out. */
import * as streams from "../../../../shared/streams.ts";

export function families() {
  return {
    ticker: streams.ticker.family,
    trade: streams.marketTrade.family,
    depth: streams.depth.family,
    funding: streams.funding.family,
    decisions: streams.decisions.family,
    orders: streams.orderResults.family,
    positions: streams.positionEvents.family,
    reconciliations: streams.reconResults.family,
    health: streams.healthEvents.family,
    alerts: streams.alerts.family,
    config: streams.configEvents.family,
    ops: streams.opsEvents.family,
  };
}

/** Only where factors are looked at: there are many of them. */
export const featureFamily = () => streams.features.family;
