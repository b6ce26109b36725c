/** Any exchange that ccxt knows, as a venue: slower than the native connector, outside the simulator only. */
import type { Market } from "../../../shared/domain/instrument.ts";
import type { Surroundings } from "../types.ts";
import type { Venue, VenueLink, VenuePorts } from "../venue-port.ts";
import { CcxtAccountStreams } from "./account-streams.ts";
import { dialectOf, isProven } from "./dialects.ts";
import { CcxtLine } from "./line.ts";
import { CcxtMarketData } from "./market-data.ts";
import { CcxtOrders, type Lines } from "./orders.ts";
import { CcxtQueries } from "./queries.ts";

const MARKETS: readonly Market[] = ["SPOT", "FUT"];

/** ccxt itself is loaded at the first question, so a connector that is not used costs nothing. */
export function ccxtVenue(around: Surroundings, ports: VenuePorts): Venue {
  const { settings } = around;
  const lines: Lines = { SPOT: new CcxtLine(around, "SPOT"), FUT: new CcxtLine(around, "FUT") };
  const orders = new CcxtOrders(around, lines);
  const markets = MARKETS.filter((market) => settings.ccxtMarkets.split(",").includes(market));
  return {
    name: `ccxt ${settings.ccxtExchange}`,
    lacks: lacksOf(settings.ccxtExchange),
    listing: { markets, list: (market) => lines[market].list() },
    market: new CcxtMarketData(around, lines, ports),
    orders,
    queries: new CcxtQueries(around, lines),
    streams: new CcxtAccountStreams(around, { lines, markets, orders, ports }),
    link: linkOf(lines),
    async close() {
      await Promise.all([lines.SPOT.close(), lines.FUT.close()]);
    },
  };
}

/** What is asked here and this exchange, or ccxt, has not; in words for the log. */
function lacksOf(exchange: string): string[] {
  const dialect = dialectOf(exchange);
  const when = (is: boolean, words: string) => (is ? [words] : []);
  return [
    ...when(!isProven(exchange), `${exchange} is experimental: it has not passed the contract suite`),
    "pairs of take-profit and stop: refused, so stops on spot are guarded by S4",
    "recordings: ccxt hands no raw frames over",
    "bars tell quote volume as volume × close, and no number of trades",
    ...when(
      dialect.checksBooks !== true,
      "books: ccxt does not check their updates for gaps, only crossed ones are seen",
    ),
    ...when(dialect.named === undefined, "client ids: orders are found by looking through the exchange's lists"),
    ...when(dialect.spotMarketBuy === undefined, "spot market buys by quantity: refused"),
    ...when(dialect.multiAssets === undefined, "position mode and multi-assets mode: not looked at, keep them off"),
    ...when(dialect.rights === undefined, "rights of the key: not told, so live mode sends no entries"),
    ...when(dialect.oneWallet === true, "one wallet serves both markets: its balances are told as those of futures"),
  ];
}

function linkOf(lines: Lines): VenueLink {
  const { SPOT, FUT } = lines;
  return {
    measureClock: (market) => lines[market].measureClock(),
    clockOffsetMs: (market) => lines[market].offsetMs,
    answeredAt: (market) => lines[market].bridge.answeredAt,
    async rights() {
      const { rights } = SPOT.dialect;
      return rights ? SPOT.ask(rights) : { canWithdraw: undefined, isIpBound: undefined };
    },
    async accountMode() {
      const { multiAssets } = FUT.dialect;
      if (!multiAssets) return undefined;
      const side = await FUT.ask((client) => client.fetchPositionMode());
      return { isHedged: side.hedged === true, isMultiAsset: await FUT.ask(multiAssets) };
    },
  };
}
