/** Puts the parts of the Binance connector together. */
import type { Market } from "../../shared/domain/instrument.ts";
import type { Blobs, Clock, Store } from "../../shared/kit/ports.ts";
import type { AccountEvent } from "../../shared/streams.ts";
import { AccountStreams } from "./account.ts";
import { AccountOutbox } from "./account-outbox.ts";
import { AccountQueries } from "./binance/account-queries.ts";
import { Instruments } from "./binance/instruments.ts";
import { Orders } from "./binance/orders.ts";
import { Rest } from "./binance/rest.ts";
import { KeyGuard } from "./key-guard.ts";
import { KillCopy } from "./kill-copy.ts";
import { MarketData } from "./market.ts";
import { Recorder } from "./record.ts";
import { Desk } from "./trading.ts";
import type { MarketOutlet, Surroundings } from "./types.ts";

export interface Outside {
  account: string;
  store: Store;
  blobs: Blobs;
  outlet: MarketOutlet;
  /** Resolves when the event is durable. */
  publish(event: AccountEvent): Promise<unknown>;
}

export interface Connector {
  readonly account: string;
  readonly clock: Clock;
  readonly rests: Record<Market, Rest>;
  readonly instruments: Instruments;
  readonly recorder: Recorder;
  readonly market: MarketData;
  readonly kill: KillCopy;
  readonly key: KeyGuard;
  readonly orders: Orders;
  readonly outbox: AccountOutbox;
  readonly streams: AccountStreams;
  readonly desk: Desk;
  readonly queries: AccountQueries;
}

export function createConnector(around: Surroundings, outside: Outside): Connector {
  const { account, store, blobs, outlet, publish } = outside;
  const { venueSpotUrl, venueFutUrl } = around.settings;
  const rests = { SPOT: new Rest(around, "SPOT", venueSpotUrl), FUT: new Rest(around, "FUT", venueFutUrl) };
  const instruments = new Instruments(around, store, rests);
  const recorder = new Recorder(around, blobs);
  const market = new MarketData(around, {
    rests,
    instruments,
    outlet,
    record: (instrument, ts, text) => recorder.frame(instrument, ts, text),
  });
  instruments.changed = () => market.apply();
  const kill = new KillCopy(around, store);
  const key = new KeyGuard(around, rests.SPOT);
  const orders = new Orders(around, rests);
  const outbox = new AccountOutbox(around, publish);
  const streams = new AccountStreams(around, {
    account,
    rests,
    tell: (event) => outbox.add(event),
    mark: (instrument) => market.mark(instrument),
    configured: (instrument, leverage) => orders.forgetMargin(instrument, leverage),
    heard: (clientOrderId) => kill.resolved(clientOrderId),
  });
  const desk = new Desk({
    clock: around.clock,
    absenceProvenMs: around.settings.absenceProvenMs,
    account,
    orders,
    instruments,
    kill,
    key,
    accepted: (side, clientOrderId) => streams.expect(side, clientOrderId),
    leverage: (instrument, leverage) => streams.setLeverage(instrument, leverage),
  });
  const queries = new AccountQueries(around, rests);
  const { clock } = around;
  return { account, clock, rests, instruments, recorder, market, kill, key, orders, outbox, streams, desk, queries };
}
