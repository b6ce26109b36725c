/** What the router and the reconciler ask of the exchange: send, cancel and ask about orders, and the kill switch. */
import { exchange } from "../../shared/contracts.ts";
import { type InstrumentId, marketOf } from "../../shared/domain/instrument.ts";
import { refuse } from "../../shared/errors.ts";
import { answers, type Verb } from "../../shared/kit/service.ts";
import type { KillCopy } from "./kill-copy.ts";
import type { Desk } from "./trading.ts";
import type { VenueOrders, VenueQueries } from "./venue-port.ts";

export interface OrderParts {
  desk: Desk;
  orders: VenueOrders;
  queries: VenueQueries;
  kill: KillCopy;
}

export async function openOrdersOf(orders: VenueOrders, instrument: InstrumentId | undefined, forExit = false) {
  if (instrument !== undefined) return orders.openOrders(marketOf(instrument), instrument, forExit);
  return (await Promise.all([orders.openOrders("SPOT"), orders.openOrders("FUT")])).flat();
}

export function orderVerbs({ desk, orders, queries, kill }: OrderParts): Verb[] {
  return [
    answers(exchange.methods.submitOrder, {
      name: "submitOrder",
      summary: "Send one order; a repeated client_order_id is answered by what became of the first.",
      run: (order) => desk.submit(order),
    }),
    answers(exchange.methods.submitOco, {
      name: "submitOco",
      summary: "Send a spot pair of take-profit and stop, of which one filled cancels the other.",
      run: async (oco) => ({ orders: await desk.submitOco(oco) }),
    }),
    answers(exchange.methods.cancelOrder, {
      name: "cancelOrder",
      summary: "Cancel an order; one that has ended already is answered as it ended.",
      run: (ref) => desk.cancel(ref),
    }),
    answers(exchange.methods.queryOrder, {
      name: "queryOrder",
      summary: "Ask how an order stands; NOT_FOUND is no proof that it does not exist.",
      run: (ref) => {
        desk.owns(ref.account);
        return desk.query(ref);
      },
    }),
    answers(exchange.methods.getOpenOrders, {
      name: "getOpenOrders",
      summary: "Every open order, conditional ones included; of an instrument and since a time, ended ones too.",
      run: async ({ account, instrument, from_ts, for_exit }) => {
        desk.owns(account);
        if (from_ts === undefined) return { orders: await openOrdersOf(orders, instrument, for_exit) };
        if (instrument === undefined) refuse("INVALID", "Orders since a time are told of one instrument.");
        return { orders: await orders.since(instrument, from_ts) };
      },
    }),
    answers(exchange.methods.getFills, {
      name: "getFills",
      summary: "Fills of an instrument, of one order or since a time, oldest first.",
      run: async ({ account, ...ask }) => {
        desk.owns(account);
        return { fills: await queries.fills(ask) };
      },
    }),
    answers(exchange.methods.setKill, {
      name: "setKill",
      summary: "Store the kill switch; answered when it is durable here, with the entries that are not yet resolved.",
      run: (order) => kill.set(order),
    }),
  ];
}
