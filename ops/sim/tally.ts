/** Counts what happens in a run, from what the services publish. */
import type { Bus } from "../../shared/kit/ports.ts";
import { decisions, features, orderResults, signals } from "../../shared/streams.ts";

export interface Tally {
  features: number;
  signals: number;
  open: number;
  skip: Record<string, number>;
  /** Client order ids seen, and fills. */
  orders: Set<string>;
  fills: Set<string>;
}

export function startTally(bus: Bus): Tally {
  const tally: Tally = { features: 0, signals: 0, open: 0, skip: {}, orders: new Set(), fills: new Set() };
  const listen = { group: "tally", consumer: "tally" };
  bus.subscribe(features, { ...listen, handle: () => void tally.features++ });
  bus.subscribe(signals, { ...listen, handle: () => void tally.signals++ });
  bus.subscribe(decisions, {
    ...listen,
    handle: ({ event: { decision } }) => {
      if (decision.action === "open") tally.open++;
      else tally.skip[decision.reason] = (tally.skip[decision.reason] ?? 0) + 1;
    },
  });
  bus.subscribe(orderResults, {
    ...listen,
    handle: ({ event }) => {
      for (const order of event.orders) tally.orders.add(order.client_order_id);
      for (const fill of event.fills) tally.fills.add(`${fill.instrument}/${fill.fill_id}`);
    },
  });
  return tally;
}
