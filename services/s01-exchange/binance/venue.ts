/** Binance as a venue: the native connector, for the hot path. */
import { z } from "@hono/zod-openapi";
import type { Market } from "../../../shared/domain/instrument.ts";
import { hostsOf } from "../hosts.ts";
import type { Surroundings } from "../types.ts";
import type { Venue, VenueLink, VenuePorts } from "../venue-port.ts";
import { AccountQueries } from "./account-queries.ts";
import { AccountStreams } from "./account-streams.ts";
import { BinanceIncome } from "./income.ts";
import { binanceListing } from "./instruments.ts";
import { MarketData } from "./market-data.ts";
import { Orders } from "./orders.ts";
import { Rest } from "./rest.ts";
import { Transfers } from "./transfers.ts";

export type Rests = Readonly<Record<Market, Rest>>;

export function binanceRests(around: Surroundings): Rests {
  const { spot, fut } = hostsOf(around.settings);
  return { SPOT: new Rest(around, "SPOT", spot), FUT: new Rest(around, "FUT", fut) };
}

export function binanceVenue(around: Surroundings, rests: Rests, ports: VenuePorts): Venue {
  const market = new MarketData(around, { ...ports, rests });
  const orders = new Orders(around, rests);
  const streams = new AccountStreams(around, {
    ...{ account: ports.account, rests, tell: ports.tell, heard: ports.heard, funded: ports.funded },
    mark: (instrument) => market.mark(instrument),
    configured: (instrument, leverage) => orders.forgetMargin(instrument, leverage),
  });
  const queries = new AccountQueries(around, rests);
  const listing = binanceListing(around.clock, rests);
  const income = new BinanceIncome(around, rests);
  const transfers = new Transfers(rests.SPOT);
  const link = linkOf(rests);
  const parts = { listing, market, orders, queries, income, transfers, streams, link };
  return { name: "binance", lacks: [], ...parts, close: async () => {} };
}

const Rights = z.looseObject({ ipRestrict: z.boolean(), enableWithdrawals: z.boolean() });
const PositionSide = z.looseObject({ dualSidePosition: z.boolean() });
const MultiAssets = z.looseObject({ multiAssetsMargin: z.boolean() });
const asked = { auth: "signed", urgent: true } as const;

function linkOf({ SPOT, FUT }: Rests): VenueLink {
  const of = (market: Market) => (market === "SPOT" ? SPOT : FUT);
  return {
    measureClock: (market) => of(market).measureClock(),
    clockOffsetMs: (market) => of(market).clockOffsetMs,
    answeredAt: (market) => of(market).answeredAt,
    async rights() {
      const told = Rights.parse(await SPOT.call("GET", "/sapi/v1/account/apiRestrictions", {}, asked));
      return { canWithdraw: told.enableWithdrawals, isIpBound: told.ipRestrict };
    },
    async accountMode() {
      const [side, assets] = await Promise.all([
        FUT.call("GET", "/fapi/v1/positionSide/dual", {}, asked),
        FUT.call("GET", "/fapi/v1/multiAssetsMargin", {}, asked),
      ]);
      const { dualSidePosition: isHedged } = PositionSide.parse(side);
      return { isHedged, isMultiAsset: MultiAssets.parse(assets).multiAssetsMargin };
    },
  };
}
