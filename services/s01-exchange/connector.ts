/** Puts the parts of S1 together around the venue that its settings name. */
import type { Blobs, Clock, Store } from "../../shared/kit/ports.ts";
import type { AccountEvent } from "../../shared/streams.ts";
import { AccountGuard } from "./account-guard.ts";
import { AccountOutbox } from "./account-outbox.ts";
import { binanceRests, binanceVenue, type Rests } from "./binance/venue.ts";
import { ccxtVenue } from "./ccxt/venue.ts";
import { FundingRecords } from "./funding-records.ts";
import { Instruments } from "./instruments.ts";
import { KeyGuard } from "./key-guard.ts";
import { KillCopy } from "./kill-copy.ts";
import { LastPrices, LiveGuard, type LivePorts } from "./live-guard.ts";
import { Recorder } from "./record.ts";
import { SiteGuard } from "./site-guard.ts";
import { Desk } from "./trading.ts";
import type { MarketOutlet, Surroundings } from "./types.ts";
import type { Venue, VenueMarket, VenueOrders, VenuePorts, VenueQueries, VenueStreams } from "./venue-port.ts";

export interface Outside {
  account: string;
  store: Store;
  blobs: Blobs;
  outlet: MarketOutlet;
  /** Resolves when the event is durable. */
  publish(event: AccountEvent): Promise<unknown>;
  audit: LivePorts["audit"];
}

export interface Connector {
  readonly account: string;
  readonly clock: Clock;
  readonly venue: Venue;
  /** For what Binance alone is asked, past the port. */
  readonly rests: Rests;
  readonly instruments: Instruments;
  readonly fundingRecords: FundingRecords;
  readonly recorder: Recorder;
  readonly market: VenueMarket;
  readonly kill: KillCopy;
  readonly key: KeyGuard;
  readonly site: SiteGuard;
  readonly accountGuard: AccountGuard;
  readonly live: LiveGuard;
  readonly orders: VenueOrders;
  readonly outbox: AccountOutbox;
  readonly streams: VenueStreams;
  readonly desk: Desk;
  readonly queries: VenueQueries;
}

export function createConnector(given: Surroundings, outside: Outside): Connector {
  const around: Surroundings = { ...given, keyAnswered: (...answer) => key.answered(...answer) };
  const { account, store, blobs, publish } = outside;
  const prices = new LastPrices();
  const outlet = around.settings.mode === "live" ? heardBy(prices, outside.outlet) : outside.outlet;
  const rests = binanceRests(around);
  const recorder = new Recorder(around, blobs);
  const kill = new KillCopy(around, store);
  const outbox = new AccountOutbox(around, publish);
  const ports: VenuePorts = {
    account,
    outlet,
    listed: (instrument) => instruments.get(instrument),
    doubt: (instrument) => instruments.doubt(instrument),
    record: (instrument, ts, text) => recorder.frame(instrument, ts, text),
    tell: (event) => outbox.add(event),
    heard: (clientOrderId) => kill.resolved(clientOrderId),
    funded: () => fundingRecords.soon(),
  };
  const isNative = around.settings.connector === "binance";
  const venue = isNative ? binanceVenue(around, rests, ports) : ccxtVenue(around, ports);
  const fundingRecords = new FundingRecords(around, { account, store, income: venue.income });
  const { market, orders, streams, queries } = venue;
  const instruments = new Instruments(around, store, venue.listing);
  instruments.changed = () => market.apply();
  const key = new KeyGuard(around, () => venue.link.rights());
  const site = new SiteGuard(around, blobs);
  const accountGuard = new AccountGuard(around, () => venue.link.accountMode());
  const live = new LiveGuard({
    ...{ settings: around.settings, clock: around.clock, raise: around.raise, store, audit: outside.audit },
    price: (order) => prices.of(order),
  });
  const desk = new Desk({
    clock: around.clock,
    absenceProvenMs: around.settings.absenceProvenMs,
    account,
    orders,
    instruments,
    kill,
    key,
    site,
    accountGuard,
    live,
    accepted: (side, clientOrderId) => streams.expect(side, clientOrderId),
    leverage: (instrument, leverage) => streams.setLeverage(instrument, leverage),
  });
  const parts = {
    fundingRecords,
    venue,
    rests,
    instruments,
    recorder,
    market,
    kill,
    key,
    site,
    accountGuard,
    live,
    orders,
    outbox,
    streams,
    desk,
    queries,
  };
  return { account, clock: around.clock, ...parts };
}

/** Live entries are held against a cap in USDT, for which a market order's price must be known. */
const heardBy = (prices: LastPrices, outlet: MarketOutlet): MarketOutlet => ({
  ...outlet,
  ticker(event) {
    prices.hear(event);
    outlet.ticker(event);
  },
});
