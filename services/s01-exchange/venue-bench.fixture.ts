/** A connector over real sockets for the contract suite, whichever exchange is behind it. */

import { wallClock } from "../../shared/adapters/clock.ts";
import { MemoryBlobs } from "../../shared/adapters/memory-blobs.ts";
import { fetchNet } from "../../shared/adapters/net.ts";
import { openStore } from "../../shared/adapters/sqlite.ts";
import { emit } from "../../shared/changes.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import type { Depth, Funding, MarketTrade, Ticker } from "../../shared/domain/market.ts";
import { type AccountEvent, opsEvents } from "../../shared/streams.ts";
import { createConnector } from "./connector.ts";
import { testSurroundings } from "./surroundings.fixture.ts";
import type { Settings } from "./types.ts";
import { BTC, SPOT_BTC } from "./venue.fixture.ts";

/** An exchange of its own for one suite: bid and offer at fixed prices, and a hand that moves them. */
export interface TestExchange {
  /** How S1 is told to speak to it. */
  readonly settings: Partial<Settings>;
  /** Nine bitcoins or so each way, on both markets. */
  quote(bid: number, ask: number): Promise<void>;
  /** Somebody else trades against the book, on both markets. */
  trade(side: "BUY" | "SELL"): Promise<void>;
  /** Takes the next futures order and leaves it without an answer. */
  loseAnswer(): void;
  /** What it was sent under a client id, in its own words. */
  received(clientOrderId: string): { qty: string; price: string }[];
  stop(): Promise<void>;
}

/** What an exchange, or the connector to it, has not. */
export interface Lacks {
  readonly oco?: boolean;
  readonly accountMode?: boolean;
}

export async function openBench(exchange: TestExchange) {
  const clock = wallClock();
  const around = { ...testSurroundings({ settings: exchange.settings, net: fetchNet(clock) }), clock };
  const store = openStore({ path: ":memory:", owner: "s01", collections: COLLECTIONS, now: () => clock.now() });
  const tickers: Ticker[] = [];
  const trades: MarketTrade[] = [];
  const depths: Depth[] = [];
  const fundings: Funding[] = [];
  const told: AccountEvent[] = [];
  const connector = createConnector(around, {
    account: "main",
    store,
    blobs: new MemoryBlobs(clock),
    outlet: {
      ticker: (event) => tickers.push(event),
      trade: (event) => trades.push(event),
      depth: (event) => depths.push(event),
      funding: (event) => fundings.push(event),
    },
    publish: async (event) => told.push(event),
    audit: (entry) => emit(opsEvents, { source: "s01", ts: clock.now(), ...entry }),
  });
  const { venue, kill, instruments, market, streams, outbox } = connector;
  await kill.load();
  await Promise.all(venue.listing.markets.map((each) => venue.link.measureClock(each)));
  await instruments.refresh();
  market.follow([BTC, SPOT_BTC]);
  streams.start();
  return {
    ...{ exchange, connector, around, tickers, trades, depths, fundings, told },
    async stop() {
      market.stop();
      streams.stop();
      outbox.stop();
      await venue.close();
      await exchange.stop();
      await store.close();
    },
  };
}
export type VenueBench = Awaited<ReturnType<typeof openBench>>;

const TRIES_MAX = 3_000;
/** Asks again and again until there is an answer; `step` makes what is waited for. */
export async function soon<T>(get: () => T | undefined | false, step: () => unknown = () => {}): Promise<T> {
  for (let i = 0; i < TRIES_MAX; i++) {
    const value = get();
    if (value !== undefined && value !== false) return value;
    await step();
    await Bun.sleep(10);
  }
  throw new Error("It did not come within half a minute");
}
