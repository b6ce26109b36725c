/** What the account holds, what can be traded and what the market did, for services by RPC and for people by REST. */
import { z } from "@hono/zod-openapi";
import { ExchangeOrder, exchange, FundingRate, History } from "../../shared/contracts.ts";
import { Instrument, InstrumentId } from "../../shared/domain/instrument.ts";
import { Kline } from "../../shared/domain/market.ts";
import { Balance, ExchangePosition } from "../../shared/domain/trade.ts";
import { refuse } from "../../shared/errors.ts";
import type { Clock } from "../../shared/kit/ports.ts";
import { answers, type Verb, verb } from "../../shared/kit/service.ts";
import { inOrder, Period } from "../../shared/paging.ts";
import type { Instruments } from "./instruments.ts";
import { openOrdersOf } from "./orders.verbs.ts";
import type { Desk } from "./trading.ts";
import type { Venue, VenueOrders, VenueQueries } from "./venue-port.ts";

export interface AccountParts {
  account: string;
  clock: Clock;
  venue: Venue;
  desk: Desk;
  orders: VenueOrders;
  queries: VenueQueries;
  instruments: Instruments;
}

const list = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });
/** Funding is told of so long, unless somebody asks otherwise. */
const FUNDING_MS = 10 * 86_400_000;
const OfInstrument = z.object({ instrument: InstrumentId.optional() });

const Time = z.object({
  ts: z.number(),
  /** Exchange time minus ours, as last measured. */
  offset_ms: z.object({ SPOT: z.number(), FUT: z.number() }),
});

/** The faces for services. */
export function accountRpcVerbs({ desk, queries, instruments }: AccountParts): Verb[] {
  return [
    answers(exchange.methods.getPositions, {
      name: "getPositions",
      summary: "Futures positions as the exchange tells them.",
      run: async ({ account, instrument }) => {
        desk.owns(account);
        return { positions: await queries.positions(account, instrument) };
      },
    }),
    answers(exchange.methods.getBalances, {
      name: "getBalances",
      summary: "Both wallets' balances by asset.",
      run: async ({ account }) => {
        desk.owns(account);
        return { balances: await queries.balances() };
      },
    }),
    answers(exchange.methods.getInstruments, {
      name: "getInstruments",
      summary: "What the exchange lists, with its filters.",
      run: () => ({ instruments: instruments.list() }),
    }),
    answers(exchange.methods.getHistory, {
      name: "getHistory",
      summary: "Bars of the past, oldest first.",
      run: async (ask) => ({ source: "EXCHANGE" as const, bars: await queries.history(ask) }),
    }),
    answers(exchange.methods.getFundingRates, {
      name: "getFundingRates",
      summary: "What funding was at each of its times, both ends included, oldest first.",
      run: async ({ instrument, from_ts, to_ts }) => {
        if (from_ts > to_ts) refuse("INVALID", "to_ts: is before from_ts");
        return { rates: await queries.fundingRates(instrument, { from_ts, to_ts }) };
      },
    }),
  ];
}

/** The faces for people. */
export function accountRestVerbs({ account, clock, venue, orders, queries, instruments }: AccountParts): Verb[] {
  return [
    verb({
      name: "listInstruments",
      summary: "What the exchange lists, with its filters.",
      rest: "GET /xchg/instruments",
      input: OfInstrument,
      output: list(Instrument),
      run: ({ instrument }) => ({
        items: instrument === undefined ? instruments.list() : [instruments.need(instrument).info],
      }),
    }),
    verb({
      name: "getExchangeTime",
      summary: "Our clock against the exchange's.",
      rest: "GET /xchg/time",
      input: z.object({}),
      output: Time,
      run: () => ({
        ts: clock.now(),
        offset_ms: { SPOT: venue.link.clockOffsetMs("SPOT"), FUT: venue.link.clockOffsetMs("FUT") },
      }),
    }),
    verb({
      name: "listBalances",
      summary: "Both wallets' balances by asset.",
      rest: "GET /xchg/balances",
      input: z.object({}),
      output: list(Balance),
      run: async () => ({ items: await queries.balances() }),
    }),
    verb({
      name: "listOpenOrders",
      summary: "Every open order, conditional ones included.",
      rest: "GET /xchg/open-orders",
      input: OfInstrument,
      output: list(ExchangeOrder),
      run: async ({ instrument }) => ({ items: await openOrdersOf(orders, instrument) }),
    }),
    verb({
      name: "listExchangePositions",
      summary: "Futures positions as the exchange tells them.",
      rest: "GET /xchg/positions",
      input: OfInstrument,
      output: list(ExchangePosition),
      run: async ({ instrument }) => ({ items: await queries.positions(account, instrument) }),
    }),
    verb({
      name: "listHistory",
      summary: "Bars of the past, oldest first.",
      rest: "GET /xchg/history",
      input: History,
      output: z.object({ source: z.enum(["RECORDING", "EXCHANGE"]), items: z.array(Kline) }),
      run: async (ask) => ({ source: "EXCHANGE" as const, items: await queries.history(ask) }),
    }),
    verb({
      name: "listFundingRates",
      summary: "What a future's funding was at each of its times, of ten days unless asked otherwise; oldest first.",
      rest: "GET /xchg/funding-rates",
      input: inOrder(z.object({ instrument: InstrumentId, ...Period })),
      output: list(FundingRate),
      run: async ({ instrument, to_ts = clock.now(), from_ts = to_ts - FUNDING_MS }) => ({
        items: await queries.fundingRates(instrument, { from_ts, to_ts }),
      }),
    }),
  ];
}
