/** A connector on a paper venue for tests, both in this process and on one virtual clock. */

import { AgentsMarket } from "../../ops/venue/agents.ts";
import type { VenueAccount } from "../../ops/venue/binance/request.ts";
import { venueNet } from "../../ops/venue/memory-net.ts";
import { createVenue, DEFAULT_ACCOUNTS } from "../../ops/venue/venue.ts";
import { MemoryBlobs } from "../../shared/adapters/memory-blobs.ts";
import { seededRandom } from "../../shared/adapters/random.ts";
import { openStore } from "../../shared/adapters/sqlite.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { emit } from "../../shared/changes.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import { type SubmitOrder, SubmitOrder as SubmitOrderShape } from "../../shared/contracts.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import type { Depth, Funding, MarketTrade, Ticker } from "../../shared/domain/market.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import type { Net, NetRequest, Socket, SocketEvents } from "../../shared/kit/ports.ts";
import { type AccountEvent, opsEvents } from "../../shared/streams.ts";
import { createConnector } from "./connector.ts";
import { testSurroundings } from "./surroundings.fixture.ts";
import { PAPER_KEY, type Settings } from "./types.ts";

export const BTC: InstrumentId = "FUT:BTCUSDT";
export const SPOT_BTC: InstrumentId = "SPOT:BTCUSDT";
const START_MS = 1_700_000_000_000;
const STEP_MS = 20;
const STEPS_MAX = 5_000;

/** The paper venue's in every mode: none of them may lead a test elsewhere. */
const PAPER_URLS = {
  venueSpotUrl: "http://127.0.0.1:8093",
  venueFutUrl: "http://127.0.0.1:8094",
  venueSpotWsUrl: "ws://127.0.0.1:8093",
  venueFutWsUrl: "ws://127.0.0.1:8094",
  venueSpotApiWsUrl: "ws://127.0.0.1:8093/ws-api/v3",
};

/** Of the same account as the paper key, for modes that take no paper key; its secret is the same too. */
export const A_KEY = "a-key-of-an-exchange";
const ACCOUNTS = [PAPER_KEY, A_KEY].map((key) => ({ ...(DEFAULT_ACCOUNTS[0] as VenueAccount), key }));

export interface Faulty {
  /** Stands before the venue: answers or throws instead of it, or lets the request pass by answering nothing. */
  fetch?: (request: NetRequest) => ReturnType<Net["fetch"]> | undefined;
  /** Swallows a message to a socket when true. */
  deaf?: (url: string, text: string) => boolean;
}

export async function connectToVenue(settings: Partial<Settings> = {}) {
  const clock = new VirtualClock(START_MS);
  const market = new AgentsMarket({ clock, random: seededRandom("agents"), listings: defaultListings() });
  const venue = createVenue({ clock, random: seededRandom("venue"), market, accounts: ACCOUNTS });
  await venue.start();
  const direct = venueNet(venue, clock);
  const faulty: Faulty = {};
  const requests: NetRequest[] = [];
  const sockets: { url: string; events: SocketEvents; socket: Socket }[] = [];
  const net: Net = {
    fetch(request) {
      requests.push(request);
      return faulty.fetch?.(request) ?? direct.fetch(request);
    },
    connect(url, events) {
      const socket = direct.connect(url, {
        ...events,
        message: (text) => {
          if (!faulty.deaf?.(url, text)) events.message(text);
        },
      });
      sockets.push({ url, events, socket });
      return socket;
    },
  };
  const newestTo = (path: string) => sockets.filter(({ url }) => url.includes(path)).at(-1)!;
  const around = { ...testSurroundings({ settings: { ...PAPER_URLS, ...settings }, net }), clock };
  const store = openStore({ path: ":memory:", owner: "s01", collections: COLLECTIONS, now: () => clock.now() });
  const blobs = new MemoryBlobs(clock);
  const said = {
    tickers: [] as Ticker[],
    trades: [] as MarketTrade[],
    depths: [] as Depth[],
    fundings: [] as Funding[],
  };
  const told: AccountEvent[] = [];
  const connector = createConnector(around, {
    account: "main",
    store,
    blobs,
    outlet: {
      ticker: (event) => said.tickers.push(event),
      trade: (event) => said.trades.push(event),
      depth: (event) => said.depths.push(event),
      funding: (event) => said.fundings.push(event),
    },
    publish: async (event) => told.push(event),
    audit: (entry) => emit(opsEvents, { source: "s01", ts: clock.now(), ...entry }),
  });
  const pass = (ms: number) => clock.run(clock.now() + ms);
  /** Lets time pass until the promise is settled. */
  const settle = async <T>(work: Promise<T>): Promise<T> => {
    let isDone = false;
    const done = () => {
      isDone = true;
    };
    work.then(done, done);
    for (let step = 0; step < STEPS_MAX && !isDone; step++) await pass(STEP_MS);
    return work;
  };
  await settle(connector.kill.load());
  await settle(connector.instruments.refresh());
  await settle(connector.rests.FUT.measureClock());
  await settle(connector.rests.SPOT.measureClock());
  connector.market.follow([BTC, SPOT_BTC]);
  connector.streams.start();
  await pass(2_000);
  return {
    /** Ends the newest socket to a path from the other side. */
    cut: (path: string) => newestTo(path).socket.close(),
    /** Says something on the newest socket to a path, as if the exchange did. */
    inject: (path: string, text: string) => newestTo(path).events.message(text),
    clock,
    venue,
    faulty,
    requests,
    around,
    store,
    blobs,
    said,
    told,
    connector,
    pass,
    settle,
  };
}
export type Bench = Awaited<ReturnType<typeof connectToVenue>>;

export const order = (given: Partial<SubmitOrder>): SubmitOrder =>
  SubmitOrderShape.parse({
    instrument: BTC,
    client_order_id: "test-1",
    side: "BUY",
    type: "MARKET",
    qty: "0.01",
    entry: true,
    leverage: 20,
    ...given,
  });
