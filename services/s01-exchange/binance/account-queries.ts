/** What the account holds and did, asked over REST: fills, positions, balances; and the market's history. */
import type { z } from "@hono/zod-openapi";
import type { ExchangeFill, FundingRate, History } from "../../../shared/contracts.ts";
import { type InstrumentId, type Market, marketOf, symbolOf } from "../../../shared/domain/instrument.ts";
import type { Kline, Timeframe } from "../../../shared/domain/market.ts";
import type { Balance, ExchangePosition } from "../../../shared/domain/trade.ts";
import { refuse } from "../../../shared/errors.ts";
import type { Surroundings } from "../types.ts";
import type { AskFills, Span, VenueQueries } from "../venue-port.ts";
import {
  algoIdOf,
  isHeld,
  readConditional,
  readFill,
  readFundingRates,
  readFutBalances,
  readKlines,
  readPosition,
  readSpotBalances,
} from "./order-wire.ts";
import type { Ask, Params, Rest } from "./rest.ts";

const PAGE = 1_000;
const FILLS_MAX = 50_000;
/** Binance answers a start time with the week that follows it. */
const FUT_FILLS_MS_MAX = 7 * 24 * 3_600_000 - 60_000;
/** An exit may wait for it. */
const signed = { auth: "signed", urgent: true } as const;
const reconciling = { auth: "signed", reconciles: true } as const;

/** What Binance has bars of; shorter ones are made from trades by whoever needs them. */
const INTERVALS: Record<Market, readonly Timeframe[]> = {
  SPOT: ["1s", "1m", "5m", "15m", "1h", "4h", "1d"],
  FUT: ["1m", "5m", "15m", "1h", "4h", "1d"],
};

export class AccountQueries implements VenueQueries {
  private readonly around: Surroundings;
  private readonly rests: Readonly<Record<Market, Rest>>;

  constructor(around: Surroundings, rests: Readonly<Record<Market, Rest>>) {
    this.around = around;
    this.rests = rests;
  }

  /** Oldest first; since a time futures go back a week, and the newest are a thousand. */
  async fills(ask: AskFills): Promise<ExchangeFill[]> {
    const market = marketOf(ask.instrument);
    const symbol = symbolOf(ask.instrument);
    if (ask.order_id !== undefined) {
      const orderId = await this.sentBy(ask.order_id);
      return orderId === undefined ? [] : this.fillPage(market, { symbol, orderId, limit: PAGE }, signed);
    }
    const by = ask.for_exit ? signed : reconciling;
    if (ask.from_ts === undefined) return this.fillPage(market, { symbol, limit: PAGE }, by);
    const oldest = market === "FUT" ? this.around.clock.now() - FUT_FILLS_MS_MAX : 0;
    const startTime = Math.floor(Math.max(ask.from_ts, oldest));
    let page = await this.fillPage(market, { symbol, startTime, limit: PAGE }, by);
    const fills = page;
    while (page.length === PAGE && fills.length < FILLS_MAX) {
      const fromId = String(BigInt(page.at(-1)!.fill_id) + 1n);
      page = await this.fillPage(market, { symbol, fromId, limit: PAGE }, by);
      fills.push(...page);
    }
    return fills;
  }

  private async fillPage(market: Market, params: Params, ask: Ask): Promise<ExchangeFill[]> {
    const path = market === "SPOT" ? "/api/v3/myTrades" : "/fapi/v1/userTrades";
    const rows = await this.rests[market].call<unknown[]>("GET", path, params, ask);
    return rows.map(readFill);
  }

  /** A conditional order has no fills of its own, but the order that it sent has; nothing when it sent none. */
  private async sentBy(orderId: string): Promise<string | undefined> {
    const algoId = algoIdOf(orderId);
    if (algoId === undefined) return orderId;
    return readConditional(await this.rests.FUT.call("GET", "/fapi/v1/algoOrder", { algoId }, signed)).sentOrderId;
  }

  /** Those that are held; spot has none. */
  async positions(account: string, instrument?: InstrumentId): Promise<ExchangePosition[]> {
    if (instrument !== undefined && marketOf(instrument) === "SPOT") return [];
    const params = { symbol: instrument && symbolOf(instrument) };
    const rows = await this.rests.FUT.call<unknown[]>("GET", "/fapi/v3/positionRisk", params, reconciling);
    return rows.map((row) => readPosition(account, row)).filter(isHeld);
  }

  async balances(): Promise<Balance[]> {
    const [spot, fut] = await Promise.all([
      this.rests.SPOT.call("GET", "/api/v3/account", { omitZeroBalances: true }, reconciling),
      this.rests.FUT.call("GET", "/fapi/v3/account", {}, reconciling),
    ]);
    return [...readSpotBalances(spot), ...readFutBalances(fut)];
  }

  async fundingRates(instrument: InstrumentId, { from_ts, to_ts }: Span): Promise<FundingRate[]> {
    if (marketOf(instrument) !== "FUT") refuse("INVALID", `${instrument} has no funding.`);
    const span = { startTime: Math.floor(from_ts), endTime: Math.ceil(to_ts), limit: PAGE };
    const params = { symbol: symbolOf(instrument), ...span };
    return readFundingRates(await this.rests.FUT.call("GET", "/fapi/v1/fundingRate", params, { auth: "none" }));
  }

  /** Oldest first; `from_ts` and `to_ts` are epoch ms and bound the opening times. The last bar may be open. */
  async history(ask: z.output<typeof History>): Promise<Kline[]> {
    const market = marketOf(ask.instrument);
    if (!INTERVALS[market].includes(ask.timeframe)) {
      refuse("INVALID", `${market} has no ${ask.timeframe} bars; there are ${INTERVALS[market].join(", ")}.`, {
        errors: [{ field: "timeframe", message: "is not kept by the exchange" }],
      });
    }
    const path = market === "SPOT" ? "/api/v3/klines" : "/fapi/v1/klines";
    const params = {
      symbol: symbolOf(ask.instrument),
      interval: ask.timeframe,
      startTime: ask.from_ts,
      endTime: ask.to_ts,
      limit: ask.limit,
    };
    const rows = readKlines(await this.rests[market].call("GET", path, params, { auth: "none" }));
    const now = this.around.clock.now();
    return rows.map(([open_ts, open, high, low, close, volume, close_ts, quote_volume, trades]) => ({
      instrument: ask.instrument,
      exch_ts: close_ts,
      ts: now,
      timeframe: ask.timeframe,
      open_ts,
      close_ts,
      open,
      high,
      low,
      close,
      volume,
      quote_volume,
      trades,
      closed: close_ts < now + this.rests[market].clockOffsetMs,
    }));
  }
}
